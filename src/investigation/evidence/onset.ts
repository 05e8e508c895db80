import { countsIn } from '../../profile/compare/analysis.js';
import { AGAINST_DEPLOY } from '../../profile/compare/onset/replacement.js';
import { type SharesAt, shareLikelihoods } from '../../profile/compare/onset/share.js';
import { isStepBetween, stepInterval, stepLikelihoods } from '../../profile/compare/onset/step.js';
import { arrivalInterval, shareCuts, stepCuts } from '../../profile/compare/since.js';
import { sumIn } from '../../profile/contrast/contrast.js';
import { totalValue } from '../../profile/model.js';
import { partWindows } from '../../profile/series/parts.js';
import { narrow, type Stretch } from '../../query/timeline/narrow.js';
import type { Matcher, Window } from '../../sources/source.js';
import type { Cause } from '../conclude.js';
import type { Evidence } from './evidence.js';
import { readActive } from './lens.js';
import { measureGap, type ProfileTimes, sharedTimes, totalsIn } from './profile-times.js';
import { isDeploy, replacement } from './replacement.js';
import { getResolution, type Since, splitIntoRounds, startsIn } from './rounds.js';
import { countsLater } from './shares/counts-later.js';
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

/** Requests of one look at the time around the onset. */
const MAX_FINE_PARTS = 6;
/** Looks at it: the second one divides what the first leaves likely. */
const MAX_LOOKS = 2;
/**
 * When a change of code began: first by the parts that were read, then by single rounds of profiles about the
 * cut, of the label value that carries it where there is one. Where all instances were replaced, that is
 * when, unless the parts speak against it. Up to 12 requests, as far as they are left.
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
    return onsetOfValue(context, share, { profileTimes, matchers: [matcher], p1, p2 }, span);
  }
  const counts = read.map((part) => countsIn(analysis, part, culprit.fn));
  const deploy = replacement(context, share.profileTimes);
  if (deploy !== null && isDeploy(parts, counts, deploy, phi)) {
    return arrivalInterval({ ...deploy, ...getResolution(share.profileTimes) });
  }
  const narrowing = { profileTimes: share.profileTimes, matchers: [], p1, p2 };
  return narrowShare(context, share, narrowing, listStretches(share.profileTimes, parts, counts));
}

/**
 * When the load rose, by the totals of single rounds; of the active part of wall-clock time by the parts that
 * were read, and then by rounds about the cut.
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
  if (!lens.type.isWallClock) return onsetOfTotal(context, profileTimes, read, estimateSampling);
  const { first, last } = stepCuts(logLevels(coarse));
  const around = { from: read[first - 1]?.from ?? 0, to: read[last]?.to ?? 0 };
  const fine = splitIntoRounds(profileTimes, around, Math.min(2 * MAX_FINE_PARTS, context.requests.left));
  if (fine.length < 2) return steps(context, profileTimes, coarse, estimateSampling);
  const totals = coarse.map((part, at) => ({ ...part, value: parts[at]?.costs.total ?? 0 }));
  const levels = await Promise.all(
    fine.map(async (window) => {
      const profile = await readActive(context.readContext, lens.type, window);
      return { window, value: totalValue(profile), profiles: totalsIn(profileTimes, window).profiles };
    }),
  );
  return steps(
    context,
    profileTimes,
    [...totals.slice(0, first - 1), ...levels, ...totals.slice(last + 1)],
    estimateSampling,
  );
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
 * The interval in which the value per profile steps. Where all instances were replaced, that is when, unless
 * another time is clearly better.
 *
 * @param samplingOf variance of the logarithm of a value by sampling alone
 */
function steps(
  context: OnsetContext,
  profileTimes: ProfileTimes,
  all: readonly LevelOf[],
  samplingOf: (value: number) => number = () => 0,
): Since | null {
  const levels = all.filter(({ profiles }) => profiles > 0);
  if (levels.length < 2) return null;
  const logs = logLevels(levels);
  const resolution = getResolution(profileTimes);
  const likelihoods = stepLikelihoods(
    levels.map(({ window, value }, at) => ({
      level: logs[at] ?? 0,
      starts: startsIn(profileTimes, window),
      sampling: samplingOf(value),
    })),
    { ...resolution, instances: profileTimes.series.length, from: context.plan.incident.from },
  );
  if (likelihoods === null) return null;
  const deploy = replacement(context, profileTimes);
  return deploy !== null && isStepBetween(likelihoods, [deploy.last, deploy.first], AGAINST_DEPLOY)
    ? arrivalInterval({ ...deploy, ...resolution })
    : stepInterval(likelihoods, { ...resolution, from: context.plan.incident.from });
}

interface Narrowing {
  profileTimes: ProfileTimes;
  matchers: readonly Matcher[];
  p1: number;
  p2: number;
}

/** A part of the time that was read. */
type ShareStretch = SharesAt & Stretch;

function listStretches(
  profileTimes: ProfileTimes,
  windows: readonly Window[],
  counts: readonly { x: number; n: number }[],
): ShareStretch[] {
  return windows.flatMap((window, at) => {
    const starts = startsIn(profileTimes, window);
    const { x, n } = counts[at] ?? { x: 0, n: 0 };
    return starts.length === 0 ? [] : [{ window, x, n, starts }];
  });
}

/** Reads the rounds of a stretch of time, in at most six parts. */
async function readStretches(
  context: InvestigationContext,
  share: ShareLens,
  { profileTimes, matchers }: Narrowing,
  around: Window,
): Promise<ShareStretch[]> {
  const { analysis } = share.change ?? share;
  const fn = share.change?.culprit.fn ?? -1;
  const maxParts = Math.min(MAX_FINE_PARTS, context.requests.left);
  const fine = partWindows(around, sharedTimes(profileTimes, around), maxParts);
  if (fine.length < 2) return [];
  const counts = await Promise.all(
    fine.map(async (window) =>
      countsLater(
        context.readContext,
        await readActive(context.readContext, share.lens.type, window, matchers),
        analysis,
        fn,
        share.change?.leftOut,
      ),
    ),
  );
  return listStretches(profileTimes, fine, counts);
}

/**
 * When the share changed, by the parts that were read and then by those about the likely times once more.
 */
async function narrowShare(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  coarse: readonly ShareStretch[],
  looks = MAX_LOOKS,
): Promise<Since | null> {
  const { profileTimes, p1, p2 } = narrowing;
  const { phi } = (share.change ?? share).analysis.dispersion;
  const resolution = getResolution(profileTimes);
  const { likelihoods } = await narrow(coarse, {
    gapMs: resolution.gapMs,
    looks,
    findLikelihoods: (stretches) =>
      shareLikelihoods(stretches, { p1, p2, phi }, { ...resolution, from: context.plan.incident.from }),
    countTimes: (window) => sharedTimes(profileTimes, window).length,
    read: (around) => readStretches(context, share, narrowing, around),
  });
  return likelihoods === null
    ? null
    : stepInterval(likelihoods, { ...resolution, from: context.plan.incident.from });
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
): Promise<Since | null> {
  const { profileTimes, p1, p2 } = narrowing;
  const { phi } = (share.change ?? share).analysis.dispersion;
  const isNew = sharedTimes(profileTimes, context.plan.baseline).length === 0;
  const stretches = await readStretches(context, share, narrowing, span);
  // New instances have no past; the change may be there from their first profile on.
  const isThereFromStart = isNew && shareCuts([{ x: 0, n: 0 }, ...stretches], p1, p2, phi).best === 1;
  if (stretches.length > 0 && !isThereFromStart) {
    return narrowShare(context, share, narrowing, stretches, MAX_LOOKS - 1);
  }
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
  const { instanceLabel, instances } = fleet;
  if (instanceLabel === null) return profileTimes;
  const series = profileTimes.series.filter(({ labels }) => {
    const instance = labels[instanceLabel] ?? '';
    return label === instanceLabel ? instance === value : instances.get(instance)?.[label] === value;
  });
  return series.length === 0 ? profileTimes : { ...profileTimes, series };
}
