import { countsInProfile } from '../../../profile/compare/analysis.js';
import { growAtOnePlace, type Halves, whoWaits } from '../../../profile/compare/growth/leaked-waiters.js';
import { mean } from '../../../profile/compare/leak.js';
import { share, WHOLE } from '../../../profile/contrast/contrast.js';
import { partWindows } from '../../../profile/series/parts.js';
import type { ProfileType } from '../../../profile/types/types.js';
import type { Window } from '../../../sources/source.js';
import { bytesPerUnit } from '../../../text/units.js';
import { type LensPlan, type LensType, readActive } from '../lens.js';
import { levelsIn } from '../levels/course.js';
import type { LevelLens } from '../levels.js';
import { type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';
import type { WaitLens } from '../waits.js';

/** Merges that tell who waits: the numbers of waits in two halves. */
const REQUESTS = 2;

/** Readings that tell who waits. */
interface Known {
  levels: readonly LevelLens[];
  /** Types that count the samples of others. */
  same: LensPlan['same'];
  /** Totals of all types over time, the main one first. */
  read: readonly { lens: LensType; profileTimes: ProfileTimes }[];
}

/**
 * Waits with who waits there, where goroutines became more and more at the same place: those that leak, or a
 * queue. Two merges of the type that counts the waits; without it, or without requests, the waits stay as
 * they are. Waits of a second type at the place are those of the same goroutines.
 */
export async function withLeakedWaiters(
  context: InvestigationContext,
  waits: readonly WaitLens[],
  known: Known,
): Promise<WaitLens[]> {
  const told = new Map<LevelLens, 'leak' | 'queue' | null>();
  const findLevel = (wait: WaitLens) => known.levels.find((level) => isAtPlace(level, wait));
  for (const wait of waits) {
    const level = findLevel(wait);
    if (level === undefined || told.has(level)) continue;
    const waiters = await readWaiters(context, wait, level, known);
    if (waiters !== undefined) told.set(level, waiters);
  }
  return waits.map((wait) => {
    const { contention } = wait;
    const level = findLevel(wait);
    const waiters = level === undefined ? undefined : told.get(level);
    if (contention === null || level?.leak == null || waiters === undefined) return wait;
    // A queue that grows has no step: its length tells when it began.
    const since = waiters === 'queue' ? level.leak.since : contention.since;
    return { ...wait, contention: { ...contention, since, waiters } };
  });
}

/** Whether counted things leak at the place of contended waits. */
function isAtPlace({ lens, leak }: LevelLens, { contention }: WaitLens): boolean {
  if (leak === null || contention === null || bytesPerUnit(lens.type.unit) !== null) return false;
  return growAtOnePlace(leak.growth, contention.growth);
}

/** Who waits at a place, by the numbers of goroutines and of waits; nothing where these cannot be read. */
async function readWaiters(
  context: InvestigationContext,
  { lens, contention }: WaitLens,
  { leak, lens: levelLens }: LevelLens,
  { same, read }: Known,
): Promise<'leak' | 'queue' | null | undefined> {
  const counts = same.find(({ as }) => as === lens.type.alias)?.type;
  const [main] = read;
  const profileTimes = read.find((other) => other.lens === levelLens)?.profileTimes;
  if (contention === null || leak === null || profileTimes === undefined || main === undefined) return;
  if (counts === undefined || context.requests.left < REQUESTS) return;
  const halves = divideInHalves(context, leak, profileTimes);
  const { site, joined } = contention.growth;
  const info = joined.functions[site.fn];
  const ended = await Promise.all(
    halves.map((half) => countWaits(context, counts, half, main.profileTimes, info)),
  );
  const before = mean(levelsIn(profileTimes, context.plan.baseline));
  const added = halves.map((half) => mean(levelsIn(profileTimes, half)) - before);
  return whoWaits(pair(added), pair(ended));
}

/** Both halves of the time in which all instances of a leak ran. */
function divideInHalves(
  { plan: { incident }, fleet: { instanceLabel } }: InvestigationContext,
  leak: NonNullable<LevelLens['leak']>,
  profileTimes: ProfileTimes,
): Window[] {
  // Times are the right edges of steps.
  const { stepMs } = profileTimes;
  const from = Math.max(incident.from, leak.since.before - stepMs);
  const starts = profileTimes.series.flatMap(({ labels, points }) => {
    const isNamed = instanceLabel !== null && labels[instanceLabel] !== undefined;
    const first = Math.min(...points.map(({ time }) => time)) - stepMs;
    return isNamed && first > incident.from ? [first] : [];
  });
  // While a deploy goes on, more and more instances have what leaks or queues.
  const all = Math.min(Math.max(from, ...starts), (from + incident.to) / 2);
  const window = { from: Math.floor(all), to: incident.to };
  return partWindows(window, sharedTimes(profileTimes, window), 2);
}

/** Number of waits that ended at a place in each profile. */
async function countWaits(
  { readContext }: InvestigationContext,
  counts: ProfileType,
  window: Window,
  main: ProfileTimes,
  info: Parameters<typeof countsInProfile>[2],
): Promise<number> {
  const profile = await readActive(readContext, counts, window);
  const { x } = countsInProfile(profile, { universe: WHOLE, quantum: 1 }, info);
  return share(x, totalsIn(main, window).profiles);
}

const pair = ([earlier = 0, later = 0]: readonly number[]): Halves => [earlier, later];
