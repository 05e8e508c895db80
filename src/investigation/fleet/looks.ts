import pMap from 'p-map';
import { MIN_AMOUNT_RISE } from '../../profile/compare/growth/rise.js';
import type { ProfileSource } from '../../sources/source.js';
import { computeMean } from '../evidence/profile-times.js';
import type { Requests } from '../evidence/requests.js';
import {
  allocationRise,
  asksForAmounts,
  type BriefEvidence,
  lookAtAmounts,
  lookAtLevelsAndWaits,
  lookAtMain,
  lookAtRisenAmounts,
  ONSET_REQUESTS,
  ruleOutWarmUp,
} from './brief.js';
import {
  CLOSER_REQUESTS,
  groupSizeFor,
  LOOK_REQUESTS,
  MAX_FLEET_REQUESTS,
  orderForLook,
  reservedForShares,
} from './budget.js';
import { lookCloserAtAll } from './closer.js';
import { byDescending, median } from './signs.js';
import { formGroups } from './together/groups.js';
import { lookTogether } from './together/together.js';
import type { Unit } from './units.js';

// How the requests of a triage are spent: which services are looked at, how closely, in which order.

/** Looks that are under way at once; each has two requests in flight. */
const LOOKS_AT_ONCE = 4;
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
  const isThrifty = looks.length > MAX_FLEET_REQUESTS;
  await inTurn(byRise, reservedForShares(requests.left), ({ evidence }) =>
    lookAtLevelsAndWaits(evidence, isThrifty),
  );
  const open = looks.filter(({ evidence }) => !hasFirstReason(evidence));
  const common = median(
    looks.flatMap(({ evidence }) => evidence.mainTotals?.load.ratio ?? []).filter((ratio) => ratio > 0),
  );
  const ordered = orderForLook(
    open,
    ({ unit }) => weights.get(unit.key) ?? 0,
    (look) => measureChange(look, common),
  );
  await lookAtCompositions(ordered, requests, inTurn);
  for (const look of open)
    if (look.evidence.shares.length === 0 && look.evidence.unread.length === 0 && look.groupSize === null)
      look.notLookedAt ??= 'no request was left for its profiles; only totals were compared';
  await inTurn(
    ordered.filter(({ evidence }) => asksForAmounts(evidence)),
    0,
    async ({ evidence }) => lookAtAmounts(evidence),
  );
  // New instances warm up; that is over in the later half of the incident.
  const maybeWarmUps = ordered.filter(mayBeWarmUp);
  for (const { evidence } of maybeWarmUps) evidence.mayBeWarmUp = true;
  await inTurn(maybeWarmUps, 0, async ({ evidence }) => {
    await ruleOutWarmUp(evidence);
    evidence.mayBeWarmUp = false;
  });
  await lookCloserAtAll(
    open.map(({ evidence }) => evidence),
    requests,
  );
}

/** Services whose allocations rose beyond the load that are looked at alone in a fleet of any size. */
const MIN_ALLOCATING = 5;

/** Whether a change may be the warm-up of new instances, which only halves of the window tell apart. */
function mayBeWarmUp({ evidence }: Look): boolean {
  return (
    evidence.hasTurnover &&
    evidence.shares.some(({ change, analysis }) => change !== null && analysis.incident.length < 2)
  );
}

/** Requests that tell changes from the warm-up of new instances, of at most so many units. */
function reservedForWarmUps(units: number): number {
  return LOOK_REQUESTS * Math.min(MAX_WARM_UP_LOOKS, units);
}

/** Compares the composition of the main type of all units: alone, or together where requests are few. */
async function lookAtCompositions(
  ordered: readonly Look[],
  requests: Requests,
  inTurn: InTurn,
): Promise<void> {
  const lookAlone = async ({ evidence }: Look) => lookAtMain(evidence);
  const withTurnover = ordered.filter(({ evidence }) => evidence.hasTurnover).length;
  let reserve = reservedForWarmUps(withTurnover);
  const budget = requests.left - reserve;
  if (LOOK_REQUESTS * ordered.length <= budget) {
    // No request goes to the time of what allocates more where few are left for closer looks.
    const isTight = budget - LOOK_REQUESTS * ordered.length < CLOSER_REQUESTS;
    const allocating = isTight ? byDescending(ordered, allocationExcessIn(ordered)) : [];
    await inTurn(
      allocating.filter((look) => allocationExcessIn(ordered)(look) >= MIN_AMOUNT_RISE),
      reserve,
      async ({ evidence }) => lookAtRisenAmounts(evidence),
    );
    const open = ordered.filter(({ evidence }) => evidence.shares.every(({ change }) => change === null));
    return inTurn(open, reserve, lookAlone);
  }
  const maxSize = groupSizeFor(ordered.length);
  // Those whose totals are like no other's are looked at alone, and as many more as requests allow.
  const rest = formGroups(ordered, maxSize).filter(({ looks }) => looks.length > 1);
  const single = ordered.filter((look) => rest.every(({ looks }) => !looks.includes(look)));
  const others = ordered.filter((look) => !single.includes(look));
  const spare = Math.floor((budget - CLOSER_REQUESTS) / LOOK_REQUESTS) - rest.length;
  // More garbage to collect is spread over all services of a group, and does not show there.
  const allocating = byDescending(ordered, allocationExcessIn(ordered));
  const first = allocating.slice(0, Math.max(MIN_ALLOCATING, Math.floor(spare / 2)));
  const alone = [...new Set([...first, ...single, ...others])].slice(0, Math.max(first.length, spare));
  await inTurn(alone, reserve, lookAlone);
  const together = formGroups(
    ordered.filter((look) => !alone.includes(look)),
    maxSize,
  );
  // Those of a group are compared without their warm-up at once.
  reserve = reservedForWarmUps(alone.filter(mayBeWarmUp).length);
  await lookTogether(together, requests, reserve);
  // A brief look at new instances shows their warm-up; the group was compared without it.
  const unseen = ordered.filter(({ evidence }) => !evidence.hasTurnover && evidence.shares.length === 0);
  await inTurn(unseen, reserve + ONSET_REQUESTS, lookAlone);
}

/**
 * Factor by which the allocations of a unit rose beyond its load and beyond what is usual where the same type
 * is the main one, since wall-clock time hides the load; 0 where they did not.
 */
function allocationExcessIn(looks: readonly Look[]): (look: Look) => number {
  const ratios = new Map<string, number[]>();
  const findMainType = ({ evidence }: Look) => evidence.series[0]?.lens.type.id ?? '';
  for (const look of looks) {
    const whole = look.evidence.wholes.find(({ lens }) => lens.type.alias === 'alloc');
    const ratio = whole?.load.ratio ?? 0;
    if (ratio > 0) ratios.set(findMainType(look), [...(ratios.get(findMainType(look)) ?? []), ratio]);
  }
  const usual = new Map([...ratios].map(([type, some]) => [type, median(some)]));
  return (look) => {
    const load = Math.max(1, look.evidence.mainTotals?.load.risen ?? 1, usual.get(findMainType(look)) ?? 1);
    const excess = allocationRise(look.evidence) / load;
    return excess > MIN_EXCESS ? excess : 0;
  };
}

/** Factor beyond the load from which on allocations may have a reason of their own. */
const MIN_EXCESS = 1.15;

/** Whether a leak or contention was found, which no composition of the time overrides. */
function hasFirstReason({ levels, waits }: BriefEvidence): boolean {
  return levels.some(({ leak }) => leak !== null) || waits.some(({ contention }) => contention !== null);
}

/** The largest rise among the levels and waits of a unit, after ÷ before. */
function measureRise({ evidence }: Look): number {
  const rises = evidence.totals
    .filter(({ lens }) => lens.kind === 'level' || lens.kind === 'wait')
    .map(({ before, after }) => {
      const [was, is] = [computeMean(before) ?? 0, computeMean(after) ?? 0];
      return is === 0 ? 0 : is / Math.max(was, Number.MIN_VALUE);
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
