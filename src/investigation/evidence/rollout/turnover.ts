import type { Labels, Window } from '../../../sources/source.js';
import {
  type Grouping,
  type LargeFleetCounts,
  measureGap,
  type ProfileTimes,
  sendersIn,
} from '../profile-times.js';
import type { Plan } from '../windows.js';

/** Numbers of the instances that sent profiles in both windows, only before, and only after. */
export interface Turnover {
  stayed: number;
  left: number;
  arrived: number;
}

/** Names of the instances that belong to each window. */
export interface WindowInstances {
  before: ReadonlySet<string>;
  after: ReadonlySet<string>;
}

/**
 * Gaps between profiles next to the other window in which an instance that sent nothing further away does not
 * belong to its window: agents stamp a first profile up to its length before the process starts, and a last
 * one is sent by a process that already ends.
 */
const BORDER_GAPS = 1.5;
/** Profiles that an instance of a large fleet sends in that time. */
const BORDER_PROFILES = 1;

/** Counts the instances that stayed, left and arrived; null where they are not told apart. */
export function instanceTurnover(
  profileTimes: ProfileTimes,
  { plan, largeFleetCounts }: Pick<Grouping, 'largeFleetCounts'> & { plan: Plan },
  label: string | null,
): Turnover | null {
  if (label === null) return null;
  const getName = (labels: Labels) => labels[label];
  const { before, after } =
    largeFleetCounts === null
      ? listInstances(profileTimes, plan, getName)
      : listCounted(largeFleetCounts, getName);
  if (before.size + after.size === 0) return null;
  const stayed = [...before].filter((instance) => after.has(instance)).length;
  return { stayed, left: before.size - stayed, arrived: after.size - stayed };
}

/**
 * Lists the instances of each window. One that sent profiles in both belongs only to one of them where all of
 * its profiles in the other lie next to the border. Where the profiles of a window reach less than twice as
 * far from the border, they tell nothing of it.
 */
export function listInstances(
  profileTimes: Pick<ProfileTimes, 'series' | 'stepMs'>,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  getName: (labels: Labels) => string | undefined,
): WindowInstances {
  const listNames = (window: Window) =>
    new Set(sendersIn(profileTimes, window).flatMap(({ labels }) => getName(labels) ?? []));
  const border = BORDER_GAPS * measureGap(profileTimes);
  // Windows that lie apart have no border, and all of each counts.
  const early = (gap: number) => ({ ...baseline, to: Math.min(baseline.to, incident.from - gap) });
  const late = (gap: number) => ({ ...incident, from: Math.max(incident.from, baseline.to + gap) });
  const findInner = (without: typeof early | typeof late) =>
    sendersIn(profileTimes, without(2 * border)).length === 0 ? null : listNames(without(border));
  return withoutBorder(
    { before: listNames(baseline), after: listNames(incident) },
    { before: findInner(early), after: findInner(late) },
  );
}

/** Whether, by the profiles of all types together, some instances left or arrived. */
export function hasTurnoverIn(
  types: readonly Pick<ProfileTimes, 'series' | 'stepMs'>[],
  plan: Pick<Plan, 'baseline' | 'incident'>,
  getName: (labels: Labels) => string | undefined,
): boolean {
  const sides = types.map((times) => listInstances(times, plan, getName));
  const before = new Set(sides.flatMap((side) => [...side.before]));
  const after = new Set(sides.flatMap((side) => [...side.after]));
  return [...before, ...after].some((instance) => !before.has(instance) || !after.has(instance));
}

/** Lists the instances of a fleet of which only the numbers of profiles in each window are known. */
function listCounted(
  { before, after }: LargeFleetCounts,
  getName: (labels: Labels) => string | undefined,
): WindowInstances {
  const listNames = (counts: LargeFleetCounts['before']) =>
    new Set(counts.flatMap(({ labels }) => getName(labels) ?? []));
  const findInner = (counts: LargeFleetCounts['before']) =>
    counts.some(({ profiles }) => profiles > 2 * BORDER_PROFILES)
      ? listNames(counts.filter(({ profiles }) => profiles > BORDER_PROFILES))
      : null;
  return withoutBorder(
    { before: listNames(before), after: listNames(after) },
    { before: findInner(before), after: findInner(after) },
  );
}

/**
 * The instances of both windows without those that reached into one of them only next to its border.
 *
 * @param inner instances with profiles away from the border; null for a window that tells nothing of it
 */
function withoutBorder(
  { before, after }: WindowInstances,
  inner: { [side in keyof WindowInstances]: WindowInstances[side] | null },
): WindowInstances {
  const isEarly = (instance: string) => inner.before === null || inner.before.has(instance);
  const isLate = (instance: string) => inner.after === null || inner.after.has(instance);
  return {
    before: new Set([...before].filter((instance) => !after.has(instance) || isEarly(instance))),
    // An instance with profiles only about the border counts once, among the later ones.
    after: new Set(
      [...after].filter((instance) => !before.has(instance) || isLate(instance) || !isEarly(instance)),
    ),
  };
}
