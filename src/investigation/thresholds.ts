import type { Resolution } from './evidence/shares.js';

// Numbers that decide verdict, culprit and confidence. Distances are in standard errors; paragraphs are those
// of docs/develop/comparison.md.

/**
 * Smallest distance from noise of a change of code (§5). It allows half of the accusations that 1 % would
 * (test/evaluation/README.md).
 */
export const GATE = 4.1;
/** Gate for one slice of the fleet; it is higher because there are several slices to try (§5). */
export const SLICE_GATE = 4.6;
/** Smallest distance of a slice from its own past, where it has one (§5). */
export const OWN_PAST_Z = 4;

/** A change in a new instance can be warm-up only if its siblings show less than this (§5). */
export const SIBLINGS_Z = 2.5;
/**
 * A change was warm-up if the later profiles of the new instances are closer to the baseline than this (§5).
 */
export const WARM_Z = 3;
/** The later profiles must lie below the first ones by this, too: a weak change that stays does not (§2). */
export const DECLINE_Z = 2.5;
/**
 * A change that still falls at the end is warm-up: from the first part of the window to the last by `z`, to
 * `part` of what it was above the baseline, and by `lastZ` in the last step (§2).
 */
export const FALL = { z: 4, part: 0.5, lastZ: 2 } as const;
/** Rounds of profiles of each new instance that must be left after its warm-up to judge what stays (§2). */
export const MIN_SETTLED_ROUNDS = 2;
/** Number of candidates that are tried where the ones before were warm-up of some of the instances (§5). */
export const MAX_WARM_UPS = 8;
/** Number of independent changes of one type that are looked for. */
export const MAX_CHANGES = 3;
/** Number of costs of one type that only moved, which are set aside while changes are looked for. */
export const MAX_MOVES = 3;
/** Standard errors by which a further change must stand out more than the first. */
export const FURTHER_MARGIN = 0.4;
/**
 * Part of an earlier change's growth that its caller must have left, once that change is taken out, to be a
 * change of its own.
 */
export const LEFT_AT_CALLER = 0.5;

/** Part of the baseline that an instance must have run through to have a past of its own (§5). */
export const PAST = 0.25;
/** An instance is alone with a function if it has this part of the samples (§5). */
export const ALONE = 0.85;
/** A burst of one part in one instance is more than a restart from this distance on (§5). */
export const ONE_OFF_Z = 7;

/** Parts and slices of the main type; parts are read once and added up for everything else (§10). */
export const MAIN: Resolution = { baselineParts: 4, incidentParts: 4, slices: 7 };
/** Parts of the main type that are read at first; a quarter of a window may hide in its half (§10). */
export const MAIN_AT_FIRST = { baselineParts: 2, incidentParts: 2 } as const;
/** Parts of every other type, whose gate is higher because several types are tried (§5, §10). */
export const SECOND: Resolution = {
  baselineParts: 3,
  incidentParts: 2,
  slices: 0,
  gate: 4.8,
  allowsBursts: false,
  atFirst: { baselineParts: 1, incidentParts: 1 },
};
/**
 * Gate for a change of allocations where the growth of the collector is the other half of the evidence (§7).
 */
export const PRESSED_GATE = 3.5;

/** Distance at which a rise of the load counts if a second profile type rose, too (§3). */
export const SUPPORTED_Z = 2;
/** Distance of the rise in that second type (§3). */
export const SUPPORTING_Z = 2.5;

/** Factor of instances from which on an unchanged cost of each is called scaling (§3). */
export const SCALED = 1.3;
/** Smallest and largest ratio of an instance's cost that counts as unchanged (§3). */
export const FLAT = [0.8, 1.2] as const;

/**
 * Distance of high confidence: real faults stood out by 5.9 to 33 (§5), and nothing else explains this much.
 */
export const HIGH_Z = 7.5;
/** Distance of medium confidence (§5). */
export const MEDIUM_Z = 5;
/** Growth of a level from which on it is no warm-up, as a factor (§6). */
export const HIGH_RATIO = 3;

/**
 * The two merges of a brief look at one of many services. Its gate is higher: the dispersion is not known
 * from the baseline's own parts, and many services are tried (§9).
 */
export const BRIEF = {
  baselineParts: 1,
  incidentParts: 1,
  slices: 0,
  gate: 4.5,
  allowsBursts: false,
} as const satisfies Resolution;

/**
 * Waiting that is added must be at least this part of the time served, both per profile, to be contention
 * (§6): a delay of less than one in a hundred parts of the work is felt by no caller, and on a throttled host
 * all delays grow.
 */
export const MIN_WAIT_PART = 0.01;
/**
 * Distance from which on a change that a brief look shows is worth a closer one: halves of calm baselines
 * reached 3.5 (§5), real faults in one of three instances 3.6.
 */
export const SUSPICIOUS_Z = 2.8;
/** A closer look at the instances, or other slices, of one of many services. */
export const SLICED = { ...BRIEF, slices: 4 } as const satisfies Resolution;
/** The whole windows are read first, or known: their last part is what the others leave of them. */
const DIVIDED = { atFirst: { baselineParts: 1, incidentParts: 1 }, isDivided: true } as const;
/** A closer look at the course of one of many services over the incident, which shows bursts and warm-ups. */
export const PARTED = {
  ...BRIEF,
  ...DIVIDED,
  incidentParts: 3,
  allowsBursts: true,
} as const satisfies Resolution;
/** A closer look at both halves of the incident, in the later of which new instances have warmed up. */
export const HALVED = { ...BRIEF, ...DIVIDED, incidentParts: 2 } as const satisfies Resolution;
/**
 * Several services compared together. The gate is lower than that of one: whoever stands out is looked at
 * alone, and must pass the gate of a brief look there.
 */
export const GROUP_GATE = 4;
