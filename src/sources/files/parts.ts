import type { CatalogEntry, EntrySet } from './entry.js';
import type { CounterUse } from './notes.js';

/** A profile of a query as it enters a merge. */
export interface QueryPart extends CounterUse, FileSelection {
  /** The reading before it, which is subtracted; null where there is none. */
  subtracted: FileSelection | null;
}

/** A file with the label sets of its samples that a query selects; null stands for all. */
export interface FileSelection {
  entry: CatalogEntry;
  sets: readonly number[] | null;
}

/** A file with the types that a query selects. */
export interface Match extends FileSelection {
  typeIds: readonly string[];
}

/** Tests of a query, which select files and their samples by label. */
export type LabelTests = readonly { label: string; test: (value: string | undefined) => boolean }[];

/** Indexes of the label sets of a file that pass all tests; null where all sets pass. */
export function matchingSets({ sets }: CatalogEntry, tests: LabelTests): readonly number[] | null {
  const passes = ({ labels }: EntrySet) => tests.every(({ label, test }) => test(labels[label]));
  if (sets.every(passes)) return null;
  return sets.flatMap((set, at) => (passes(set) ? [at] : []));
}

export function listSets({ entry, sets }: FileSelection): readonly EntrySet[] {
  return sets === null ? entry.sets : sets.flatMap((at) => entry.sets[at] ?? []);
}

/**
 * The files of a merge, each with the factor of its values. In a run of readings of a counter, all but the
 * last one and the one before the first cancel out.
 */
export function mergeWeights(parts: readonly QueryPart[]): (FileSelection & { weight: number })[] {
  const weights = new Map<CatalogEntry, FileSelection & { weight: number }>();
  const add = ({ entry, sets }: FileSelection, weight: number) => {
    const existing = weights.get(entry);
    if (existing === undefined) weights.set(entry, { entry, sets, weight });
    else existing.weight += weight;
  };
  for (const part of parts) {
    add(part, 1);
    if (part.subtracted !== null) add(part.subtracted, -1);
  }
  return [...weights.values()].filter(({ weight }) => weight !== 0);
}
