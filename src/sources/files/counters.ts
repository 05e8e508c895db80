import type { PprofFile } from '../../profile/pprof.js';

/**
 * Tells raw counters from deltas. A scraped heap, mutex or block profile holds totals since the process began, so
 * from one scrape to the next no stack ever falls; a profile of one interval has stacks that rise and stacks that
 * fall. A total that falls is a restart of the process.
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
 * `counter`: each is to be reduced by the one before it. `suspected`: they only ever rise, but too few do to be sure;
 * or they are readings of several instances that nothing tells apart.
 */
export type CounterVerdict =
  | { kind: 'counter'; steps: readonly CounterStep[] }
  | { kind: 'suspected' }
  | { kind: 'none' };

/** Value per stack of one sample type, keyed by functions, files and lines as `stackKeys` gives them. */
export function stackValues(
  { samples, sampleTypes }: PprofFile,
  valueIndex: number,
  keys: Float64Array,
): Map<number, number> {
  const values = new Map<number, number>();
  keys.forEach((key, sample) => {
    const value = samples.values[sample * sampleTypes.length + valueIndex] ?? 0;
    if (value !== 0 && !Number.isNaN(key)) values.set(key, (values.get(key) ?? 0) + value);
  });
  return values;
}

/** Per sample a number that stands for its stack in every file (a hash of 53 bits); NaN without a stack. */
export function stackKeys(file: PprofFile): Float64Array {
  const frames = locationHashes(file);
  const { starts, locations } = file.samples;
  return Float64Array.from({ length: starts.length - 1 }, (_, sample) => {
    const end = starts[sample + 1] ?? 0;
    if (starts[sample] === end) return Number.NaN;
    let hash: Hash = SEED;
    for (let at = starts[sample] ?? 0; at < end; at++) hash = mix(hash, frames[locations[at] ?? 0] ?? SEED);
    return (hash[0] >>> 0) * 2 ** 21 + (hash[1] >>> 11);
  });
}

/** Two times 32 bits. */
type Hash = readonly [number, number];
const SEED: Hash = [0x811c9dc5, 0x9e3779b9];

function mix([a, b]: Hash, [c, d]: Hash): Hash {
  const high = Math.imul(a ^ c, 0x01000193);
  const low = Math.imul(b ^ d, 0x85ebca6b);
  return [high ^ (high >>> 15), low ^ (low >>> 13)];
}

function hashOf(text: string): Hash {
  let hash = SEED;
  for (let at = 0; at < text.length; at++) hash = mix(hash, [text.charCodeAt(at), text.charCodeAt(at)]);
  return hash;
}

function locationHashes({ raw, locations }: PprofFile): Hash[] {
  const text = (index: number | bigint) => raw.stringTable.strings[Number(index)] ?? '';
  const functions = new Map(
    raw.function.map((fn) => [
      plain(fn.id),
      hashOf(`${text(fn.name) || text(fn.systemName)}\0${text(fn.filename)}`),
    ]),
  );
  const binaries = new Map(raw.mapping.map(({ id, filename }) => [plain(id), text(filename)]));
  return locations.ids.map((_, location) => {
    const from = locations.starts[location] ?? 0;
    const to = locations.starts[location + 1] ?? 0;
    if (from === to) {
      const binary = binaries.get(plain(locations.mappingIds[location] ?? 0)) ?? '';
      return hashOf(`${binary}!${locations.addresses[location] ?? 0}`);
    }
    let hash = SEED;
    for (let at = from; at < to; at++) {
      const line = locations.lineNumbers[at] ?? 0;
      hash = mix(hash, functions.get(plain(locations.functionIds[at] ?? 0)) ?? SEED);
      hash = mix(hash, [line, line]);
    }
    return hash;
  });
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
 * Takes the snapshots of one series in order of time and says whether they are readings of a counter: wherever the
 * total rises, every stack rises or stays. This must happen at least twice, and by more than chance: in a profile of
 * one interval each further stack rises with the total in about half of the cases, and the totals are in ascending
 * order in one case of n factorial. It keeps only the last reading (of every instance).
 */
export function counterDetector(): { add(values: StackValues): void; verdict(): CounterVerdict } {
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
    verdict() {
      if (instances.severalAreMixed()) return { kind: 'suspected' };
      if (stackFell) return { kind: 'none' };
      const restarts = steps.filter((step) => step === 'keep').length;
      let all = evidence;
      if (restarts === 0) for (let rise = 1; rise <= rises; rise++) all += Math.log2(rise + 1);
      if (rises >= MIN_RISES && rises > restarts && all >= MIN_EVIDENCE) return { kind: 'counter', steps };
      return { kind: rises > 0 && restarts === 0 ? 'suspected' : 'none' };
    },
  };
}

/**
 * Recognises counters of several instances in one series: the snapshots fall into a few rows, in each of which no
 * stack ever falls, and they change rows again and again. A restart begins a new row and does not come back.
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
        if (row.total > reading.total || row.total <= (rows?.[home]?.total ?? -1) || falls(row, reading)) return;
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
      rows.every(({ snapshots }) => snapshots > 1) &&
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
