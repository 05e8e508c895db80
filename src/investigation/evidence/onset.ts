import { countsIn } from '../../profile/compare/analysis.js';
import { stepOrReplacement } from '../../profile/compare/onset/replacement.js';
import { type StepLikelihoods, stepLikelihoods } from '../../profile/compare/onset/step.js';
import { arrivalInterval, shareCuts } from '../../profile/compare/since.js';
import { sumIn } from '../../profile/contrast/contrast.js';
import { totalValue } from '../../profile/model.js';
import type { Matcher, Window } from '../../sources/source.js';
import type { Cause } from '../conclude.js';
import type { Evidence } from './evidence.js';
import { processLabel } from './fleet.js';
import { hasWaitingThreads, readActive } from './lens.js';
import { MAX_DIVISIONS, narrowDown } from './onset/narrow-down.js';
import { isDeploy, replacement } from './onset/replacement.js';
import {
  divideStart,
  listStretches,
  MAX_AT_START,
  type Narrowing,
  narrow,
  readStretch,
} from './onset/stretches.js';
import { measureGap, type ProfileTimes, sendersIn, sharedTimes, totalsIn } from './profile-times.js';
import { getResolution, type Since, splitIntoRounds, startsIn } from './rounds.js';
import type { InvestigationContext, ShareLens } from './shares.js';

/**
 * When the first cause of a conclusion began, as an interval within the windows; null where there is none or
 * it cannot be told.
 */
export async function findOnset(
  { context }: Pick<Evidence, 'context'>,
  cause: Cause | undefined,
): Promise<Since | null> {
  const since = await findInterval(context, cause);
  if (since === null) return null;
  // The last profile of a window covers time after its end.
  const { from } = context.plan.baseline;
  const { to } = context.plan.incident;
  const inside = (time: number) => Math.min(to, Math.max(from, time));
  return { ...since, after: inside(since.after), before: inside(since.before) };
}

async function findInterval(context: InvestigationContext, cause: Cause | undefined): Promise<Since | null> {
  if (cause === undefined) return null;
  if (cause.kind === 'leak') return cause.of.leak?.since ?? null;
  if (cause.kind === 'contention') return cause.of.contention?.since ?? null;
  if (cause.kind === 'level') return cause.of.rise?.since ?? null;
  if (cause.kind === 'total') return null;
  return cause.kind === 'load' ? onsetOfLoad(context, cause.of) : onsetOfChange(context, cause.of);
}

/**
 * When a change of code began: first by the parts that were read, then by single rounds of profiles about the
 * cut, of the label value that carries it where there is one. Where all instances were replaced, that is
 * when, unless the parts or the first rounds after it speak against it. Up to 7 requests, as far as they are
 * left.
 */
async function onsetOfChange(context: InvestigationContext, share: ShareLens): Promise<Since | null> {
  const { change, windows } = share;
  if (change === null) return null;
  const { analysis, culprit, run, contrast, carrier } = change;
  const before = countsIn(analysis, contrast.before, culprit.fn);
  const after = countsIn(analysis, contrast.after, culprit.fn);
  const p1 = before.x / before.n;
  const p2 = carrier?.shareAfter ?? after.x / after.n;
  const { phi } = analysis.dispersion;
  const parts = [
    ...windows.baseline.slice(-analysis.baseline.length),
    ...windows.incident.slice(0, run.last + 1),
  ];
  const read = [...analysis.baseline, ...analysis.incident.slice(0, run.last + 1)];
  if (parts.length < 2) return null;
  if (carrier !== null) {
    const span = { from: windows.baseline.at(-1)?.from ?? 0, to: parts.at(-1)?.to ?? 0 };
    const profileTimes = timesWith(context, share.profileTimes, carrier.label, carrier.value);
    const matcher: Matcher = { name: carrier.label, op: '=', value: carrier.value };
    const { x, n } = carrier;
    return onsetOfValue(context, share, { profileTimes, matchers: [matcher], p1, p2 }, span, { x, n });
  }
  const counts = read.map((part) => countsIn(analysis, part, culprit.fn));
  const deploy = replacement(context, share.profileTimes);
  const narrowing = { profileTimes: share.profileTimes, matchers: [], p1, p2 };
  const coarse = listStretches(share.profileTimes, parts, counts);
  if (deploy === null || !isDeploy(parts, counts, deploy, phi))
    return narrow(context, share, narrowing, coarse);
  // Long parts hide that a change began some rounds after the deploy, such as a flag that was switched on.
  const finer = await divideStart(context, share, narrowing, coarse, deploy.last);
  const finerWindows = finer.map(({ window }) => window);
  return isDeploy(finerWindows, finer, deploy, phi)
    ? arrivalInterval({ ...deploy, ...getResolution(share.profileTimes) })
    : narrow(context, share, narrowing, finer, MAX_DIVISIONS - MAX_AT_START);
}

/**
 * When the load rose, by the totals of single rounds; of the active part of time with waiting threads by the
 * parts that were read, and then by rounds about the cut.
 */
async function onsetOfLoad(context: InvestigationContext, share: ShareLens): Promise<Since | null> {
  const { lens, profileTimes, windows, analysis } = share;
  const read = [...windows.baseline.slice(-analysis.baseline.length), ...windows.incident];
  const parts = [...analysis.baseline, ...analysis.incident];
  const levelsOf = parts.map(({ costs }) => sumIn(analysis.universe, costs));
  const coarse = read.map((window, at) => ({
    window,
    value: levelsOf[at] ?? 0,
    profiles: parts[at]?.profiles ?? 0,
  }));
  const { phi } = analysis.dispersion;
  // Error of the logarithm of so many samples.
  const estimateSampling = (value: number) => (phi * analysis.quantum) / Math.max(analysis.quantum, value);
  const hasIdle = lens.type.isWallClock || (await hasWaitingThreads(context.readContext, lens.type));
  if (!hasIdle) return onsetOfTotal(context, profileTimes, read, estimateSampling);
  const totals = coarse.map((part, at) => ({ ...part, value: parts[at]?.costs.total ?? 0 }));
  const countIn = (window: Window) => ({ profiles: totalsIn(profileTimes, window).profiles });
  const { parts: levels } = await narrowDown(context, profileTimes, totals, {
    cost: 1,
    judge: (all) => likelySteps(context, profileTimes, all, estimateSampling),
    divide: async ({ value }, windows) => {
      const read = totalValue(await readActive(context.readContext, lens.type, windows.read));
      return [
        { window: windows.read, value: read, ...countIn(windows.read) },
        { window: windows.rest, value: Math.max(0, value - read), ...countIn(windows.rest) },
      ];
    },
  });
  return steps(context, profileTimes, levels, estimateSampling);
}

/** The windows that were asked about, and how instances are told apart. */
type OnsetContext = Pick<InvestigationContext, 'plan' | 'fleet'>;

/** When the total per profile stepped over some windows, by single rounds of profiles. */
export function onsetOfTotal(
  context: OnsetContext,
  profileTimes: ProfileTimes,
  windows: readonly Window[],
  samplingOf?: (value: number) => number,
): Since | null {
  return steps(
    context,
    profileTimes,
    windows.flatMap((window) =>
      splitIntoRounds(profileTimes, window).map((part) => ({
        window: part,
        ...totalsIn(profileTimes, part),
      })),
    ),
    samplingOf,
  );
}

interface LevelOf {
  window: Window;
  value: number;
  profiles: number;
}

function logLevels(levels: readonly LevelOf[]): number[] {
  return levels.map(({ value, profiles }) => Math.log(Math.max(value, 1) / Math.max(1, profiles)));
}

/**
 * The interval in which the value per profile steps: see {@link stepOrReplacement}.
 *
 * @param samplingOf variance of the logarithm of a value by sampling alone
 */
function steps(
  context: OnsetContext,
  profileTimes: ProfileTimes,
  all: readonly LevelOf[],
  samplingOf: (value: number) => number = () => 0,
): Since | null {
  const likelihoods = likelySteps(context, profileTimes, all, samplingOf);
  if (likelihoods === null) return null;
  return stepOrReplacement(likelihoods, replacement(context, profileTimes), {
    ...getResolution(profileTimes),
    from: context.plan.incident.from,
  });
}

function likelySteps(
  { plan }: Pick<OnsetContext, 'plan'>,
  profileTimes: ProfileTimes,
  all: readonly LevelOf[],
  samplingOf: (value: number) => number,
): StepLikelihoods | null {
  const levels = all.filter(({ profiles }) => profiles > 0);
  if (levels.length < 2) return null;
  const logs = logLevels(levels);
  return stepLikelihoods(
    levels.map(({ window, value }, at) => ({
      level: logs[at] ?? 0,
      starts: startsIn(profileTimes, window),
      sampling: samplingOf(value),
    })),
    {
      ...getResolution(profileTimes),
      instances: profileTimes.series.length,
      from: plan.incident.from,
    },
  );
}

/**
 * When the share of one label value changed, whose profiles are read apart; a new value may bring the change
 * with its first profile.
 */
async function onsetOfValue(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  span: Window,
  known: { x: number; n: number },
): Promise<Since | null> {
  const { profileTimes, p1, p2 } = narrowing;
  const { phi } = (share.change ?? share).analysis.dispersion;
  const { incident } = context.plan;
  const later = { from: incident.from, to: span.to };
  const hasRoom = context.requests.left > 0;
  const isRead = later.to === incident.to || !hasRoom;
  const after = isRead
    ? listStretches(profileTimes, [later], [known])
    : await readStretch(context, share, narrowing, later);
  const isNew = sendersIn(profileTimes, context.plan.baseline).length === 0;
  if (!isNew) {
    const earlier = { from: span.from, to: incident.from - 1 };
    const before = hasRoom ? await readStretch(context, share, narrowing, earlier) : [];
    return narrow(context, share, narrowing, [...before, ...after], MAX_DIVISIONS);
  }
  // New instances have no past; the change may be there from their first profile on.
  const stretches = await divideStart(context, share, narrowing, after);
  const isThereFromStart = shareCuts([{ x: 0, n: 0 }, ...stretches], p1, p2, phi).best === 1;
  if (stretches.length > 0 && !isThereFromStart)
    return narrow(context, share, narrowing, stretches, MAX_DIVISIONS - MAX_AT_START);
  const first = sharedTimes(profileTimes, span)[0];
  if (first === undefined) return null;
  // Profiles of other instances in the same round say nothing about the time before it.
  const last =
    sharedTimes(share.profileTimes, { from: span.from, to: first - measureGap(share.profileTimes) / 2 }).at(
      -1,
    ) ?? span.from;
  return arrivalInterval({ last, first, ...getResolution(profileTimes) });
}

function timesWith(
  { fleet }: InvestigationContext,
  profileTimes: ProfileTimes,
  label: string,
  value: string,
): ProfileTimes {
  const known = processLabel(fleet);
  if (known === null) return profileTimes;
  const series = profileTimes.series.filter(({ labels }) => {
    const instance = labels[known] ?? '';
    return label === known ? instance === value : fleet.instances.get(instance)?.[label] === value;
  });
  return series.length === 0 ? profileTimes : { ...profileTimes, series };
}
