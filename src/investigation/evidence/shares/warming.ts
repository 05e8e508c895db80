import { joinKey } from '../../../profile/code/names.js';
import type { Analysis } from '../../../profile/compare/analysis.js';
import type { Profile } from '../../../profile/model.js';
import type { Window } from '../../../sources/source.js';
import { formatTime } from '../../../text/units.js';
import { MAX_WARM_UPS } from '../../thresholds.js';
import type { LensType } from '../lens.js';
import type { ProfileTimes } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';
import type { LocatedChange, SliceOf } from './slices.js';
import {
  findSettling,
  isEnoughLeft,
  isOneOff,
  isWarmUpOfFew,
  newInstances,
  readSettled,
  settledLoad,
} from './warm-up.js';

/** Warm-up of which too little of the window is left to tell what stays. */
export interface Unsettled {
  /** Function that still settles. */
  name: string;
  /** Time from which on a later window can be judged. */
  from: number;
}

/**
 * Treatment of a change that is warm-up: its stacks are `left out`; or the window is judged from the
 * part with this index on; or it is `unsettled`, and nothing is said about the code.
 */
export type WarmUp = 'left out' | 'unsettled' | number;

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
    parts: readonly Window[],
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
  const instances = newInstances(context, profileTimes);
  const notes: string[] = [];
  const leftOut = new Set<string>();
  let unsettled: Unsettled | null = null;
  let settled: Promise<Profile | null> | null = null;
  const incident = context.plan.incident;
  const startAt = (part: Window | undefined, what: string) => {
    const from = formatTime(Math.ceil((part?.from ?? 0) / 1000) * 1000);
    // Only the last cut counts.
    const at = notes.findIndex((note) => note.startsWith(ALL_NEW));
    if (at >= 0) notes.splice(at, 1);
    notes.push(`${ALL_NEW}; what they cost until ${from} is left out as warm-up that settled (${what}).`);
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
      if (instances === null) return null;
      if (instances.areAll && parts.length > 1) {
        const settling = findSettling(analysis, change, instances, parts);
        if (settling === null) return null;
        const left = settling.kind === 'settled' ? parts[settling.cut] : undefined;
        if (
          settling.kind === 'settled' &&
          left !== undefined &&
          isEnoughLeft(profileTimes, instances, { from: left.from, to: incident.to })
        ) {
          startAt(left, `${info.name} above all`);
          return settling.cut;
        }
        unsettled = { name: info.name, from: left?.from ?? incident.to + 1 };
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
      if (instances === null || !instances.areAll || !analysis.load.hasRisen) return null;
      const cut = settledLoad(analysis, instances, parts);
      const left = cut === null ? undefined : parts[cut];
      if (left === undefined || !isEnoughLeft(profileTimes, instances, { from: left.from, to: incident.to }))
        return null;
      startAt(left, 'all of it alike');
      return cut;
    },
  };
}

const ALL_NEW = 'All instances at the end of the window are new';
