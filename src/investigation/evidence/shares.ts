import { offload } from '../../offload.js';
import {
  type Analysis,
  type CodeChange,
  type CountedProfile,
  countsIn,
  distance,
  distanceFromBaseline,
  type Reading,
} from '../../profile/compare/analysis.js';
import { type Attribution, attribute } from '../../profile/compare/attribution.js';
import type { Changes } from '../../profile/compare/changes.js';
import { changePoint } from '../../profile/compare/since.js';
import { isBelow } from '../../profile/compare/through.js';
import { joinKey, type Renamed } from '../../profile/contrast/join.js';
import type { Profile } from '../../profile/model.js';
import type { Labels, Matcher, Window } from '../../sources/source.js';
import { formatTime } from '../../text/units.js';
import { isHeavy } from '../../work/offload.js';
import { shareProfile } from '../../work/share.js';
import {
  ALONE,
  FURTHER_MARGIN,
  GATE,
  LEFT_AT_CALLER,
  MAX_CHANGES,
  MAX_WARM_UPS,
  ONE_OFF_Z,
  OWN_PAST_Z,
  PAST,
  SIBLINGS_Z,
  SLICE_GATE,
  WARM_ROUNDS,
  WARM_Z,
} from '../thresholds.js';
import type { Fleet } from './fleet.js';
import { type LensType, quantumOf, type ReadContext, readActive } from './lens.js';
import { type ProfileTimes, sharedTimes, singleTotals, totalsIn } from './profile-times.js';
import type { Requests } from './requests.js';
import { type Plan, partWindows } from './windows.js';

export interface ShareChange extends CodeChange {
  analysis: Analysis;
  /** Slice that shows the change; null for a stretch of time. */
  slice: SliceOf | null;
  attribution: readonly Attribution[];
  /** Keys of the functions whose stacks were left out before it was looked for. */
  leftOut: ReadonlySet<string>;
  /** The label value that carries it. */
  carrier: Attribution | null;
}

export interface ShareLens {
  /** Whether its numbers of samples are estimates. */
  estimated: boolean;
  lens: LensType;
  analysis: Analysis;
  /** Least distance from noise that a change had to have, in standard errors. */
  gate: number;
  change: ShareChange | null;
  /** Further changes of the type, each found in what is left without the stacks of those before it. */
  further: readonly ShareChange[];
  notes: readonly string[];
  profileTimes: ProfileTimes;
  /** The parts that were read, as in the analysis. */
  windows: { baseline: readonly Window[]; incident: readonly Window[] };
}

interface SliceOf {
  labels: Labels;
  matcher: Matcher;
}

/** Context that all lenses share. */
export interface InvestigationContext {
  readContext: ReadContext;
  plan: Plan;
  fleet: Fleet;
  requests: Requests;
}

/** How finely one profile type is read. */
export interface Resolution {
  baselineParts: number;
  incidentParts: number;
  /** Slices of the fleet, at the most; 0 reads none. */
  slices: number;
  gate?: number;
  /** Whether a change may be over before the window is; default yes. */
  bursts?: boolean;
  /** Smallest growth that is looked for, as a share of the active total; MIN_POINTS where it is left out. */
  minGrowth?: number | undefined;
}

/**
 * Reads one profile type in parts of both windows and looks for a change of the code that causes it.
 *
 * @returns null where one of the windows has no profile of the type
 */
export async function readShares(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  { baselineParts, incidentParts, slices: maxSlices, gate = GATE, bursts = true, minGrowth }: Resolution,
): Promise<ShareLens | null> {
  const { readContext, plan } = context;
  const windows = {
    baseline: partWindows(plan.baseline, sharedTimes(profileTimes, plan.baseline), baselineParts),
    incident: partWindows(plan.incident, sharedTimes(profileTimes, plan.incident), incidentParts),
  };
  let slices = slicesOf(context.fleet, profileTimes, plan, maxSlices);
  const read = async (window: Window): Promise<CountedProfile> => ({
    profile: await readActive(readContext, lens.type, window),
    profiles: totalsIn(profileTimes, window).profiles,
  });
  const [baseline, incident, bySlice] = await Promise.all([
    Promise.all(windows.baseline.map(read)),
    Promise.all(windows.incident.map(read)),
    Promise.all(
      slices.map(async ({ matcher }) => ({
        profile: await readActive(readContext, lens.type, plan.incident, [matcher]),
        profiles: totalsIn(profileTimes, plan.incident, (labels) => labels[matcher.name] === matcher.value)
          .profiles,
      })),
    ),
  ]);
  if ([baseline, incident].some((side) => side.every(({ profiles }) => profiles === 0))) return null;
  const both = { from: Math.min(plan.baseline.from, plan.incident.from), to: plan.incident.to };
  const { value: quantum, estimated } = await quantumOf(
    readContext,
    lens.type,
    [...baseline, ...incident].map(({ profile }) => profile),
    both,
    singleTotals(profileTimes, plan.baseline),
  );
  const heavy = isHeavy(...[...baseline, ...incident, ...bySlice].map(({ profile }) => profile));
  const unshared: Reading = { baseline, incident, slices: bySlice, quantum, minGrowth };
  let reading = heavy ? sharedReading(unshared) : unshared;
  const notes: string[] = [];
  const leftOut = new Set<string>();
  const accepted: ShareChange[] = [];
  let whole: Analysis | null = null;
  for (let warmUps = 0; ; ) {
    const minDistance = accepted.length === 0 ? gate : gate + FURTHER_MARGIN;
    const search = {
      without: leftOut,
      gate: minDistance,
      sliceGate: Math.max(minDistance, SLICE_GATE),
      bursts,
    };
    const changes = await offload('changes', [reading, search], { heavy, signal: readContext.signal });
    // Statements about the type as a whole leave out its warm-up and keep all of its changes.
    if (accepted.length === 0) {
      if (whole === null) notes.push(...renamedNotes(lens.type.alias, changes.analysis.joined.renamed));
      whole = changes.analysis;
    }
    const change = await strongestChange(context, lens, profileTimes, changes, slices);
    const info = change === null ? undefined : changes.analysis.joined.functions[change.culprit.fn];
    if (change === null || info === undefined) break;
    const analysis = { ...changes.analysis, universe: change.universe };
    if (accepted.length === 0 && warmUps < MAX_WARM_UPS) {
      if (isOneOff(analysis, change)) {
        warmUps++;
        leftOut.add(joinKey(info));
        notes.push(
          `${info.name} rose in one instance for a single round only and is left out (a restart does that).`,
        );
        continue;
      }
      const settled = await settledWindow(context, lens, profileTimes, analysis, change, slices);
      const cut = settled === null ? 0 : windows.incident.findIndex(({ from }) => from >= settled.from);
      if (settled !== null && cut > 0 && !settled.anyStayed) {
        // All instances are new: whatever else they did to warm up is over by then, too.
        warmUps = MAX_WARM_UPS;
        windows.incident = windows.incident.slice(cut);
        reading = { ...reading, incident: reading.incident.slice(cut), slices: [] };
        slices = [];
        const from = formatTime(Math.ceil((windows.incident[0]?.from ?? 0) / 1000) * 1000);
        notes.push(
          `All instances are new; what they cost until ${from} is left out as warm-up that settled (${info.name} above all).`,
        );
        continue;
      }
      if (settled !== null) {
        warmUps++;
        leftOut.add(joinKey(info));
        notes.push(`Warm-up of new instances (${info.name}) is left out.`);
        continue;
      }
    }
    if (accepted.length > 0 && isRemainder(change, accepted)) break;
    accepted.push({
      ...attributed(analysis, change, slices, context.fleet.instanceLabel),
      leftOut: new Set(leftOut),
    });
    const source = sourceOfMove(change);
    if (accepted.length === MAX_CHANGES || source === 'caller') break;
    leftOut.add(joinKey(info));
    if (source !== null) leftOut.add(source);
  }
  if (whole === null) throw new Error('nothing was analysed');
  const [change = null, ...further] = accepted.sort((a, b) => b.culprit.growth - a.culprit.growth);
  return {
    lens,
    analysis: whole,
    gate,
    estimated,
    change,
    further,
    notes,
    profileTimes: profileTimes,
    windows,
  };
}

/**
 * Key of the function that a moved cost came from, which must be left out with the function that has it now:
 * else all other code seems to have grown. `caller` where the cost moved inside one and cannot be left out;
 * null for no move.
 */
function sourceOfMove({ from, culprit, contrast }: CodeChange): string | null {
  if (from === null) return null;
  const { joined, before, after } = contrast;
  const info = joined.functions[from];
  const isCaller = isBelow(joined, [...before.parts, ...after.parts], culprit.fn, from);
  return info === undefined || isCaller ? 'caller' : joinKey(info);
}

/** Whether a change is only what a caller of one found before has left of it. */
function isRemainder({ culprit, contrast }: CodeChange, earlierChanges: readonly ShareChange[]): boolean {
  const info = contrast.joined.functions[culprit.fn];
  return earlierChanges.some((earlier) => {
    const { joined, after } = earlier.contrast;
    const above = joined.functions.findIndex(
      (candidate) => info !== undefined && joinKey(candidate) === joinKey(info),
    );
    return (
      above >= 0 &&
      culprit.growth < LEFT_AT_CALLER * earlier.culprit.growth &&
      isBelow(joined, after.parts, earlier.culprit.fn, above)
    );
  });
}

/** A change with the label values that may carry it. */
function attributed(
  analysis: Analysis,
  change: LocatedChange,
  slices: readonly SliceOf[],
  instanceLabel: string | null,
): Omit<ShareChange, 'leftOut'> {
  const { culprit, contrast } = change;
  const rows = attribute(
    slices.map(({ labels }, at) => {
      const sliceCosts = analysis.slices[at];
      if (sliceCosts === undefined) return { labels, x: 0, n: 0, total: 0 };
      return {
        labels,
        ...countsIn(analysis, sliceCosts, culprit.fn),
        total: sliceCosts.costs.total / analysis.quantum,
      };
    }),
    countsIn(analysis, contrast.before, culprit.fn),
    analysis.dispersion,
    instanceLabel,
  );
  const carrier = rows.find(({ carries }) => carries) ?? null;
  return { ...change, analysis, attribution: rows, carrier };
}

/** The slices that are read: instances where they are few, else the values of labels that have few. */
function slicesOf(
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

type LocatedChange = CodeChange & { slice: SliceOf | null };

/** The change over time or in one slice, whichever stands out more. */
async function strongestChange(
  { readContext, plan }: InvestigationContext,
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
    if (!cameLate(profileTimes, plan, slice.matcher)) {
      const pastProfile = await readActive(readContext, type, plan.baseline, [slice.matcher]);
      const view = { ...analysis, universe: change.universe };
      const pastCounts = await countsLater(readContext, pastProfile, view, change.culprit.fn);
      const counts = countsIn(view, change.contrast.after, change.culprit.fn);
      if (pastCounts.n > 0 && distance(pastCounts, counts, analysis.dispersion) < OWN_PAST_Z) continue;
    }
    best = { ...change, slice };
    break;
  }
  return best;
}

/**
 * Counts of a function in a profile that was read later.
 * @param leftOut keys of the functions whose stacks the analysis was made without
 */
export function countsLater(
  { signal }: ReadContext,
  profile: Profile,
  { joined, universe, quantum }: Analysis,
  fn: number,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<{ x: number; n: number }> {
  const info = joined.functions[fn];
  const args = [profile, { universe, quantum }, info, leftOut] as const;
  return offload('counts', [...args], { heavy: isHeavy(profile), signal });
}

/** Copies a reading once into memory that threads share, however often they look at it. */
function sharedReading({ baseline, incident, slices, ...rest }: Reading): Reading {
  const shared = (profiles: readonly CountedProfile[]) =>
    profiles.map(({ profile, profiles }) => ({ profile: shareProfile(profile), profiles }));
  return { ...rest, baseline: shared(baseline), incident: shared(incident), slices: shared(slices) };
}

/** Whether the instance that a matcher means sent its first profile well after the others. */
function cameLate(profileTimes: ProfileTimes, { baseline }: Plan, { name, value }: Matcher): boolean {
  const series = profileTimes.series.filter(({ labels }) => labels[name] === value);
  const first = sharedTimes({ ...profileTimes, series: series }, baseline)[0];
  const others = sharedTimes(profileTimes, baseline)[0];
  if (series.length === 0 || first === undefined || others === undefined) return false;
  return first - others > PAST * (baseline.to - others);
}

/**
 * Whether a change was over after one part of the window and was seen in one instance of several: a restart
 * looks so.
 */
function isOneOff(analysis: Analysis, { culprit, run, slice }: LocatedChange): boolean {
  const burst = slice === null && run.first === run.last && run.last < analysis.incident.length - 1;
  if (!burst || analysis.slices.length < 2 || culprit.z >= ONE_OFF_Z) return false;
  const counts = analysis.slices.map((part) => countsIn(analysis, part, culprit.fn).x);
  const all = counts.reduce((sum, x) => sum + x, 0);
  return all > 0 && Math.max(...counts) >= ALONE * all;
}

/**
 * The time from which a change is over that was only in the first profiles of instances which came during the
 * incident, and whether others were there before them; null where it is no warm-up.
 */
async function settledWindow(
  { readContext, plan, fleet }: InvestigationContext,
  { type }: LensType,
  profileTimes: ProfileTimes,
  analysis: Analysis,
  change: LocatedChange,
  slices: readonly SliceOf[],
): Promise<{ from: number; anyStayed: boolean } | null> {
  const { instanceLabel } = fleet;
  if (instanceLabel === null || profileTimes.largeFleet !== undefined) return null;
  const isNew = (instance: string | undefined) =>
    totalsIn(profileTimes, plan.baseline, (labels) => labels[instanceLabel] === instance).profiles === 0;
  const arrived = [...fleet.instances.keys()].filter(isNew);
  if (arrived.length === 0) return null;
  const stayedInFleet = [...fleet.instances.keys()].some(
    (instance) =>
      !isNew(instance) &&
      totalsIn(profileTimes, plan.incident, (labels) => labels[instanceLabel] === instance).profiles > 0,
  );
  const stayed = analysis.slices.filter((_, at) => !isNew(slices[at]?.labels[instanceLabel]));
  if (stayed.length > 0 && distanceFromBaseline(analysis, stayed, change.culprit.fn) >= SIBLINGS_Z)
    return null;
  const later = lateWindow(profileTimes, instanceLabel, arrived, plan.incident);
  if (later === null) return null;
  const pattern = arrived.map((name) => name.replace(/[.*+?^$|()[\]{}\\]/g, '\\$&')).join('|');
  const profile = await readActive(readContext, type, later, [
    { name: instanceLabel, op: '=~', value: pattern },
  ]);
  const counts = await countsLater(readContext, profile, analysis, change.culprit.fn);
  const before = countsIn(analysis, change.contrast.before, change.culprit.fn);
  const after = countsIn(analysis, change.contrast.after, change.culprit.fn);
  const gone = changePoint([before, counts, after], before.x / before.n, after.x / after.n) === 2;
  const isOver = counts.n > 0 && gone && distance(before, counts, analysis.dispersion) < WARM_Z;
  return isOver ? { from: later.from, anyStayed: stayedInFleet } : null;
}

/**
 * The time in which all new instances have sent their first profiles; null where nothing is left of the
 * window.
 */
function lateWindow(
  profileTimes: ProfileTimes,
  label: string,
  arrived: readonly string[],
  window: Window,
): Window | null {
  const times = sharedTimes(
    {
      ...profileTimes,
      series: profileTimes.series.filter(({ labels }) => arrived.includes(labels[label] ?? '')),
    },
    window,
  );
  const first = times[Math.min(WARM_ROUNDS, times.length - 1) - 1];
  return first === undefined || times.length < 2 ? null : { from: first + 1, to: window.to };
}

/** Says that most names changed between the two sides, and how functions were found again. */
function renamedNotes(alias: string, renamed: Renamed | null): string[] {
  if (renamed === null) return [];
  const { functions, changed, unmatched } = renamed;
  const left = unmatched === 0 ? '' : ` ${unmatched} of them could not be matched.`;
  return [
    `${changed} of ${functions} names in the ${alias} profiles changed between the two sides (another build): functions were matched by what stays in a name, file, callers and cost.${left}`,
  ];
}
