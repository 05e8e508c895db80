import type { PprofFile } from '../../profile/pprof/pprof.js';

/** A span with the sums of its samples in one file that have the same labels. */
export interface FileSpan {
  span: string;
  /** '' where the samples name no trace. */
  trace: string;
  /** Index of their label set. */
  set: number;
  /** Sum of values per sample type. */
  totals: readonly number[];
}

/** The heaviest spans of a file, and the number of all its spans in each label set. */
export interface FileSpans {
  counts: readonly number[];
  heaviest: readonly FileSpan[];
}

/** Number of spans of each sample type that are kept of a file: as many as a server lists of a step. */
const KEPT = 20;

/** Sums the samples of each span, and keeps the heaviest ones of every sample type. */
export function sumHeaviestSpans({ labels, samples, sampleTypes }: PprofFile): FileSpans {
  const requests = labels?.requests ?? null;
  if (requests === null) return { counts: [], heaviest: [] };
  const types = sampleTypes.length;
  const sums = new Map<number, Omit<FileSpan, 'totals'> & { totals: number[] }>();
  const sets = labels?.sets.length ?? 1;
  for (let sample = 0; sample < requests.ofSample.length; sample++) {
    const at = requests.ofSample[sample] ?? 0;
    const request = requests.list[at - 1];
    if (request === undefined || request.span === '') continue;
    const set = labels?.ofSample[sample] ?? 0;
    const key = at * sets + set;
    const row = sums.get(key) ?? { ...request, set, totals: new Array<number>(types).fill(0) };
    sums.set(key, row);
    for (let type = 0; type < types; type++)
      row.totals[type] = (row.totals[type] ?? 0) + (samples.values[sample * types + type] ?? 0);
  }
  const rows = [...sums.values()];
  const kept = new Set<FileSpan>();
  for (let type = 0; type < types; type++) {
    const byValue = rows.toSorted((a, b) => (b.totals[type] ?? 0) - (a.totals[type] ?? 0));
    for (const row of byValue.slice(0, KEPT)) if ((row.totals[type] ?? 0) > 0) kept.add(row);
  }
  const counts = new Array<number>(sets).fill(0);
  for (const { set } of rows) counts[set] = (counts[set] ?? 0) + 1;
  return { counts, heaviest: [...kept] };
}
