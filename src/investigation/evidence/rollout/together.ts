import { pickLabels } from '../../../sources/labels.js';
import type { ProfileQuery, ProfileSource, SnapshotCount, Window } from '../../../sources/source.js';
import { type ProfileTimes, sharedTimes } from '../profile-times.js';
import type { Plan } from '../windows.js';
import { isSame, type PerStep } from './merged.js';

// A point of a series is the sum of all profiles of its step, where no label tells instances apart. Instances
// that a deploy started at the same moment send theirs at the same moments from then on: each point is then
// of two or more, and the cost per profile would seem to double (docs/develop/comparison.md §2).

/** How many profiles there are in both windows, by the labels that the series are told apart by. */
export interface TogetherCounts {
  before: readonly SnapshotCount[];
  after: readonly SnapshotCount[];
}

/** Counts the profiles of one type in both windows: two requests. */
export async function readTogetherCounts(
  source: Pick<ProfileSource, 'snapshots'>,
  query: Omit<ProfileQuery, 'window'>,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  groupBy: readonly string[],
  signal: AbortSignal,
): Promise<TogetherCounts> {
  const [before = [], after = []] = await Promise.all(
    [baseline, incident].map((window) => source.snapshots({ ...query, window }, groupBy, signal)),
  );
  return { before, after };
}

/**
 * How many profiles the points of each series are of: in each window the number of profiles over that of the
 * points. Instances send all types at the same moments, so that one type, whose profiles were counted, does
 * for all.
 */
export function computePerStep(
  { series, stepMs }: Pick<ProfileTimes, 'series' | 'stepMs'>,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  { before, after }: TogetherCounts,
): PerStep[] {
  const inWindow = (window: Window, counts: readonly SnapshotCount[]) =>
    series.flatMap(({ labels, points }): PerStep[] => {
      const steps = sharedTimes({ series: [{ labels, points }], stepMs }, window).length;
      const profiles = counts
        .filter((count) => isSame(pickLabels(count.labels, Object.keys(labels)), labels))
        .reduce((sum, count) => sum + count.profiles, 0);
      return steps === 0 || profiles <= steps ? [] : [{ window, labels, perStep: profiles / steps }];
    });
  return [...inWindow(baseline, before), ...inWindow(incident, after)];
}
