import type { Profile } from './model.js';
import type { ProfileType } from './types/types.js';

/** A merged profile with all that an answer must say about it. */
export interface Measurement {
  source: string;
  /** Whether a call may leave the source out. */
  defaultSource: boolean;
  service: string | null;
  /** The matchers besides the service as a selector; null when there are none. */
  extraSelector: string | null;
  /** Full selector, service included, as the source reads it. */
  selector: string;
  type: ProfileType;
  /** What names the type in a call: its alias, or its id where the alias means another one, too. */
  typeArgument: string;
  window: { from: number; to: number };
  /** Without idle stacks for wall-clock types, else the whole. */
  active: Profile;
  /** Value of the idle stacks. */
  idle: number;
  /** Number of merged profiles, and of instances that sent them; null where unknown. */
  profiles: number | null;
  instances: number | null;
  /** Whether the values count since the process started, so that they say nothing about the window. */
  sinceStart: boolean;
  /** Active cost per second, where coverage is continuous. */
  rate: { value: number; unit: string } | null;
  samples: number | null;
  /** Why `active` holds only the ends of all stacks, and what is known besides; null where it is whole. */
  reduced: Reduced | null;
  notes: readonly string[];
}

/** What stands for a profile that was too large to be read whole. */
export interface Reduced {
  /** In words, for the middle of a sentence. */
  reason: string;
  /** Number of call sites next to the leaf that `active` keeps of every stack. */
  callSites: number;
  /**
   * The heavy branches of the call tree from the entry points, without idle stacks as `active`; null where
   * not even they are known.
   */
  tree: Profile | null;
}

/**
 * What sums of the merge are divided by: of an instant type only the mean snapshot means anything. Where the
 * number of snapshots is unknown the sum stays, and `scopeLines` says so.
 */
export function divisorOf({ type, profiles }: Measurement): number {
  return type.kind === 'instant' && profiles !== null ? profiles : 1;
}

/** Values are sums of integers; a mean keeps three decimals. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1000) / 1000;
}

/** Shares and rates keep six decimals. */
export function roundShare(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}
