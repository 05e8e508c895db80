import type { ToolContext } from '../query/context.js';
import { lookbackNotes } from '../query/lookback.js';
import { readSums } from '../query/totals.js';
import type { ServiceRow, ServicesComparison } from '../report/answers/fleet/services-comparison.js';
import { formatSelector } from '../sources/selector.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import type { ComparisonQuestion } from './compare.js';
import { computeMean, type Totals } from './evidence/profile-times.js';
import { countedSource, createRequests } from './evidence/requests.js';
import { planWindows } from './evidence/windows.js';

const SERVICE = 'service_name';

/**
 * Compares what each of several services cost on two sides, in its own profile type: two requests a side and
 * type. Their profiles are not put together, so there is no verdict.
 * @throws UpstreamError
 */
export async function compareServices(
  { scope, window, matchers, baseline }: ComparisonQuestion,
  context: ToolContext,
): Promise<ServicesComparison> {
  const requests = createRequests(context.progress);
  const source = countedSource(scope.source, requests);
  const past = baseline.window ?? planWindows(window).baseline;
  const read = (at: Window, selection: readonly Matcher[]) =>
    readCostsByService(
      source,
      { profileTypeId: scope.type.id, matchers: selection, window: at },
      context.signal,
    );
  const [before, after] = await Promise.all([read(past, baseline.matchers), read(window, matchers)]);
  const types = new Map(
    (scope.several?.types ?? []).flatMap(({ typeId, services }) =>
      services.map((service) => [service, typeId] as const),
    ),
  );
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const rows = names.map((service): ServiceRow => {
    const none = { value: 0, profiles: 0 };
    return {
      service,
      typeId: types.get(service) ?? scope.type.id,
      before: before.get(service) ?? none,
      after: after.get(service) ?? none,
    };
  });
  const notes = [...scope.notes, ...(await lookbackNotes(scope.source, past, context))];
  return {
    source: scope.source.name,
    type: scope.type,
    typeArgument: scope.typeArgument,
    before: { window: past, selector: formatSelector(baseline.matchers) },
    after: { window, selector: formatSelector(matchers) },
    rows: rows.sort((a, b) => measureChange(b) - measureChange(a)),
    leftOut: scope.several?.leftOut ?? [],
    notes,
    requests: requests.made,
  };
}

/** Cost that was added or lost in the window, in the type's unit: profiles by change of each. */
function measureChange({ before, after }: ServiceRow): number {
  const change = (computeMean(after) ?? 0) - (computeMean(before) ?? 0);
  return Math.abs(change) * Math.max(after.profiles, 1);
}

async function readCostsByService(
  source: ProfileSource,
  query: Parameters<typeof readSums>[1],
  signal: AbortSignal,
): Promise<Map<string, Totals>> {
  const [sums, counts] = await Promise.all([
    readSums(source, query, [SERVICE], signal),
    source.snapshots(query, [SERVICE], signal),
  ]);
  const values = new Map(sums.map(({ labels, sum }) => [labels[SERVICE], sum]));
  return new Map(
    counts.flatMap(({ labels, profiles }) => {
      const service = labels[SERVICE];
      return service === undefined ? [] : [[service, { value: values.get(service) ?? 0, profiles }]];
    }),
  );
}
