import type { ToolContext } from '../../query/context.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { secondsPerUnit } from '../../text/units.js';
import { untilSoon } from '../../work/until-soon.js';
import { newsIn } from '../agreement.js';
import { describeFleet } from '../evidence/fleet.js';
import { totalsIn } from '../evidence/profile-times.js';
import type { Requests } from '../evidence/requests.js';
import { hasTurnoverIn } from '../evidence/rollout/turnover.js';
import type { InvestigationContext } from '../evidence/shares.js';
import { unreadBecause } from '../evidence/unread.js';
import { onGrid, type Plan, planWindows } from '../evidence/windows.js';
import { BRIEF } from '../thresholds.js';
import {
  type BriefVerdict,
  briefEvidence,
  concludeBriefly,
  lacksOnset,
  ONSET_REQUESTS,
  withOnset,
} from './brief.js';
import { budgetFor, marginFor } from './budget.js';
import {
  areInstancesApart,
  type FleetTimes,
  type FleetTimesQuestion,
  listLenses,
  maxStepsFor,
  readFleetTimes,
} from './fleet-times.js';
import { type Look, lookAtAll } from './looks.js';
import { rateSeverity } from './severity.js';
import {
  findTurnover,
  instanceKey,
  instanceLabelsIn,
  listUnits,
  namesIn,
  rowLabels,
  type Unit,
  unitMatchers,
} from './units.js';

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
  /** Number of units that were compared only together with others, and of the largest group. */
  together: { units: number; largest: number };
  units: readonly JudgedUnit[];
  notRead: readonly { what: string; why: string }[];
}

/** The units of a question. */
export interface FleetUnits {
  units: Unit[];
  instanceLabels: readonly string[];
  /**
   * Keys of the units of which some instances are in only one of the windows; null where the totals of
   * instances over time tell it.
   */
  turnover: ReadonlySet<string> | null;
}

/**
 * The units of a question over both windows: one request where the windows meet, and two more for a fleet
 * whose instances are too many for totals of each.
 */
export async function readUnits(
  { source, matchers, incident, baseline, groupBy }: FleetQuestion,
  signal: AbortSignal,
): Promise<FleetUnits> {
  const plan = planWindows(incident, baseline);
  const read = (window: Window) => source.series(rowLabels(groupBy), { matchers, window }, signal);
  const toUnits = (rows: Awaited<ReturnType<typeof read>>, turnover: FleetUnits['turnover']) => ({
    units: listUnits(rows, groupBy),
    instanceLabels: instanceLabelsIn(rows, groupBy),
    turnover,
  });
  if (plan.baseline.to + 1 >= incident.from) {
    const together = toUnits(await read({ from: plan.baseline.from, to: incident.to }), null);
    if (areInstancesApart(together.units)) return together;
  }
  const [before, after] = await Promise.all([read(plan.baseline), read(incident)]);
  return toUnits([...before, ...after], findTurnover({ baseline: before, incident: after }, groupBy));
}

/** Judges every unit, as far as the budget of requests goes. */
export async function triage(
  question: FleetQuestion,
  { units, instanceLabels, turnover }: FleetUnits,
  { signal, soon }: Pick<ToolContext, 'signal' | 'soon'>,
): Promise<Triage> {
  const deadline = untilSoon(signal, soon);
  const { source, matchers, requests, groupBy } = question;
  requests.limitTo(budgetFor(units.length));
  const plan = onGrid(planWindows(question.incident, question.baseline, maxStepsFor(units)));
  const asked = { source, matchers, units, groupBy, instanceLabels, plan };
  const { looks, failed } = await readLooks(asked, { ...question, turnover }, { signal, soon: deadline });
  const weights = computeWeights(looks);
  await lookAtAll(looks, weights, requests);
  const toJudgedUnit = (look: Look, verdict: BriefVerdict): JudgedUnit => {
    const weight = weights.get(look.unit.key) ?? 0;
    const [first] = verdict.findings;
    return {
      ...verdict,
      unit: look.unit,
      weight,
      severity:
        first === undefined
          ? 0
          : rateSeverity(first, { weight, ...describeSurroundings(look, plan, verdict.since) }),
      ratio: look.evidence.mainTotals?.load.ratio ?? null,
      notLookedAt: look.notLookedAt,
    };
  };
  const margin = marginFor(units.length, BRIEF.gate);
  const conclude = (look: Look) =>
    look.groupSize === null || look.evidence.shares.length > 0
      ? concludeBriefly(look.evidence, margin)
      : concludeTogether(look);
  const judged = new Map(looks.map((look) => [look, toJudgedUnit(look, conclude(look))] as const));
  // Requests that are left tell since when, for the worst first.
  for (const [look, unit] of [...judged].sort(([, a], [, b]) => b.severity - a.severity))
    if (unit.severity > 0 && lacksOnset(unit) && requests.left >= ONSET_REQUESTS)
      judged.set(look, toJudgedUnit(look, await withOnset(look.evidence, unit)));
  const sizes = looks.flatMap(({ groupSize, evidence }) =>
    groupSize === null || evidence.shares.length > 0 ? [] : [groupSize],
  );
  return {
    plan,
    together: { units: sizes.length, largest: Math.max(0, ...sizes) },
    units: [...judged.values()],
    notRead: [...failed].map(([what, error]) => ({ what, ...unreadBecause(error, deadline.aborted) })),
  };
}

/** Evidence of each unit by its totals over time; the series of all units together are not kept. */
async function readLooks(
  asked: FleetTimesQuestion,
  question: LookQuestion,
  signals: { signal: AbortSignal; soon: AbortSignal },
): Promise<{ looks: Look[]; failed: FleetTimes['failed'] }> {
  const times = await readFleetTimes(asked, signals);
  const shared = { plan: asked.plan, times, signal: signals.soon };
  return { looks: asked.units.map((unit) => createLook(unit, question, shared)), failed: times.failed };
}

type LookQuestion = FleetQuestion & Pick<FleetUnits, 'turnover'>;

function createLook(
  unit: Unit,
  { source, matchers, requests, turnover }: LookQuestion,
  shared: { plan: Plan; times: FleetTimes; signal: AbortSignal },
): Look {
  const { plan, times, signal } = shared;
  const { toRead, same } = listLenses(unit);
  const series = toRead.flatMap((lens) => {
    const ofType = times.of(unit, lens.type.id);
    return ofType === null || ofType.series.length === 0 ? [] : [{ lens, times: ofType }];
  });
  const fleet = describeFleet(namesIn(unit), unit.labelSets);
  const context: InvestigationContext = {
    // Without sibling types a value per sample is never asked for.
    readContext: {
      source: remembered(source),
      matchers: [...matchers, ...unitMatchers(unit)],
      typeIds: [],
      repositories: fleet.repositories,
      waitingThreads: new Map(),
      signal,
    },
    plan,
    fleet,
    requests,
  };
  const hasTurnover =
    turnover?.has(unit.key) ??
    hasTurnoverIn(
      series.map(({ times }) => times),
      plan,
      instanceKey,
    );
  const evidence = briefEvidence(context, same, series, hasTurnover);
  for (const lens of toRead)
    if (times.failed.has(lens.type.id))
      evidence.unread.push({ lens, ...unreadBecause(times.failed.get(lens.type.id), signal.aborted) });
  return { unit, source, evidence, groupSize: null, notLookedAt: null };
}

/**
 * The verdict on a unit that was compared together with others and in whose group nothing changed: its total
 * tells the load, and what no type contradicts is no change.
 */
function concludeTogether({ evidence }: Look): BriefVerdict {
  const { mainTotals } = evidence;
  const whole = mainTotals === null ? [] : [{ ...mainTotals, rose: mainTotals.load.hasRisen }];
  const concluded = concludeBriefly({ ...evidence, wholes: [...whole, ...evidence.wholes] }, 0);
  const isCalm = concluded.verdict === 'inconclusive' && newsIn(concluded.rows).length === 0;
  return isCalm && mainTotals !== null ? { ...concluded, verdict: 'no_change' } : concluded;
}

/** The source of one unit, which gives a merge that it gave before: a closer look reads only what is new. */
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
function computeWeights(looks: readonly Look[]): Map<string, number> {
  const seconds = looks.map(({ unit, evidence }) => {
    const [main] = evidence.series;
    const perUnit = main === undefined ? null : secondsPerUnit(main.lens.type.unit);
    if (main === undefined || perUnit === null) return [unit.key, 0] as const;
    return [unit.key, totalsIn(main.times, evidence.context.plan.incident).value * perUnit] as const;
  });
  const whole = seconds.reduce((sum, [, value]) => sum + value, 0);
  return new Map(seconds.map(([key, value]) => [key, whole > 0 ? value / whole : 1 / looks.length]));
}

function describeSurroundings({ evidence, unit }: Look, plan: Plan, since: BriefVerdict['since']) {
  const { from, to } = plan.incident;
  const profiles = evidence.totals[0]?.after.profiles ?? 0;
  return {
    gapMs: ((to - from) * unit.instances) / Math.max(1, profiles),
    lastedMs: to - (since?.before ?? from),
  };
}
