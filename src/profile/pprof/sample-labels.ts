import type { RawLabel, RawLabels } from './pprof-labels.js';
import { REQUEST_LABELS, readRequests, type SampleRequests } from './request-labels.js';

/** Labels of samples, by which they can be selected and grouped. */
export interface SampleLabels {
  /** Different sets of labels, each sorted by name. */
  sets: readonly (readonly (readonly [name: string, value: string])[])[];
  /** Set of every sample. */
  ofSample: Uint32Array;
  /** Names of labels that are not read, since they have a value of their own for almost every sample. */
  dropped: readonly string[];
  /** The requests of the samples, which are no labels; null where no sample names one. */
  requests: SampleRequests | null;
}

/**
 * Maximum number of values of a label in one file: a label with more tells single requests, not groups of
 * them.
 */
const MAX_VALUES = 200;
/** Maximum number of different sets in one file: the list of a directory keeps a total for each. */
const MAX_SETS = 256;

/**
 * Resolves the labels of samples. Texts stay as they are, numbers get their unit (`250 milliseconds`). A
 * label with too many values is left out, and so are private names (`__…__`), which belong to the store. The
 * ids of requests are read apart.
 *
 * @param raw as the file has them
 * @param strings the names of the file
 */
export function readSampleLabels(raw: RawLabels | null, strings: readonly string[]): SampleLabels | null {
  if (raw === null) return null;
  const requests = readRequests(raw, strings);
  const isUsed = new Uint8Array(raw.sets.length);
  for (const set of raw.ofSample) isUsed[set] = 1;
  const all = raw.sets.map((set, at) => (isUsed[at] === 1 ? resolveLabels(set, strings) : null));
  const values = new Map<string, Set<string>>();
  for (const set of all) {
    for (const [name, value] of set ?? []) {
      const known = values.get(name) ?? new Set();
      values.set(name, known);
      known.add(value);
    }
  }
  // The label with the most values is dropped first; among equals, the last by name.
  const byCount = [...values]
    .map(([name, { size }]) => ({ name, size }))
    .sort((a, b) => a.size - b.size || (a.name < b.name ? -1 : 1));
  const dropped: string[] = [];
  for (;;) {
    const kept = dropLabels(all, dropped);
    const widest = byCount.at(-1);
    if (widest === undefined || (widest.size <= MAX_VALUES && kept.sets.length <= MAX_SETS)) {
      const isBare = kept.sets.length === 1 && kept.sets[0]?.length === 0 && dropped.length === 0;
      if (isBare && requests === null) return null;
      return {
        sets: kept.sets,
        ofSample: raw.ofSample.map((set) => kept.place[set] ?? 0),
        dropped: raw.isCut ? [...dropped, ...byCount.map(({ name }) => name)] : dropped,
        requests,
      };
    }
    dropped.push(widest.name);
    byCount.pop();
  }
}

function resolveLabels(set: readonly RawLabel[], strings: readonly string[]): [string, string][] {
  const values = new Map<string, string>();
  for (const label of set) {
    const name = strings[label.key] ?? '';
    const value = labelValue(label, name, strings);
    if (name === '' || name.startsWith('__') || REQUEST_LABELS.has(name) || value === null) continue;
    // A label with two values keeps the first, as a series of a store has one.
    if (!values.has(name)) values.set(name, value);
  }
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The value in words; null for sizes of allocated objects (`bytes` in Go's heap profiles), by which nothing
 * is selected.
 */
function labelValue(
  { text, number, unit }: RawLabel,
  name: string,
  strings: readonly string[],
): string | null {
  if (text > 0) return strings[text] ?? '';
  if (name === 'bytes') return null;
  const unitName = strings[unit] ?? '';
  return unitName === '' || unitName === name ? String(number) : `${number} ${unitName}`;
}

/**
 * Drops labels from all sets and joins the sets that are equal then; `place` gives the new set of each old
 * one. A set that no sample has is null.
 */
function dropLabels(all: readonly ([string, string][] | null)[], without: readonly string[]) {
  const sets: [string, string][][] = [];
  const known = new Map<string, number>();
  const place = all.map((set) => {
    if (set === null) return 0;
    const kept = set.filter(([name]) => !without.includes(name));
    const key = JSON.stringify(kept);
    const at = known.get(key) ?? sets.push(kept) - 1;
    known.set(key, at);
    return at;
  });
  return { sets, place };
}
