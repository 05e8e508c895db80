import { parseProfileType } from '../../profile/types/types.js';
import { type CountedStacks, counterDetector, stackValues } from './counters.js';
import type { CatalogEntry } from './entry.js';

/**
 * The way in which a reading of a counter enters a merge: minus the reading before it, unchanged after a
 * restart (null), or not at all.
 */
export type CounterReading = { subtracted: CatalogEntry | null } | 'left_out';

/** The counters among the profiles of a type. */
export interface Counters {
  readings: ReadonlyMap<CatalogEntry, CounterReading>;
  /** Profiles that may be readings of counters, without proof. */
  suspected: ReadonlySet<CatalogEntry>;
}

/** All profiles with the same labels. */
interface Series {
  last: CatalogEntry;
  entries: CatalogEntry[];
  isInOrder: boolean;
  detectors: Detectors;
}
type Detectors = Map<string, { entries: CatalogEntry[]; detector: ReturnType<typeof counterDetector> }>;

/**
 * Finds the counters while a directory is read. A series that arrives in the order of time needs no file
 * twice, and only its last stacks are kept.
 */
export function counterSurvey(compare: (a: CatalogEntry, b: CatalogEntry) => number) {
  const seriesByLabels = new Map<string, Series>();
  return {
    add(entry: CatalogEntry, stacksOf: () => CountedStacks): void {
      if (!entry.typeIds.some(mayBeCounter)) return;
      const key = JSON.stringify(Object.entries(entry.labels).sort());
      const series: Series = seriesByLabels.get(key) ?? {
        last: entry,
        entries: [],
        isInOrder: true,
        detectors: new Map(),
      };
      seriesByLabels.set(key, series);
      series.isInOrder &&= compare(series.last, entry) <= 0;
      series.last = entry;
      series.entries.push(entry);
      if (series.isInOrder) detect(series.detectors, entry, stacksOf());
      else series.detectors.clear();
    },

    /** Lists the counters per profile type. Series that arrived out of order are read again. */
    async counters(
      readAgain: (entry: CatalogEntry) => Promise<CountedStacks>,
      signal: AbortSignal,
    ): Promise<Map<string, Counters>> {
      const readings = new Map<string, Map<CatalogEntry, CounterReading>>();
      const suspected = new Map<string, Set<CatalogEntry>>();
      for (const { entries, isInOrder, detectors } of seriesByLabels.values()) {
        if (!isInOrder) {
          for (const entry of entries.sort(compare)) {
            signal.throwIfAborted();
            detect(detectors, entry, await readAgain(entry));
          }
        }
        for (const [typeId, candidate] of detectors) {
          const verdict = candidate.detector.verdict(candidate.entries.every(isScrape));
          if (verdict.kind === 'none') continue;
          const typeReadings = readings.get(typeId) ?? new Map<CatalogEntry, CounterReading>();
          const typeSuspects = suspected.get(typeId) ?? new Set<CatalogEntry>();
          readings.set(typeId, typeReadings);
          suspected.set(typeId, typeSuspects);
          candidate.entries.forEach((entry, index) => {
            if (verdict.kind === 'suspected') {
              typeSuspects.add(entry);
              return;
            }
            const step = verdict.steps[index];
            if (step === undefined) return;
            if (step === 'drop') typeReadings.set(entry, 'left_out');
            else
              typeReadings.set(entry, {
                subtracted: step === 'keep' ? null : (candidate.entries[step] ?? null),
              });
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
 * Whether a file looks like a scrape of Go's endpoints: a heap profile with allocated and live objects, or a
 * lock profile, without a duration. Such a file counts since the process started, whereas a profile of an
 * interval has a duration.
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
    const candidate = detectors.get(typeId) ?? { entries: [], detector: counterDetector() };
    detectors.set(typeId, candidate);
    candidate.entries.push(entry);
    candidate.detector.add(stackValues(stacks, index, stacks.keys));
  });
}

/** Allocation and contention profiles are often scraped as counters; sampled time never is. */
function mayBeCounter(typeId: string): boolean {
  const type = parseProfileType(typeId);
  return type !== null && type.kind === 'cumulative' && /^(?:memory|mutex|block)$/.test(type.name);
}
