import { type SharesAt, shareLikelihoods } from '../../../profile/compare/onset/share.js';
import { stepInterval } from '../../../profile/compare/onset/step.js';
import type { Matcher, Window } from '../../../sources/source.js';
import { readActive } from '../lens.js';
import type { ProfileTimes } from '../profile-times.js';
import { getResolution, type Since, startsIn } from '../rounds.js';
import { countsLater } from '../shares/counts-later.js';
import type { InvestigationContext, ShareLens } from '../shares.js';
import { type Division, divisionAt, MAX_DIVISIONS, narrowDown } from './narrow-down.js';

export interface Narrowing {
  profileTimes: ProfileTimes;
  matchers: readonly Matcher[];
  p1: number;
  p2: number;
}

/** A part of the time that was read. */
export type Stretch = SharesAt & { window: Window };

export function listStretches(
  profileTimes: ProfileTimes,
  windows: readonly Window[],
  counts: readonly { x: number; n: number }[],
): Stretch[] {
  return windows.flatMap((window, at) => {
    const starts = startsIn(profileTimes, window);
    const { x, n } = counts[at] ?? { x: 0, n: 0 };
    return starts.length === 0 ? [] : [{ window, x, n, starts }];
  });
}

/** Reads a stretch of the time about a change. */
export async function readStretch(
  { readContext }: InvestigationContext,
  share: ShareLens,
  { profileTimes, matchers }: Narrowing,
  window: Window,
): Promise<Stretch[]> {
  const { analysis } = share.change ?? share;
  const profile = await readActive(readContext, share.lens.type, window, matchers);
  const fn = share.change?.culprit.fn ?? -1;
  const counts = await countsLater(readContext, profile, analysis, fn, share.change?.leftOut);
  return listStretches(profileTimes, [window], [counts]);
}

/**
 * Reads one side of a stretch; the other one is what it leaves, unless functions go by other names in a part
 * of the profiles.
 */
export async function divideStretch(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  stretch: Stretch,
  windows: Division,
): Promise<Stretch[]> {
  const read = await readStretch(context, share, narrowing, windows.read);
  if (isRenamed(share)) return [...read, ...(await readStretch(context, share, narrowing, windows.rest))];
  const { x, n } = read[0] ?? { x: 0, n: 0 };
  const rest = Math.max(0, stretch.n - n);
  const counts = { x: Math.min(rest, Math.max(0, stretch.x - x)), n: rest };
  return [...read, ...listStretches(narrowing.profileTimes, [windows.rest], [counts])];
}

/** Maximum number of requests about the first profiles of new instances. */
export const MAX_AT_START = 2;

/**
 * Divides the first stretch after a time in its middle, and its first half again, as far as requests are
 * left.
 *
 * @param time the last profile before new instances; by default the first stretch of all is divided
 */
export async function divideStart(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  coarse: readonly Stretch[],
  time = Number.NEGATIVE_INFINITY,
): Promise<readonly Stretch[]> {
  let stretches = coarse;
  const cost = costOfDivision(share);
  for (let spent = 0; spent + cost <= MAX_AT_START && context.requests.left > 1; spent += cost) {
    const at = stretches.findIndex(({ window }) => window.from > time);
    const first = stretches[at];
    const middle = first?.starts[Math.ceil(first.starts.length / 2)];
    if (first === undefined || middle === undefined) break;
    const windows = divisionAt(narrowing.profileTimes, first.window, middle);
    if (windows === null) break;
    const sides = await divideStretch(context, share, narrowing, first, windows);
    sides.sort((a, b) => a.window.from - b.window.from);
    stretches = [...stretches.slice(0, at), ...sides, ...stretches.slice(at + 1)];
  }
  return stretches;
}

/** Number of requests that {@link divideStretch} makes. */
function costOfDivision(share: ShareLens): number {
  return isRenamed(share) ? 2 : 1;
}

function isRenamed(share: ShareLens): boolean {
  return (share.change ?? share).analysis.joined.renamed !== null;
}

/** When the share changed, by the parts that were read and by sides of those about the likely times. */
export async function narrow(
  context: InvestigationContext,
  share: ShareLens,
  narrowing: Narrowing,
  coarse: readonly Stretch[],
  maxRequests = MAX_DIVISIONS,
): Promise<Since | null> {
  const { profileTimes, p1, p2 } = narrowing;
  const { phi } = (share.change ?? share).analysis.dispersion;
  const resolution = getResolution(profileTimes);
  const judge = (stretches: readonly Stretch[]) =>
    shareLikelihoods(stretches, { p1, p2, phi }, { from: context.plan.incident.from, ...resolution });
  const divide = (stretch: Stretch, windows: Division) =>
    divideStretch(context, share, narrowing, stretch, windows);
  const search = { judge, divide, cost: costOfDivision(share) };
  const { likelihoods } = await narrowDown(context, profileTimes, coarse, search, maxRequests);
  return likelihoods === null
    ? null
    : stepInterval(likelihoods, { from: context.plan.incident.from, ...resolution });
}
