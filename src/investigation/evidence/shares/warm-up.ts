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
import { type LensType, readActive } from '../lens.js';
import { measureGap, type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import { listInstances } from '../rollout/turnover.js';
import type { InvestigationContext } from '../shares.js';
import { countsLater } from './counts-later.js';
import type { LocatedChange, SliceOf } from './slices.js';

// A process that has just started loads, compiles and fills its caches, in many functions at once; each of
// them settles. What a deploy really made dearer stays to the end of the window
// (docs/develop/comparison.md §2).

/** Instances that sent their first profile in the incident. */
export interface NewInstances {
  label: string;
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
  { plan: { baseline, incident }, fleet: { instanceLabel } }: Pick<InvestigationContext, 'plan' | 'fleet'>,
  profileTimes: ProfileTimes,
): NewInstances | null {
  if (instanceLabel === null || profileTimes.largeFleet !== undefined) return null;
  const old = listInstances(profileTimes, { baseline, incident }, (labels) => labels[instanceLabel]).before;
  const lives = new Map<string, { first: number; last: number }>();
  for (const { labels, points } of profileTimes.series) {
    const name = labels[instanceLabel];
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
  const arrived = present.filter(([name]) => !old.has(name));
  if (arrived.length === 0) return null;
  const end = Math.max(...present.map(([, { last }]) => last)) - MISSED_ROUNDS * measureGap(profileTimes);
  const firsts = arrived.map(([, { first }]) => first);
  return {
    label: instanceLabel,
    names: arrived.map(([name]) => name),
    first: Math.min(...firsts),
    last: Math.max(...firsts),
    areAll: present.every(([name, { last }]) => !old.has(name) || last < end),
  };
}

/** The later course of a cost that new instances had at first. */
export type Settling =
  /** Index of the first part of the incident in which it is over. */
  | { kind: 'settled'; cut: number }
  /** It still falls, or too little of the window is left after it. */
  | { kind: 'unsettled' };

interface Counts {
  x: number;
  n: number;
}

/** The parts of the incident, in order: the time in which the profiles of each were sent. */
type Parts = readonly Window[];

/**
 * Whether a change that all instances of the window show is their warm-up: it begins with them, and either
 * later parts no longer show it, or it falls from part to part towards the baseline. Null for a change of
 * code, which stays.
 */
export function findSettling(
  analysis: Analysis,
  { culprit, run }: Pick<LocatedChange, 'culprit' | 'run'>,
  instances: NewInstances,
  parts: Parts,
): Settling | null {
  if (run.first > findPart(parts, instances.last)) return null;
  const before = countsIn(analysis, sumSide(analysis.joined, analysis.baseline), culprit.fn);
  const young = findPart(parts, instances.first);
  const counts = analysis.incident.map((part) => countsIn(analysis, part, culprit.fn));
  for (let cut = young + 1; cut < counts.length; cut++) {
    const [early, late] = [sum(counts.slice(young, cut)), sum(counts.slice(cut))];
    if (isOver(analysis.dispersion, before, early, late)) return { kind: 'settled', cut };
  }
  return keepsFalling(analysis.dispersion, before, counts.slice(young)) ? { kind: 'unsettled' } : null;
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

/**
 * The part from which on the cost per profile of all new instances together is back at the baseline's, where
 * it stood above it at first; null where it never did or still does.
 */
export function settledLoad(analysis: Analysis, instances: NewInstances, parts: Parts): number | null {
  const levels = (of: readonly PartCosts[]) =>
    of.map(({ costs, profiles }) => ({ value: sumIn(analysis.universe, costs), profiles }));
  const young = findPart(parts, instances.first);
  return backAt(computeMean(levels(analysis.baseline)), levels(analysis.incident), young);
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

/** A cost per profile within this factor of the baseline's has settled: services drift by as much. */
const SETTLED_LOAD = 1.1;

/** Whether so much of the window is left from a part on that it can be judged: several rounds of each. */
export function isEnoughLeft(profileTimes: ProfileTimes, instances: NewInstances, left: Window): boolean {
  const { profiles } = totalsIn(profileTimes, left, (labels) =>
    instances.names.includes(labels[instances.label] ?? ''),
  );
  return profiles >= MIN_SETTLED_ROUNDS * instances.names.length;
}

/** Index of the part that holds a time; the last one of a later time. */
function findPart(parts: Parts, time: number): number {
  const at = parts.findIndex(({ to }) => time <= to);
  return at < 0 ? parts.length - 1 : at;
}

function sum(counts: readonly Counts[]): Counts {
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
    instances.names.includes(labels[instances.label] ?? ''),
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
    { name: instances.label, op: '=~', value: pattern },
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
    instances.names.includes(slice?.labels[instances.label] ?? '');
  const stayed = analysis.slices.filter((_, at) => !isNew(slices[at]));
  if (stayed.length > 0 && distanceFromBaseline(analysis, stayed, culprit.fn) >= SIBLINGS_Z) return false;
  const counts = await countsLater(readContext, settled, analysis, culprit.fn);
  const before = countsIn(analysis, contrast.before, culprit.fn);
  const after = countsIn(analysis, contrast.after, culprit.fn);
  const isGone = changePoint([before, counts, after], before.x / before.n, after.x / after.n) === 2;
  return counts.n > 0 && isGone && distance(before, counts, analysis.dispersion) < WARM_Z;
}
