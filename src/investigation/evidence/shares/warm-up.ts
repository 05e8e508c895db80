import {
  type Analysis,
  countsIn,
  distance,
  distanceFromBaseline,
} from '../../../profile/compare/analysis.js';
import { computeMean, MIN_RISE, type PartLevel } from '../../../profile/compare/load.js';
import { changePoint, likelihood } from '../../../profile/compare/since.js';
import { sumIn } from '../../../profile/contrast/contrast.js';
import type { Dispersion } from '../../../profile/contrast/noise.js';
import { type PartCosts, sumSide } from '../../../profile/contrast/runs.js';
import type { Profile } from '../../../profile/model.js';
import type { Window } from '../../../sources/source.js';
import { escapePattern } from '../../../text/pattern.js';
import {
  ALONE,
  DECLINE_Z,
  FALL,
  MIN_SETTLED_ROUNDS,
  ONE_OFF_Z,
  SIBLINGS_Z,
  WARM_Z,
} from '../../thresholds.js';
import { processLabel } from '../fleet.js';
import { type LensType, readActive } from '../lens.js';
import { replacement } from '../onset/replacement.js';
import { measureGap, type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import { listInstances } from '../rollout/turnover.js';
import { roundsIn } from '../rounds.js';
import type { InvestigationContext } from '../shares.js';
import { isIn } from '../windows.js';
import { countsLater } from './counts-later.js';
import { fadesAway, isLoadingWork } from './loading-work.js';
import type { LocatedChange, SliceOf } from './slices.js';

// A process that has just started loads, compiles and fills its caches, in many functions at once; each of
// them settles. What a deploy really made dearer stays to the end of the window
// (docs/develop/comparison.md §2).

/** Instances that sent their first profile in the incident, or all of them shortly before it. */
export interface NewInstances {
  /** Label of their names; null where only their start is seen. */
  label: string | null;
  names: readonly string[];
  /** When the first and the last one of them sent its first profile. */
  first: number;
  last: number;
  /** Whether no other instance is left at the end of the window. */
  areAll: boolean;
}

/** An instance that sends nothing for longer than so many rounds is not there. */
const MISSED_ROUNDS = 3;

/** The instances that came during the incident; null where none did or they are not told apart. */
export function newInstances(
  { plan: { baseline, incident }, fleet }: Pick<InvestigationContext, 'plan' | 'fleet'>,
  profileTimes: ProfileTimes,
): NewInstances | null {
  const label = processLabel(fleet);
  if (label === null || profileTimes.largeFleet !== undefined) return null;
  const old = listInstances(profileTimes, { baseline, incident }, (labels) => labels[label]).before;
  const lives = new Map<string, { first: number; last: number }>();
  for (const { labels, points } of profileTimes.series) {
    const name = labels[label];
    if (name === undefined) continue;
    const row = { series: [{ labels, points }], stepMs: profileTimes.stepMs };
    const times = sharedTimes(row, incident);
    const known = lives.get(name);
    lives.set(name, {
      first: Math.min(known?.first ?? Number.POSITIVE_INFINITY, ...times),
      last: Math.max(known?.last ?? 0, ...times),
    });
  }
  const present = [...lives].filter(([, { last }]) => last > 0);
  const young = youngInstances({ baseline, incident }, label, fleet, profileTimes);
  if (young !== null) return young;
  const arrived = present.filter(([name]) => !old.has(name));
  if (arrived.length === 0) return null;
  const end = Math.max(...present.map(([, { last }]) => last)) - MISSED_ROUNDS * measureGap(profileTimes);
  const firsts = arrived.map(([, { first }]) => first);
  return {
    label,
    names: arrived.map(([name]) => name),
    first: Math.min(...firsts),
    last: Math.max(...firsts),
    areAll: present.every(([name, { last }]) => !old.has(name) || last < end),
  };
}

/** Part of the length of the incident that all of its instances may be old when it begins, and be young. */
const YOUNG = 0.5;

/**
 * All instances of the incident, where they took the place of others shortly before it: they still load and
 * compile in it. Null where they are older, or came in the incident.
 */
function youngInstances(
  { baseline, incident }: Pick<InvestigationContext['plan'], 'baseline' | 'incident'>,
  label: string,
  fleet: InvestigationContext['fleet'],
  profileTimes: ProfileTimes,
): NewInstances | null {
  const deploy = replacement({ fleet }, profileTimes);
  if (deploy === null || !isIn(baseline, deploy.first, profileTimes.stepMs)) return null;
  if (incident.from - deploy.first > YOUNG * (incident.to - incident.from)) return null;
  const firsts = new Map<string, number>();
  for (const { labels, points } of profileTimes.series) {
    const [name, first] = [labels[label], Math.min(...points.map(({ time }) => time))];
    if (name !== undefined && first >= deploy.first && first <= incident.to)
      firsts.set(name, Math.min(firsts.get(name) ?? first, first));
  }
  const last = Math.max(...firsts.values());
  return { label, names: [...firsts.keys()], first: deploy.first, last, areAll: true };
}

/** The later course of a cost that new instances had at first. */
export type Settling =
  /**
   * Index of the first part of the incident in which it is over, and the number of parts of the baseline
   * before it.
   */
  | { kind: 'settled'; cut: number; calm: number }
  /** It still falls, or too little of the window is left after it. */
  | { kind: 'unsettled' };

interface Counts {
  x: number;
  n: number;
}

/** The parts of a window, in order: the time in which the profiles of each were sent. */
type Parts = readonly Window[];

/** The parts of both windows, as in the analysis. */
interface BothParts {
  baseline: Parts;
  incident: Parts;
}

/**
 * Whether a change that all instances of the window show is their warm-up: it begins with them, and either
 * later parts no longer show it, or it falls from part to part towards the baseline. Null for a change of
 * code, which stays.
 */
export function findSettling(
  analysis: Analysis,
  { culprit, run, contrast }: Pick<LocatedChange, 'culprit' | 'run' | 'contrast'>,
  instances: NewInstances,
  { baseline, incident }: BothParts,
): Settling | null {
  if (run.first > findPart(incident, instances.last)) return null;
  const calm = baseline.filter(({ to }) => to < instances.first).length;
  if (calm === 0) return null;
  const before = countsIn(analysis, sumSide(analysis.joined, analysis.baseline.slice(0, calm)), culprit.fn);
  const shared = analysis.baseline.slice(calm);
  const young = shared.length > 0 ? 0 : findPart(incident, instances.first);
  const counts = [...shared, ...analysis.incident].map((part) => countsIn(analysis, part, culprit.fn));
  for (let cut = young + 1; cut < counts.length; cut++) {
    const [early, late] = [sumCounts(counts.slice(young, cut)), sumCounts(counts.slice(cut))];
    if (isOver(analysis.dispersion, before, early, late))
      return { kind: 'settled', cut: Math.max(0, cut - shared.length), calm };
  }
  // Old instances have a part in what both share.
  const falling = counts.slice(Math.max(young, shared.length));
  const isUnsettled =
    keepsFalling(analysis.dispersion, before, falling) ||
    (fadesAway(analysis.dispersion, before, falling) &&
      isLoadingWork(analysis, contrast.after.parts, culprit.fn));
  return isUnsettled ? { kind: 'unsettled' } : null;
}

/** The later parts speak for the baseline rather than for the early ones by a factor of e² in likelihood. */
const OVER = 2;

/** Whether the later parts show the share of the baseline again, and the early ones did not. */
export function isOver(dispersion: Dispersion, before: Counts, early: Counts, late: Counts): boolean {
  if (late.n <= 0 || early.n <= 0 || before.n <= 0) return false;
  return (
    distance(before, late, dispersion) < WARM_Z &&
    distance(late, early, dispersion) >= DECLINE_Z &&
    likelihood(late, before.x / before.n) - likelihood(late, early.x / early.n) > OVER
  );
}

/** Parts that a fall must be seen in. */
const MIN_FALLING = 3;

/** Whether a cost above the baseline falls with every part, in all by much, and still does in the last. */
export function keepsFalling(dispersion: Dispersion, before: Counts, counts: readonly Counts[]): boolean {
  const [first, last, secondLast] = [counts[0], counts.at(-1), counts.at(-2)];
  if (counts.length < MIN_FALLING || first === undefined || last === undefined || secondLast === undefined)
    return false;
  const computeShare = ({ x, n }: Counts) => (n > 0 ? x / n : 0);
  const excess = (of: Counts) => computeShare(of) - computeShare(before);
  return (
    counts.every((of, at) => at === 0 || excess(of) < excess(counts[at - 1] ?? of)) &&
    excess(last) <= FALL.part * excess(first) &&
    distance(last, first, dispersion) >= FALL.z &&
    distance(last, secondLast, dispersion) >= FALL.lastZ
  );
}

/** A cost per profile within this factor of another one's is the same: services drift by as much. */
const SETTLED_LOAD = 1.1;

/**
 * The part from which on the cost per profile of all new instances together is back at the baseline's, where
 * it stood above it at first; or that it still falls. Null where neither is so.
 */
export function settledLoad(
  analysis: Analysis,
  instances: NewInstances,
  parts: Parts,
): number | 'unsettled' | null {
  const levels = (of: readonly PartCosts[]) =>
    of.map(({ costs, profiles }) => ({ value: sumIn(analysis.universe, costs), profiles }));
  const young = findPart(parts, instances.first);
  const [was, now] = [computeMean(levels(analysis.baseline)), levels(analysis.incident)];
  return backAt(was, now, young) ?? (fallsAsWhole(was, now, young) ? 'unsettled' : null);
}

/**
 * The part from which on a level is back at what it was.
 *
 * @param young first part with new instances
 */
export function backAt(was: number, levels: readonly PartLevel[], young: number): number | null {
  for (let cut = young + 1; cut < levels.length; cut++) {
    const [early, late] = [computeMean(levels.slice(young, cut)), computeMean(levels.slice(cut))];
    if (early >= MIN_RISE * was && late > 0 && late < SETTLED_LOAD * was && early >= MIN_RISE * late)
      return cut;
  }
  return null;
}

/**
 * Whether a level that rose falls with every part, to half of what it was above the baseline or less: it
 * has not settled, and is no load.
 *
 * @param young first part with new instances
 */
export function fallsAsWhole(was: number, levels: readonly PartLevel[], young: number): boolean {
  const means = levels.slice(young).map((level) => computeMean([level]));
  const [first, before, last] = [means[0] ?? 0, means.at(-2) ?? 0, means.at(-1) ?? 0];
  return (
    means.length >= MIN_FALLING &&
    first >= MIN_RISE * was &&
    // A level that hardly falls any more has settled, and is load where it lies above the baseline's.
    before >= SETTLED_LOAD * last &&
    last - was <= FALL.part * (first - was) &&
    means.every((mean, at) => at === 0 || mean < (means[at - 1] ?? mean))
  );
}

/** Whether so much of the window is left from a part on that it can be judged: several rounds of each. */
export function isEnoughLeft(profileTimes: ProfileTimes, instances: NewInstances, left: Window): boolean {
  const { label } = instances;
  if (label === null) return roundsIn(profileTimes, left) >= MIN_SETTLED_ROUNDS;
  const { profiles } = totalsIn(profileTimes, left, (labels) =>
    instances.names.includes(labels[label] ?? ''),
  );
  return profiles >= MIN_SETTLED_ROUNDS * instances.names.length;
}

/** Index of the part that holds a time; the last one of a later time. */
function findPart(parts: Parts, time: number): number {
  const at = parts.findIndex(({ to }) => time <= to);
  return at < 0 ? parts.length - 1 : at;
}

export function sumCounts(counts: readonly Counts[]): Counts {
  return counts.reduce((all, { x, n }) => ({ x: all.x + x, n: all.n + n }), { x: 0, n: 0 });
}

/**
 * Whether a change was over after one part of the window and was seen in one instance of several: a restart
 * looks so.
 */
export function isOneOff(analysis: Analysis, { culprit, run, slice }: LocatedChange): boolean {
  const isBurst = slice === null && run.first === run.last && run.last < analysis.incident.length - 1;
  if (!isBurst || analysis.slices.length < 2 || culprit.z >= ONE_OFF_Z) return false;
  const before = countsIn(analysis, sumSide(analysis.joined, analysis.baseline), culprit.fn);
  // A function costs something in all instances at all times; where it rose is told by what was added.
  const added = analysis.slices.map((part) => {
    const { x, n } = countsIn(analysis, part, culprit.fn);
    return Math.max(0, x - (before.n > 0 ? (before.x / before.n) * n : 0));
  });
  const all = added.reduce((total, x) => total + x, 0);
  return all > 0 && Math.max(...added) >= ALONE * all;
}

/**
 * Reads the time in which the new instances, among others that stayed, have settled if ever: the second half
 * of what follows the last arrival. One request.
 *
 * @returns null where nothing is left of the window
 */
export async function readSettled(
  { readContext, plan }: Pick<InvestigationContext, 'readContext' | 'plan'>,
  { type }: LensType,
  profileTimes: ProfileTimes,
  instances: NewInstances,
): Promise<Profile | null> {
  const series = profileTimes.series.filter(({ labels }) =>
    instances.names.includes(labels[instances.label ?? ''] ?? ''),
  );
  const times = sharedTimes(
    { series, stepMs: profileTimes.stepMs },
    {
      from: instances.last,
      to: plan.incident.to,
    },
  );
  const middle = times[Math.floor((times.length - 1) / 2)];
  if (middle === undefined || times.length < 2) return null;
  const pattern = instances.names.map(escapePattern).join('|');
  return readActive(readContext, type, { from: middle + 1, to: plan.incident.to }, [
    { name: instances.label ?? '', op: '=~', value: pattern },
  ]);
}

/**
 * Whether a change is only that of new instances among others, and is over in them later.
 *
 * @param settled what the new instances cost later; see {@link readSettled}
 */
export async function isWarmUpOfFew(
  { readContext }: Pick<InvestigationContext, 'readContext'>,
  analysis: Analysis,
  { culprit, contrast }: LocatedChange,
  instances: NewInstances,
  slices: readonly SliceOf[],
  settled: Profile,
): Promise<boolean> {
  const isNew = (slice: SliceOf | undefined) =>
    instances.names.includes(slice?.labels[instances.label ?? ''] ?? '');
  const stayed = analysis.slices.filter((_, at) => !isNew(slices[at]));
  if (stayed.length > 0 && distanceFromBaseline(analysis, stayed, culprit.fn) >= SIBLINGS_Z) return false;
  const counts = await countsLater(readContext, settled, analysis, culprit.fn);
  const before = countsIn(analysis, contrast.before, culprit.fn);
  const after = countsIn(analysis, contrast.after, culprit.fn);
  const isGone = changePoint([before, counts, after], before.x / before.n, after.x / after.n) === 2;
  return counts.n > 0 && isGone && distance(before, counts, analysis.dispersion) < WARM_Z;
}
