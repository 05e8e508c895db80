import type { CatalogEntry, EntrySet } from './entry.js';
import type { CounterUse } from './notes.js';

/** How one profile of a query enters a merge. */
export interface Part extends CounterUse, Taken {
  /** The reading before it, which is subtracted. */
  minus: Taken | null;
}

/** A file with the sets of labels of its samples that a query means; null stands for all. */
export interface Taken {
  entry: CatalogEntry;
  sets: readonly number[] | null;
}

/** A file that a query means, with those of its types that it means. */
export interface Match extends Taken {
  typeIds: readonly string[];
}

/** Which files a query means, and which of their samples. */
export type LabelTests = readonly { label: string; test: (value: string | undefined) => boolean }[];

/** Sets of labels of a file that meet all conditions; null where all do. */
export function matchingSets({ sets }: CatalogEntry, tests: LabelTests): readonly number[] | null {
  const met: number[] = [];
  sets.forEach(({ labels }, at) => {
    if (tests.every(({ label, test }) => test(labels[label]))) met.push(at);
  });
  return met.length === sets.length ? null : met;
}

export function setsOf({ entry, sets }: Taken): readonly EntrySet[] {
  return sets === null ? entry.sets : sets.flatMap((at) => entry.sets[at] ?? []);
}

/**
 * The files that make up a merge, each with the factor on its values. Of a counter's run only the last
 * remains, less the one before the first: all between cancel.
 */
export function mergeWeights(parts: readonly Part[]): (Taken & { weight: number })[] {
  const weights = new Map<CatalogEntry, Taken & { weight: number }>();
  const add = ({ entry, sets }: Taken, weight: number) => {
    const known = weights.get(entry);
    if (known === undefined) weights.set(entry, { entry, sets, weight });
    else known.weight += weight;
  };
  for (const part of parts) {
    add(part, 1);
    if (part.minus !== null) add(part.minus, -1);
  }
  return [...weights.values()].filter(({ weight }) => weight !== 0);
}
