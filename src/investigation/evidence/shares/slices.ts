import { type Analysis, type CodeChange, countsIn, distance } from '../../../profile/compare/analysis.js';
import { attribute, type Slice } from '../../../profile/compare/attribution.js';
import type { Changes } from '../../../profile/compare/changes.js';
import { isShareOfFallingLoad } from '../../../profile/compare/culprit.js';
import { matcherTest } from '../../../sources/matching.js';
import type { Labels, Matcher, Window } from '../../../sources/source.js';
import { escapePattern } from '../../../text/pattern.js';
import { OWN_PAST_Z, PAST } from '../../thresholds.js';
import type { Fleet } from '../fleet.js';
import { type LensType, readActive } from '../lens.js';
import { type ProfileTimes, sendersIn, sharedTimes, type Totals, totalsIn } from '../profile-times.js';
import type { InvestigationContext, ShareChange } from '../shares.js';
import type { Plan } from '../windows.js';
import { countsLater } from './counts-later.js';

export interface SliceOf {
  labels: Labels;
  matcher: Matcher;
  /** Whether it is not asked for, since it is what the other slices leave of the incident. */
  isTold?: true;
  /** Whether it is told, and all of the fleet beyond the others, which are compared with it. */
  isRest?: true;
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
  const senders = new Set(
    profileTimes.largeFleet !== undefined
      ? []
      : sendersIn(profileTimes, incident).map(({ labels }) => labels[instanceLabel ?? '']),
  );
  const present = [...instances].filter(([instance]) => senders.has(instance));
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
 * Slices by one label, and a last one of what they leave of the fleet unless one of them is told.
 *
 * Labels that tell a slice from the rest are kept, and of the rest those that all of its instances share.
 */
export function withRest({ instances, instanceLabel }: Fleet, isolated: readonly SliceOf[]): SliceOf[] {
  const [first] = isolated;
  if (first === undefined || isolated.some(({ isTold }) => isTold === true)) return [...isolated];
  const { name } = first.matcher;
  const values = isolated.map(({ matcher }) => matcher.value);
  const matcher = { name, op: '!~', value: values.map(escapePattern).join('|') } as const;
  const others = [...instances]
    .filter(
      ([instance, labels]) => !values.includes(name === instanceLabel ? instance : (labels[name] ?? '')),
    )
    .map(([, labels]) => labels);
  const telling = ({ labels }: SliceOf) =>
    Object.fromEntries(
      Object.entries(labels).filter(([label, value]) => others.every((other) => other[label] !== value)),
    );
  const [one = {}] = others;
  const shared = Object.entries(one).filter(([label, value]) =>
    others.every((other) => other[label] === value),
  );
  return [
    ...isolated.map((slice) => ({ ...slice, labels: telling(slice) })),
    { labels: Object.fromEntries(shared), matcher, isTold: true, isRest: true },
  ];
}

/**
 * Whether a series is of the slice that a matcher means: by its own label, or by what the label sets say
 * about its instance.
 */
function isInSlice({ instanceLabel, instances }: Fleet, matcher: Matcher) {
  const { name } = matcher;
  const isMeant = matcherTest(matcher);
  return (labels: Labels): boolean =>
    isMeant(labels[name] ?? instances.get(labels[instanceLabel ?? ''] ?? '')?.[name]);
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
  const told = slices.filter(({ isTold }) => isTold === true);
  if (told.length > 0) return new Set(told);
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
  return sendersIn(profileTimes, incident).every(({ labels }) => values.has(labels[label] ?? ''));
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

/** The total and the number of profiles of a slice; of a large fleet the total is not known, and zero. */
export function totalsInSlice(
  fleet: Fleet,
  profileTimes: ProfileTimes,
  window: Window,
  matcher: Matcher,
): Totals {
  if (profileTimes.largeFleet === undefined) return totalsIn(profileTimes, window, isInSlice(fleet, matcher));
  return { profiles: profilesInSlice(fleet, profileTimes, window, matcher), value: 0 };
}

/** The change over time or in one slice, whichever stands out more. */
export async function strongestChange(
  { readContext, plan, fleet }: InvestigationContext,
  { type }: LensType,
  profileTimes: ProfileTimes,
  { analysis, overTime, inSlices: sliceChanges }: Changes,
  slices: readonly SliceOf[],
): Promise<LocatedChange | null> {
  let best: LocatedChange | null = overTime === null ? null : { slice: null, ...overTime };
  const byDistance = slices
    .map((slice, at) => ({ slice, change: sliceChanges[at] ?? null }))
    .filter(({ slice }) => slice.isRest !== true)
    .sort((a, b) => (b.change?.culprit.z ?? 0) - (a.change?.culprit.z ?? 0));
  for (const { slice, change } of byDistance) {
    if (change === null || change.culprit.z <= (best?.culprit.z ?? 0)) break;
    // A slice that always differed did not change; one that came during the baseline has no calm past of its
    // own.
    const past = findPast(fleet, profileTimes, plan, slice.matcher);
    if (past !== null && !hasSurelyChanged(analysis, change, past)) {
      const pastProfile = await readActive(readContext, type, plan.baseline, [slice.matcher]);
      const view = { ...analysis, universe: change.universe };
      const pastCounts = await countsLater(readContext, pastProfile, view, change.culprit.fn);
      const counts = countsIn(view, change.contrast.after, change.culprit.fn);
      if (pastCounts.n > 0 && distance(pastCounts, counts, analysis.dispersion) < OWN_PAST_Z) continue;
      const profiles = past.before.profiles / change.contrast.after.profiles;
      if (pastCounts.x > 0 && isShareOfOwnFall(pastCounts, counts, profiles)) continue;
    }
    best = { slice, ...change };
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

/** Totals of a slice in both windows. */
interface SlicePast {
  before: Totals;
  after: Totals;
}

/**
 * The totals of the slice that a matcher means; null where it has no past: it sent no profile in the
 * baseline, or the first one well after the others.
 */
function findPast(
  fleet: Fleet,
  profileTimes: ProfileTimes,
  { baseline, incident }: Plan,
  matcher: Matcher,
): SlicePast | null {
  const past = {
    before: totalsInSlice(fleet, profileTimes, baseline, matcher),
    after: totalsInSlice(fleet, profileTimes, incident, matcher),
  };
  const isHere = isInSlice(fleet, matcher);
  const series = profileTimes.series.filter(({ labels }) => isHere(labels));
  if (profileTimes.largeFleet !== undefined || series.length === 0) return past;
  const first = sharedTimes({ ...profileTimes, series }, baseline)[0];
  const others = sharedTimes(profileTimes, baseline)[0];
  if (first === undefined) return null;
  return others !== undefined && first - others > PAST * (baseline.to - others) ? null : past;
}

/**
 * Whether a slice differs from its own past even if all of the function's samples in the baseline were of
 * this slice: then its past need not be asked for. What else it did then is told by its totals, from what it
 * does now. Not where its cost per profile fell, since a function that stays gains share then.
 */
export function hasSurelyChanged(
  analysis: Analysis,
  { contrast, culprit, universe }: Pick<CodeChange, 'contrast' | 'culprit' | 'universe'>,
  { before, after }: SlicePast,
): boolean {
  if (before.value <= 0 || after.value <= 0) return false;
  if (after.value * before.profiles < before.value * after.profiles) return false;
  const view = { ...analysis, universe };
  const was = countsIn(view, contrast.before, culprit.fn);
  const is = countsIn(view, contrast.after, culprit.fn);
  const beside = ((is.n - is.x) * before.value) / after.value;
  return distance({ x: was.x, n: was.x + beside }, is, analysis.dispersion) >= OWN_PAST_Z;
}

/** A change with the label values that may carry it. */
export function attributed(
  analysis: Analysis,
  change: LocatedChange,
  slices: readonly SliceOf[],
  instanceLabel: string | null,
): Omit<ShareChange, 'leftOut'> {
  const { fn } = change.culprit;
  const counted = slices.map(({ labels, isRest = false }, at) => {
    const sliceCosts = analysis.slices[at];
    if (sliceCosts === undefined) return { labels, isRest, x: 0, n: 0, total: 0 };
    const total = sliceCosts.costs.total / analysis.quantum;
    return { labels, isRest, ...countsIn(analysis, sliceCosts, fn), total };
  });
  return attributeTo(counted, { analysis, ...change }, instanceLabel);
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
