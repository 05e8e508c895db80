import { collectorGrowth } from '../../profile/compare/collector.js';
import type { InstanceRise } from '../../profile/compare/finding.js';
import { readActivity } from '../../profile/compare/growth/by-design.js';
import { activePerProfile, buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import { orderTypes, type ProfileType } from '../../profile/types/types.js';
import type { ToolContext } from '../../query/context.js';
import { secondsPerUnit } from '../../text/units.js';
import { untilSoon } from '../../work/until-soon.js';
import { MAIN, MAIN_AT_FIRST, PRESSED_GATE, SECOND } from '../thresholds.js';
import { type LensPlan, type LensType, planLenses } from './lens.js';
import { instanceRise } from './levels/instance-rise.js';
import { type LevelLens, readLevels } from './levels.js';
import { withoutRequests } from './of-requests.js';
import { endBeforeDeploy } from './onset/replacement.js';
import { type EvidenceQuestion, prepareEvidence } from './prepare.js';
import { type ProfileTimes, readProfileTimes, type Totals, totalsIn } from './profile-times.js';
import { NoRequestLeft } from './requests.js';
import { withoutLateArrivals } from './rollout/late-arrivals.js';
import { computePerStep } from './rollout/together.js';
import { instanceTurnover, type Turnover } from './rollout/turnover.js';
import { type InvestigationContext, type Resolution, readShares, type ShareLens } from './shares.js';
import { unlessSilent } from './silence.js';
import { compareTotals, type TotalsLens } from './totals.js';
import { type UnreadParts, type UnreadType, unreadBecause } from './unread.js';
import { withLeakedWaiters } from './waits/leaked-waiters.js';
import { readWaits, type WaitLens, type WaitReading, withoutAlikeWaits } from './waits.js';
import type { Plan } from './windows.js';

/** All that the profiles of a service say about two windows, type by type. */
export interface Evidence {
  plan: Plan;
  /** Time from which on the end of the window that was asked about is not judged; null for none of it. */
  incidentEnd: number | null;
  /** Every type looked at, in order, with the totals per profile. */
  totals: readonly TypeTotals[];
  shares: readonly ShareLens[];
  levels: readonly LevelLens[];
  waits: readonly WaitLens[];
  /** Types of which only the totals over time were compared. */
  wholes: readonly TotalsLens[];
  /** Types that were left out because another one tells the same. */
  same: LensPlan['same'];
  collector: { before: number; after: number; hasGrown: boolean } | null;
  instances: Turnover | null;
  /** Context in which the onset is narrowed down. */
  context: InvestigationContext;
  /** Reasons why a type has nothing to read. */
  missing: readonly string[];
  /** Parts that exist and could not be read. */
  unread: UnreadParts;
  /** Types of which no profile says anything about the windows. */
  empty: readonly EmptyType[];
  /** The type that is read first: what is said without it is said without the main witness. */
  main: ProfileType;
}

/** The part of a reading that verdict and findings are drawn from. */
export type LensReadings = Pick<
  Evidence,
  'totals' | 'shares' | 'levels' | 'waits' | 'wholes' | 'same' | 'collector'
>;

export interface TypeTotals {
  lens: LensType;
  before: Totals;
  after: Totals;
  /** Instances in which it rose; null where they are not told apart. */
  instances: InstanceRise | null;
  /** The totals over time that both sides are sums of. */
  times: ProfileTimes;
}

/** Requests that finding the value of one sample may take. */
const QUANTUM_REQUESTS = 2;
/** Types whose totals are read at the start; further ones wait for what is left of the requests. */
const MAX_AT_FIRST = 10;

/** A profile type without an amount in either window, and the reason. */
export interface EmptyType {
  lens: LensType;
  why: string;
}

/**
 * Reads what an investigation needs, in this order: label sets, one series per type, parts of the main type
 * with slices of the fleet, parts of the others, ends of levels that rose, waits that grew. At most 40
 * requests, 8 in flight.
 *
 * @returns null where the main type has no profile in the incident window
 */
export async function readEvidence(
  question: EvidenceQuestion,
  { signal, early, soon }: Pick<ToolContext, 'signal' | 'early' | 'soon'>,
): Promise<Evidence | null> {
  // At `soon`, answer with what has been read so far.
  const deadline = untilSoon(signal, soon);
  const plannedLenses = planLenses(orderTypes(question.typeIds));
  const lenses = plannedLenses.toRead.slice(0, MAX_AT_FIRST);
  const asked = await prepareEvidence(question, lenses[0]?.type.id, deadline);
  const { readContext, fleet } = asked;
  const unread: UnreadType[] = [];
  const failures: unknown[] = [];
  /** Notes a type as not read; rethrows what is neither the store's failure nor a limit of ours. */
  const fail = (lens: LensType, error: unknown, patience: AbortSignal) => {
    if (signal.aborted) throw error;
    unread.push({ lens, ...unreadBecause(error, patience.aborted) });
    failures.push(error);
    return null;
  };
  const readTimes = async (lens: LensType, patience: AbortSignal) => {
    const query = { profileTypeId: lens.type.id, matchers: readContext.matchers };
    return readProfileTimes(readContext.source, query, asked.plan, asked, patience).then(
      (profileTimes) => ({ lens, profileTimes }),
      (error: unknown) => fail(lens, error, patience),
    );
  };
  const series = unlessSilent(deadline, early, { ended: () => asked.requests.ended, others: true });
  const answers = await Promise.all(lenses.map((lens) => readTimes(lens, series.signal))).finally(
    series.stop,
  );
  const hasProfiles = ({ profileTimes }: { profileTimes: ProfileTimes }) => profileTimes.series.length > 0;
  const counted = answers.find((answer) => answer?.lens === lenses[0]) ?? null;
  const together =
    counted === null || asked.togetherCounts === undefined
      ? {}
      : { together: computePerStep(counted.profileTimes, asked.plan, asked.togetherCounts) };
  const known = answers
    .filter((answer) => answer !== null)
    .map(({ lens, profileTimes }) => ({ lens, profileTimes: { ...profileTimes, ...together } }));
  const withProfiles = known.filter(hasProfiles);
  // A type that is gone in the incident leads nothing.
  const isGone = ({ profileTimes }: { profileTimes: ProfileTimes }) =>
    totalsIn(profileTimes, asked.plan.incident).profiles === 0;
  const gone = withProfiles.filter(isGone);
  const read = [...withProfiles.filter((answer) => !isGone(answer)), ...gone];
  const withoutProfiles = known.filter((answer) => !hasProfiles(answer));
  const [main] = read;
  const first = lenses.find((lens) => gone.every((answer) => answer.lens !== lens)) ?? lenses[0];
  if (main === undefined || first === undefined) {
    if (failures.length > 0) throw failures[0];
    return null;
  }

  const others = read.slice(1).map(({ profileTimes }) => profileTimes);
  const { plan, incidentEnd } = withoutLateArrivals(asked.plan, fleet, main.profileTimes, others);
  const context = { ...asked, plan };
  const shares: ShareLens[] = [];
  const levels: LevelLens[] = [];
  const waits: WaitReading[] = [];
  const wholes: TotalsLens[] = [];
  const missing: string[] = [];
  /** The plan of a type without what belongs to neither side. */
  const judgedPlan = (lens: LensType, profileTimes: ProfileTimes) =>
    settledPlan(endBeforeDeploy({ plan, fleet }, profileTimes), shares, lens);
  const readLens = async ({ lens, profileTimes }: (typeof read)[number]) => {
    const patience = unlessSilent(deadline, early, { ended: () => context.requests.ended, others: false });
    const judged = judgedPlan(lens, profileTimes);
    const typeContext = {
      ...context,
      plan: judged,
      readContext: { ...readContext, signal: patience.signal },
    };
    try {
      if (lens.kind === 'time' || lens.kind === 'amount') {
        const answer = await readWithin(typeContext, lens, profileTimes, {
          ...chooseResolution(lens, shares, question),
          minGrowth: question.minGrowth,
        });
        if (typeof answer !== 'string') shares.push(withoutRequests(answer, shares));
        else {
          const whole = compareTotals(lens, profileTimes, judged, main.profileTimes);
          if (whole !== null) wholes.push(whole);
          missing.push(
            `${lens.type.alias}: ${answer}${whole === null ? '' : '; only its total was compared'}`,
          );
        }
      } else if (lens.kind === 'level') levels.push(await readLevels(typeContext, lens, profileTimes));
      else
        waits.push({
          profileTimes,
          wait: await readWaits(typeContext, lens, profileTimes, {
            main: main.profileTimes,
            load: measureLoad(shares),
            served: timeServed(shares),
            others: waits.map(({ wait }) => wait),
            activity: readActivity(shares[0]),
          }),
        });
    } catch (error) {
      if (error instanceof NoRequestLeft) {
        const whole = compareTotals(lens, profileTimes, judged, main.profileTimes);
        if (whole !== null) wholes.push(whole);
      }
      fail(lens, error, patience.signal);
    } finally {
      patience.stop();
    }
  };
  /** Waits of each type judged with those of the others; as they are where these cannot be read. */
  const settledWaits = async () => {
    const [one] = waits;
    if (one === undefined) return [];
    const judged = { ...context, plan: judgedPlan(one.wait.lens, one.profileTimes) };
    try {
      const judgedWaits = await withoutAlikeWaits(
        judged,
        waits,
        main.profileTimes,
        measureLoad(shares),
        read,
      );
      return await withLeakedWaiters(judged, judgedWaits, { levels, same: plannedLenses.same, read });
    } catch (error) {
      if (signal.aborted) throw error;
      unreadBecause(error, deadline.aborted);
      return waits.map(({ wait }) => wait);
    }
  };
  for (const lensTimes of read) await readLens(lensTimes);
  for (const lens of plannedLenses.toRead.slice(MAX_AT_FIRST)) {
    const lensTimes = await readTimes(lens, deadline);
    if (lensTimes === null) continue;
    if (!hasProfiles(lensTimes)) {
      withoutProfiles.push(lensTimes);
      continue;
    }
    read.push(lensTimes);
    await readLens(lensTimes);
  }
  if (failures.length > 0 && shares.length + levels.length + waits.length === 0) throw failures[0];
  return {
    plan,
    incidentEnd,
    totals: read.map(({ lens, profileTimes }) => {
      const judged = judgedPlan(lens, profileTimes);
      return {
        lens,
        before: totalsIn(profileTimes, judged.baseline),
        after: totalsIn(profileTimes, judged.incident),
        instances: instanceRise(profileTimes, judged, fleet.instanceLabel),
        times: profileTimes,
      };
    }),
    shares,
    levels,
    waits: await settledWaits(),
    wholes,
    same: plannedLenses.same,
    collector: collectorIn(shares),
    instances: instanceTurnover(main.profileTimes, context, fleet.instanceLabel),
    context,
    missing,
    unread: { types: unread, labels: fleet.unread },
    empty: await Promise.all(
      withoutProfiles.map(async ({ lens }) => ({ lens, why: await explainEmpty(context, lens) })),
    ),
    main: first.type,
  };
}

/**
 * The plan without the time in which the instances warmed up, as the main type shows it: other types cost
 * more in that time, too. Levels keep it, since their course tells.
 */
function settledPlan(plan: Plan, [main]: readonly ShareLens[], { kind }: LensType): Plan {
  return kind === 'level' || main === undefined || main.settledFrom === null
    ? plan
    : { ...plan, incident: { ...plan.incident, from: main.settledFrom } };
}

/** Why there is no amount of a type in either window. A server takes the differences of counters itself. */
async function explainEmpty(
  { readContext: { source, matchers, signal }, plan }: InvestigationContext,
  { type }: LensType,
): Promise<string> {
  if (!source.isLive) {
    const query = { profileTypeId: type.id, matchers, window: plan.incident };
    const { isSinceStart } = await source.profile(query, signal);
    if (isSinceStart === true)
      return 'counts since the process started; with one reading of each instance the amount in the window is unknown';
  }
  return 'no samples in either window';
}

/**
 * The first type is read finely; allocations more readily where the collector says that there were more of
 * them.
 */
function chooseResolution(
  { type }: LensType,
  shares: readonly ShareLens[],
  { slices = MAIN.slices, readsAllParts = false }: Pick<EvidenceQuestion, 'slices' | 'readsAllParts'>,
): Resolution {
  if (shares.length === 0) return { ...MAIN, slices, atFirst: readsAllParts ? undefined : MAIN_AT_FIRST };
  const isPressed = type.alias === 'alloc' && collectorIn(shares)?.hasGrown === true;
  if (isPressed) return { ...SECOND, gate: PRESSED_GATE, atFirst: undefined };
  if (readsAllParts) return { ...SECOND, atFirst: undefined };
  // A change of the time that is known leads: another type only supports it.
  return shares.some(({ lens, change }) => lens.kind === 'time' && change?.from === null)
    ? { ...SECOND, baselineParts: 1 }
    : SECOND;
}

/** Value per profile of the first type, after ÷ before. */
function measureLoad([main]: readonly ShareLens[]): number {
  return main?.analysis.load.ratio ?? 1;
}

/** Time that the first type shows in each profile of the incident, in seconds; null where it is no time. */
export function timeServed(shares: readonly ShareLens[]): number | null {
  const time = shares.find(({ lens }) => lens.kind === 'time');
  const seconds = time === undefined ? null : secondsPerUnit(time.lens.type.unit);
  if (time === undefined || seconds === null) return null;
  return seconds * activePerProfile(time.analysis.incident);
}

/** How the collector's part of the on-CPU or wall-clock time changed; null where there is no such profile. */
function collectorIn(shares: readonly ShareLens[]): Evidence['collector'] {
  const time = shares.find(({ lens }) => lens.kind === 'time');
  return time === undefined ? null : collectorGrowth(buildContrast(time.analysis, wholeRun(time.analysis)));
}

/**
 * Reads a type as finely as the requests that are left allow; a reason where there is nothing.
 *
 * @throws NoRequestLeft
 */
async function readWithin(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  resolution: Resolution,
): Promise<ShareLens | string> {
  const { baselineParts, incidentParts } = resolution;
  const spare = context.requests.left - baselineParts - incidentParts - QUANTUM_REQUESTS;
  if (spare < 0) throw new NoRequestLeft('too few for the parts of this type');
  const answer = await readShares(context, lens, profileTimes, {
    ...resolution,
    slices: Math.min(resolution.slices, spare),
  });
  if (answer !== null) return answer;
  const isWithoutProfiles = (window: Plan['baseline']) => totalsIn(profileTimes, window).profiles === 0;
  if (isWithoutProfiles(context.plan.baseline)) return 'no profiles in the baseline';
  return isWithoutProfiles(context.plan.incident)
    ? 'no profiles in the window'
    : 'no samples in the baseline or the window';
}
