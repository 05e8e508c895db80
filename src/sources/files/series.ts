import { parseProfileType } from '../../profile/types/types.js';
import { type CountedStacks, counterDetector, stackValues } from './counters.js';
import type { CatalogEntry } from './entry.js';

/**
 * How a reading of a counter enters a merge: less the reading before it, as it is after a restart, or not at
 * all.
 */
export type CounterReading = { minus: CatalogEntry | null } | 'left_out';

/** What is known about the counters among the profiles of one type. */
export interface Counters {
  readings: ReadonlyMap<CatalogEntry, CounterReading>;
  /** May be readings of counters, but nothing proves it. */
  suspected: ReadonlySet<CatalogEntry>;
}

/** All profiles with the same labels. */
interface Series {
  last: CatalogEntry;
  entries: CatalogEntry[];
  inOrder: boolean;
  detectors: Detectors;
}
type Detectors = Map<string, { entries: CatalogEntry[]; detector: ReturnType<typeof counterDetector> }>;

/**
 * Finds the counters while a directory is read. A series that comes in the order of time needs no file twice,
 * and no more than its last stacks are kept.
 */
export function counterSurvey(compare: (a: CatalogEntry, b: CatalogEntry) => number) {
  const all = new Map<string, Series>();
  return {
    add(entry: CatalogEntry, stacksOf: () => CountedStacks): void {
      if (!entry.typeIds.some(mayBeCounter)) return;
      const key = JSON.stringify(Object.entries(entry.labels).sort());
      const series: Series = all.get(key) ?? {
        last: entry,
        entries: [],
        inOrder: true,
        detectors: new Map(),
      };
      all.set(key, series);
      series.inOrder &&= compare(series.last, entry) <= 0;
      series.last = entry;
      series.entries.push(entry);
      if (series.inOrder) detect(series.detectors, entry, stacksOf());
      else series.detectors.clear();
    },

    /** Per profile type. Series that came out of order are read again. */
    async counters(
      readAgain: (entry: CatalogEntry) => Promise<CountedStacks>,
      signal: AbortSignal,
    ): Promise<Map<string, Counters>> {
      const readings = new Map<string, Map<CatalogEntry, CounterReading>>();
      const suspected = new Map<string, Set<CatalogEntry>>();
      for (const { entries, inOrder, detectors } of all.values()) {
        if (!inOrder) {
          for (const entry of entries.sort(compare)) {
            signal.throwIfAborted();
            detect(detectors, entry, await readAgain(entry));
          }
        }
        for (const [typeId, found] of detectors) {
          const verdict = found.detector.verdict(found.entries.every(isScrape));
          if (verdict.kind === 'none') continue;
          const ofType = readings.get(typeId) ?? new Map<CatalogEntry, CounterReading>();
          const maybe = suspected.get(typeId) ?? new Set<CatalogEntry>();
          readings.set(typeId, ofType);
          suspected.set(typeId, maybe);
          found.entries.forEach((entry, index) => {
            if (verdict.kind === 'suspected') {
              maybe.add(entry);
              return;
            }
            const step = verdict.steps[index];
            if (step === undefined) return;
            if (step === 'drop') ofType.set(entry, 'left_out');
            else ofType.set(entry, { minus: step === 'keep' ? null : (found.entries[step] ?? null) });
          });
        }
      }
      return new Map(
        [...readings].map(([typeId, ofType]) => [
          typeId,
          { readings: ofType, suspected: suspected.get(typeId) ?? new Set() },
        ]),
      );
    },
  };
}

/**
 * Whether a file is what Go's endpoints give when they are scraped: a heap profile that has allocated and
 * live objects, or a lock profile, without a duration. It counts since the process started; one of an
 * interval says how long that was.
 */
function isScrape({ seconds, typeIds }: CatalogEntry): boolean {
  if (seconds !== null) return false;
  const types = new Set(typeIds.map((id) => parseProfileType(id)?.sampleType));
  return (
    (types.has('alloc_space') && types.has('inuse_space')) || (types.has('contentions') && types.has('delay'))
  );
}

function detect(detectors: Detectors, entry: CatalogEntry, stacks: CountedStacks): void {
  entry.typeIds.forEach((typeId, index) => {
    if (!mayBeCounter(typeId) || entry.typeIds.indexOf(typeId) < index) return;
    const found = detectors.get(typeId) ?? { entries: [], detector: counterDetector() };
    detectors.set(typeId, found);
    found.entries.push(entry);
    found.detector.add(stackValues(stacks, index, stacks.keys));
  });
}

/** Allocation and contention profiles are often scraped as counters; sampled time never is. */
function mayBeCounter(typeId: string): boolean {
  const type = parseProfileType(typeId);
  return type !== null && type.kind === 'cumulative' && /^(?:memory|mutex|block)$/.test(type.name);
}
