import pMap from 'p-map';
import type { ToolContext } from '../../query/context.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { secondsPerUnit } from '../../text/units.js';
import { fleetOf } from '../evidence/fleet.js';
import { totalsIn } from '../evidence/profile-times.js';
import type { Requests } from '../evidence/requests.js';
import type { InvestigationContext } from '../evidence/shares.js';
import { unreadBecause } from '../evidence/unread.js';
import { onGrid, type Plan, planWindows } from '../evidence/windows.js';
import {
  asksForAmounts,
  type BriefEvidence,
  type BriefVerdict,
  briefEvidence,
  concludeBriefly,
  lacksOnset,
  lookAtAmounts,
  lookAtLevelsAndWaits,
  lookAtMain,
  lookCloser,
  ONSET_REQUESTS,
  ruleOutWarmUp,
  slicesToRead,
  withOnset,
} from '../investigate-service.js';
import { PARTED, SLICED } from '../thresholds.js';
import { budgetFor, LOOK_REQUESTS, orderForLook, reservedForShares } from './budget.js';
import { type FleetTimes, lensesOf, maxStepsFor, readFleetTimes } from './fleet-times.js';
import { severityOf } from './severity.js';
import { instanceLabelsIn, namesIn, rowLabels, type Unit, unitMatchers, unitsOf } from './units.js';

/** Looks that are under way at once; each has two requests in flight. */
const LOOKS_AT_ONCE = 4;

export interface FleetQuestion {
  source: ProfileSource;
  /** Matchers of all units. */
  matchers: readonly Matcher[];
  incident: Window;
  /** Ends 1 ms before the incident; null: the time just before it. */
  baseline: Window | null;
  groupBy: string | null;
  requests: Requests;
}

/** A unit with all that is known of it. */
export interface JudgedUnit extends BriefVerdict {
  unit: Unit;
  /** Part of the fleet's time in the incident. */
  weight: number;
  severity: number;
  /** Value per profile of the main type, after ÷ before; null where that cannot be told. */
  ratio: number | null;
  /** Reason why its composition was not looked at; null where it was, or a leak or contention was found. */
  notLookedAt: string | null;
}

export interface Triage {
  plan: Plan;
  units: readonly JudgedUnit[];
  notRead: readonly { what: string; why: string }[];
}

/** The units of a question over both windows: two requests. */
export async function readUnits(
  { source, matchers, incident, baseline, groupBy }: FleetQuestion,
  signal: AbortSignal,
): Promise<{ units: Unit[]; instanceLabels: readonly string[] }> {
  const plan = planWindows(incident, baseline);
  const [before = [], after = []] = await Promise.all(
    [plan.baseline, incident].map((window) =>
      source.series(rowLabels(groupBy), { matchers, window }, signal),
    ),
  );
  return {
    units: unitsOf({ baseline: before, incident: after }, groupBy),
    instanceLabels: instanceLabelsIn([...before, ...after], groupBy),
  };
}

/** Judges every unit, as far as the budget of requests goes. */
export async function triage(
  question: FleetQuestion,
  { units, instanceLabels }: Awaited<ReturnType<typeof readUnits>>,
  { signal, soon }: Pick<ToolContext, 'signal' | 'soon'>,
): Promise<Triage> {
  const own = soon === undefined ? signal : AbortSignal.any([signal, soon]);
  const { source, matchers, requests, groupBy } = question;
  requests.limitTo(budgetFor(units.length));
  const plan = onGrid(planWindows(question.incident, question.baseline, maxStepsFor(units)));
  const times = await readFleetTimes({ source, matchers, units, groupBy, instanceLabels, plan }, own);
  const looks = units.map((unit) => lookOf(unit, question, { plan, times, signal: own }));
  const weights = weightsOf(looks);
  await lookAtAll(looks, weights, requests);
  const judgedOf = (look: Look, verdict: BriefVerdict): JudgedUnit => {
    const weight = weights.get(look.unit.key) ?? 0;
    const [first] = verdict.findings;
    return {
      ...verdict,
      unit: look.unit,
      weight,
      severity:
        first === undefined ? 0 : severityOf(first, { weight, ...surroundingsOf(look, plan, verdict.since) }),
      ratio: look.evidence.mainTotals?.load.ratio ?? null,
      notLookedAt: look.notLookedAt,
    };
  };
  const judged = new Map(
    looks.map((look) => [look, judgedOf(look, concludeBriefly(look.evidence))] as const),
  );
  // Requests that are left tell since when, for the worst first.
  for (const [look, found] of [...judged].sort(([, a], [, b]) => b.severity - a.severity))
    if (found.severity > 0 && lacksOnset(found) && requests.left >= ONSET_REQUESTS)
      judged.set(look, judgedOf(look, await withOnset(look.evidence, found)));
  return {
    plan,
    units: [...judged.values()],
    notRead: [...times.failed].map(([what, error]) => ({ what, ...unreadBecause(error, own.aborted) })),
  };
}

/** Changes in new instances for which requests are kept, so that they can be told from a warm-up. */
const MAX_WARM_UP_LOOKS = 5;

interface Look {
  unit: Unit;
  evidence: BriefEvidence;
  notLookedAt: string | null;
}

function lookOf(
  unit: Unit,
  { source, matchers, requests }: FleetQuestion,
  shared: { plan: Plan; times: FleetTimes; signal: AbortSignal },
): Look {
  const { plan, times, signal } = shared;
  const { toRead, same } = lensesOf(unit);
  const series = toRead.flatMap((lens) => {
    const ofType = times.of(unit, lens.type.id);
    return ofType === null || ofType.series.length === 0 ? [] : [{ lens, times: ofType }];
  });
  const fleet = fleetOf(namesIn(unit), unit.labelSets);
  const context: InvestigationContext = {
    // Without sibling types a value per sample is never asked for.
    readContext: {
      source: remembered(source),
      matchers: [...matchers, ...unitMatchers(unit)],
      typeIds: [],
      repositories: fleet.repositories,
      signal,
    },
    plan,
    fleet,
    requests,
  };
  const evidence = briefEvidence(context, same, series);
  for (const lens of toRead)
    if (times.failed.has(lens.type.id))
      evidence.unread.push({ lens, ...unreadBecause(times.failed.get(lens.type.id), signal.aborted) });
  return { unit, evidence, notLookedAt: null };
}

/** A source that gives a merge that it gave before, so that a closer look reads only what is new. */
function remembered(source: ProfileSource): ProfileSource {
  const merges = new Map<string, ReturnType<ProfileSource['profile']>>();
  return {
    ...source,
    profile(query, signal) {
      const key = JSON.stringify(query);
      const merge = merges.get(key) ?? source.profile(query, signal);
      merges.set(key, merge);
      return merge;
    },
  };
}

/** Each unit's part of the time on CPU, or of the wall clock where that is all it sends. */
function weightsOf(looks: readonly Look[]): Map<string, number> {
  const seconds = looks.map(({ unit, evidence }) => {
    const [main] = evidence.series;
    const perUnit = main === undefined ? null : secondsPerUnit(main.lens.type.unit);
    if (main === undefined || perUnit === null) return [unit.key, 0] as const;
    return [unit.key, totalsIn(main.times, evidence.context.plan.incident).value * perUnit] as const;
  });
  const whole = seconds.reduce((sum, [, value]) => sum + value, 0);
  return new Map(seconds.map(([key, value]) => [key, whole > 0 ? value / whole : 1 / looks.length]));
}

function surroundingsOf({ evidence, unit }: Look, plan: Plan, since: BriefVerdict['since']) {
  const { from, to } = plan.incident;
  const profiles = evidence.totals[0]?.after.profiles ?? 0;
  return {
    gapMs: ((to - from) * unit.instances) / Math.max(1, profiles),
    lastedMs: to - (since?.before ?? from),
  };
}

/** Spends the requests: levels and waits that rose, then compositions, then allocations. */
async function lookAtAll(
  looks: readonly Look[],
  weights: ReadonlyMap<string, number>,
  requests: Requests,
): Promise<void> {
  const inTurn = (some: readonly Look[], reserve: number, run: (look: Look) => Promise<void>) =>
    pMap(some, async (look) => (requests.left - reserve >= LOOK_REQUESTS ? run(look) : undefined), {
      concurrency: LOOKS_AT_ONCE,
    });
  const byRise = [...looks].sort((a, b) => riseOf(b) - riseOf(a));
  await inTurn(byRise, reservedForShares(requests.left), ({ evidence }) => lookAtLevelsAndWaits(evidence));
  const open = looks.filter(({ evidence }) => !hasFirstReason(evidence));
  const common = median(
    looks.flatMap(({ evidence }) => evidence.mainTotals?.load.ratio ?? []).filter((ratio) => ratio > 0),
  );
  const ordered = orderForLook(
    open,
    ({ unit }) => weights.get(unit.key) ?? 0,
    (look) => changeOf(look, common),
  );
  const withTurnover = open.filter(({ unit }) => unit.hasTurnover).length;
  const reserve = LOOK_REQUESTS * Math.min(MAX_WARM_UP_LOOKS, withTurnover);
  await inTurn(ordered, reserve, async (look) => lookAtMain(look.evidence));
  for (const look of open)
    if (look.evidence.shares.length === 0 && look.evidence.unread.length === 0)
      look.notLookedAt = 'no request was left for its profiles; only totals were compared';
  await inTurn(
    ordered.filter(({ evidence }) => asksForAmounts(evidence)),
    0,
    async ({ evidence }) => lookAtAmounts(evidence),
  );
  // New instances warm up; that is over in the later half of the incident.
  const maybeWarmUps = ordered.filter(
    ({ unit, evidence }) => unit.hasTurnover && evidence.shares.some(({ change }) => change !== null),
  );
  for (const { evidence } of maybeWarmUps) evidence.maybeWarmUp = true;
  await inTurn(maybeWarmUps, 0, async ({ evidence }) => {
    await ruleOutWarmUp(evidence);
    evidence.maybeWarmUp = false;
  });
  // Instances that stand out first, then what was suspicious for another reason.
  for (const { evidence } of byDescending(open, ({ evidence }) => outlierOf(evidence)))
    if (isUnexplained(evidence) && isAffordable(requests, slicesToRead(evidence)))
      await lookCloser(evidence, SLICED);
  for (const { evidence } of byDescending(open, ({ evidence }) => evidence.suspicion)) {
    if (isUnexplained(evidence) && isAffordable(requests, slicesToRead(evidence)))
      await lookCloser(evidence, SLICED);
    if (isUnexplained(evidence) && isAffordable(requests, PARTED.incidentParts))
      await lookCloser(evidence, PARTED);
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
function outlierOf({ context, series }: BriefEvidence): number {
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

/** Whether a leak or contention was found, which no composition of the time overrides. */
function hasFirstReason({ levels, waits }: BriefEvidence): boolean {
  return levels.some(({ leak }) => leak !== null) || waits.some(({ contention }) => contention !== null);
}

/** The largest rise among the levels and waits of a unit, after ÷ before. */
function riseOf({ evidence }: Look): number {
  const rises = evidence.totals
    .filter(({ lens }) => lens.kind === 'level' || lens.kind === 'wait')
    .map(({ before, after }) => {
      const [was, is] = [before, after].map(({ value, profiles }) => (profiles > 0 ? value / profiles : 0));
      return is === undefined || is === 0 ? 0 : is / Math.max(was ?? 0, Number.MIN_VALUE);
    });
  return Math.max(0, ...rises);
}

/** Distance of the change of a unit's main total from that of the whole fleet, in standard errors. */
function changeOf({ evidence }: Look, common: number): number {
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
