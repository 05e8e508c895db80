import type { ProfileSource } from '../../src/sources/source.js';

/** A source that is asked for names and series only: `answers` says what, everything else is empty. */
export function schemaSource(
  answers: Pick<ProfileSource, 'labelNames' | 'labelValues'> & Partial<Pick<ProfileSource, 'series'>>,
): ProfileSource {
  return {
    name: 's',
    uid: 's',
    kind: 'pyroscope',
    isLive: true,
    series: async () => [],
    profile: () => Promise.reject(new Error('not asked')),
    snapshots: async () => [],
    timeSeries: async () => [],
    dataRange: async () => null,
    problems: async () => [],
    close: async () => {},
    ...answers,
  };
}
