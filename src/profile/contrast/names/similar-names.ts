import { nameInKey } from '../../code/names.js';

/** Names that share this part of their words are similar (Jaccard 1912). */
const MIN_SIMILARITY = 0.5;

/** A function that came, and one that it may be under a new name. */
export interface SimilarPair {
  later: string;
  earlier: string;
  /** Part of the words of both names that they share. */
  similarity: number;
}

/**
 * Pairs names that may be those of one function before and after a renaming: their last parts share most
 * words, and so do the whole names, unless the last parts are equal (a package that was renamed).
 *
 * @param known names split before
 * @returns the most similar first
 */
export function similarPairs(
  laters: readonly string[],
  earliers: readonly string[],
  known: Map<string, NameWords> = splitNames,
): SimilarPair[] {
  const byWord = new Map<string, string[]>();
  for (const later of laters) {
    for (const word of splitName(known, later).last) {
      const names = byWord.get(word);
      if (names === undefined) byWord.set(word, [later]);
      else names.push(later);
    }
  }
  const pairs: SimilarPair[] = [];
  for (const earlier of new Set(earliers)) {
    const other = splitName(known, earlier);
    const candidates = new Set<string>();
    for (const word of other.last) for (const later of byWord.get(word) ?? []) candidates.add(later);
    for (const later of candidates) {
      const parts = splitName(known, later);
      const last = overlap(parts.last, other.last);
      if (last < MIN_SIMILARITY) continue;
      const similarity = overlap(parts.all(), other.all());
      if (last < 1 && similarity < MIN_SIMILARITY) continue;
      pairs.push({ later, earlier, similarity: (last + similarity) / 2 });
    }
  }
  return pairs.sort(
    (a, b) => b.similarity - a.similarity || compare(a.later, b.later) || compare(a.earlier, b.earlier),
  );
}

/** The words of a name, and those of its last part: `render.(*Service).applyRule` ends in apply and rule. */
interface NameWords {
  last: ReadonlySet<string>;
  /** Splits the whole name when it is needed first: most names end in other words than any else. */
  all: () => ReadonlySet<string>;
}

/** Names split before: profiles of a service bring the same ones again and again. */
const splitNames = new Map<string, NameWords>();
/** The memory is emptied where it holds more names. */
const MAX_SPLIT_NAMES = 20_000;

function splitName(names: Map<string, NameWords>, name: string): NameWords {
  const known = names.get(name);
  if (known !== undefined) return known;
  let all: ReadonlySet<string> | undefined;
  // The name of a file says nothing about the function, and its ending is that of all files.
  const plain = nameInKey(name);
  const words = {
    last: splitWords(lastPart(plain)),
    all: () => {
      all ??= splitWords(plain);
      return all;
    },
  };
  if (names.size >= MAX_SPLIT_NAMES) names.clear();
  names.set(name, words);
  return words;
}

function lastPart(name: string): string {
  return name.split(/[./:$]/).findLast((part) => /[A-Za-z]/.test(part)) ?? name;
}

function splitWords(text: string): ReadonlySet<string> {
  const apart = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set(apart.match(/[a-z]+|\d+/g) ?? []);
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  const whole = a.size + b.size - shared;
  return whole === 0 ? 0 : shared / whole;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
