import { offload } from '../../offload.js';
import { textOfFunction } from '../../profile/code/find-function.js';
import { splitIdle } from '../../profile/code/idle.js';
import { MIN_SIDE_SAMPLES } from '../../profile/compare/analysis.js';
import { asCallTree, withoutPart } from '../../profile/contrast/others.js';
import { type IdSelection, idArguments } from '../../profile/ids.js';
import { type Profile, totalValue } from '../../profile/model.js';
import type { ToolContext } from '../../query/context.js';
import { listIfPossible, OPERATION_LABEL } from '../../query/exemplars.js';
import { lookbackNotes } from '../../query/lookback.js';
import type { Scope } from '../../query/scope.js';
import { allMatchers, selectionArguments, sourceArgument } from '../../query/selection.js';
import { readSums } from '../../query/totals.js';
import type { MoverRow } from '../../report/answers/comparison.js';
import type { NextCall } from '../../report/next.js';
import type { RequestComparison } from '../../report/requests/comparison.js';
import { formatSelector, sameMatchers } from '../../sources/selector.js';
import type { Exemplar, Matcher, Window } from '../../sources/source.js';
import { safeText } from '../../text/sanitise.js';
import { formatTime } from '../../text/units.js';
import { isHeavyWork } from '../../work/offload.js';
import { readQuantum } from '../evidence/lens/quantum.js';
import { countedSource, createRequests } from '../evidence/requests.js';
import { MAX_MOVERS } from './movers.js';

/** Maximum number of operations that are searched for a span. */
const MAX_OPERATIONS = 12;

/** Part of their value from which on all parts of some requests are listed; values are rounded. */
const ALL_LISTED = 0.99;

/** A question about single requests or profiles, and the other side. */
export interface OneRequestQuestion {
  scope: Scope;
  only: IdSelection;
  /** All matchers of the scope. */
  matchers: readonly Matcher[];
  /** The other side as the caller names it; null: the others of the same operation, in the same window. */
  others: { window: Window; matchers: readonly Matcher[] } | null;
}

/**
 * Compares the samples of single requests with those of the others: 1 merge a side, 2 lists of spans, 2 label
 * questions, and up to 12 small merges where the list does not name the operation.
 *
 * @returns null where there is no sample of these ids, `no_others` where nothing else has any
 */
export async function compareRequest(
  { scope, only, matchers, others: named }: OneRequestQuestion,
  context: ToolContext,
): Promise<RequestComparison | 'no_others' | null> {
  const { signal } = context;
  const { type, window } = scope;
  const requests = createRequests(context.progress);
  const source = countedSource(scope.source, requests);
  const counted: Scope = { ...scope, source };
  const query = { profileTypeId: type.id, matchers, window };
  const own = await source.profile({ ...query, only }, signal);
  if (own.profile.values.length === 0) return null;
  const found = named === null ? await findOperation(counted, only, own.profile, context) : null;
  const isNamesOnly = own.isNamesOnly === true;
  const readSide = async (side: { window: Window; matchers: readonly Matcher[] }) => {
    const { profile, notes } = await source.profile({ ...query, ...side }, signal);
    const isSameWindow = side.window.from <= window.from && side.window.to >= window.to;
    const holdsOwn = named === null || (isSameWindow && sameMatchers(side.matchers, matchers));
    const all = isNamesOnly ? asCallTree(profile) : profile;
    return { ...side, notes, holdsOwn, rest: holdsOwn ? withoutPart(all, own.profile) : all };
  };
  const everything = { window, matchers };
  const ofOperation = {
    window,
    matchers: [...matchers, ...(found === null ? [] : [operationMatcher(found)])],
  };
  let other = await readSide(named ?? ofOperation);
  const isAlone = found !== null && other.rest.values.length === 0;
  if (isAlone) other = await readSide(everything);
  const operation = isAlone ? null : found;
  const { rest, holdsOwn, notes: otherNotes, ...side } = other;
  if (rest.values.length === 0) return 'no_others';
  const active = (profile: Profile) => (type.isWallClock ? splitIdle(profile).active : profile);
  const list = only.kind === 'profile' ? 'profiles' : 'spans';
  const listed = await listIfPossible(source, { ...query, ...side }, list, signal);
  const isOwn = ({ spanId, traceId, profileId }: Exemplar) =>
    only.ids.includes({ span: spanId, trace: traceId, profile: profileId }[only.kind] ?? '');
  const ownParts = countParts(listed?.rows.filter(isOwn) ?? [], totalValue(own.profile));
  const readContext = { source, matchers, typeIds: [type.id], repositories: [], signal };
  const quantum = await readQuantum(readContext, type, [rest, own.profile], side.window);
  const [before, after] = [active(rest), active(own.profile)];
  const others = listed === null ? null : listed.counted - (holdsOwn ? ownParts : 0);
  // The sums are shown where the parts of either side are unknown.
  const parts =
    others !== null && others > 0 && ownParts > 0
      ? { before: others, after: ownParts }
      : { before: 1, after: 1 };
  const sides = { before, after, parts, quantum: quantum.value, limit: MAX_MOVERS };
  const { movers, tested } = await offload('requestCompared', [sides], {
    isHeavy: isHeavyWork(before, after),
    signal,
  });
  const samples = { before: totalValue(before) / quantum.value, after: totalValue(after) / quantum.value };
  const significant = movers.filter((mover) => mover.significant);
  return {
    source: scope.source.name,
    service: scope.service,
    type,
    only,
    window,
    selector: formatSelector(matchers),
    operation,
    verdict:
      significant.length > 0 ? 'differs' : samples.after < MIN_SIDE_SAMPLES ? 'inconclusive' : 'no_change',
    after: { value: totalValue(after), samples: samples.after, parts: ownParts || null },
    before: {
      value: totalValue(before),
      samples: samples.before,
      parts: others !== null && others > 0 ? others : null,
      window: side.window,
      selector: formatSelector(side.matchers),
    },
    isEstimated: quantum.isEstimated,
    movers,
    tested,
    notes: [
      ...scope.notes,
      ...new Set([...own.notes, ...otherNotes]),
      ...(isNamesOnly
        ? ['The server gives these samples by names of functions alone, so both sides are compared by name.']
        : []),
      ...(isAlone
        ? [
            `No other request of ${JSON.stringify(safeText(found, 100))} has samples: all others of the selection are taken.`,
          ]
        : []),
      ...(holdsOwn ? [] : ['The other side may hold these samples as well.']),
      ...(await lookbackNotes(scope.source, side.window, context)),
    ],
    requests: requests.made,
    next: await nextCalls(scope, only, significant, context),
  };
}

/** The number of listed parts; 0 where some are not listed, such as those that are like a heavier one. */
export function countParts(rows: readonly Pick<Exemplar, 'value'>[], total: number): number {
  const listed = rows.reduce((sum, { value }) => sum + value, 0);
  return listed >= ALL_LISTED * total ? rows.length : 0;
}

function operationMatcher(value: string): Matcher {
  return { name: OPERATION_LABEL, op: '=', value };
}

/** The operation of some spans, where the profiler names it and all are of one; else null. */
async function findOperation(
  scope: Scope,
  only: IdSelection,
  own: Profile,
  context: ToolContext,
): Promise<string | null> {
  const { source, type, window } = scope;
  if (only.kind === 'profile' || scope.matchers.some(({ name }) => name === OPERATION_LABEL)) return null;
  const matchers = allMatchers(scope);
  const names = await context.getSchema(scope.source).labelNames(matchers, window, context.signal);
  if (!names.includes(OPERATION_LABEL)) return null;
  const query = { profileTypeId: type.id, matchers, window };
  const sums = await readSums(source, query, [OPERATION_LABEL], context.signal);
  const operations = sums.flatMap(({ labels }) => labels[OPERATION_LABEL] ?? []).slice(0, MAX_OPERATIONS);
  const wanted = totalValue(own);
  for (const operation of operations) {
    const { profile } = await source.profile(
      { ...query, matchers: [...matchers, operationMatcher(operation)], only },
      context.signal,
    );
    if (profile.values.length > 0) return totalValue(profile) === wanted ? operation : null;
  }
  return null;
}

/** The function that stands out most, within the same samples. */
async function nextCalls(
  scope: Scope,
  only: IdSelection,
  significant: readonly MoverRow[],
  context: ToolContext,
): Promise<NextCall[]> {
  const grown = significant.find(({ delta }) => delta > 0);
  const args = {
    ...(await sourceArgument(scope.source, context)),
    ...selectionArguments(scope),
    profile_type: scope.typeArgument,
    from: formatTime(scope.window.from),
    to: formatTime(scope.window.to),
    ...idArguments(only),
  };
  return [
    grown === undefined
      ? { tool: 'summarize_profile', arguments: args }
      : { tool: 'inspect_function', arguments: { ...args, function: textOfFunction(grown) } },
  ];
}
