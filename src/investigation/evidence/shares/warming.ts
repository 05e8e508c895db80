import { joinKey } from '../../../profile/code/names.js';
import type { Analysis } from '../../../profile/compare/analysis.js';
import type { Profile } from '../../../profile/model.js';
import type { Window } from '../../../sources/source.js';
import { formatTime } from '../../../text/units.js';
import { MAX_WARM_UPS } from '../../thresholds.js';
import { processLabel } from '../fleet.js';
import type { LensType } from '../lens.js';
import type { ProfileTimes } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';
import { isLoadingAtEnd } from './loading-work.js';
import type { PartWindows } from './parts.js';
import { seenStarts } from './seen-starts.js';
import type { LocatedChange, SliceOf } from './slices.js';
import {
  findSettling,
  isEnoughLeft,
  isOneOff,
  isWarmUpOfFew,
  type NewInstances,
  newInstances,
  readSettled,
  settledLoad,
} from './warm-up.js';

/** Warm-up of which too little of the window is left to tell what stays. */
export interface Unsettled {
  /** Function that still settles; null for the cost as a whole. */
  name: string | null;
  /** Time from which on a later window can be judged. */
  from: number;
  /** Whether no label names new instances, and their loading alone tells that they started. */
  isSeen?: boolean;
}

/** Says who still warms up, and what of it shows most. */
export function describeUnsettled({ name, isSeen = false }: Unsettled): string {
  const what = name === null ? 'all parts alike' : `${name} above all`;
  return `${isSeen ? 'processes started' : 'all instances are new'} and still warm up (${what})`;
}

/**
 * Treatment of a change that is warm-up: its stacks are `left out`; or the window is judged from the
 * part with this index on; or it is `unsettled`, and nothing is said about the code.
 */
export type WarmUp = 'left out' | 'unsettled' | Cut;

/** The parts that are judged once a warm-up is left out. */
export interface Cut {
  /** Index of the first part of the incident. */
  part: number;
  /** Number of parts of the baseline. */
  calm: number;
}

/** Tells the warm-up of new instances from changes of code, and keeps what is said about it. */
export interface Warming {
  notes: readonly string[];
  /** Keys of the functions whose stacks are left out. */
  leftOut: ReadonlySet<string>;
  unsettled: Unsettled | null;
  /** Judges a change; null where it is none of a warm-up. */
  of(
    analysis: Analysis,
    change: LocatedChange,
    parts: PartWindows,
    slices: readonly SliceOf[],
    isFirst: boolean,
  ): Promise<WarmUp | null>;
  /** The part from which on the load of new instances has settled; null where it has not, or was none. */
  ofLoad(analysis: Analysis, parts: readonly Window[]): number | null;
}

export function createWarming(
  context: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
): Warming {
  const named = newInstances(context, profileTimes);
  const notes: string[] = [];
  const leftOut = new Set<string>();
  let unsettled: Unsettled | null = null;
  let settled: Promise<Profile | null> | null = null;
  const incident = context.plan.incident;
  const startAt = (part: Window | undefined, { label }: NewInstances, what: string) => {
    const from = formatTime(Math.ceil((part?.from ?? 0) / 1000) * 1000);
    // Only the last cut counts.
    const at = notes.findIndex((note) => [ALL_NEW, STARTED].some((words) => note.startsWith(words)));
    if (at >= 0) notes.splice(at, 1);
    notes.push(
      `${label === null ? STARTED : ALL_NEW}; what they cost until ${from} is left out as warm-up that settled (${what}).`,
    );
  };
  const leaveOut = (key: string, note: string): WarmUp => {
    leftOut.add(key);
    notes.push(note);
    return 'left out';
  };
  return {
    notes,
    leftOut,
    get unsettled() {
      return unsettled;
    },
    async of(analysis, change, parts, slices, isFirst) {
      const info = analysis.joined.functions[change.culprit.fn];
      if (info === undefined) return null;
      if (isFirst && leftOut.size < MAX_WARM_UPS && isOneOff(analysis, change))
        return leaveOut(
          joinKey(info),
          `${info.name} rose in one instance for a single round only and is left out (a restart does that).`,
        );
      const instances = named ?? seenStarts(analysis, parts.incident);
      if (instances === null) {
        if (processLabel(context.fleet) !== null || !isLoadingAtEnd(analysis, change)) return null;
        unsettled = { name: info.name, from: incident.to + 1, isSeen: true };
        return 'unsettled';
      }
      if (instances.areAll && parts.incident.length > 1) {
        const settling = findSettling(analysis, change, instances, parts);
        if (settling === null) return null;
        const left = settling.kind === 'settled' ? parts.incident[settling.cut] : undefined;
        if (
          settling.kind === 'settled' &&
          left !== undefined &&
          isEnoughLeft(profileTimes, instances, { from: left.from, to: incident.to })
        ) {
          startAt(left, instances, `${info.name} above all`);
          return { part: settling.cut, calm: settling.calm };
        }
        unsettled = { name: info.name, from: left?.from ?? incident.to + 1, ...seen(instances) };
        return 'unsettled';
      }
      if (leftOut.size >= MAX_WARM_UPS) return null;
      settled ??= readSettled(context, lens, profileTimes, instances);
      const later = await settled;
      if (later === null) return null;
      return (await isWarmUpOfFew(context, analysis, change, instances, slices, later))
        ? leaveOut(joinKey(info), `Warm-up of new instances (${info.name}) is left out.`)
        : null;
    },
    ofLoad(analysis, parts) {
      if (!analysis.load.hasRisen) return null;
      const instances = named ?? seenStarts(analysis, parts);
      if (instances === null || !instances.areAll) return null;
      const cut = settledLoad(analysis, instances, parts);
      if (cut === null) return null;
      const left = cut === 'unsettled' ? undefined : parts[cut];
      if (
        left === undefined ||
        cut === 'unsettled' ||
        !isEnoughLeft(profileTimes, instances, { from: left.from, to: incident.to })
      ) {
        unsettled = { name: null, from: left?.from ?? incident.to + 1, ...seen(instances) };
        return null;
      }
      startAt(left, instances, 'all of it alike');
      return cut;
    },
  };
}

/** Says that nothing but their loading tells of new instances, where that is so. */
function seen({ label }: NewInstances): Pick<Unsettled, 'isSeen'> {
  return label === null ? { isSeen: true } : {};
}

const STARTED = 'Processes started in the window, as what they load shows';
const ALL_NEW = 'All instances at the end of the window are new';
