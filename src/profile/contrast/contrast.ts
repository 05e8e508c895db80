import type { FunctionInfo } from '../model.js';
import type { Costs, Totals } from './costs.js';
import type { Joined } from './join.js';
import { isCode } from './joined-names.js';
import { type Dispersion, normalDeviate, signedRoot } from './noise.js';

/** Costs of some profiles, with their number. */
export interface Side {
  costs: Costs;
  /** Number of profiles; what makes a value per profile of a sum. */
  profiles: number;
  /** The joined parts that it is the sum of. */
  parts: readonly number[];
}

/** Two sides to be compared, and what one sample is worth. */
export interface Contrast {
  joined: Joined;
  before: Side;
  after: Side;
  /** Value of one sample, in the profile's unit. */
  quantum: number;
  dispersion: Dispersion;
  /** Smallest growth that is looked for, as a share of the active total; MIN_POINTS where it is left out. */
  minGrowth?: number | undefined;
  /** Whether a cost that grew while it took another's place is a growth and no move. */
  isStrict?: boolean | undefined;
  /** Own functions whose libraries were replaced for about the same cost, as all of both windows show it. */
  replacedBelow?: ReplacedBelow | undefined;
}

/** Own functions below which a library was replaced. */
export interface ReplacedBelow {
  callers: ReadonlySet<number>;
  /** Whether it was told before changes were left out, so that what is left of the library tells nothing. */
  isSettled: boolean;
}

/** Shares of functions on two sides, and what one sample is worth. */
export interface Shares extends Pick<Contrast, 'quantum' | 'dispersion'> {
  before: { costs: Totals };
  after: { costs: Totals };
}

/** The place of a possible change: the stacks that are compared with one another. */
export interface Universe {
  /** 1 for the functions that can be named; null where all can. */
  nameable: Uint8Array | null;
  /** The stacks that are compared: those with own code, those that requests drive, or all. */
  population: 'application' | 'served' | 'total';
  /** Whether it holds what the standard library does on goroutines or threads of its own. */
  isBackground?: boolean;
}

/** All stacks and functions. */
export const WHOLE: Universe = { nameable: null, population: 'total' };

/** Cost of the stacks of a universe. */
export function sumIn({ population }: Universe, costs: Totals): number {
  return costs[population];
}

/** Whether a function can be named. */
export function isIn({ nameable }: Universe, fn: number): boolean {
  return nameable === null || nameable[fn] === 1;
}

/** Own code is what load drives and what a team can change; below this share of it all code counts. */
const MIN_OWN_SHARE = 0.2;

/**
 * The stacks with own code, or all of them where nearly none has any. Scheduler, timers and collector cost
 * what they cost whatever the load: they do not take part in its measure (docs/develop/comparison.md §3).
 */
export function findUniverse({
  joined,
  before,
  after,
}: Pick<Contrast, 'joined' | 'before' | 'after'>): Universe {
  const ownCost = before.costs.application + after.costs.application;
  const wholeCost = before.costs.total + after.costs.total;
  return ownCost < MIN_OWN_SHARE * wholeCost
    ? { nameable: null, population: 'total' }
    : { nameable: joined.application, population: 'application' };
}

/**
 * The universes in which a change is looked for, one after the other. Own code among own code first; then
 * own code among the frameworks that serve the same requests, which tells a function that is nearly all of
 * the own code from the load; then libraries, which are named only where no own function explains the
 * change; then what the standard library does on goroutines or threads of its own.
 */
export function listUniverses(sides: Pick<Contrast, 'joined' | 'before' | 'after'>): readonly Universe[] {
  const { joined } = sides;
  const { application, library } = joined;
  const first = findUniverse(sides);
  if (first.population === 'total') {
    const named = application.map((_, fn) => (isCode(joined, fn) ? 1 : 0));
    return [{ nameable: application, population: 'total' }, { nameable: named, population: 'total' }, first];
  }
  return [
    first,
    { nameable: application, population: 'served' },
    { nameable: library, population: 'served' },
    { nameable: findBackground(sides.joined.functions), population: 'total', isBackground: true },
  ];
}

/** Packages of Go and of the JVM that open connections and speak their protocols. */
const BACKGROUND =
  /^(?:(?:vendor\/golang\.org|crypto|net|database|compress|encoding)\/|net\.|(?:javax?[./]net|sun[./](?:net|nio|security)|jdk[./]internal[./]net|java[./]security)[./])/;

/** Functions found before: one analysis lists its universes again and again. */
const backgroundCache = new WeakMap<readonly FunctionInfo[], Uint8Array>();

/** Functions of the standard library that may work on goroutines or threads of their own. */
function findBackground(functions: readonly FunctionInfo[]): Uint8Array {
  const known = backgroundCache.get(functions);
  if (known !== undefined) return known;
  const found = new Uint8Array(functions.map(({ name }) => Number(BACKGROUND.test(name))));
  backgroundCache.set(functions, found);
  return found;
}

/** Fewer samples on both sides together say nothing about a function (docs/develop/comparison.md §5). */
export const MIN_SAMPLES = 5;
/** A smaller change of the share of the active part is not worth a page (docs/develop/comparison.md §5). */
export const MIN_POINTS = 0.02;

/** A function whose share of the universe differs between the sides. */
export interface Shift {
  fn: number;
  /** How far the change stands out, in standard errors of a normal distribution; positive for growth. */
  z: number;
}

/**
 * How far the share of a function differs between the sides of a contrast, against all of the universe
 * outside it: the load cancels, since it drives both. In standard errors of a normal distribution.
 */
export function measureShift(
  { before, after, quantum, dispersion }: Shares,
  universe: Universe,
  fn: number,
): number {
  return shiftBetween(
    (before.costs.totals[fn] ?? 0) / quantum,
    sumIn(universe, before.costs) / quantum,
    (after.costs.totals[fn] ?? 0) / quantum,
    sumIn(universe, after.costs) / quantum,
    dispersion,
  );
}

/**
 * The assumption about φ is known better than the few observations of one service tell: it counts for this
 * many more degrees of freedom in the tail. Chosen on generated cases, where accusations stay at half of what
 * is allowed.
 */
const SPREAD_FREEDOM = 24;

/** Signed distance of two shares `[x, n]` in standard errors. */
export function deviation(
  [x1, n1]: readonly [number, number],
  [x2, n2]: readonly [number, number],
  dispersion: Dispersion,
): number {
  return shiftBetween(x1, n1, x2, n2, dispersion);
}

/** As {@link deviation}, without pairs: all functions of a service are asked about, several times. */
function shiftBetween(x1: number, n1: number, x2: number, n2: number, { phi, freedom }: Dispersion): number {
  return normalDeviate(signedRoot(Math.min(x1, n1), n1, Math.min(x2, n2), n2, phi), freedom + SPREAD_FREEDOM);
}

/**
 * The functions of a universe whose shares differ by enough samples and points to matter, most outstanding
 * first.
 */
export function rankShifts(contrast: Contrast, universe: Universe): Shift[] {
  const { before, after, quantum, minGrowth = MIN_POINTS } = contrast;
  const shifts: Shift[] = [];
  for (let fn = 0; fn < contrast.joined.functions.length; fn++) {
    const x1 = before.costs.totals[fn] ?? 0;
    const x2 = after.costs.totals[fn] ?? 0;
    if (x1 + x2 < MIN_SAMPLES * quantum || !isIn(universe, fn)) continue;
    const points = share(x2, after.costs.total) - share(x1, before.costs.total);
    if (Math.abs(points) < minGrowth) continue;
    shifts.push({ fn, z: measureShift(contrast, universe, fn) });
  }
  return shifts.sort((a, b) => Math.abs(b.z) - Math.abs(a.z) || a.fn - b.fn);
}

export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** Part of all active cost that a function holds with its callees. */
export function totalShare({ costs }: Pick<Side, 'costs'>, fn: number): number {
  return share(costs.totals[fn] ?? 0, costs.total);
}

/** Growth of the part of all active cost that a function holds with its callees; negative for a fall. */
export function measureShareGrowth(
  { before, after }: { before: Pick<Side, 'costs'>; after: Pick<Side, 'costs'> },
  fn: number,
): number {
  return totalShare(after, fn) - totalShare(before, fn);
}

/** Value per profile of a function with its callees. */
export function totalPerProfile({ costs, profiles }: Pick<Side, 'costs' | 'profiles'>, fn: number): number {
  return share(costs.totals[fn] ?? 0, profiles);
}
