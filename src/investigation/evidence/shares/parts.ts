import { offload } from '../../../offload.js';
import type { CountedProfile } from '../../../profile/compare/analysis.js';
import type { FinerTotals } from '../../../profile/compare/stages/finer.js';
import { type Profile, totalValue } from '../../../profile/model.js';
import { partWindows } from '../../../profile/series/parts.js';
import type { Window } from '../../../sources/source.js';
import { isHeavyWork } from '../../../work/offload.js';
import { type LensType, readActive } from '../lens.js';
import { type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';
import type { Plan } from '../windows.js';
import { profilesInSlice, type SliceOf, tellableSlices } from './slices.js';

/** The parts into which both windows are cut, in order and without gaps. */
export interface PartWindows {
  baseline: readonly Window[];
  incident: readonly Window[];
}

/** Profiles of one type: one for each part, and slices of the fleet in the incident. */
export interface PartsRead {
  windows: PartWindows;
  baseline: readonly CountedProfile[];
  incident: readonly CountedProfile[];
  slices: readonly CountedProfile[];
}

/** Numbers of parts of both windows. */
export interface PartCounts {
  baselineParts: number;
  incidentParts: number;
}

/** Cuts both windows into parts that hold about the same number of rounds of profiles. */
export function cutWindows(
  profileTimes: ProfileTimes,
  { baseline, incident }: Pick<Plan, 'baseline' | 'incident'>,
  { baselineParts, incidentParts }: PartCounts,
): PartWindows {
  return {
    baseline: partWindows(baseline, sharedTimes(profileTimes, baseline), baselineParts),
    incident: partWindows(incident, sharedTimes(profileTimes, incident), incidentParts),
  };
}

/** Puts neighbouring parts together, so that so many are left at the most. */
export function joinWindows(
  { baseline, incident }: PartWindows,
  { baselineParts, incidentParts }: PartCounts,
): PartWindows {
  return {
    baseline: joinNeighbours(baseline, baselineParts),
    incident: joinNeighbours(incident, incidentParts),
  };
}

function joinNeighbours(windows: readonly Window[], count: number): Window[] {
  const size = Math.max(1, Math.ceil(windows.length / count));
  return windows.flatMap((window, at) => {
    const last = windows[Math.min(at + size, windows.length) - 1] ?? window;
    return at % size === 0 ? [{ from: window.from, to: last.to }] : [];
  });
}

/**
 * The parts of a window with the first of its coarse ones undivided: a baseline that lay still is divided
 * near the incident only.
 */
export function withFirst(finest: readonly Window[], coarse: readonly Window[]): readonly Window[] {
  const [first, ...others] = coarse;
  if (first === undefined || others.length === 0) return finest;
  return [first, ...finest.filter(({ from }) => from > first.to)];
}

/**
 * Reads parts of both windows and slices of the incident: a merge for each, but for the slices that are what
 * the others leave of the incident.
 */
export async function readParts(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  windows: PartWindows,
  slices: readonly SliceOf[],
): Promise<PartsRead> {
  const { plan, fleet } = context;
  const told = tellableSlices(fleet, profileTimes, plan, slices);
  const read = (window: Window) => readPart(context, lens, profileTimes, window);
  const baselineParts = Promise.all(windows.baseline.map(read));
  const incidentParts = Promise.all(windows.incident.map(read));
  const [baseline, incident, bySlice] = await Promise.all([
    baselineParts,
    incidentParts,
    readSlices(context, lens, profileTimes, { window: plan.incident, slices, told, whole: incidentParts }),
  ]);
  return { windows, baseline, incident, slices: bySlice };
}

/** Slices of the fleet in one stretch of time. */
interface WantedSlices {
  window: Window;
  slices: readonly SliceOf[];
  /** Slices that are not asked for: see {@link tellableSlices}. */
  told: ReadonlySet<SliceOf>;
  /** The parts of all of that time; they may still be on their way. */
  whole: readonly CountedProfile[] | Promise<readonly CountedProfile[]>;
}

/** Reads slices: a merge for each, but for those that are what the others leave of the whole. */
export async function readSlices(
  context: Pick<InvestigationContext, 'readContext' | 'fleet'>,
  { type }: LensType,
  profileTimes: ProfileTimes,
  { window, slices, told, whole }: WantedSlices,
): Promise<CountedProfile[]> {
  const { readContext, fleet } = context;
  const asked = await Promise.all(
    slices.map((slice) => (told.has(slice) ? null : readActive(readContext, type, window, [slice.matcher]))),
  );
  const siblings = ({ matcher }: SliceOf) =>
    slices.flatMap((slice, at) => (slice.matcher.name === matcher.name ? (asked[at] ?? []) : []));
  return Promise.all(
    slices.map(async (slice, at) => ({
      profile: asked[at] ?? (await subtract(context, await whole, siblings(slice))),
      profiles: profilesInSlice(fleet, profileTimes, window, slice.matcher),
    })),
  );
}

/**
 * Cuts what was read into finer parts: all but one of the parts of a stretch are read, and the last one is
 * what they leave of it.
 */
export async function refineParts(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  known: PartsRead,
  windows: PartWindows,
): Promise<PartsRead> {
  const refine = async (
    stretches: readonly Window[],
    read: readonly CountedProfile[],
    finer: readonly Window[],
  ) => {
    const parts = await Promise.all(
      stretches.map(async (stretch, at): Promise<readonly CountedProfile[]> => {
        const whole = read[at];
        const inside = finer.filter(({ from, to }) => from >= stretch.from && to <= stretch.to);
        const last = inside.at(-1);
        if (whole === undefined || last === undefined || inside.length < 2)
          return whole === undefined ? [] : [whole];
        const others = await Promise.all(
          inside.slice(0, -1).map((window) => readPart(context, lens, profileTimes, window)),
        );
        const profile = await subtract(
          context,
          [whole],
          others.map((part) => part.profile),
        );
        return [...others, { profile, profiles: totalsIn(profileTimes, last).profiles }];
      }),
    );
    // The list itself, where nothing was divided, leads to what is known of it already.
    return parts.every(({ length }) => length === 1) ? read : parts.flat();
  };
  const [baseline, incident] = await Promise.all([
    refine(known.windows.baseline, known.baseline, windows.baseline),
    refine(known.windows.incident, known.incident, windows.incident),
  ]);
  return { ...known, windows, baseline, incident };
}

/** How far the totals over time and those of merges may be apart, as a part of the total. */
const SAME_TOTAL = 0.01;

/**
 * The totals of finer parts, by the part that was read. Undefined where the series counts what the merges
 * leave out, such as idle time.
 */
export function finerTotals(
  profileTimes: ProfileTimes,
  { windows, baseline, incident }: PartsRead,
  finest: PartWindows,
): FinerTotals | undefined {
  const isSame = (stretch: Window, at: number, read: readonly CountedProfile[]) => {
    const { value } = totalsIn(profileTimes, stretch);
    const merged = read[at] === undefined ? 0 : totalValue(read[at].profile);
    return Math.abs(value - merged) <= SAME_TOTAL * value;
  };
  const areSame =
    windows.baseline.every((stretch, at) => isSame(stretch, at, baseline)) &&
    windows.incident.every((stretch, at) => isSame(stretch, at, incident));
  if (!areSame) return undefined;
  const totals = (stretches: readonly Window[], finer: readonly Window[]) =>
    stretches.map((stretch) =>
      finer
        .filter(({ from, to }) => from >= stretch.from && to <= stretch.to)
        .map((window) => totalsIn(profileTimes, window)),
    );
  return {
    baseline: totals(windows.baseline, finest.baseline),
    incident: totals(windows.incident, finest.incident),
  };
}

async function readPart(
  { readContext }: InvestigationContext,
  { type }: LensType,
  profileTimes: ProfileTimes,
  window: Window,
): Promise<CountedProfile> {
  return {
    profile: await readActive(readContext, type, window),
    profiles: totalsIn(profileTimes, window).profiles,
  };
}

function subtract(
  { readContext: { signal } }: Pick<InvestigationContext, 'readContext'>,
  wholes: readonly CountedProfile[],
  parts: readonly Profile[],
): Promise<Profile> {
  const profiles = wholes.map(({ profile }) => profile);
  return offload('subtract', [profiles, parts], { isHeavy: isHeavyWork(...profiles, ...parts), signal });
}
