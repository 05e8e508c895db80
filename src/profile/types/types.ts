import type { Nature, TypeRow } from './rows/row.js';
import { findDimension, natureByName, nounByName } from './type-nature.js';
import { TYPE_ROWS } from './type-table.js';

/** A profile type: the parts of its id, and what every answer needs to know about it. */
export interface ProfileType {
  id: string;
  name: string;
  sampleType: string;
  unit: string;
  /**
   * Short name for arguments and headlines (`cpu`, `alloc`, …). A type outside the table never has an alias
   * of the table.
   */
  alias: string;
  nature: Nature;
  /**
   * `cumulative`: amounts over time, which add up; `instant`: states at one moment, of which a merge is a
   * meaningless sum of snapshots.
   */
  kind: 'cumulative' | 'instant';
  meaning: string;
  /** Plural noun for the things counted (`goroutines`, `samples`); '' where the unit says it. */
  noun: string;
  /** Whether the values include waiting threads, which are set apart. */
  isWallClock: boolean;
  /** Alias of the type whose samples or events it counts; null for a type of its own. */
  countsOf: string | null;
  /**
   * Alias of the table that also means this type, which has a foreign name, while no other type has it; null
   * where there is none.
   */
  standsFor: string | null;
}

/** The short names that `profile_type` accepts, in the order of the table. */
export const PROFILE_TYPE_ALIASES: readonly string[] = [...new Set(TYPE_ROWS.map(({ alias }) => alias))];

/** Other words people use for an alias. */
const SYNONYMS: Readonly<Record<string, string>> = {
  process_cpu: 'cpu',
  itimer: 'cpu',
  memory: 'inuse',
  heap: 'inuse',
  inuse_space: 'inuse',
  memory_inuse: 'inuse',
  live_objects: 'inuse_objects',
  allocations: 'alloc',
  allocs: 'alloc',
  alloc_space: 'alloc',
  memory_alloc: 'alloc',
  nativemem: 'native_alloc',
  goroutine: 'goroutines',
  goroutineleak: 'leaked_goroutines',
  goroutine_leak: 'leaked_goroutines',
  threadcreate: 'threads',
  lock_contention: 'contention',
  blocking: 'block',
  exception: 'exceptions',
  offcpu: 'off_cpu',
  wallclock: 'wall',
  fgprof: 'wall',
};

/** Aliases of the same concept, tried in this order where a type is not emitted. */
const OTHER_FAMILIES: Readonly<Record<string, readonly string[]>> = {
  // .NET and older JVM agents report locks where Go reports mutexes.
  mutex: ['lock', 'contention'],
  lock: ['mutex', 'contention'],
  block: ['contention'],
  contention: ['mutex', 'lock', 'block'],
  mutex_contentions: ['lock_count', 'contention_count'],
  block_contentions: ['contention_count'],
  lock_count: ['mutex_contentions', 'contention_count'],
  threads: ['goroutines'],
};

const RESERVED: ReadonlySet<string> = new Set([...PROFILE_TYPE_ALIASES, ...Object.keys(SYNONYMS)]);

interface Parts {
  name: string;
  sampleType: string;
  unit: string;
  period: string;
}

/**
 * Reads the parts of a type id (five; a sixth is ignored, as by Pyroscope). Null for a text of another form.
 */
function parseParts(id: string): Parts | null {
  const parts = id.split(':');
  if (parts.length !== 5 && parts.length !== 6) return null;
  const [name = '', sampleType = '', unit = '', period = ''] = parts;
  return name === '' && sampleType === '' ? null : { name, sampleType, unit, period };
}

/**
 * Reads a type id. Null for a text of another form.
 *
 * @param among ids of the types of the same service, which decide what `wall:cpu` is
 */
export function parseProfileType(id: string, among: readonly string[] = []): ProfileType | null {
  const parts = parseParts(id);
  if (parts === null) return null;
  const { name, sampleType, unit } = parts;
  const row = TYPE_ROWS.find((candidate) => fits(candidate, parts, among));
  const tableRow = row ?? rowOfSampleType(parts);
  const nature = tableRow?.nature ?? natureByName(name, sampleType, unit);
  return {
    id,
    name,
    sampleType,
    unit,
    alias: row?.alias ?? freeAlias(parts),
    nature,
    kind: nature === 'level' ? 'instant' : 'cumulative',
    meaning: row?.meaning ?? foreignMeaning(parts, tableRow),
    noun: isCounted(unit) ? (tableRow?.noun ?? nounByName(sampleType)) : '',
    isWallClock: tableRow?.isWallClock ?? false,
    countsOf: row?.countsOf ?? null,
    standsFor: row === undefined ? (tableRow?.alias ?? null) : null,
  };
}

function fits(row: TypeRow, { name, sampleType, unit, period }: Parts, among: readonly string[]): boolean {
  return (
    row.names.includes(name) &&
    row.sampleTypes.includes(sampleType) &&
    row.dimension === findDimension(unit) &&
    (row.periods?.includes(period) ?? true) &&
    (row.beside === undefined || among.some((id) => id.startsWith(`${name}:${row.beside}:`)))
  );
}

/**
 * The row with the same sample type under another name: such a type is read in the same way, but bears
 * another alias.
 */
function rowOfSampleType({ sampleType, unit, period }: Parts): TypeRow | undefined {
  return TYPE_ROWS.find(
    (row) =>
      row.sampleTypes.includes(sampleType) &&
      row.dimension === findDimension(unit) &&
      (row.periods?.includes(period) ?? true) &&
      row.beside === undefined &&
      !UNSPECIFIC.includes(sampleType),
  );
}

/** Sample types that say too little to be understood without the name of their profile. */
const UNSPECIFIC: readonly string[] = ['samples', 'sample', 'time', 'space', 'objects', 'events', 'delay'];

/**
 * An alias for a type outside the table: the sample type, with the profile name before it where the table
 * uses that word.
 */
function freeAlias({ name, sampleType, unit }: Parts): string {
  const words =
    sampleType === ''
      ? [name, `${name}_unnamed`]
      : [sampleType, `${name}_${sampleType}`, `${name}:${sampleType}`];
  return words.find((word) => !RESERVED.has(word)) ?? `${name}:${sampleType}:${unit}`;
}

function foreignMeaning({ name, sampleType, unit }: Parts, tableRow: TypeRow | undefined): string {
  if (tableRow !== undefined) return `${tableRow.meaning}, of the profile ${name || 'without a name'}`;
  const unitText = unit === '' ? 'unknown unit' : unit;
  return sampleType === '' ? `values in ${unitText}` : `${sampleType} in ${unitText}`;
}

function isCounted(unit: string): boolean {
  return findDimension(unit) === 'count';
}

/**
 * The types behind a list of ids, in the order of the table, then by id. Texts of another form are left out.
 */
export function orderTypes(ids: readonly string[]): ProfileType[] {
  const place = ({ alias }: ProfileType) => {
    const index = PROFILE_TYPE_ALIASES.indexOf(alias);
    return index < 0 ? PROFILE_TYPE_ALIASES.length : index;
  };
  const all = [...new Set(ids)];
  const types = all
    .map((id) => parseProfileType(id, all))
    .filter((type) => type !== null)
    .sort((a, b) => place(a) - place(b) || preference(a) - preference(b) || (a.id < b.id ? -1 : 1));
  return types.map((type) => withOwnAlias(type, types));
}

/** Rank of a type among those with the same alias: the usual name comes first. */
function preference({ alias, name, sampleType }: ProfileType): number {
  const row = TYPE_ROWS.find(
    (candidate) => candidate.alias === alias && candidate.sampleTypes.includes(sampleType),
  );
  const index = row?.names.indexOf(name) ?? -1;
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

/** Gives types outside the table that would share an alias longer ones, with the names of their profiles. */
function withOwnAlias(type: ProfileType, types: readonly ProfileType[]): ProfileType {
  const isShared = (alias: string) => types.some((other) => other !== type && other.alias === alias);
  if (PROFILE_TYPE_ALIASES.includes(type.alias) || !isShared(type.alias)) return type;
  const { name, sampleType, unit, id } = type;
  const longer = [`${name}_${sampleType}`, `${name}:${sampleType}:${unit}`];
  const isTaken = (alias: string) =>
    RESERVED.has(alias) || types.some((other) => other.alias === alias && other.id !== id);
  const twins = types.filter((other) => other.name === name && other.sampleType === sampleType);
  const alias = longer.find((word, at) => !isTaken(word) && (at > 0 || twins.length === 1)) ?? id;
  return { ...type, alias };
}

/** The short names of the types behind a list of ids, each once, in the order of the table. */
export function listAliases(ids: readonly string[]): string[] {
  return [...new Set(orderTypes(ids).map(({ alias }) => alias))];
}

/**
 * Finds the existing type that an argument means: by an id or the first parts of one, an alias or synonym, or
 * a sample type. Null when none fits. Only what exists is ever returned.
 */
export function resolveProfileType(wanted: string, existing: readonly string[]): ProfileType | null {
  const types = orderTypes(existing);
  const word = wanted.trim().toLowerCase();
  if (wanted.includes(':')) return typeById(wanted.trim(), types);
  const alias = SYNONYMS[word] ?? word;
  const isNamed = (type: ProfileType) =>
    type.sampleType.toLowerCase() === word || type.name.toLowerCase() === word;
  const isKnown = (type: ProfileType) => PROFILE_TYPE_ALIASES.includes(type.alias);
  // Some profilers count samples or objects and measure nothing else; others have names of their own.
  const standIn = () =>
    types.find((type) => type.countsOf === alias) ?? types.find((type) => type.standsFor === alias);
  return (
    types.find((type) => type.alias === alias) ??
    // An alias never means a type that has another alias in the table, whatever its sample type is called.
    (PROFILE_TYPE_ALIASES.includes(word)
      ? (standIn() ?? types.find((type) => isNamed(type) && !isKnown(type)))
      : (types.find(isNamed) ?? standIn())) ??
    otherFamily(alias, types) ??
    null
  );
}

function typeById(wanted: string, types: readonly ProfileType[]): ProfileType | null {
  const parts = wanted.split(':').slice(0, 5);
  const isMeant = ({ id }: ProfileType) => {
    const idParts = id.split(':');
    return parts.every((part, at) => part === idParts[at]);
  };
  return types.find(isMeant) ?? types.find(({ alias }) => alias === wanted) ?? null;
}

function otherFamily(alias: string, types: readonly ProfileType[]): ProfileType | undefined {
  const families = OTHER_FAMILIES[alias] ?? [];
  return families
    .map((other) => types.find((type) => type.alias === other))
    .find((type) => type !== undefined);
}

/** The name of a type in a call: its alias, or its id where the alias means another existing type. */
export function typeArgument(type: ProfileType, existing: readonly string[]): string {
  return resolveProfileType(type.alias, existing)?.id === type.id ? type.alias : type.id;
}

/**
 * The type an agent most likely wants when it names none: on-CPU time, else wall clock, else the first there
 * is.
 */
export function defaultProfileType(existing: readonly string[]): ProfileType | null {
  return orderTypes(existing)[0] ?? null;
}
