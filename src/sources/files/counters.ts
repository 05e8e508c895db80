import type { PprofFile } from '../../profile/pprof/pprof.js';

/**
 * Tells raw counters from deltas. A scraped heap, mutex or block profile holds totals since the process
 * began, so from one scrape to the next no stack ever falls; a profile of one interval has stacks that rise
 * and stacks that fall. A total that falls is a restart of the process.
 */

/** Fewer rising pairs than this could be chance. */
const MIN_RISES = 2;
/** Bits of evidence that a counter needs: profiles of one interval look like one in a thousand cases. */
const MIN_EVIDENCE = 10;
/** Instances that are looked for in one series. */
const MAX_INSTANCES = 8;

/** Value per stack. */
export type StackValues = ReadonlyMap<number, number>;

/** Which snapshot to subtract, `'drop'` for a reading without one, `'keep'` for the first after a restart. */
export type CounterStep = number | 'drop' | 'keep';

/**
 * `counter`: each is to be reduced by the one before it. `suspected`: they only ever rise, but too few do to
 * be sure; or they are readings of several instances that nothing tells apart.
 */
export type CounterVerdict =
  | { kind: 'counter'; steps: readonly CounterStep[] }
  | { kind: 'suspected' }
  | { kind: 'none' };

/** The samples of a file with what tells their stacks. */
export interface CountedStacks {
  sampleTypes: PprofFile['sampleTypes'];
  samples: Pick<PprofFile['samples'], 'values'>;
  keys: Float64Array;
}

export function countedStacks(file: PprofFile): CountedStacks {
  const { sampleTypes, samples } = file;
  return { sampleTypes, samples: { values: samples.values }, keys: stackKeys(file) };
}

/** Value per stack of one sample type, keyed by functions, files and lines as `stackKeys` gives them. */
export function stackValues(
  { samples, sampleTypes }: Pick<CountedStacks, 'samples' | 'sampleTypes'>,
  valueIndex: number,
  keys: Float64Array,
): Map<number, number> {
  const values = new Map<number, number>();
  keys.forEach((key, sample) => {
    const value = samples.values[sample * sampleTypes.length + valueIndex] ?? 0;
    if (value !== 0) values.set(key, (values.get(key) ?? 0) + value);
  });
  return values;
}

/** Per sample a number that stands for its stack in every file (a hash of 53 bits). */
export function stackKeys(file: PprofFile): Float64Array {
  const frames = locationHashes(file);
  const { starts, locations } = file.samples;
  const keys = new Float64Array(starts.length - 1);
  for (let sample = 0; sample < keys.length; sample++) {
    const end = starts[sample + 1] ?? 0;
    let high = HIGH_SEED;
    let low = LOW_SEED;
    for (let at = starts[sample] ?? 0; at < end; at++) {
      high = mixHigh(high, frames.high[locations[at] ?? 0] ?? 0);
      low = mixLow(low, frames.low[locations[at] ?? 0] ?? 0);
    }
    keys[sample] = (high >>> 0) * 2 ** 21 + (low >>> 11);
  }
  return keys;
}

const HIGH_SEED = 0x811c9dc5;
const LOW_SEED = 0x9e3779b9;

function mixHigh(hash: number, next: number): number {
  const mixed = Math.imul(hash ^ next, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

function mixLow(hash: number, next: number): number {
  const mixed = Math.imul(hash ^ next, 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

function hashOf(text: string): { high: number; low: number } {
  let high = HIGH_SEED;
  let low = LOW_SEED;
  for (let at = 0; at < text.length; at++) {
    high = mixHigh(high, text.charCodeAt(at));
    low = mixLow(low, text.charCodeAt(at));
  }
  return { high, low };
}

/**
 * By function name, file and line as the file itself has them, for a merge may place a function elsewhere.
 */
function locationHashes({ raw, locations }: PprofFile): { high: Int32Array; low: Int32Array } {
  const text = (index: number | bigint) => raw.stringTable.strings[Number(index)] ?? '';
  const functions = new Map(
    raw.function.map((fn) => [
      plain(fn.id),
      hashOf(`${text(fn.name) || text(fn.systemName)}\0${text(fn.filename)}`),
    ]),
  );
  const binaries = new Map(raw.mapping.map(({ id, filename }) => [plain(id), text(filename)]));
  const high = new Int32Array(locations.ids.length);
  const low = new Int32Array(locations.ids.length);
  for (let location = 0; location < locations.ids.length; location++) {
    const from = locations.starts[location] ?? 0;
    const to = locations.starts[location + 1] ?? 0;
    const binary = binaries.get(plain(locations.mappingIds[location] ?? 0)) ?? '';
    let hash = hashOf(from === to ? `${binary}!${locations.addresses[location] ?? 0}` : '');
    for (let at = from; at < to; at++) {
      const line = locations.lineNumbers[at] ?? 0;
      const fn = functions.get(plain(locations.functionIds[at] ?? 0));
      hash = {
        high: mixHigh(mixHigh(hash.high, fn?.high ?? 0), line),
        low: mixLow(mixLow(hash.low, fn?.low ?? 0), line),
      };
    }
    high[location] = hash.high;
    low[location] = hash.low;
  }
  return { high, low };
}

/** The same id is the same key, however it was read. */
function plain(id: number | bigint): number | bigint {
  return typeof id === 'bigint' && id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

interface Reading {
  values: StackValues;
  total: number;
}

/**
 * Takes the snapshots of one series in order of time and says whether they are readings of a counter:
 * wherever the total rises, every stack rises or stays. This must happen at least twice, and by more than
 * chance: in a profile of one interval each further stack rises with the total in about half of the cases,
 * and the totals are in ascending order in one case of n factorial. It keeps only the last reading (of every
 * instance).
 */
export function counterDetector(): {
  add(values: StackValues): void;
  /** @param isByNature whether the files are such that only counters look like them, unless a stack fell */
  verdict(isByNature?: boolean): CounterVerdict;
} {
  const steps: CounterStep[] = [];
  const instances = instanceDetector();
  let last: Reading | null = null;
  let rises = 0;
  let evidence = 0;
  let stackFell = false;
  return {
    add(values) {
      const reading = { values, total: totalOf(values) };
      instances.add(reading);
      if (last === null) steps.push('drop');
      else if (reading.total < last.total) steps.push('keep');
      else {
        steps.push(steps.length - 1);
        stackFell ||= falls(last, reading);
        if (reading.total > last.total && last.values.size > 0) {
          rises++;
          evidence += last.values.size - 1;
        }
      }
      last = reading;
    },
    verdict(isByNature = false) {
      if (instances.severalAreMixed()) return { kind: 'suspected' };
      if (stackFell) return { kind: 'none' };
      if (isByNature) return { kind: 'counter', steps };
      const restarts = steps.filter((step) => step === 'keep').length;
      let all = evidence;
      if (restarts === 0) for (let rise = 1; rise <= rises; rise++) all += Math.log2(rise + 1);
      if (rises >= MIN_RISES && rises > restarts && all >= MIN_EVIDENCE) return { kind: 'counter', steps };
      return { kind: rises > 0 && restarts === 0 ? 'suspected' : 'none' };
    },
  };
}

/**
 * Recognises counters of several instances in one series: the snapshots fall into a few rows, in each of
 * which no stack ever falls, and they change rows again and again (at most one row may have no second
 * snapshot yet). A restart begins a new row and does not come back.
 */
function instanceDetector() {
  let rows: (Reading & { snapshots: number })[] | null = [];
  let current = -1;
  let links = 0;
  let changes = 0;
  let evidence = 0;
  return {
    add(reading: Reading): void {
      if (rows === null || reading.values.size === 0) return;
      let home = -1;
      rows.forEach((row, index) => {
        if (row.total > reading.total || row.total <= (rows?.[home]?.total ?? -1) || falls(row, reading))
          return;
        home = index;
      });
      const row = rows[home];
      if (row === undefined) {
        current = rows.length;
        rows.push({ ...reading, snapshots: 1 });
        if (rows.length > MAX_INSTANCES) rows = null;
        return;
      }
      links++;
      if (home !== current) changes++;
      if (reading.total > row.total) evidence += row.values.size - 1 - Math.log2(rows.length);
      current = home;
      rows[home] = { ...reading, snapshots: row.snapshots + 1 };
    },
    severalAreMixed: (): boolean =>
      rows !== null &&
      rows.length > 1 &&
      rows.filter(({ snapshots }) => snapshots === 1).length <= 1 &&
      changes >= 2 &&
      changes >= links / 2 &&
      evidence >= MIN_EVIDENCE,
  };
}

function falls(before: Reading, after: Reading): boolean {
  for (const [stack, value] of before.values) if ((after.values.get(stack) ?? 0) < value) return true;
  return false;
}

function totalOf(values: StackValues): number {
  let total = 0;
  for (const value of values.values()) total += value;
  return total;
}
