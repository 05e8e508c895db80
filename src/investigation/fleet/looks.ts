import pMap from 'p-map';
import { joinKey } from '../../profile/code/names.js';
import type { ProfileSource, Window } from '../../sources/source.js';
import { sharedTimes, totalsIn } from '../evidence/profile-times.js';
import type { Requests } from '../evidence/requests.js';
import { unreadBecause } from '../evidence/unread.js';
import { partWindows } from '../evidence/windows.js';
import {
  allocationRise,
  asksForAmounts,
  type BriefEvidence,
  lookAtAmounts,
  lookAtLevelsAndWaits,
  lookAtMain,
  lookCloser,
  ONSET_REQUESTS,
  ruleOutWarmUp,
  slicesToRead,
} from '../investigate-service.js';
import { PARTED, SLICED } from '../thresholds.js';
import { CLOSER_REQUESTS, groupSizeFor, LOOK_REQUESTS, orderForLook, reservedForShares } from './budget.js';
import {
  formGroups,
  type Group,
  type GroupChange,
  lookAtGroup,
  requestsToFind,
  suspectIn,
} from './groups.js';
import type { Unit } from './units.js';

// How the requests of a triage are spent: which services are looked at, how closely, in which order.

/** Looks that are under way at once; each has two requests in flight. */
const LOOKS_AT_ONCE = 4;
/** Groups that are read at once, two merges each: these are large. */
const GROUPS_AT_ONCE = 1;
/** Changes in new instances for which requests are kept, so that they can be told from a warm-up. */
const MAX_WARM_UP_LOOKS = 5;

/** A unit with what has been read of it. */
export interface Look {
  unit: Unit;
  /** Source that keeps nothing of what it answered. */
  source: ProfileSource;
  evidence: BriefEvidence;
  /** Number of units that its composition was compared together with; null where it was not. */
  groupSize: number | null;
  /** Reason why its composition was not looked at. */
  notLookedAt: string | null;
}

/** Looks at some units in their order as long as more requests than a reserve are left. */
type InTurn = (looks: readonly Look[], reserve: number, run: (look: Look) => Promise<void>) => Promise<void>;

/** Spends the requests: levels and waits that rose, then compositions, then allocations. */
export async function lookAtAll(
  looks: readonly Look[],
  weights: ReadonlyMap<string, number>,
  requests: Requests,
): Promise<void> {
  const inTurn: InTurn = async (some, reserve, run) => {
    const runIfAffordable = async (look: Look) =>
      requests.left - reserve >= LOOK_REQUESTS ? run(look) : undefined;
    await pMap(some, runIfAffordable, { concurrency: LOOKS_AT_ONCE });
  };
  const byRise = [...looks].sort((a, b) => measureRise(b) - measureRise(a));
  await inTurn(byRise, reservedForShares(requests.left), ({ evidence }) => lookAtLevelsAndWaits(evidence));
  const open = looks.filter(({ evidence }) => !hasFirstReason(evidence));
  const common = median(
    looks.flatMap(({ evidence }) => evidence.mainTotals?.load.ratio ?? []).filter((ratio) => ratio > 0),
  );
  const ordered = orderForLook(
    open,
    ({ unit }) => weights.get(unit.key) ?? 0,
    (look) => measureChange(look, common),
  );
  const withTurnover = open.filter(({ unit }) => unit.hasTurnover).length;
  const reserve = LOOK_REQUESTS * Math.min(MAX_WARM_UP_LOOKS, withTurnover);
  await lookAtCompositions(ordered, requests, reserve, inTurn);
  for (const look of open)
    if (look.evidence.shares.length === 0 && look.evidence.unread.length === 0 && look.groupSize === null)
      look.notLookedAt ??= 'no request was left for its profiles; only totals were compared';
  await inTurn(
    ordered.filter(({ evidence }) => asksForAmounts(evidence)),
    0,
    async ({ evidence }) => lookAtAmounts(evidence),
  );
  // New instances warm up; that is over in the later half of the incident.
  const maybeWarmUps = ordered.filter(
    ({ unit, evidence }) => unit.hasTurnover && evidence.shares.some(({ change }) => change !== null),
  );
  for (const { evidence } of maybeWarmUps) evidence.mayBeWarmUp = true;
  await inTurn(maybeWarmUps, 0, async ({ evidence }) => {
    await ruleOutWarmUp(evidence);
    evidence.mayBeWarmUp = false;
  });
  // Instances that stand out first, then what was suspicious for another reason.
  for (const { evidence } of byDescending(open, ({ evidence }) => measureOutlier(evidence)))
    if (isUnexplained(evidence) && isAffordable(requests, slicesToRead(evidence)))
      await lookCloser(evidence, SLICED);
  for (const { evidence } of byDescending(open, ({ evidence }) => evidence.suspicion)) {
    if (isUnexplained(evidence) && isAffordable(requests, slicesToRead(evidence)))
      await lookCloser(evidence, SLICED);
    if (isUnexplained(evidence) && isAffordable(requests, PARTED.incidentParts))
      await lookCloser(evidence, PARTED);
  }
  // A warm-up of new instances looks like a burst.
  const steady = open.filter(({ unit }) => !unit.hasTurnover);
  for (const { evidence } of byDescending(steady, ({ evidence }) => measureBurst(evidence)))
    if (isUnexplained(evidence) && isAffordable(requests, PARTED.incidentParts))
      await lookCloser(evidence, PARTED);
}

/** Compares the composition of the main type of all units: alone, or together where requests are few. */
async function lookAtCompositions(
  ordered: readonly Look[],
  requests: Requests,
  reserve: number,
  inTurn: InTurn,
): Promise<void> {
  const lookAlone = async ({ evidence }: Look) => lookAtMain(evidence);
  const budget = requests.left - reserve;
  if (LOOK_REQUESTS * ordered.length <= budget) return inTurn(ordered, reserve, lookAlone);
  const maxSize = groupSizeFor(ordered.length);
  // Those whose totals are like no other's are looked at alone, and as many more as requests allow.
  const rest = formGroups(ordered, maxSize).filter(({ looks }) => looks.length > 1);
  const single = ordered.filter((look) => rest.every(({ looks }) => !looks.includes(look)));
  const others = ordered.filter((look) => !single.includes(look));
  const spare = Math.floor((budget - CLOSER_REQUESTS) / LOOK_REQUESTS) - rest.length;
  // More garbage to collect is spread over all services of a group, and does not show there.
  const allocating = byDescending(ordered, ({ evidence }) => allocationRise(evidence));
  const first = allocating.slice(0, Math.max(0, Math.floor(spare / 2)));
  const alone = [...new Set([...first, ...single, ...others])].slice(0, Math.max(0, spare));
  await inTurn(alone, reserve, lookAlone);
  const together = formGroups(
    ordered.filter((look) => !alone.includes(look)),
    maxSize,
  );
  await lookTogether(together, requests, reserve);
  // A brief look at new instances shows their warm-up; the group was compared without it.
  const unseen = ordered.filter(({ unit, evidence }) => !unit.hasTurnover && evidence.shares.length === 0);
  await inTurn(unseen, reserve + ONSET_REQUESTS, lookAlone);
}

/** Reason why it is not known what happened to a unit of a group that changed. */
const UNKNOWN_WHICH = 'one of a group that changed; no request was left to tell which';

/** A fault makes itself and its callers grow; more functions than this are a service with more load. */
const MAX_GROWN = 12;

/** Compares units in groups, then looks at those alone whose group changed: the plainest changes first. */
async function lookTogether(groups: readonly Group[], requests: Requests, reserve: number): Promise<void> {
  const changed: { group: Group; change: GroupChange; isOfLoad: boolean }[] = [];
  const readGroup = async (group: Group) => {
    if (requests.left < LOOK_REQUESTS) return;
    const changes = await unlessUnread(group, () => lookAtGroup(group));
    if (changes === null) return;
    for (const look of group.looks) look.groupSize = group.looks.length;
    // Many functions grow together in a service that got more load than the others.
    const isOfLoad = changes.filter(({ grown }) => !grown.hasMoved).length > MAX_GROWN;
    changed.push(...changes.map((change) => ({ group, change, isOfLoad })));
  };
  await pMap(
    [...groups].sort((a, b) => b.looks.length - a.looks.length),
    readGroup,
    { concurrency: GROUPS_AT_ONCE },
  );
  // Costs that only moved to another function, and probable load, come last.
  changed.sort(
    (a, b) =>
      Number(a.change.grown.hasMoved) - Number(b.change.grown.hasMoved) ||
      Number(a.isOfLoad) - Number(b.isOfLoad) ||
      b.change.grown.z - a.change.grown.z,
  );
  const explained = new Map<Group, Set<string>>();
  for (const { group, change, isOfLoad } of changed) {
    const known = explained.get(group) ?? new Set();
    explained.set(group, known);
    if (known.has(change.grown.key)) continue;
    known.add(change.grown.key);
    const suspect = isAffordable(requests, reserve + requestsToFind(group, change) + LOOK_REQUESTS)
      ? await unlessUnread(group, () => suspectIn(group, change))
      : null;
    if (suspect !== null) {
      if (suspect.evidence.shares.length === 0) await lookAtMain(suspect.evidence);
      for (const key of functionsIn(suspect)) known.add(key);
    } else if (!change.grown.hasMoved && !isOfLoad)
      for (const look of group.looks) if (look.evidence.shares.length === 0) look.notLookedAt = UNKNOWN_WHICH;
  }
}

/** Keys of the functions of a unit's main type. */
function functionsIn({ evidence }: Look): string[] {
  return evidence.shares.flatMap(({ analysis }) => analysis.joined.functions.map(joinKey));
}

/** Result of a question about a group; null where the store fails or no request is left. */
async function unlessUnread<Result>({ looks }: Group, ask: () => Promise<Result>): Promise<Result | null> {
  try {
    return await ask();
  } catch (error) {
    unreadBecause(error, looks[0]?.evidence.context.readContext.signal.aborted ?? false);
    return null;
  }
}

function isUnexplained({ shares }: BriefEvidence): boolean {
  return shares.length > 0 && shares.every(({ change }) => change === null);
}

function isAffordable(requests: Requests, wanted: number): boolean {
  return wanted > 0 && requests.left >= wanted;
}

/** Items with a value above zero, the largest first. */
function byDescending<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[] {
  return items.filter((item) => sizeOf(item) > 0).sort((a, b) => sizeOf(b) - sizeOf(a));
}

/** Ratio of an instance to the others from which on it is looked at for itself. */
const OUTLIER = 1.25;

/**
 * How far the cost of one instance rose beyond the middle one of all, as a factor: zero where none stands out
 * and where instances are not told apart.
 */
function measureOutlier({ context, series }: BriefEvidence): number {
  const [main] = series;
  if (main === undefined || main.times.largeFleet !== undefined || main.times.series.length < 2) return 0;
  const { baseline, incident } = context.plan;
  const levelIn = (series: typeof main.times.series, window: Window) => {
    const { value, profiles } = totalsIn({ ...main.times, series }, window);
    return profiles > 0 ? value / profiles : null;
  };
  const past = levelIn(main.times.series, baseline);
  const ratios = main.times.series.flatMap((one) => {
    const [was, is] = [levelIn([one], baseline) ?? past, levelIn([one], incident)];
    return was === null || is === null || was <= 0 ? [] : [is / was];
  });
  const beyond = Math.max(0, ...ratios) / Math.max(median(ratios), Number.MIN_VALUE);
  return ratios.length < 2 || beyond < OUTLIER ? 0 : beyond;
}

/** Ratio of the costliest part of the incident to the cheapest one from which on it may be a burst. */
const BURST = 1.2;

/** How far the cost of the parts of the incident differs, as a factor; zero where it hardly does. */
function measureBurst({ context, series }: BriefEvidence): number {
  const [main] = series;
  if (main === undefined) return 0;
  const { incident } = context.plan;
  const levels = partWindows(incident, sharedTimes(main.times, incident), PARTED.incidentParts).flatMap(
    (part) => {
      const { value, profiles } = totalsIn(main.times, part);
      return profiles > 0 ? [value / profiles] : [];
    },
  );
  const apart = Math.max(0, ...levels) / Math.max(Math.min(...levels), Number.MIN_VALUE);
  return levels.length < PARTED.incidentParts || apart < BURST ? 0 : apart;
}

/** Whether a leak or contention was found, which no composition of the time overrides. */
function hasFirstReason({ levels, waits }: BriefEvidence): boolean {
  return levels.some(({ leak }) => leak !== null) || waits.some(({ contention }) => contention !== null);
}

/** The largest rise among the levels and waits of a unit, after ÷ before. */
function measureRise({ evidence }: Look): number {
  const rises = evidence.totals
    .filter(({ lens }) => lens.kind === 'level' || lens.kind === 'wait')
    .map(({ before, after }) => {
      const [was, is] = [before, after].map(({ value, profiles }) => (profiles > 0 ? value / profiles : 0));
      return is === undefined || is === 0 ? 0 : is / Math.max(was ?? 0, Number.MIN_VALUE);
    });
  return Math.max(0, ...rises);
}

/** Distance of the change of a unit's main total from that of the whole fleet, in standard errors. */
function measureChange({ evidence }: Look, common: number): number {
  const load = evidence.mainTotals?.load;
  if (load === undefined || load.risen === null || load.risen <= 0 || common <= 0) return 0;
  const change = Math.abs(Math.log(load.risen));
  const beyond = Math.abs(Math.log(load.risen / common));
  return change > 0 ? (Math.abs(load.z) * beyond) / change : 0;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 1;
}
