import type { LensRow } from '../../profile/compare/finding.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { median } from '../../profile/series/timeline.js';
import type { Window } from '../../sources/source.js';
import { MAX_SMALL_FACTOR } from '../agreement.js';
import type { Evidence } from '../evidence/evidence.js';
import { measureGap, type ProfileTimes, sendersIn } from '../evidence/profile-times.js';

/** Every instance that runs sends a profile within so many gaps between profiles. */
const ROUND_GAPS = 1.5;
/** Rounds of a window that tell how many instances run at the same time, whatever comes and goes. */
const MIN_ROUNDS = 3;

/**
 * The rows in which what fell is no news, since more instances share the same work: all of them together take
 * as much of the main type as before, and no code changed. Further types follow where all instances together
 * take about as much of them.
 */
export function withSharedWork(
  rows: readonly LensRow[],
  {
    shares,
    context: { plan, fleet },
  }: Pick<Evidence, 'shares'> & { context: Pick<Evidence['context'], 'plan'> & ContextWithLabel },
): LensRow[] {
  const lead = shares.find(({ lens }) => lens.kind === 'time') ?? shares[0];
  if (lead === undefined || lead.change !== null || lead.unsettled !== null) return [...rows];
  const countIn = (window: Window) => countAtOnce(lead.profileTimes, window, fleet.instanceLabel);
  const [before, after] = [countIn(plan.baseline), countIn(plan.incident)];
  if (before === null || after === null || after < MIN_RISE * before) return [...rows];
  const isAlike = (row: LensRow, most: number) => {
    const factor = ((row.after ?? 0) / (row.before ?? Number.POSITIVE_INFINITY)) * (after / before);
    return factor <= most && factor >= 1 / most;
  };
  const main = rows.find(({ type }) => type.id === lead.lens.type.id);
  if (main === undefined || !isAlike(main, MIN_RISE)) return [...rows];
  return rows.map((row) =>
    row.verdict === 'fell' && row.excuse === undefined && isAlike(row, MAX_SMALL_FACTOR[row.kind])
      ? { ...row, excuse: 'shared' }
      : row,
  );
}

interface ContextWithLabel {
  fleet: Pick<Evidence['context']['fleet'], 'instanceLabel'>;
}

/**
 * The usual number of instances that run at the same time, so that one and its replacement count once.
 *
 * @returns null where instances are not told apart, or the window holds too few rounds of profiles
 */
export function countAtOnce(
  profileTimes: ProfileTimes,
  window: Window,
  instanceLabel: string | null,
): number | null {
  if (instanceLabel === null || profileTimes.largeFleet !== undefined) return null;
  const length = ROUND_GAPS * measureGap(profileTimes);
  const counts: number[] = [];
  for (let from = window.from; from + length - 1 <= window.to; from += length) {
    // A step belongs to the round in which it ends.
    const round = { from, to: from + length - profileTimes.stepMs };
    const names = sendersIn(profileTimes, round).flatMap(({ labels }) => labels[instanceLabel] ?? []);
    if (names.length > 0) counts.push(new Set(names).size);
  }
  return counts.length < MIN_ROUNDS ? null : median(counts);
}
