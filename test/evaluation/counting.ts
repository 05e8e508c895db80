import type { ProfileSource } from '../../src/sources/source.js';

/** Number of requests of a question, counted at the methods of its source. */
export interface RequestCounts {
  made: number;
  mostInFlight: number;
}

/**
 * Wraps a source and counts every request for data, since the judge does not rely on the product's own count.
 */
export function countingSource(source: ProfileSource): { source: ProfileSource; counts: RequestCounts } {
  const counts = { made: 0, mostInFlight: 0 };
  const { exemplars } = source;
  let inFlight = 0;
  const counted = async <T>(request: () => Promise<T>): Promise<T> => {
    counts.made++;
    inFlight++;
    counts.mostInFlight = Math.max(counts.mostInFlight, inFlight);
    try {
      return await request();
    } finally {
      inFlight--;
    }
  };
  return {
    counts,
    source: {
      ...source,
      labelNames: (...args) => counted(() => source.labelNames(...args)),
      labelValues: (...args) => counted(() => source.labelValues(...args)),
      series: (...args) => counted(() => source.series(...args)),
      profile: (...args) => counted(() => source.profile(...args)),
      snapshots: (...args) => counted(() => source.snapshots(...args)),
      timeSeries: (...args) => counted(() => source.timeSeries(...args)),
      ...(exemplars === undefined ? {} : { exemplars: (...args) => counted(() => exemplars(...args)) }),
      dataRange: (...args) => counted(() => source.dataRange(...args)),
    },
  };
}
