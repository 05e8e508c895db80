import { offload } from '../../../offload.js';
import type { CountedProfile, Reading } from '../../../profile/compare/analysis.js';
import type { Changes } from '../../../profile/compare/changes.js';
import type { FirstLook, LookSearch } from '../../../profile/compare/stages/calm.js';
import { createMemory, MEMORY } from '../../../profile/memory.js';
import { isHeavyWork } from '../../../work/offload.js';
import { shareProfile } from '../../../work/share.js';
import { GATE, SLICE_GATE, SUSPICIOUS_Z } from '../../thresholds.js';
import { processLabel } from '../fleet.js';
import { readQuantum } from '../lens/quantum.js';
import type { LensType } from '../lens.js';
import { type ProfileTimes, singleTotals } from '../profile-times.js';
import type { InvestigationContext, Resolution } from '../shares.js';
import {
  cutWindows,
  finerTotals,
  joinWindows,
  type PartsRead,
  type PartWindows,
  readParts,
  refineParts,
  withFirst,
} from './parts.js';
import { listSlices, type SliceOf, withRest } from './slices.js';
import { newInstances } from './warm-up.js';

/** The parts of both windows that were read of a type. */
export interface StagedReading {
  reading: Reading;
  /** The parts, as in the reading. */
  windows: PartWindows;
  slices: SliceOf[];
  /** Changes in the few parts that were read at first, where these suffice; null where they were divided. */
  known: Changes | null;
  /** Whether to look at it takes a thread. */
  isHeavy: boolean;
  /** Whether its numbers of samples are estimates. */
  isEstimated: boolean;
}

/**
 * Reads one profile type in few parts of both windows, and divides them where they look as if something
 * changed.
 *
 * @returns null where one of the windows has no profile of the type
 */
export async function readInStages(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  { gate = GATE, allowsBursts = true, ...resolution }: Resolution,
): Promise<StagedReading | null> {
  const { readContext, plan, fleet } = context;
  const even = cutWindows(profileTimes, plan, resolution);
  const finest = { ...even, incident: resolution.incident ?? even.incident };
  const slices =
    resolution.isolated === undefined
      ? listSlices(fleet, profileTimes, plan, resolution.slices)
      : withRest(fleet, resolution.isolated);
  const atFirst = joinWindows(finest, resolution.atFirst ?? resolution);
  const read = await readParts(context, lens, profileTimes, atFirst, slices);
  if ([read.baseline, read.incident].some((side) => side.every(({ profiles }) => profiles === 0)))
    return null;
  const both = { from: Math.min(plan.baseline.from, plan.incident.from), to: plan.incident.to };
  const { value: quantum, isEstimated } = await readQuantum(
    readContext,
    lens.type,
    [...read.baseline, ...read.incident].map(({ profile }) => profile),
    both,
    singleTotals(profileTimes, plan.baseline),
  );
  const toStage = (parts: PartsRead, coarse?: Reading) => {
    const { windows, baseline, incident, slices: bySlice } = parts;
    const isHeavy = isHeavyWork(...[...baseline, ...incident, ...bySlice].map(({ profile }) => profile));
    const { minGrowth } = resolution;
    const unshared: Reading = {
      baseline,
      incident,
      slices: bySlice,
      quantum,
      minGrowth,
      finer: undefined,
      coarse,
      [MEMORY]: createMemory(),
    };
    const reading = isHeavy ? sharedReading(unshared) : unshared;
    return { slices, isEstimated, known: null, isHeavy, reading, windows: { ...windows } };
  };
  const first = toStage(read);
  if (!isFiner(finest, atFirst)) return first;
  const options = { isHeavy: first.isHeavy, signal: readContext.signal };
  const lookAt = (parts: PartsRead, reading: Reading, search: LookSearch) =>
    offload('look', [{ ...reading, finer: finerTotals(profileTimes, parts, finest) }, search], options);
  const divide = (parts: PartsRead, windows: PartWindows) =>
    refineParts(context, lens, profileTimes, parts, windows);
  const search = { without: NO_KEYS, gate: SUSPICIOUS_Z, sliceGate: SUSPICIOUS_Z, allowsBursts };
  const look = resolution.isDivided === true ? null : await lookAt(read, first.reading, search);
  // A load that new instances brought may settle, which only parts tell.
  const instances = newInstances(context, profileTimes);
  const mayBeNew = instances === null ? processLabel(fleet) === null : instances.areAll;
  const mayWarmUp = look?.hasRisen === true && mayBeNew;
  if (look !== null && look.calm !== null && !mayWarmUp) return { ...first, known: look.calm };
  let parts = read;
  const oneSide = look === null || mayWarmUp ? null : chooseSide(look, gate, atFirst, finest);
  if (oneSide !== null) {
    parts = await divide(read, oneSide.windows);
    const divided = toStage(parts, first.reading);
    const { calm } = await lookAt(parts, divided.reading, { ...search, ...oneSide.search });
    if (calm !== null) return { ...divided, known: calm };
  }
  const windows = { ...finest };
  if (look?.hasCalmBaseline === true) windows.baseline = withFirst(finest.baseline, atFirst.baseline);
  return toStage(await divide(parts, windows), first.reading);
}

/**
 * The side of the comparison that is divided first, and what its parts are searched for; null where both are
 * to be divided. Where the baseline alone is not calm, its parts may tell that all is; where the incident
 * alone is not, its parts tell whether something changed, unless that is plain.
 */
function chooseSide(
  { hasCalmBaseline, hasCalmIncident, z }: FirstLook,
  gate: number,
  atFirst: PartWindows,
  finest: PartWindows,
): { windows: PartWindows; search: Partial<LookSearch> } | null {
  if (hasCalmIncident)
    return {
      windows: { baseline: finest.baseline, incident: atFirst.incident },
      search: { isBaselineDivided: true },
    };
  if (hasCalmBaseline && z < gate + PLAIN)
    return {
      windows: { baseline: atFirst.baseline, incident: finest.incident },
      search: { gate: gate - DOUBT, sliceGate: Math.max(gate, SLICE_GATE) - DOUBT },
    };
  return null;
}

/** A change that stands out by this more over the whole does so in its parts, too. */
const PLAIN = 1;
/** The parts of the baseline may make a change of a cost that stands out by this less. */
const DOUBT = 0.5;

const NO_KEYS: ReadonlySet<string> = new Set();

/** Whether one way to cut the windows has more parts than another. */
function isFiner(windows: PartWindows, others: PartWindows): boolean {
  return windows.baseline.length > others.baseline.length || windows.incident.length > others.incident.length;
}

/** Copies a reading once into memory that threads share, however often they look at it. */
function sharedReading(reading: Reading): Reading {
  const shared = (profiles: readonly CountedProfile[]) =>
    profiles.map(({ profile, profiles }) => ({ profile: shareProfile(profile), profiles }));
  return {
    ...reading,
    baseline: shared(reading.baseline),
    incident: shared(reading.incident),
    slices: shared(reading.slices),
  };
}
