import { type Contrast, deviation, share, sumIn, type Universe } from './contrast.js';
import type { Dispersion } from './noise.js';
import { shiftWithin } from './within.js';

/**
 * Standard errors that an unlucky outcome lies off: 97.5 % of a normal distribution are luckier. The half of
 * the promised 5 % that is left is for changes that are seen and taken for something else, such as moved
 * code.
 */
const Z_POWER = 1.959964;
/** Steps of the bisection; each halves what is left of the range. */
const STEPS = 40;
/** Largest added cost that is tried, as a factor of the whole cost. */
const MAX_GROWTH = 50;

/** Part of its kind of requests that a function is taken to be, at the most; kinds are taken to be equal. */
const MAX_OF_KIND = 0.5;

/** Samples of one side: all active ones, and those among which a function is compared. */
export interface SideSamples {
  total: number;
  population: number;
}

/** All that the smallest visible change of a function depends on. */
export interface Sight {
  before: SideSamples;
  after: SideSamples;
  dispersion: Dispersion;
  /** Smallest distance from noise that is called a change, in standard errors. */
  gate: number;
  /** Smallest measured growth that is called a change, as a share of the active total. */
  minGrowth: number;
  /**
   * How a growth is told from a change of the mix of requests: the smallest distance inside the kinds of
   * requests, in standard errors, with which no mix is taken for the cause, and how many kinds there are;
   * null where there is only one.
   */
  mix: { leastZ: number; kinds: number } | null;
}

/** The sight of a comparison of two sides within a universe. */
export function computeSight(
  { before, after, quantum, dispersion }: Contrast,
  universe: Universe,
  { gate, minGrowth, mix }: Pick<Sight, 'gate' | 'minGrowth' | 'mix'>,
): Sight {
  const samples = ({ costs }: Contrast['before']): SideSamples => ({
    total: costs.total / quantum,
    population: sumIn(universe, costs) / quantum,
  });
  return { before: samples(before), after: samples(after), dispersion, gate, minGrowth, mix };
}

/**
 * The smallest growth of a function's share of the active total that is seen in 95 of 100 comparisons, as a
 * share of that total: the added cost for which unlucky outcomes still pass gate and least growth (power of a
 * test of two proportions, Fleiss 1981, §3, by bisection).
 *
 * @param shareBefore of the function, before
 * @returns null where no growth would be seen
 */
export function smallestGrowth(sight: Sight, shareBefore: number): number | null {
  let [low, high] = [0, MAX_GROWTH];
  if (!isSeen(sight, shareBefore, high)) return null;
  for (let step = 0; step < STEPS; step++) {
    const middle = (low + high) / 2;
    if (isSeen(sight, shareBefore, middle)) high = middle;
    else low = middle;
  }
  return grownShare(shareBefore, high) - shareBefore;
}

/** Bounds of the search for a longer window, as factors of the one that was read. */
const FACTORS = [1e-3, 1e4] as const;

/**
 * How many times as long a comparison must be for a growth to be seen, as samples come at present.
 *
 * @param needsLongerBaseline whether the baseline grows as the window does
 * @returns null where no window is long enough
 */
export function neededFactor(
  sight: Sight,
  shareBefore: number,
  growth: number,
  needsLongerBaseline: boolean,
): number | null {
  const sees = (factor: number) => {
    const before = needsLongerBaseline ? times(sight.before, factor) : sight.before;
    const smallest = smallestGrowth({ ...sight, before, after: times(sight.after, factor) }, shareBefore);
    return smallest !== null && smallest <= growth;
  };
  let [low, high]: [number, number] = [...FACTORS];
  if (!sees(high)) return null;
  for (let step = 0; step < STEPS; step++) {
    // Factors lie on a scale of ratios.
    const middle = Math.sqrt(low * high);
    if (sees(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function times({ total, population }: SideSamples, factor: number): SideSamples {
  return { total: total * factor, population: population * factor };
}

/** Share of a function to which `added` is added, as a part of the old total. */
function grownShare(before: number, added: number): number {
  return (before + added) / (1 + added);
}

function isSeen(
  { before, after, dispersion, gate, minGrowth, mix }: Sight,
  share1: number,
  added: number,
): boolean {
  const within = [share(before.population, before.total), share(after.population, after.total)] as const;
  const [own1 = 0, own2 = 0] = within.map((part) => Math.max(part, share1));
  const n1 = before.total * own1;
  const n2 = after.total * (own2 + added);
  const inOwn = unlucky([share(share1, own1), n1], [share(share1 + added, own2 + added), n2], dispersion.phi);
  const through = [inOwn[0] * n1, inOwn[1] * n2] as const;
  if (deviation([through[0], n1], [through[1], n2], dispersion) < gate) return false;
  if (mix !== null) {
    const kind = Math.max(1 / mix.kinds, share1 / MAX_OF_KIND);
    const all = [before.total * kind * within[0], after.total * (kind * within[1] + added)] as const;
    if (shiftWithin([{ all, through }], dispersion.phi) < mix.leastZ) return false;
  }
  const total2 = after.total * (1 + added);
  const inAll = unlucky([share1, before.total], [grownShare(share1, added), total2], dispersion.phi);
  return inAll[1] - inAll[0] >= minGrowth;
}

/** Two shares of samples `[share, n]`, drawn together as far as chance does in an unlucky outcome. */
function unlucky(
  [p1, n1]: readonly [number, number],
  [p2, n2]: readonly [number, number],
  phi: number,
): readonly [number, number] {
  if (n1 <= 0 || n2 <= 0) return [p1, p1];
  const [v1, v2] = [(phi * p1 * (1 - p1)) / n1, (phi * p2 * (1 - p2)) / n2];
  const error = Math.sqrt(v1 + v2);
  if (error === 0) return [p1, p2];
  return [p1 + (Z_POWER * v1) / error, p2 - (Z_POWER * v2) / error];
}
