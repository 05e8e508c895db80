import type { FunctionTarget } from '../../profile/code/find-function.js';
import type { Cost } from '../../profile/tables/function-cost.js';
import { INSTANCE_LABELS, VERSION_LABEL } from '../../sources/labels.js';
import type { Labels } from '../../sources/source.js';
import type { ToolContext } from '../context.js';
import type { Scope } from '../scope.js';
import { profileQuery } from '../scope.js';
import { fetchCosts } from './frames.js';

/** Maximum number of profiles that are fetched to split a function by labels. */
const MAX_MERGES = 8;
/**
 * Labels by which a function is split, the most telling first: version, region, zone, environment, endpoint.
 */
const TELLING_LABELS: readonly RegExp[] = [
  VERSION_LABEL,
  /^(?:cloud[._])?region$/,
  /^(?:availability_|cloud[._]availability_)?zone$/,
  /^(?:env|environment|deployment[._]environment)$/,
  /^(?:endpoint|route|http[._]route|handler|path|operation|method|rpc[._]method|span_name|controller|action)$/,
];

/** A function's cost in the profiles of each value of a label. */
export interface LabelCosts {
  label: string;
  /** Labels that split the profiles in the same way. */
  sameAs: string[];
  /** Highest share first. */
  values: { name: string; cost: Cost }[];
}

/**
 * Splits a function's cost by each low-cardinality label: version, region, zone, environment, endpoint,
 * instance. This takes at most 8 merges, 4 at a time, the values of the labels (cached) and one request for
 * the combinations of labels. A label with one value, or with more values than merges are left, is skipped.
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
  const schema = context.getSchema(scope.source);
  const names = await schema.labelNames(matchers, window, context.signal);
  const tellingLabels = [
    ...TELLING_LABELS.flatMap((pattern) => names.filter((name) => pattern.test(name)).slice(0, 1)),
    ...INSTANCE_LABELS.filter((name) => names.includes(name)).slice(0, 1),
  ];
  const candidates = [];
  for (const label of tellingLabels) {
    const values = await schema.labelValues(label, matchers, window, context.signal);
    if (values.length > 1 && values.length <= MAX_MERGES)
      candidates.push({ label, values, sameAs: [] as string[] });
  }
  const rows =
    candidates.length < 2
      ? []
      : await scope.source.series(
          candidates.map(({ label }) => label),
          query,
          context.signal,
        );
  const chosen: typeof candidates = [];
  for (const candidate of candidates) {
    const twin = chosen.find(({ label }) => hasSameValues(rows, label, candidate.label));
    const merges = chosen.reduce((sum, { values }) => sum + values.length, candidate.values.length);
    if (twin !== undefined) twin.sameAs.push(candidate.label);
    else if (merges <= MAX_MERGES) chosen.push(candidate);
  }
  const slices = chosen.flatMap(({ label, values }) => values.map((value) => ({ label, value })));
  const costs = await fetchCosts(
    scope,
    slices.map(({ label, value }) => ({
      ...query,
      matchers: [...matchers, { name: label, op: '=', value }],
    })),
    target,
    context,
  );
  return chosen.map(({ label, sameAs }) => ({
    label,
    sameAs,
    values: slices
      .flatMap((slice, at) => {
        const cost = costs[at];
        return slice.label === label && cost !== undefined && cost.active > 0
          ? { name: slice.value, cost }
          : [];
      })
      .sort((a, b) => computeShare(b.cost) - computeShare(a.cost) || (a.name < b.name ? -1 : 1)),
  }));
}

function computeShare({ value, active }: Cost): number {
  return value / active;
}

/** Whether each value of either label occurs together with a single value of the other. */
function hasSameValues(rows: readonly Labels[], label: string, other: string): boolean {
  const pairs = new Set(rows.map((row) => JSON.stringify([row[label], row[other]])));
  const values = (name: string) => new Set(rows.map((row) => row[name])).size;
  return rows.length > 0 && pairs.size === values(label) && pairs.size === values(other);
}
