import { offload } from '../offload.js';
import {
  type Analysis,
  type CodeChange,
  type CountedProfile,
  countsIn,
  distance,
  distanceFromBaseline,
  type Reading,
} from '../profile/compare/analysis.js';
import { type Attribution, attribute } from '../profile/compare/attribution.js';
import type { Changes } from '../profile/compare/changes.js';
import { joinKey, type Renamed } from '../profile/compare/join.js';
import { changePoint } from '../profile/compare/since.js';
import type { Profile } from '../profile/model.js';
import type { Labels, Matcher, Window } from '../sources/source.js';
import { isHeavy } from '../work/offload.js';
import { shareProfile } from '../work/share.js';
import type { Fleet } from './fleet.js';
import { type Asking, type LensType, quantumOf, readActive } from './lens.js';
import { type Rounds, roundTimes, totalsIn } from './profile-times.js';
import type { Requests } from './requests.js';
import { type Plan, partWindows } from './windows.js';

/** Least distance from noise of a change of code, in standard errors: half of the accusations that 1 % would allow (test/evaluation/README.md). */
export const GATE = 4.1;
/** The same for one slice of the fleet, of which there are several. */
const SLICE_GATE = 4.6;
/** A slice that was there before must differ from its own past, too. */
const OWN_PAST_Z = 4;
/** Instances that a change may be confined to and be warm-up: their siblings show less than this. */
const SIBLINGS_Z = 2.5;
/** A change that has gone from a new instance's later profiles was warm-up. */
const WARM_Z = 3;
/** Profiles of a new instance that may be warm-up. */
const WARM_ROUNDS = 3;
/** A second and third candidate is looked for where the first was warm-up. */
const MOST_WARM_UPS = 3;

export interface ShareChange extends CodeChange {
  analysis: Analysis;
  /** What the change was seen in: a stretch of time, or one slice. */
  slice: SliceOf | null;
  attribution: readonly Attribution[];
  /** The label value that carries it. */
  carrier: Attribution | null;
}

export interface ShareLens {
  /** Whether its numbers of samples are estimates. */
  estimated: boolean;
  lens: LensType;
  analysis: Analysis;
  change: ShareChange | null;
  notes: readonly string[];
  rounds: Rounds;
  /** The parts that were read, as in the analysis. */
  windows: { baseline: readonly Window[]; incident: readonly Window[] };
}

interface SliceOf {
  labels: Labels;
  matcher: Matcher;
}

/** What all lenses know. */
export interface Case {
  asking: Asking;
  plan: Plan;
  fleet: Fleet;
  requests: Requests;
}

/** How finely one profile type is read. */
export interface Fineness {
  baselineParts: number;
  incidentParts: number;
  /** Slices of the fleet, at the most; 0 reads none. */
  slices: number;
  gate?: number;
  /** Whether a change may be over before the window is; default yes. */
  bursts?: boolean;
}

/**
 * Reads one profile type in parts of both windows and looks for a change of the code that causes it.
 *
 * @returns null where one of the windows has no profile of the type
 */
export async function readShares(
  found: Case,
  lens: LensType,
  rounds: Rounds,
  { baselineParts, incidentParts, slices: mostSlices, gate = GATE, bursts = true }: Fineness,
): Promise<ShareLens | null> {
  const { asking, plan } = found;
  const windows = {
    baseline: partWindows(plan.baseline, roundTimes(rounds, plan.baseline), baselineParts),
    incident: partWindows(plan.incident, roundTimes(rounds, plan.incident), incidentParts),
  };
  const slices = slicesOf(found.fleet, rounds, plan, mostSlices);
  const read = async (window: Window): Promise<CountedProfile> => ({
    profile: await readActive(asking, lens.type, window),
    profiles: totalsIn(rounds, window).profiles,
  });
  const [baseline, incident, bySlice] = await Promise.all([
    Promise.all(windows.baseline.map(read)),
    Promise.all(windows.incident.map(read)),
    Promise.all(
      slices.map(async ({ matcher }) => ({
        profile: await readActive(asking, lens.type, plan.incident, [matcher]),
        profiles: totalsIn(rounds, plan.incident, (labels) => labels[matcher.name] === matcher.value)
          .profiles,
      })),
    ),
  ]);
  if ([baseline, incident].some((side) => side.every(({ profiles }) => profiles === 0))) return null;
  const whole = { from: Math.min(plan.baseline.from, plan.incident.from), to: plan.incident.to };
  const { value: quantum, estimated } = await quantumOf(
    asking,
    lens.type,
    [...baseline, ...incident].map(({ profile }) => profile),
    whole,
  );
  const heavy = isHeavy(...[...baseline, ...incident, ...bySlice].map(({ profile }) => profile));
  const reading = heavy
    ? sharedReading({ baseline, incident, slices: bySlice, quantum })
    : { baseline, incident, slices: bySlice, quantum };
  const notes: string[] = [];
  const warm = new Set<string>();
  for (let round = 0; ; round++) {
    const search = { without: warm, gate, sliceGate: Math.max(gate, SLICE_GATE), bursts };
    const changes = await offload('changes', [reading, search], { heavy, signal: asking.signal });
    const { analysis } = changes;
    if (round === 0) notes.push(...renamedNotes(lens.type.alias, analysis.joined.renamed));
    const change = await strongestChange(found, lens, rounds, changes, slices);
    if (change === null) return { lens, analysis, estimated, change: null, notes, rounds, windows };
    const info = analysis.joined.functions[change.culprit.fn];
    if (round < MOST_WARM_UPS && info !== undefined && isOneOff(analysis, change)) {
      warm.add(joinKey(info));
      notes.push(
        `${info.name} rose in one instance for a single round only and is left out (a restart does that).`,
      );
      continue;
    }
    if (
      round < MOST_WARM_UPS &&
      info !== undefined &&
      (await isWarmUp(found, lens, rounds, analysis, change, slices))
    ) {
      warm.add(joinKey(info));
      notes.push(`Warm-up of new instances (${info.name}) is left out.`);
      continue;
    }
    const { culprit } = change;
    const before = countsIn(analysis, change.contrast.before, culprit.fn);
    const rows = attribute(
      slices.map(({ labels }, at) => {
        const own = analysis.slices[at];
        if (own === undefined) return { labels, x: 0, n: 0, total: 0 };
        return { labels, ...countsIn(analysis, own, culprit.fn), total: own.costs.total / analysis.quantum };
      }),
      before,
      analysis.dispersion,
      found.fleet.instanceLabel,
    );
    const carrier = rows.find(({ carries }) => carries) ?? null;
    return {
      lens,
      analysis,
      estimated,
      change: { ...change, analysis, attribution: rows, carrier },
      notes,
      rounds,
      windows,
    };
  }
}

/** The slices that are read: instances where they are few, else the values of labels that have few. */
function slicesOf(fleet: Fleet, rounds: Rounds, { incident }: Plan, most: number): SliceOf[] {
  const { instanceLabel, instances, choices } = fleet;
  const present =
    rounds.crowd !== undefined
      ? []
      : [...instances].filter(
          ([instance]) =>
            totalsIn(rounds, incident, (labels) => labels[instanceLabel ?? ''] === instance).profiles > 0,
        );
  if (instanceLabel !== null && present.length >= 2 && present.length <= most) {
    return present.map(([value, labels]) => ({ labels, matcher: { name: instanceLabel, op: '=', value } }));
  }
  const slices: SliceOf[] = [];
  for (const { label, values } of choices) {
    if (slices.length + values.length > most) continue;
    for (const value of values)
      slices.push({ labels: { [label]: value }, matcher: { name: label, op: '=', value } });
  }
  return slices;
}

type Found = CodeChange & { slice: SliceOf | null };

/** The change over time or in one slice, whichever stands out more. */
async function strongestChange(
  { asking, plan }: Case,
  { type }: LensType,
  rounds: Rounds,
  { analysis, overTime, inSlices: found }: Changes,
  slices: readonly SliceOf[],
): Promise<Found | null> {
  let best: Found | null = overTime === null ? null : { ...overTime, slice: null };
  const inSlices = slices
    .map((slice, at) => ({ slice, change: found[at] ?? null }))
    .sort((a, b) => (b.change?.culprit.z ?? 0) - (a.change?.culprit.z ?? 0));
  for (const { slice, change } of inSlices) {
    if (change === null || change.culprit.z <= (best?.culprit.z ?? 0)) break;
    // A slice that always differed did not change; one that came during the baseline has no calm past of its own.
    if (!cameLate(rounds, plan, slice.matcher)) {
      const past = await readActive(asking, type, plan.baseline, [slice.matcher]);
      const own = await countsLater(asking, past, analysis, change.culprit.fn);
      const now = countsIn(analysis, change.contrast.after, change.culprit.fn);
      if (own.n > 0 && distance(own, now, analysis.dispersion) < OWN_PAST_Z) continue;
    }
    best = { ...change, slice };
    break;
  }
  return best;
}

/** Counts of a function in a profile that was read later. */
export function countsLater(
  { signal }: Asking,
  profile: Profile,
  { joined, universe, quantum }: Analysis,
  fn: number,
): Promise<{ x: number; n: number }> {
  const info = joined.functions[fn];
  return offload('counts', [profile, { universe, quantum }, info], { heavy: isHeavy(profile), signal });
}

/** The same reading in memory that threads share, so that it is copied once however often it is looked at. */
function sharedReading({ baseline, incident, slices, quantum }: Reading): Reading {
  const shared = (all: readonly CountedProfile[]) =>
    all.map(({ profile, profiles }) => ({ profile: shareProfile(profile), profiles }));
  return { baseline: shared(baseline), incident: shared(incident), slices: shared(slices), quantum };
}

/** Part of the baseline in which an instance must have been there to have a past. */
const PAST = 0.25;

/** Whether the instance that a matcher means sent its first profile well after the others. */
function cameLate(rounds: Rounds, { baseline }: Plan, { name, value }: Matcher): boolean {
  const own = rounds.series.filter(({ labels }) => labels[name] === value);
  const first = roundTimes({ ...rounds, series: own }, baseline)[0];
  const others = roundTimes(rounds, baseline)[0];
  if (own.length === 0 || first === undefined || others === undefined) return false;
  return first - others > PAST * (baseline.to - others);
}

/** One instance has this part of a function's samples where the others have next to none. */
const ALONE = 0.85;
/** A burst of one part in one instance must stand out by this to be more than a restart. */
const ONE_OFF_Z = 7;

/** Whether a change was over after one part of the window and was seen in one instance of several: a restart looks so. */
function isOneOff(analysis: Analysis, { culprit, run, slice }: Found): boolean {
  const burst = slice === null && run.first === run.last && run.last < analysis.incident.length - 1;
  if (!burst || analysis.slices.length < 2 || culprit.z >= ONE_OFF_Z) return false;
  const counts = analysis.slices.map((own) => countsIn(analysis, own, culprit.fn).x);
  const all = counts.reduce((sum, x) => sum + x, 0);
  return all > 0 && Math.max(...counts) >= ALONE * all;
}

/** Whether a change is only in the first profiles of instances that came during the incident. */
async function isWarmUp(
  { asking, plan, fleet }: Case,
  { type }: LensType,
  rounds: Rounds,
  analysis: Analysis,
  change: Found,
  slices: readonly SliceOf[],
): Promise<boolean> {
  const { instanceLabel } = fleet;
  if (instanceLabel === null || rounds.crowd !== undefined) return false;
  const isNew = (instance: string | undefined) =>
    totalsIn(rounds, plan.baseline, (labels) => labels[instanceLabel] === instance).profiles === 0;
  const arrived = [...fleet.instances.keys()].filter(isNew);
  if (arrived.length === 0) return false;
  const stayed = analysis.slices.filter((_, at) => !isNew(slices[at]?.labels[instanceLabel]));
  if (stayed.length > 0 && distanceFromBaseline(analysis, stayed, change.culprit.fn) >= SIBLINGS_Z)
    return false;
  const later = lateWindow(rounds, instanceLabel, arrived, plan.incident);
  if (later === null) return false;
  const pattern = arrived.map((name) => name.replace(/[.*+?^$|()[\]{}\\]/g, '\\$&')).join('|');
  const profile = await readActive(asking, type, later, [{ name: instanceLabel, op: '=~', value: pattern }]);
  const now = await countsLater(asking, profile, analysis, change.culprit.fn);
  const before = countsIn(analysis, change.contrast.before, change.culprit.fn);
  const after = countsIn(analysis, change.contrast.after, change.culprit.fn);
  const gone = changePoint([before, now, after], before.x / before.n, after.x / after.n) === 2;
  return now.n > 0 && gone && distance(before, now, analysis.dispersion) < WARM_Z;
}

/** The time in which all new instances have sent their first profiles; null where nothing is left of the window. */
function lateWindow(
  rounds: Rounds,
  label: string,
  arrived: readonly string[],
  window: Window,
): Window | null {
  const times = roundTimes(
    { ...rounds, series: rounds.series.filter(({ labels }) => arrived.includes(labels[label] ?? '')) },
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
