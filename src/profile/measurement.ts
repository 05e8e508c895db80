import type { SourceCode } from './forge/locate.js';
import type { IdSelection } from './ids.js';
import type { Profile } from './model.js';
import type { ProfileType } from './types/types.js';

/** A merged profile with all that an answer must say about it. */
export interface Measurement {
  source: string;
  /** Whether a call may leave the source out. */
  isDefaultSource: boolean;
  service: string | null;
  /** Matchers in addition to the service, as a selector; null when there are none. */
  extraSelector: string | null;
  /** Full selector, service included, as the source reads it. */
  selector: string;
  type: ProfileType;
  /** Name of the type in a call: its alias, or its id where the alias means another type. */
  typeArgument: string;
  window: { from: number; to: number };
  /** The profile, without idle stacks for wall-clock types. */
  active: Profile;
  /** Value of the idle stacks. */
  idle: number;
  /** Number of merged profiles, and of instances that sent them; null where unknown. */
  profiles: number | null;
  instances: number | null;
  /** Samples of single requests or profiles, where only they were measured; else null. */
  only: IdSelection | null;
  /** Whether the values count since the process started, so that they say nothing about the window. */
  isSinceStart: boolean;
  /** Active cost per second, where coverage is continuous. */
  rate: { value: number; unit: string } | null;
  samples: number | null;
  /** Facts about a profile of which `active` holds only the ends of the stacks; null where it is whole. */
  reduced: Reduced | null;
  /** Services that are added up, where they are several. */
  services: ServicesTotal | null;
  /** Places of the source code; left out where the labels name none. */
  code?: SourceCode;
  notes: readonly string[];
}

/** Several services whose profiles are added up. */
export interface ServicesTotal {
  /** Services that are added up, heaviest first where that is known. */
  added: readonly { service: string; typeId: string; share: number | null }[];
  /** Services without a type of the kind, with the types that they send. */
  leftOut: readonly { service: string; types: readonly string[] }[];
}

/** The part that was read of a profile too large to be read whole. */
export interface Reduced {
  /** Reason in words, for the middle of a sentence. */
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
 * Divisor for the sums of a merge: of an instant type only the mean snapshot has a meaning. Where the number
 * of snapshots is unknown the sum stays, and `scopeLines` says so.
 */
export function getDivisor({ type, profiles }: Measurement): number {
  return type.kind === 'instant' && profiles !== null ? profiles : 1;
}

/** Rounds a value: sums are integers, and a mean keeps three decimals. */
export function round(value: number): number {
  return Number.isInteger(value) ? value : Math.round(value * 1000) / 1000;
}

/** Rounds a share or a rate to six decimals. */
export function roundShare(share: number): number {
  return Math.round(share * 1e6) / 1e6;
}
