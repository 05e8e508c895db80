import type { PprofFile } from '../../profile/pprof/pprof.js';

/**
 * This file tells counters from profiles of an interval. A scraped heap, mutex or block profile holds totals
 * since the process began, so from one scrape to the next no stack ever falls; in profiles of intervals some
 * stacks rise and some fall. A total that falls is a restart of the process.
 */

/** Minimum number of rising pairs: fewer could be chance. */
const MIN_RISES = 2;
/** Minimum evidence for a counter, in bits: profiles of intervals reach it in one of a thousand cases. */
const MIN_EVIDENCE = 10;
/** Maximum number of instances that are recognised in a series. */
const MAX_INSTANCES = 8;

/** Values by the key of their stack. */
export type StackValues = ReadonlyMap<number, number>;

/**
 * Index of the snapshot to subtract; `'drop'` for the first reading, `'keep'` for the first after a restart.
 */
export type CounterStep = number | 'drop' | 'keep';

/**
 * `counter`: the reading before it is subtracted from each. `suspected`: the values only rise, but too few
 * readings show it; or the readings belong to several instances that no label distinguishes.
 */
export type CounterVerdict =
  | { kind: 'counter'; steps: readonly CounterStep[] }
  | { kind: 'suspected' }
  | { kind: 'none' };

/** The samples of a file with a key for each stack. */
export interface CountedStacks {
  sampleTypes: PprofFile['sampleTypes'];
  samples: Pick<PprofFile['samples'], 'values'>;
  keys: Float64Array;
}

export function countedStacks(file: PprofFile): CountedStacks {
  const { sampleTypes, samples } = file;
  return { sampleTypes, samples: { values: samples.values }, keys: stackKeys(file) };
}

/** Sums the values of a sample type per stack, by the keys that `stackKeys` gives. */
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

/** Key of the stack of each sample, which is the same in every file (a hash of 53 bits). */
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

function computeHash(text: string): { high: number; low: number } {
  let high = HIGH_SEED;
  let low = LOW_SEED;
  for (let at = 0; at < text.length; at++) {
    high = mixHigh(high, text.charCodeAt(at));
    low = mixLow(low, text.charCodeAt(at));
  }
  return { high, low };
}

/**
 * Hashes each location by the function names, files and lines of the file itself, since a merge may give a
 * function another number.
 */
function locationHashes({ raw, functions: functionTable, strings, locations }: PprofFile): {
  high: Int32Array;
  low: Int32Array;
} {
  const text = (index: number | bigint) => strings[Number(index)] ?? '';
  const functions = new Map(
    functionTable.map((fn) => [
      normalizedId(fn.id),
      computeHash(`${text(fn.name) || text(fn.systemName)}\0${text(fn.filename)}`),
    ]),
  );
  const binaries = new Map(raw.mapping.map(({ id, filename }) => [normalizedId(id), text(filename)]));
  const high = new Int32Array(locations.ids.length);
  const low = new Int32Array(locations.ids.length);
  for (let location = 0; location < locations.ids.length; location++) {
    const from = locations.starts[location] ?? 0;
    const to = locations.starts[location + 1] ?? 0;
    const binary = binaries.get(normalizedId(locations.mappingIds[location] ?? 0)) ?? '';
    let hash = computeHash(from === to ? `${binary}!${locations.addresses[location] ?? 0}` : '');
    for (let at = from; at < to; at++) {
      const line = locations.lineNumbers[at] ?? 0;
      const fn = functions.get(normalizedId(locations.functionIds[at] ?? 0));
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

/**
 * Converts ids that fit into a number, so that an id is the same key whether it was read as bigint or not.
 */
function normalizedId(id: number | bigint): number | bigint {
  return typeof id === 'bigint' && id <= Number.MAX_SAFE_INTEGER ? Number(id) : id;
}

interface Reading {
  values: StackValues;
  total: number;
}

/**
 * Makes a detector that takes the snapshots of a series in order of time and says whether they are readings
 * of a counter: wherever the total rises, every stack rises or stays. This must happen at least twice, and by
 * more than chance: in profiles of intervals each further stack rises with the total in about half of the
 * cases, and n totals ascend in one of n factorial cases. It keeps only the last reading (of every instance).
 */
export function counterDetector(): {
  add(values: StackValues): void;
  /**
   * @param isByNature whether only counters have the form of these files, so that one falling stack decides
   */
  verdict(isByNature?: boolean): CounterVerdict;
} {
  const steps: CounterStep[] = [];
  const instances = instanceDetector();
  let previous: Reading | null = null;
  let rises = 0;
  let evidence = 0;
  let hasStackFallen = false;
  return {
    add(values) {
      const reading = { values, total: sumValues(values) };
      instances.add(reading);
      if (previous === null) steps.push('drop');
      else if (reading.total < previous.total) steps.push('keep');
      else {
        steps.push(steps.length - 1);
        hasStackFallen ||= hasFallen(previous, reading);
        if (reading.total > previous.total && previous.values.size > 0) {
          rises++;
          evidence += previous.values.size - 1;
        }
      }
      previous = reading;
    },
    verdict(isByNature = false) {
      if (instances.hasSeveralInstances()) return { kind: 'suspected' };
      if (hasStackFallen) return { kind: 'none' };
      if (isByNature) return { kind: 'counter', steps };
      const restarts = steps.filter((step) => step === 'keep').length;
      let bits = evidence;
      if (restarts === 0) for (let rise = 1; rise <= rises; rise++) bits += Math.log2(rise + 1);
      if (rises >= MIN_RISES && rises > restarts && bits >= MIN_EVIDENCE) return { kind: 'counter', steps };
      return { kind: rises > 0 && restarts === 0 ? 'suspected' : 'none' };
    },
  };
}

/**
 * Makes a detector for counters of several instances in a single series: the snapshots form a few rows, in
 * each of which no stack ever falls, and they alternate between the rows (at most one row may have only one
 * snapshot). A restart begins a new row, and the old row does not continue.
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
      let rowIndex = -1;
      rows.forEach((row, index) => {
        if (
          row.total > reading.total ||
          row.total <= (rows?.[rowIndex]?.total ?? -1) ||
          hasFallen(row, reading)
        )
          return;
        rowIndex = index;
      });
      const row = rows[rowIndex];
      if (row === undefined) {
        current = rows.length;
        rows.push({ ...reading, snapshots: 1 });
        if (rows.length > MAX_INSTANCES) rows = null;
        return;
      }
      links++;
      if (rowIndex !== current) changes++;
      if (reading.total > row.total) evidence += row.values.size - 1 - Math.log2(rows.length);
      current = rowIndex;
      rows[rowIndex] = { ...reading, snapshots: row.snapshots + 1 };
    },
    hasSeveralInstances: (): boolean =>
      rows !== null &&
      rows.length > 1 &&
      rows.filter(({ snapshots }) => snapshots === 1).length <= 1 &&
      changes >= 2 &&
      changes >= links / 2 &&
      evidence >= MIN_EVIDENCE,
  };
}

function hasFallen(before: Reading, after: Reading): boolean {
  for (const [stack, value] of before.values) if ((after.values.get(stack) ?? 0) < value) return true;
  return false;
}

function sumValues(values: StackValues): number {
  let total = 0;
  for (const value of values.values()) total += value;
  return total;
}
