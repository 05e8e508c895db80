import { type Analysis, type CodeChange, countsIn, distance } from '../../../profile/compare/analysis.js';
import { attribute, type Slice } from '../../../profile/compare/attribution.js';
import type { Changes } from '../../../profile/compare/changes.js';
import { isShareOfFallingLoad } from '../../../profile/compare/culprit.js';
import type { Labels, Matcher, Window } from '../../../sources/source.js';
import { OWN_PAST_Z, PAST } from '../../thresholds.js';
import type { Fleet } from '../fleet.js';
import { type LensType, readActive } from '../lens.js';
import { type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import type { InvestigationContext, ShareChange } from '../shares.js';
import type { Plan } from '../windows.js';
import { countsLater } from './counts-later.js';

export interface SliceOf {
  labels: Labels;
  matcher: Matcher;
}

export type LocatedChange = CodeChange & { slice: SliceOf | null };

/** The slices that are read: instances where they are few, else the values of labels that have few. */
export function listSlices(
  fleet: Fleet,
  profileTimes: ProfileTimes,
  { incident }: Plan,
  maxSlices: number,
): SliceOf[] {
  const { instanceLabel, instances, choices } = fleet;
  const present =
    profileTimes.largeFleet !== undefined
      ? []
      : [...instances].filter(
          ([instance]) =>
            totalsIn(profileTimes, incident, (labels) => labels[instanceLabel ?? ''] === instance).profiles >
            0,
        );
  if (instanceLabel !== null && present.length >= 2 && present.length <= maxSlices) {
    return present.map(([value, labels]) => ({ labels, matcher: { name: instanceLabel, op: '=', value } }));
  }
  const slices: SliceOf[] = [];
  for (const { label, values } of choices) {
    if (slices.length + values.length > maxSlices) continue;
    for (const value of values)
      slices.push({ labels: { [label]: value }, matcher: { name: label, op: '=', value } });
  }
  return slices;
}

/**
 * Whether a series is of the slice that a matcher means: by its own label, or by what the label sets say
 * about its instance.
 */
function isInSlice({ instanceLabel, instances }: Fleet, { name, value }: Matcher) {
  return (labels: Labels): boolean =>
    (labels[name] ?? instances.get(labels[instanceLabel ?? ''] ?? '')?.[name]) === value;
}

/**
 * The slices that need not be asked for: where the slices by a label hold all profiles of the incident, the
 * largest one is what the others leave of it.
 */
export function tellableSlices(
  fleet: Fleet,
  profileTimes: ProfileTimes,
  { incident }: Pick<Plan, 'incident'>,
  slices: readonly SliceOf[],
): ReadonlySet<SliceOf> {
  const labels = [...new Set(slices.map(({ matcher }) => matcher.name))];
  return new Set(
    labels.flatMap((label) => {
      const ofLabel = slices.filter(({ matcher }) => matcher.name === label);
      if (!holdAll(fleet, profileTimes, incident, ofLabel, label)) return [];
      const profiles = ({ matcher }: SliceOf) => profilesInSlice(fleet, profileTimes, incident, matcher);
      return ofLabel.reduce((best, slice) => (profiles(slice) > profiles(best) ? slice : best));
    }),
  );
}

/** Whether every profile of the incident belongs to one of the slices by a label. */
function holdAll(
  { instanceLabel, choices }: Fleet,
  profileTimes: ProfileTimes,
  incident: Window,
  slices: readonly SliceOf[],
  label: string,
): boolean {
  const values = new Set(slices.map(({ matcher }) => matcher.value));
  if (label !== instanceLabel) {
    const choice = choices.find((one) => one.label === label);
    return choice?.isOnAll === true && choice.values.every((value) => values.has(value));
  }
  return profileTimes.series.every(
    (row) =>
      values.has(row.labels[label] ?? '') ||
      totalsIn({ ...profileTimes, series: [row] }, incident).profiles === 0,
  );
}

/**
 * Number of profiles of a slice in a window. Of a large fleet, whose series are not told apart by
 * instance, it is the slice's part of the instances.
 */
export function profilesInSlice(
  fleet: Fleet,
  profileTimes: ProfileTimes,
  window: Window,
  matcher: Matcher,
): number {
  if (profileTimes.largeFleet === undefined)
    return totalsIn(profileTimes, window, isInSlice(fleet, matcher)).profiles;
  const instances = [...fleet.instances.values()];
  const inSlice = instances.filter((labels) => labels[matcher.name] === matcher.value).length;
  const { profiles } = totalsIn(profileTimes, window);
  return Math.round((profiles * inSlice) / Math.max(1, instances.length));
}

/** The change over time or in one slice, whichever stands out more. */
export async function strongestChange(
  { readContext, plan, fleet }: InvestigationContext,
  { type }: LensType,
  profileTimes: ProfileTimes,
  { analysis, overTime, inSlices: sliceChanges }: Changes,
  slices: readonly SliceOf[],
): Promise<LocatedChange | null> {
  let best: LocatedChange | null = overTime === null ? null : { ...overTime, slice: null };
  const byDistance = slices
    .map((slice, at) => ({ slice, change: sliceChanges[at] ?? null }))
    .sort((a, b) => (b.change?.culprit.z ?? 0) - (a.change?.culprit.z ?? 0));
  for (const { slice, change } of byDistance) {
    if (change === null || change.culprit.z <= (best?.culprit.z ?? 0)) break;
    // A slice that always differed did not change; one that came during the baseline has no calm past of its
    // own.
    if (!cameLate(fleet, profileTimes, plan, slice.matcher)) {
      const pastProfile = await readActive(readContext, type, plan.baseline, [slice.matcher]);
      const view = { ...analysis, universe: change.universe };
      const pastCounts = await countsLater(readContext, pastProfile, view, change.culprit.fn);
      const counts = countsIn(view, change.contrast.after, change.culprit.fn);
      if (pastCounts.n > 0 && distance(pastCounts, counts, analysis.dispersion) < OWN_PAST_Z) continue;
      const profiles =
        profilesInSlice(fleet, profileTimes, plan.baseline, slice.matcher) / change.contrast.after.profiles;
      if (pastCounts.x > 0 && isShareOfOwnFall(pastCounts, counts, profiles)) continue;
    }
    best = { ...change, slice };
    break;
  }
  return best;
}

/**
 * Whether a slice shows a function larger only because it has less load than in its own past.
 *
 * @param profiles profiles of the slice, before ÷ after
 */
function isShareOfOwnFall(
  past: { x: number; n: number },
  now: { x: number; n: number },
  profiles: number,
): boolean {
  const load = past.n > past.x ? ((now.n - now.x) / (past.n - past.x)) * profiles : 1;
  return isShareOfFallingLoad(load, (now.x / past.x) * profiles);
}

/** Whether the instance that a matcher means sent its first profile well after the others. */
function cameLate(fleet: Fleet, profileTimes: ProfileTimes, { baseline }: Plan, matcher: Matcher): boolean {
  const isHere = isInSlice(fleet, matcher);
  const series = profileTimes.series.filter(({ labels }) => isHere(labels));
  const first = sharedTimes({ ...profileTimes, series: series }, baseline)[0];
  const others = sharedTimes(profileTimes, baseline)[0];
  if (series.length === 0 || first === undefined || others === undefined) return false;
  return first - others > PAST * (baseline.to - others);
}

/** A change with the label values that may carry it. */
export function attributed(
  analysis: Analysis,
  change: LocatedChange,
  slices: readonly SliceOf[],
  instanceLabel: string | null,
): Omit<ShareChange, 'leftOut'> {
  const { fn } = change.culprit;
  const counted = slices.map(({ labels }, at) => {
    const sliceCosts = analysis.slices[at];
    if (sliceCosts === undefined) return { labels, x: 0, n: 0, total: 0 };
    const total = sliceCosts.costs.total / analysis.quantum;
    return { labels, ...countsIn(analysis, sliceCosts, fn), total };
  });
  return attributeTo(counted, { ...change, analysis }, instanceLabel);
}

/** The change with the label values of slices whose samples of its culprit were counted. */
export function attributeTo<T extends Pick<ShareChange, 'analysis' | 'contrast' | 'culprit'>>(
  slices: readonly Slice[],
  change: T,
  instanceLabel: string | null,
): T & Pick<ShareChange, 'attribution' | 'carrier'> {
  const { analysis, contrast, culprit } = change;
  const before = countsIn(analysis, contrast.before, culprit.fn);
  const attribution = attribute(slices, before, analysis.dispersion, instanceLabel);
  return { ...change, attribution, carrier: attribution.find(({ carries }) => carries) ?? null };
}
