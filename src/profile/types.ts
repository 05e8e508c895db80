/** What a profile type id says, and what every answer needs to know about it. */
export interface ProfileType {
  id: string;
  name: string;
  sampleType: string;
  unit: string;
  /** Short name for arguments and headlines (`cpu`, `alloc`, …); the sample type where no alias fits. */
  alias: string;
  /**
   * `cumulative`: amounts over time, which add up; `instant`: states at one moment, of which a merge is a
   * meaningless sum of snapshots.
   */
  kind: 'cumulative' | 'instant';
  meaning: string;
  /** What a count counts (`goroutines`, `samples`); '' where the unit says it. */
  noun: string;
  /** Whether waiting threads are part of it and set apart. */
  wallClock: boolean;
}

interface TypeRule {
  alias: string;
  /** Matched against `name:sample_type:unit`. */
  match: RegExp;
  kind: ProfileType['kind'];
  meaning: string;
  wallClock?: true;
}

/**
 * The one table of profile types. Order matters twice: the first rule that fits an id names it, and among the types
 * of a service the rule order decides which an alias means.
 */
const RULES: readonly TypeRule[] = [
  {
    alias: 'cpu',
    match: /^(?=[^:]*cpu)[^:]*:cpu:(?:nano|micro|milli)?seconds$/,
    kind: 'cumulative',
    meaning: 'time on CPU',
  },
  {
    alias: 'cpu_samples',
    match: /^(?=[^:]*cpu)[^:]*:samples?:count$/,
    kind: 'cumulative',
    meaning: 'number of CPU samples',
  },
  {
    alias: 'wall',
    // Older versions of Pyroscope store the JVM's wall clock as `wall:cpu`.
    match: /^(?:[^:]*:wall|wall:cpu):(?:nano|micro|milli)?seconds$/,
    kind: 'cumulative',
    meaning: 'wall-clock time, waiting included',
    wallClock: true,
  },
  {
    alias: 'wall_samples',
    match: /^wall:samples?:count$/,
    kind: 'cumulative',
    meaning: 'number of wall-clock samples',
    wallClock: true,
  },
  {
    alias: 'off_cpu',
    match: /^[^:]*:off_?cpu:/,
    kind: 'cumulative',
    meaning: 'time waiting off CPU',
    wallClock: true,
  },
  {
    alias: 'alloc',
    match: /:(?:alloc_space|alloc_in_new_tlab_bytes|alloc_size|alloc_bytes):bytes$/,
    kind: 'cumulative',
    meaning: 'bytes allocated, freed or not',
  },
  {
    alias: 'alloc_objects',
    match: /:(?:alloc_objects|alloc_in_new_tlab_objects|alloc_samples|alloc_in_new_tlab):count$/,
    kind: 'cumulative',
    meaning: 'objects allocated, freed or not',
  },
  {
    alias: 'alloc_outside_tlab',
    match: /:alloc_outside_tlab_(?:bytes|objects):/,
    kind: 'cumulative',
    meaning: 'allocated outside thread-local buffers',
  },
  {
    alias: 'inuse',
    match: /:(?:inuse_space|space|live_bytes):bytes$/,
    kind: 'instant',
    meaning: 'bytes of live heap',
  },
  {
    alias: 'inuse_objects',
    match: /:(?:inuse_objects|objects|live):count$/,
    kind: 'instant',
    meaning: 'objects in the live heap',
  },
  {
    alias: 'goroutines',
    match: /^goroutines?:goroutines?:count$/,
    kind: 'instant',
    meaning: 'goroutines, by where they are parked or run',
  },
  {
    alias: 'mutex',
    match: /^mutex:delay:nanoseconds$/,
    kind: 'cumulative',
    meaning: 'time others waited for a lock held here',
  },
  {
    alias: 'mutex_contentions',
    match: /^mutex:contentions:count$/,
    kind: 'cumulative',
    meaning: 'times others waited for a lock held here',
  },
  {
    alias: 'block',
    match: /^block:delay:nanoseconds$/,
    kind: 'cumulative',
    meaning: 'time blocked on channels and locks',
  },
  {
    alias: 'block_contentions',
    match: /^block:contentions:count$/,
    kind: 'cumulative',
    meaning: 'times blocked on channels and locks',
  },
  {
    alias: 'lock',
    match: /:(?:lock_time|lock_duration):nanoseconds$/,
    kind: 'cumulative',
    meaning: 'time waiting for locks',
  },
  {
    alias: 'lock_count',
    match: /:(?:lock_count|contentions):count$/,
    kind: 'cumulative',
    meaning: 'times a lock was contended',
  },
  { alias: 'exceptions', match: /:exceptions?:count$/, kind: 'cumulative', meaning: 'exceptions thrown' },
];

/** The short names that `profile_type` accepts, in the order of the table. */
export const PROFILE_TYPE_ALIASES: readonly string[] = RULES.map((rule) => rule.alias);

/** Other words people use for an alias. */
const SYNONYMS: Readonly<Record<string, string>> = {
  process_cpu: 'cpu',
  itimer: 'cpu',
  memory: 'inuse',
  heap: 'inuse',
  inuse_space: 'inuse',
  memory_inuse: 'inuse',
  allocations: 'alloc',
  allocs: 'alloc',
  alloc_space: 'alloc',
  memory_alloc: 'alloc',
  goroutine: 'goroutines',
  threads: 'goroutines',
  lock_contention: 'mutex',
  contention: 'mutex',
  blocking: 'block',
  exception: 'exceptions',
  offcpu: 'off_cpu',
};

/** The same concept under another name: .NET and older JVM agents report locks where Go reports mutexes. */
const OTHER_FAMILY: Readonly<Record<string, string>> = {
  mutex: 'lock',
  lock: 'mutex',
  mutex_contentions: 'lock_count',
  lock_count: 'mutex_contentions',
};

/** Reads a type id (five parts, a sixth is ignored as Pyroscope does). Null when it has not the form. */
export function parseProfileType(id: string): ProfileType | null {
  const parts = id.split(':');
  if (parts.length !== 5 && parts.length !== 6) return null;
  const [name = '', sampleType = '', unit = ''] = parts;
  if (sampleType === '') return null;
  const rule = RULES.find(({ match }) => match.test(`${name}:${sampleType}:${unit}`));
  return {
    id,
    name,
    sampleType,
    unit,
    alias: rule?.alias ?? sampleType,
    kind:
      rule?.kind ?? (/^(?:inuse|live|goroutine|threadcreate)/.test(sampleType) ? 'instant' : 'cumulative'),
    meaning: rule?.meaning ?? `${sampleType} in ${unit || 'unknown unit'}`,
    noun: unit === 'count' ? nounOf(sampleType) : '',
    wallClock: rule?.wallClock ?? false,
  };
}

/** `inuse_objects` → objects, `goroutine` → goroutines. */
function nounOf(sampleType: string): string {
  const word = sampleType.replace(/^.*_/, '');
  return word.endsWith('s') ? word : `${word}s`;
}

/** The types behind a list of ids, in the order of the table, then by id. Ids that have not the form are left out. */
export function orderTypes(ids: readonly string[]): ProfileType[] {
  const place = (type: ProfileType) => {
    const index = PROFILE_TYPE_ALIASES.indexOf(type.alias);
    return index < 0 ? PROFILE_TYPE_ALIASES.length : index;
  };
  return [...new Set(ids)]
    .map(parseProfileType)
    .filter((type) => type !== null)
    .sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
}

/** The short names of the types behind a list of ids, each once, in the order of the table. */
export function aliasesOf(ids: readonly string[]): string[] {
  return [...new Set(orderTypes(ids).map(({ alias }) => alias))];
}

/**
 * Which of the types that exist an argument means: a full id, an alias or synonym, or a sample type. Null when none
 * does. Only what exists is ever returned.
 */
export function resolveProfileType(wanted: string, existing: readonly string[]): ProfileType | null {
  const types = orderTypes(existing);
  const word = wanted.trim().toLowerCase();
  if (wanted.includes(':')) {
    const five = wanted.trim().split(':').slice(0, 5).join(':');
    return types.find((type) => type.id.split(':').slice(0, 5).join(':') === five) ?? null;
  }
  const alias = SYNONYMS[word] ?? word;
  return (
    types.find((type) => type.alias === alias) ??
    types.find((type) => type.sampleType === word || type.name === word) ??
    types.find((type) => type.alias === OTHER_FAMILY[alias]) ??
    null
  );
}

/** The type an agent most likely wants when it names none: on-CPU time, else wall clock, else the first there is. */
export function defaultProfileType(existing: readonly string[]): ProfileType | null {
  return orderTypes(existing)[0] ?? null;
}
