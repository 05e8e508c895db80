import { nameInKey } from '../../code/names.js';
import { addTo, costlyIn, MIN_SHARE, type SideCosts, sumFunctions, sumWhole } from '../side-costs.js';
import type { IsApart, NamedSide } from './apart.js';
import { type SimilarPair, similarPairs } from './similar-names.js';

/**
 * From this part of the functions on most names changed, so that names tell nothing about the others either.
 */
export const MAX_COUNT = 0.5;
/** A function that is found again by its cost alone costs about the same. */
const MAX_RATIO = 2;
/** Rounds in which callers that were found lead to their callees. */
const MAX_ROUNDS = 64;
/**
 * So many functions of some cost that go by similar names since are a refactoring or the upgrade of a
 * library; a single one is told as moved.
 */
export const MIN_SIMILAR = 2;
/**
 * Share below which no name is paired for being similar: no finding is that small, and a large service has
 * thousands of such functions.
 */
const MIN_PAIRED_SHARE = MIN_SHARE / 10;
/** Samples that a name must have been expected to have on the side where it is missing. */
const MIN_EXPECTED = 5;
/** Similarity of names from which on the caller may be another one, where the cost is alike. */
const VERY_SIMILAR = 0.6;

/**
 * Numbers that compilers and profilers give to functions without a name: they change with the code around
 * them.
 */
const NUMBERED =
  /\(anonymous:L#\d+:C#\d+\)|\(anonymous\):\d+|\.func\d+|\.gowrap\d+|\.deferwrap\d+|\.dwrap\.\d+|lambda\$\w+\$\d+|\$anonfun\$\w+\$\d+|b__\d+(?:_\d+)?|c__DisplayClass\d+_\d+|\{closure:[^{}]*\}|\{lambda\([^(){}]*\)#\d+\}|\{\{closure\}\}#\d+|\.py:\d+\)$|\0\d+$/g;

/** The folders of the file by which a function without a name is known: often that of the release is one. */
const FOLDERS = /\0[^\0]*[/\\]/;

/**
 * Cuts such numbers and folders out of a key, and the file of a bare name: what is left is equal for what may
 * be one function in two builds.
 */
export function cutStem(key: string): string {
  const name = nameInKey(key);
  if (name !== key) return name;
  const placed = key.includes('\0') ? key.replace(FOLDERS, '\0') : key;
  return !/\d/.test(placed) ? placed : placed.replace(NUMBERED, (part) => part.replace(/\d+/g, '#'));
}

/** Whether two keys differ by more than the numbers that compilers give. */
export function isOtherName(earlier: string, later: string): boolean {
  return cutStem(earlier) !== cutStem(later);
}

/**
 * Finds functions that go by another name since: those without a name of their own by their place in the
 * file, several under similar names by what these share, and, where most names changed, the others by their
 * place in the call tree and by their cost.
 *
 * @param isApart whether a key that is on both sides is that of instances of an old build: see `apartIn`
 * @param samples about how many samples each side has; without them none is missing by chance
 * @returns keys of the later side, each with the key that the function had before
 */
export function matchRenamed(
  before: SideCosts,
  after: SideCosts,
  isApart: IsApart = () => false,
  samples: SideSamples = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY },
): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const gone = new Set(onlyIn(before, after));
  const arrived = new Set(onlyIn(after, before));
  const pair = (later: string, earlier: string) => {
    keys.set(later, earlier);
    arrived.delete(later);
    gone.delete(earlier);
  };
  const sides = { before, after, keys };
  const stems = groupKeys(gone, cutStem);
  for (const [stem, laters] of groupKeys(arrived, cutStem)) {
    const earliers = stems.get(stem);
    if (earliers !== undefined)
      for (const [later, earlier] of pairOfStem(laters, earliers, sides)) pair(later, earlier);
  }
  for (const [later, earlier] of similarlyNamed(gone, arrived, { ...sides, isApart, samples }))
    pair(later, earlier);
  const counted = [...costlyIn(before), ...costlyIn(after)];
  const changed = counted.filter((key) => !(before.has(key) && after.has(key))).length;
  if (counted.length === 0 || changed < MAX_COUNT * counted.length) return keys;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pairs = pairsByCaller(gone, arrived, sides);
    for (const [later, earlier] of pairs) pair(later, earlier);
    if (pairs.length === 0) break;
  }
  return keys;
}

/** Pairs functions that came with those that went under similar names, if there are several such pairs. */
function similarlyNamed(
  gone: ReadonlySet<string>,
  arrived: ReadonlySet<string>,
  { before, after, keys, isApart, samples }: Sides & { isApart: IsApart; samples: SideSamples },
): Pair[] {
  const found = new Map<string, string>();
  const callerNow = (key: string) => {
    const caller = after.get(key)?.caller ?? '';
    return found.get(caller) ?? keys.get(caller) ?? caller;
  };
  const mayBe = ({ later, earlier }: SimilarPair) =>
    gone.has(earlier) || (after.has(earlier) && isApart(earlier, later));
  const takeAmong = (laters: readonly string[], earliers: readonly string[]) => {
    const left = new Set(similarPairs(laters, earliers).filter(mayBe));
    const take = (pair: SimilarPair) => {
      found.set(pair.later, pair.earlier);
      for (const other of left)
        if (other.later === pair.later || other.earlier === pair.earlier) left.delete(other);
    };
    const isOfCaller = ({ later, earlier }: SimilarPair) => callerNow(later) === before.get(earlier)?.caller;
    for (let next = [...left].find(isOfCaller); next !== undefined; next = [...left].find(isOfCaller))
      take(next);
    for (const pair of left) {
      const [was, is] = [before.get(pair.earlier)?.total ?? 1, after.get(pair.later)?.total ?? 0];
      if (gone.has(pair.earlier) && isAlike(pair, was, is)) take(pair);
    }
  };
  const hasEnough = (side: SideCosts, otherSamples: number) => (key: string) =>
    isExpected(side.get(key)?.total ?? 0, otherSamples);
  // Keys that went for another reason are paired already.
  const earliers = [...before.keys()].filter((key) => gone.has(key) || after.has(key));
  takeAmong(
    [...arrived].filter(hasEnough(after, samples.before)),
    earliers.filter(hasEnough(before, samples.after)),
  );
  if (found.size < MIN_SIMILAR) return [];
  // A renaming takes in others as well, of which a few samples may tell.
  const taken = new Set(found.values());
  const isKnown = (side: SideCosts) => (key: string) => (side.get(key)?.total ?? 0) >= MIN_PAIRED_SHARE;
  takeAmong(
    [...arrived].filter((key) => !found.has(key)).filter(isKnown(after)),
    earliers.filter((key) => !taken.has(key)).filter(isKnown(before)),
  );
  return [...found];
}

/** Whether names and costs are so alike that the callers may differ. */
export function isAlike({ similarity }: SimilarPair, before: number, after: number): boolean {
  const ratio = after / before;
  return similarity >= VERY_SIMILAR && ratio <= MAX_RATIO && ratio >= 1 / MAX_RATIO;
}

/**
 * Whether a function with a share of its side was to be seen on the other one, too: one of a few samples may
 * be missing there by chance.
 */
export function isExpected(total: number, otherSamples: number): boolean {
  return total >= MIN_SHARE && total * otherSamples >= MIN_EXPECTED;
}

/** About how many samples each side has. */
export interface SideSamples {
  before: number;
  after: number;
}

interface Sides {
  before: SideCosts;
  after: SideCosts;
  keys: ReadonlyMap<string, string>;
}

type Pair = readonly [later: string, earlier: string];

function onlyIn(side: SideCosts, other: SideCosts): string[] {
  return [...side.keys()].filter((key) => !other.has(key));
}

function groupKeys(keys: Iterable<string>, groupOf: (key: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const group = groupOf(key);
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [key]);
    else known.push(key);
  }
  return groups;
}

/** Pairs functions of one stem: those of a bare name by their cost where several files came or went. */
function pairOfStem(laters: readonly string[], earliers: readonly string[], sides: Sides): Pair[] {
  const isOfFiles = [...laters, ...earliers].some((key) => nameInKey(key) !== key);
  if (!isOfFiles) return inOrder(laters, earliers, sides);
  return byCost(laters, earliers, sides, laters.length + earliers.length > 2);
}

/**
 * Pairs numbered functions of one place: in the order of their numbers where none came or went, else by
 * caller and cost.
 */
function inOrder(laters: readonly string[], earliers: readonly string[], sides: Sides): Pair[] {
  if (laters.length !== earliers.length) return byCost(laters, earliers, sides, true);
  const sorted = earliers.toSorted(compareNumbers);
  return laters.toSorted(compareNumbers).flatMap((later, at): Pair[] => {
    const earlier = sorted[at];
    return earlier === undefined ? [] : [[later, earlier]];
  });
}

/** The caller's key on the earlier side. */
function findCaller(key: string, side: SideCosts, keys: ReadonlyMap<string, string>): string {
  const caller = side.get(key)?.caller ?? '';
  return keys.get(caller) ?? caller;
}

/**
 * Pairs functions that the same function calls: by rank where as many came as went, else those of about the
 * same cost.
 */
function pairsByCaller(gone: ReadonlySet<string>, arrived: ReadonlySet<string>, sides: Sides): Pair[] {
  const { before, after, keys } = sides;
  const known = new Set(keys.values());
  const isKnown = (caller: string) =>
    caller === '' || known.has(caller) || (before.has(caller) && after.has(caller));
  const earlier = groupKeys(gone, (key) => findCaller(key, before, NO_KEYS));
  const later = groupKeys(arrived, (key) => findCaller(key, after, keys));
  return [...later].flatMap(([caller, laters]) => {
    const earliers = earlier.get(caller);
    if (earliers === undefined || !isKnown(caller)) return [];
    return byCost(laters, earliers, sides, laters.length !== earliers.length);
  });
}

const NO_KEYS: ReadonlyMap<string, string> = new Map();

function byCost(
  laters: readonly string[],
  earliers: readonly string[],
  { before, after }: Sides,
  mustBeAlike: boolean,
): Pair[] {
  const cost = (side: SideCosts, key: string) => side.get(key)?.total ?? 0;
  const ranked = (side: SideCosts, keys: readonly string[]) =>
    keys.toSorted((a, b) => cost(side, b) - cost(side, a) || (a < b ? -1 : 1));
  const left = ranked(before, earliers);
  const pairs: Pair[] = [];
  for (const later of ranked(after, laters)) {
    const at = left.findIndex((earlier) => {
      const ratio = cost(after, later) / cost(before, earlier);
      return !mustBeAlike || (ratio <= MAX_RATIO && ratio >= 1 / MAX_RATIO);
    });
    const [earlier] = at < 0 ? [] : left.splice(at, 1);
    if (earlier !== undefined) pairs.push([later, earlier]);
  }
  return pairs;
}

/** Order of two keys that differ in numbers. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((key) => (key.match(/\d+/g) ?? []).map(Number));
  for (let at = 0; at < (left?.length ?? 0); at++) {
    const order = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (order !== 0) return order;
  }
  return a < b ? -1 : 1;
}

/**
 * Whether looking for renamed functions can find any: enough names are on one side only, or numbered ones or
 * several similar ones that cost something are.
 */
export function mayBeRenamed(before: NamedSide, after: NamedSide): boolean {
  const [was, is] = [keysIn(before.keysOf), keysIn(after.keysOf)];
  const gone = [...was].filter((key) => !is.has(key));
  const arrived = [...is].filter((key) => !was.has(key));
  if (arrived.length === 0) return false;
  if (gone.length >= MAX_COUNT * was.size && arrived.length >= MAX_COUNT * is.size) return true;
  const stems = new Set(gone.map(cutStem));
  if (arrived.some((key) => stems.has(cutStem(key)))) return true;
  if (arrived.length < MIN_SIMILAR) return false;
  const costlyNow = costlyKeys(after);
  const costlyArrived = arrived.filter((key) => costlyNow.has(key));
  if (costlyArrived.length < MIN_SIMILAR) return false;
  const similar = similarPairs(costlyArrived, [...costlyKeys(before)]);
  return new Set(similar.map(({ later }) => later)).size >= MIN_SIMILAR;
}

/** Keys of the functions with at least the share that counts, with their callees. */
function costlyKeys({ profiles, keysOf }: NamedSide): ReadonlySet<string> {
  const totals = new Map<string, number>();
  profiles.forEach((profile, index) => {
    const { sums } = sumFunctions(profile);
    keysOf[index]?.forEach((key, fn) => {
      addTo(totals, key, sums[fn] ?? 0);
    });
  });
  const least = MIN_SHARE * sumWhole(profiles);
  return new Set([...totals].filter(([, total]) => total >= least).map(([key]) => key));
}

/** Names of the functions of some profiles. */
export function keysIn(keysOf: readonly (readonly string[])[]): ReadonlySet<string> {
  return new Set(keysOf.flat());
}
