import type { FunctionInfo, Profile } from '../model.js';
import { functionTable, rankFunctions } from '../tables/table.js';
import type { NamedFunction } from './named-function.js';
import { isBareIn, isUnnamed, joinKey, normaliseName, unescapeDots } from './names.js';

/** A function that can be found again in any profile. */
export interface FunctionTarget {
  /** The function as the profile names it. */
  info: FunctionInfo;
  /** Its hottest line; 0 = unknown. */
  line: number;
  /**
   * Whether a function of another profile is the same: it has the same normalised name and, if it is unnamed,
   * the same place.
   */
  matches(info: FunctionInfo): boolean;
}

export type Lookup =
  | { target: FunctionTarget }
  /** Several functions fit, heaviest first by total. */
  | { candidates: FunctionTarget[] }
  | 'unknown';

/** A name with its place, as text answers show it: `(anonymous) views/page.js:19`. */
const WITH_PLACE = /^(.*\S)\s+(\S+):(\d+)$/s;
/** Characters after which the end of a name may begin: a package, class or receiver stands before them. */
const BOUNDARY = /[./:#$*()<>\s!]/;

/** A function that costs something, with the forms of its name that lookups compare. */
interface Entry {
  target: FunctionTarget;
  name: string;
  key: string;
}

/**
 * Finds the function that a text means among those that cost anything: by its name, else by the end of a name
 * (from a dot, slash or the like), else by a part of one; the first of these that any function fits decides,
 * and must fit only one, or one without a file. Names count normalised. Their place may follow, as answers
 * show it: unnamed functions are told apart by it.
 */
export function findFunction(profile: Profile, text: string): Lookup {
  const table = functionTable(profile);
  const entries = rankFunctions(profile, table, 'total').flatMap((id) => {
    const info = profile.functions[id];
    return info === undefined ? [] : toEntry(info, table.lines[id] ?? 0);
  });
  const byName = lookup(entries, text);
  if (byName !== 'unknown') return byName;
  const [, name, file = '', line] = WITH_PLACE.exec(text.trim()) ?? [];
  if (name === undefined) return 'unknown';
  const inFile = entries.filter(({ target }) => target.info.file.endsWith(file));
  const atPlace = inFile.filter(
    ({ target }) => target.line === Number(line) || target.info.startLine === Number(line),
  );
  const byPlace = lookup(atPlace, name);
  return byPlace === 'unknown' ? lookup(inFile, name) : byPlace;
}

/** A text that finds the function again, also in other windows. */
export function lookupText({ info, line }: Pick<FunctionTarget, 'info' | 'line'>): string {
  return textWithPlace(info.name, info.file, info.startLine > 0 ? info.startLine : line);
}

/** A text that finds a function that an answer names. */
export function textOfFunction({ function: name, file, line }: NamedFunction): string {
  return textWithPlace(name, file ?? '', line ?? 0);
}

/** The name alone where it says which function it is, else with its place. */
function textWithPlace(name: string, file: string, line: number): string {
  const needsPlace = file !== '' && (isUnnamed(name) || isBareIn(name, file));
  return needsPlace ? `${name} ${file}:${line}` : name;
}

function toEntry(info: FunctionInfo, line: number): Entry {
  return {
    target: toTarget({ info, line }),
    name: unescapeDots(normaliseName(info.name)),
    key: joinKey(info),
  };
}

/** The target of a lookup for a function that is known from some profile. */
export function toTarget({ info, line }: Pick<FunctionTarget, 'info' | 'line'>): FunctionTarget {
  const key = joinKey(info);
  return { info, line, matches: (other) => joinKey(other) === key };
}

function lookup(entries: readonly Entry[], text: string): Lookup {
  // Answers cut long names on their left.
  const wanted = unescapeDots(normaliseName(text.trim().replace(/^…/, '')));
  if (wanted === '') return 'unknown';
  const lower = wanted.toLowerCase();
  const rules: ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => isNameEnd(name, wanted),
    (name) => name.includes(wanted),
    (name) => name.toLowerCase().includes(lower),
  ];
  for (const holds of rules) {
    const targets = new Map<string, FunctionTarget>();
    for (const { name, key, target } of entries)
      if (holds(name) && !targets.has(key)) targets.set(key, target);
    const [first, ...others] = targets.values();
    if (first === undefined) continue;
    if (others.length === 0) return { target: first };
    const candidates = [first, ...others];
    // A name is all that there is to say of a function without a file.
    const [placeless, ...more] = candidates.filter(
      ({ info }) => info.file === '' && info.name === text.trim(),
    );
    return placeless !== undefined && more.length === 0 ? { target: placeless } : { candidates };
  }
  return 'unknown';
}

function isNameEnd(name: string, end: string): boolean {
  const before = name.charAt(name.length - end.length - 1);
  return name.endsWith(end) && (BOUNDARY.test(before) || BOUNDARY.test(end.charAt(0)));
}
