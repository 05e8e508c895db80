import type { FunctionTarget } from '../../profile/code/find-function.js';
import type { Cost } from '../../profile/tables/function-cost.js';
import { INSTANCE_LABELS } from '../../sources/labels.js';
import type { Labels } from '../../sources/source.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import { mergedCosts } from './frames.js';

/** Profiles fetched to split a function by labels. */
const MAX_MERGES = 8;
/**
 * The labels that are worth a look, the most telling first: what was deployed, where it runs, what it serves,
 * who.
 */
const TELLING: readonly RegExp[] = [
  /^(?:service[._])?(?:git_ref|version)$|^(?:app_?version|release|image_tag|service_git_ref)$/,
  /^(?:cloud[._])?region$/,
  /^(?:availability_|cloud[._]availability_)?zone$/,
  /^(?:env|environment|deployment[._]environment)$/,
  /^(?:endpoint|route|http[._]route|handler|path|operation|method|rpc[._]method|span_name|controller|action)$/,
];

/** A function's cost in the profiles of each value of a label. */
export interface LabelCosts {
  label: string;
  /** Labels that part the profiles in the same way. */
  sameAs: string[];
  /** Highest share first. */
  values: { name: string; cost: Cost }[];
}

/**
 * Splits a function's cost by one low-cardinality label after another: version, region, zone, environment,
 * endpoint, instance. At most 8 merges, 4 at a time, besides the values of the labels (cached) and one
 * question for how they go together. Labels with one value, or more than merges are left, are passed over.
 *
 * @throws UpstreamError
 */
export async function labelCosts(
  target: FunctionTarget,
  scope: Scope,
  context: ToolContext,
): Promise<LabelCosts[]> {
  const query = profileQuery(scope);
  const { matchers, window } = query;
  const schema = context.schemaOf(scope.source);
  const names = await schema.labelNames(matchers, window, context.signal);
  const telling = [
    ...TELLING.flatMap((pattern) => names.filter((name) => pattern.test(name)).slice(0, 1)),
    ...INSTANCE_LABELS.filter((name) => names.includes(name)).slice(0, 1),
  ];
  const several = [];
  for (const label of telling) {
    const values = await schema.labelValues(label, matchers, window, context.signal);
    if (values.length > 1 && values.length <= MAX_MERGES)
      several.push({ label, values, sameAs: [] as string[] });
  }
  const rows =
    several.length < 2
      ? []
      : await scope.source.series(
          several.map(({ label }) => label),
          query,
          context.signal,
        );
  const taken: typeof several = [];
  for (const candidate of several) {
    const twin = taken.find(({ label }) => partAlike(rows, label, candidate.label));
    const merges = taken.reduce((sum, { values }) => sum + values.length, candidate.values.length);
    if (twin !== undefined) twin.sameAs.push(candidate.label);
    else if (merges <= MAX_MERGES) taken.push(candidate);
  }
  const slices = taken.flatMap(({ label, values }) => values.map((value) => ({ label, value })));
  const costs = await mergedCosts(
    scope,
    slices.map(({ label, value }) => ({
      ...query,
      matchers: [...matchers, { name: label, op: '=', value }],
    })),
    target,
    context,
  );
  return taken.map(({ label, sameAs }) => ({
    label,
    sameAs,
    values: slices
      .flatMap((slice, at) => {
        const cost = costs[at];
        return slice.label === label && cost !== undefined && cost.active > 0
          ? { name: slice.value, cost }
          : [];
      })
      .sort((a, b) => shareOf(b.cost) - shareOf(a.cost) || (a.name < b.name ? -1 : 1)),
  }));
}

function shareOf({ value, active }: Cost): number {
  return value / active;
}

/** Whether each value of one label goes with just one value of another, and the reverse. */
function partAlike(rows: readonly Labels[], label: string, other: string): boolean {
  const pairs = new Set(rows.map((row) => JSON.stringify([row[label], row[other]])));
  const values = (name: string) => new Set(rows.map((row) => row[name])).size;
  return rows.length > 0 && pairs.size === values(label) && pairs.size === values(other);
}
