import type { GuessedOwner, NamedFunction } from '../code/named-function.js';
import type { ProfileType } from '../types/types.js';

export type FindingKind = 'code' | 'improvement' | 'moved' | 'load' | 'leak' | 'contention';

export type Confidence = 'high' | 'medium' | 'low';

/** In how many instances a type rose. */
export interface InstanceRise {
  /** The label that names an instance. */
  label: string;
  /** Instances whose value per profile rose by at least half of the mean rise. */
  risen: readonly string[];
  /**
   * Number of instances that sent profiles in the window; next to a leak those that ran long enough to tell.
   */
  all: number;
  /** Number of further instances, which did not. */
  unclear?: number;
}

/** A part of the profiles of a service that shares and values are about; null: all of them. */
export interface PartOfService {
  label: { name: string; value: string } | null;
  stretch: { from: number; to: number } | null;
  /** Whether stacks of another change are left out: among them this one is diluted. */
  isRest?: true;
  /** Whether they are left out of the profiles of the label. */
  isRestOfLabel?: true;
}

/** Time of the garbage collector that came with an allocation; values are per profile. */
export interface CollectorTime {
  type: ProfileType;
  shareBefore: number;
  shareAfter: number;
  valueBefore: number;
  valueAfter: number;
}

/** A finding in one profile type. Shares are of the active total of that type in {@link Finding.of}. */
export interface Finding {
  type: ProfileType;
  kind: FindingKind;
  /** Null for a change of load in time, and where no function of the team holds what rose. */
  fn: NamedFunction | null;
  /** The team's own function nearest above it. */
  caller: NamedFunction | null;
  /**
   * Its own caller, if the function itself is a library's or the runtime's: null says that the blame stays
   * where it is.
   */
  chargedTo: NamedFunction | null;
  shareBefore: number;
  shareAfter: number;
  /** Per profile, in the type's unit; of an instant type the mean snapshot. */
  valueBefore: number;
  valueAfter: number;
  /** Values of all functions together: a part stands next to its whole. */
  wholeBefore: number;
  wholeAfter: number;
  /** The profiles that both are of. */
  of: PartOfService;
  /**
   * Value per profile of all else, after ÷ before: how far the load explains it. Null where it was not asked.
   */
  load: number | null;
  /**
   * The library function below it that keeps most of the growth, where the function is own code; null where
   * there is none.
   */
  callee: NamedFunction | null;
  /** Entry point first; `at` is the function's place in it. */
  path: readonly NamedFunction[];
  at: number;
  /** Part of what the function gained that ends in the last function of the path; 0 where it spreads. */
  leafPart: number;
  /**
   * Callees between which the growth of a level, or of a function that newly does several kinds of work, is
   * divided, below the function `at`; a null callee is that function itself. Null where it is not divided.
   */
  spread: {
    at: NamedFunction;
    parts: readonly { callee: NamedFunction | null; part: number }[];
    /** The dearest own function further below that cost hardly anything there before; null for none. */
    fresh?: NamedFunction | null;
  } | null;
  /**
   * The function that read requests whose bytes are held, too, with their part of the growth; left out where
   * there are none.
   */
  input?: { fn: NamedFunction; part: number };
  /**
   * The type whose functions a leaked goroutine runs, where no own code stands above them, and the own
   * function that most calls to that type come from; left out where there is none.
   */
  user?: { type: string; fn: NamedFunction };
  /**
   * Kinds of waiting of the goroutines that were added, with their parts; of wall-clock time that mostly
   * waits for another program over a connection, `network`; else empty.
   */
  waits: readonly { kind: string; part: number }[];
  /** Set where allocations brought time of the garbage collector with them. */
  collector: CollectorTime | null;
  label: {
    name: string;
    value: string;
    shareAfter: number;
    shareOthers: number | null;
    also: readonly string[];
  } | null;
  /** Labels that were compared and of which no value stands out. */
  alike: readonly string[];
  /** Instances in which the type as a whole rose; null where they were not told apart. */
  instances: InstanceRise | null;
  since: { after: number; before: number } | null;
  /** Until when, for a burst that was over before the window ended. */
  until: number | null;
  confidence: Confidence;
  /** The function, or the caller that it is charged to, where a guess says whose code it is. */
  guessed: readonly GuessedOwner[];
  /** Standard errors that it stands out by, where it was tested so. */
  z: number | null;
  /** Name of the function that lost what this one gained. */
  from: NamedFunction | null;
  /** Whether only the totals were compared, and nothing is known about the functions. */
  isOfTotals?: true;
  /** Whether a further finding stands out by no more than one of many functions does by chance. */
  mayBeChance?: boolean;
  /** Whether the waiting is for an event in own code, which may be a queue or on purpose. */
  mayBeOnPurpose?: boolean;
  /**
   * Set where the function is the garbage collector, which costs more though allocations do not explain it:
   * bytes allocated per profile, after ÷ before; null where unknown.
   */
  collectorAlone?: { allocations: number | null };
  /** Other types in which the same function changed, or in which the goroutines that leak wait. */
  also: readonly { type: ProfileType; shareBefore: number; shareAfter: number; isOfWaiters?: true }[];
}

export interface LensRow {
  type: ProfileType;
  /** How the type is judged: by shares of time or of an amount, by its level, or as time that was waited. */
  kind: 'time' | 'amount' | 'level' | 'wait';
  /**
   * `not_read` where nothing, or only the totals over time, are known. `rose` and `fell` where the value
   * changed by more than what counts as small, and neither load nor a function explains it.
   */
  verdict: Verdict | 'not_read' | 'rose' | 'fell';
  /** Standard error of the logarithm of after ÷ before, of sampling alone; null where it is not known. */
  error: number | null;
  /** Value per profile. */
  before: number | null;
  after: number | null;
  /** The smallest change that the reading could have seen, in words; null where nothing was compared. */
  smallest: string | null;
  /** Alias of the type that tells the same, where the type was left out for that; else null. */
  sameAs: string | null;
  /**
   * Reason why a value that `rose` or `fell` is no news: what new instances started with, waiting that is
   * immaterial next to the time served or grew like all waits, goroutines that wait for a processor, new code
   * that waits on purpose, fewer requests, or fewer of some kinds, more instances that share the same work, a
   * few long waits in one part of the baseline, long waits in one round of the window, or time that new
   * instances took while they started.
   */
  excuse?:
    | 'restart'
    | 'immaterial'
    | 'alike'
    | 'starved'
    | 'purpose'
    | 'load'
    | 'kinds'
    | 'shared'
    | 'passing'
    | 'stalled'
    | 'settled';
}

/** Whether a value changed by more than what counts as small, and nothing explains it. */
export function isUnexplained({ verdict, excuse }: Pick<LensRow, 'verdict' | 'excuse'>): boolean {
  return (verdict === 'rose' || verdict === 'fell') && excuse === undefined;
}

/** The verdict on two windows of a service; the last two exist only where one profile type is compared. */
export type Verdict =
  | 'code_regression'
  | 'load_increase'
  | 'leak'
  | 'contention'
  | 'moved'
  | 'no_change'
  | 'inconclusive'
  | 'improvement'
  | 'scaling';
