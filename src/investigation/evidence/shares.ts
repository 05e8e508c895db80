import { offload } from '../../offload.js';
import { joinKey } from '../../profile/code/names.js';
import type { Analysis, CodeChange } from '../../profile/compare/analysis.js';
import type { Attribution } from '../../profile/compare/attribution.js';
import type { Window } from '../../sources/source.js';
import { FURTHER_MARGIN, GATE, SLICE_GATE } from '../thresholds.js';
import type { Fleet } from './fleet.js';
import { hasWaitingThreads, type LensType, type ReadContext } from './lens.js';
import type { ProfileTimes } from './profile-times.js';
import type { Requests } from './requests.js';
import {
  changeKeys,
  hasGrownAlone,
  isFull,
  isRemainder,
  replacedKeys,
  sourceOfMove,
  sureGrowth,
} from './shares/accepted.js';
import { renamedNotes, replacedNotes } from './shares/name-notes.js';
import type { PartCounts } from './shares/parts.js';
import { attributeSettled } from './shares/settled-slices.js';
import { attributed, type SliceOf, strongestChange } from './shares/slices.js';
import { readInStages } from './shares/staged-reading.js';
import { newInstances } from './shares/warm-up.js';
import { type Cut, createWarming, type Unsettled } from './shares/warming.js';
import type { Plan } from './windows.js';

export interface ShareChange extends CodeChange {
  analysis: Analysis;
  /** Slice that shows the change; null for a stretch of time. */
  slice: SliceOf | null;
  attribution: readonly Attribution[];
  /** Keys of the functions whose stacks were left out before it was looked for. */
  leftOut: ReadonlySet<string>;
  /** The label value that carries it. */
  carrier: Attribution | null;
  /**
   * Bytes allocated per profile, after ÷ before, or null where unknown, if it is the garbage collector that
   * costs more for itself.
   */
  allocations?: number | null;
}

export interface ShareLens {
  /** Whether its numbers of samples are estimates. */
  isEstimated: boolean;
  lens: LensType;
  analysis: Analysis;
  /** Least distance from noise that a change had to have, in standard errors. */
  gate: number;
  change: ShareChange | null;
  /** Further changes of the type, each found in what is left without the stacks of those before it. */
  further: readonly ShareChange[];
  /** Whether a rise as a whole comes from the requests that rose in time as well, and from no place. */
  isOfRequests?: boolean;
  notes: readonly string[];
  profileTimes: ProfileTimes;
  /** The parts that were read, as in the analysis. */
  windows: { baseline: readonly Window[]; incident: readonly Window[] };
  /** Time from which on new instances had settled: the incident is judged from there; null for all of it. */
  settledFrom: number | null;
  /** Warm-up that hides whether code changed; null where there is none. */
  unsettled: Unsettled | null;
}

/** Context that all lenses share. */
export interface InvestigationContext {
  readContext: ReadContext;
  plan: Plan;
  fleet: Fleet;
  requests: Requests;
}

/** How finely one profile type is read. */
export interface Resolution extends PartCounts {
  /** Slices of the fleet, at the most; 0 reads none. */
  slices: number;
  gate?: number;
  /** Whether a change may be over before the window is; default yes. */
  allowsBursts?: boolean;
  /** Smallest growth that is looked for, as a share of the active total; MIN_POINTS where it is left out. */
  minGrowth?: number | undefined;
  /** Parts that are read at first; they are divided where they look as if something changed. */
  atFirst?: PartCounts | undefined;
  /** Whether they are divided in any case: the last part of each is what the others leave of it. */
  isDivided?: boolean;
  /** Parts of the incident that are wanted instead of even ones. */
  incident?: readonly Window[] | undefined;
  /** Slices that are read instead of those of instances or labels with few values. */
  isolated?: readonly SliceOf[] | undefined;
}

const waitingNote = (alias: string) =>
  `The ${alias} profiles also sample threads that wait for work (oncpu=False): that time is left out here; totals elsewhere hold it.`;

/**
 * Reads one profile type in parts of both windows and looks for a change of the code that causes it.
 *
 * @returns null where one of the windows has no profile of the type
 */
export async function readShares(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  resolution: Resolution,
): Promise<ShareLens | null> {
  const { gate = GATE, allowsBursts = true } = resolution;
  const { readContext, plan } = context;
  const staged = await readInStages(context, lens, profileTimes, resolution);
  if (staged === null) return null;
  const { windows, isHeavy, isEstimated, slices: allSlices } = staged;
  let { reading, known, slices } = staged;
  const notes: string[] = [];
  const leftOut = new Set<string>();
  const accepted: ShareChange[] = [];
  const warming = createWarming(context, lens, profileTimes);
  const wholeFrom = windows.incident[0]?.from;
  const instances = newInstances(context, profileTimes);
  const isReplaced = instances?.areAll === true && instances.first > plan.baseline.to;
  let whole: Analysis | null = null;
  let isCut = false;
  /** Leaves out the time until all instances have settled, and what was found in it. */
  const startAt = ({ part, calm }: Cut) => {
    isCut = true;
    windows.baseline = windows.baseline.slice(0, calm);
    windows.incident = windows.incident.slice(part);
    const [baseline, incident] = [reading.baseline.slice(0, calm), reading.incident.slice(part)];
    reading = { ...reading, baseline, incident, slices: [] };
    slices = [];
    accepted.length = 0;
    leftOut.clear();
    for (const key of warming.leftOut) leftOut.add(key);
  };
  /** Accepts one change after the other, each in what is left without those before it. */
  const searchFurther = async () => {
    while (!isFull(accepted)) {
      // To look once more, for another change or in what is left of the window, is one more question.
      const isFurther = accepted.length > 0 || isCut;
      const minDistance = isFurther ? gate + FURTHER_MARGIN : gate;
      const search = {
        without: leftOut,
        gate: minDistance,
        sliceGate: Math.max(minDistance, SLICE_GATE),
        allowsBursts,
        isReplaced,
        replacedBelow: whole === null || leftOut.size === 0 ? undefined : replacedKeys(whole),
      };
      const changes =
        known ?? (await offload('changes', [reading, search], { isHeavy, signal: readContext.signal }));
      known = null;
      // Statements about the type as a whole leave out its warm-up and keep all of its changes.
      if (accepted.length === 0) {
        if (whole === null) notes.push(...renamedNotes(lens.type.alias, changes.analysis.joined.renamed));
        whole = changes.analysis;
      }
      const change = await strongestChange(context, lens, profileTimes, changes, slices);
      const info = change === null ? undefined : changes.analysis.joined.functions[change.culprit.fn];
      if (change === null || info === undefined) {
        const settled = accepted.length > 0 ? null : warming.ofLoad(changes.analysis, windows.incident);
        if (settled === null) break;
        startAt({ part: settled, calm: windows.baseline.length });
        continue;
      }
      const analysis = { ...changes.analysis, universe: change.universe };
      const warmUp = await warming.of(analysis, change, windows, slices, accepted.length === 0);
      if (warmUp === 'unsettled') break;
      if (warmUp === 'left out') {
        leftOut.add(joinKey(info));
        continue;
      }
      if (warmUp !== null) {
        startAt(warmUp);
        continue;
      }
      if (accepted.length > 0 && isRemainder(change, accepted)) break;
      accepted.push({
        leftOut: new Set(leftOut),
        ...attributed(analysis, change, slices, context.fleet.instanceLabel),
      });
      const source = sourceOfMove(change);
      if (source === 'caller') break;
      leftOut.add(joinKey(info));
      if (source !== null) leftOut.add(source);
    }
  };
  /**
   * Judges what seems to have moved once more, without the changes that were found: next to a growth
   * elsewhere all other code loses share, and what it lost is no source of a move. What grew by more than
   * others lost has not only moved.
   *
   * @returns whether one of them is a growth after all
   */
  const judgeMoves = async () => {
    const doubted = accepted.filter(({ from }) => from !== null);
    if (doubted.length === 0) return false;
    const search = {
      without: new Set([...warming.leftOut, ...changeKeys(accepted.filter(({ from }) => from === null))]),
      gate,
      sliceGate: SLICE_GATE,
      allowsBursts,
      isStrict: true,
      isReplaced,
      replacedBelow: whole === null ? undefined : replacedKeys(whole),
    };
    const alone = await offload('changes', [reading, search], { isHeavy, signal: readContext.signal });
    const grown = doubted.filter((move) => hasGrownAlone(move, alone));
    for (const move of grown) accepted[accepted.indexOf(move)] = { ...move, from: null };
    return grown.length > 0;
  };
  await searchFurther();
  if (await judgeMoves()) {
    // The caller that the cost seemed to come from was left out, and further changes below it with it.
    leftOut.clear();
    const sources = accepted.flatMap((change) => sourceOfMove(change) ?? []);
    for (const key of [...warming.leftOut, ...changeKeys(accepted), ...sources]) leftOut.add(key);
    await searchFurther();
    await judgeMoves();
  }
  if (whole === null) throw new Error('nothing was analysed');
  const from = windows.incident[0]?.from;
  const settledFrom = from === undefined || from === wholeFrom ? null : from;
  const settled =
    settledFrom === null
      ? accepted
      : await attributeSettled(context, lens, profileTimes, {
          changes: accepted,
          slices: allSlices,
          window: { from: settledFrom, to: plan.incident.to },
          whole: reading.incident,
        });
  const [change = null, ...further] = [...settled].sort(
    (a, b) =>
      sureGrowth(b.culprit, gate) - sureGrowth(a.culprit, gate) || b.culprit.growth - a.culprit.growth,
  );
  return {
    lens,
    analysis: whole,
    gate,
    isEstimated,
    change,
    further,
    notes: [
      ...((await hasWaitingThreads(readContext, lens.type)) ? [waitingNote(lens.type.alias)] : []),
      ...notes,
      ...(accepted.length === 0 ? replacedNotes(lens.type.alias, whole) : []),
      ...warming.notes,
    ],
    profileTimes,
    windows,
    settledFrom,
    unsettled: accepted.length === 0 ? warming.unsettled : null,
  };
}
