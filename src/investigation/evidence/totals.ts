import { amountRose } from '../../profile/compare/growth/rise.js';
import { computeMean, type LoadChange, loadChange, NOTHING_BEFORE } from '../../profile/compare/load.js';
import { HEAP_SAMPLE_BYTES } from '../../profile/heap-sample.js';
import { partWindows } from '../../profile/series/parts.js';
import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../../text/units.js';
import type { LensType } from './lens.js';
import { type ProfileTimes, sharedTimes, totalsIn } from './profile-times.js';
import type { Plan } from './windows.js';

/** A type of which only the totals over time were read: whether it changed as a whole. */
export interface TotalsLens {
  lens: LensType;
  profileTimes: ProfileTimes;
  /** Value per profile. */
  before: number;
  after: number;
  load: LoadChange;
  hasRisen: boolean;
}

/** Parts of a window whose values per profile are compared. */
const PARTS = 6;
/** Samples come in bursts: what calm services show (docs/develop/comparison.md §2). */
const USUAL_PHI = 2;
/** Usual time that one sample stands for, where the store was not asked for it. */
const USUAL_SECONDS = 0.01;

/** Events that came from nowhere are news from this number per profile on. */
const MIN_NEW_EVENTS = 10;

/**
 * Compares the totals of a type over both windows, without any profile. Null where the incident has none, or
 * where the baseline has none though the type is always sent.
 *
 * @param main the type whose profiles tell that the service was profiled at all
 */
export function compareTotals(
  lens: LensType,
  profileTimes: ProfileTimes,
  { baseline, incident }: Plan,
  main: ProfileTimes,
): TotalsLens | null {
  const parts = (window: Plan['baseline']) =>
    partWindows(window, sharedTimes(profileTimes, window), PARTS)
      .map((part) => totalsIn(profileTimes, part))
      .filter(({ profiles }) => profiles > 0);
  const [before, after] = [parts(baseline), parts(incident)];
  if (after.length === 0) return null;
  if (before.length === 0) {
    // A profiler of events, such as exceptions, sends no profile while there are none: before may be zero.
    const isOfEvents = lens.kind === 'amount' && isCountUnit(lens.type.unit);
    if (!isOfEvents || totalsIn(main, baseline).profiles === 0) return null;
    const now = computeMean(after);
    return {
      lens,
      profileTimes,
      before: 0,
      after: now,
      load: NOTHING_BEFORE,
      hasRisen: now >= MIN_NEW_EVENTS,
    };
  }
  const load = loadChange(before, after, { quantum: sampleValue(lens.type.unit), phi: USUAL_PHI });
  return {
    lens,
    profileTimes,
    before: computeMean(before),
    after: computeMean(after),
    load,
    hasRisen: amountRose(load),
  };
}

function sampleValue(unit: string): number {
  const [bytes, seconds] = [bytesPerUnit(unit), secondsPerUnit(unit)];
  if (bytes !== null) return HEAP_SAMPLE_BYTES / bytes;
  return seconds === null ? 1 : USUAL_SECONDS / seconds;
}
