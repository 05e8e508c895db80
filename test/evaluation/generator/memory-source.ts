import { ProfileBuilder } from '../../../src/profile/pprof/builder.js';
import { parseProfileType } from '../../../src/profile/types/types.js';
import { countByLabels, sumBySteps } from '../../../src/sources/grouping.js';
import { pickLabels } from '../../../src/sources/labels.js';
import { matcherTest } from '../../../src/sources/matching.js';
import type { Labels, ProfileQuery, ProfileSource, SeriesQuery } from '../../../src/sources/source.js';
import type { Path } from './frame.js';

/** A stored profile, whose stacks have values of one or more types. */
export interface StoredProfile {
  time: number;
  seconds: number;
  labels: Labels;
  paths: readonly Path[];
  /** Values per stack by type id. */
  values: ReadonlyMap<string, Float64Array>;
}

/**
 * Profiles in memory with the answers of the `files` source: closed windows, Prometheus matchers, right-edge
 * steps.
 *
 * @param read gives the profiles; called once, with the first question
 */
export function createMemorySource(name: string, read: () => readonly StoredProfile[]): ProfileSource {
  let known: readonly StoredProfile[] | null = null;
  const ordered = () => {
    known ??= [...read()].sort((a, b) => a.time - b.time);
    return known;
  };

  const matching = (query: SeriesQuery, signal: AbortSignal) => {
    signal.throwIfAborted();
    const tests = query.matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const ofType = tests.filter(({ label }) => label === '__profile_type__');
    const ofLabels = tests.filter(({ label }) => label !== '__profile_type__');
    return ordered()
      .filter(({ time }) => time >= query.window.from && time <= query.window.to)
      .filter(({ labels }) => ofLabels.every(({ label, test }) => test(labels[label])))
      .map((stored) => ({
        stored,
        typeIds: [...stored.values.keys()].filter((id) => ofType.every(({ test }) => test(id))),
      }))
      .filter(({ typeIds }) => typeIds.length > 0);
  };

  const ofType = (query: ProfileQuery, signal: AbortSignal) =>
    matching(query, signal)
      .filter(({ typeIds }) => typeIds.includes(query.profileTypeId))
      .map(({ stored }) => ({
        stored,
        values: stored.values.get(query.profileTypeId) ?? new Float64Array(),
      }));

  return {
    name,
    uid: name,
    kind: 'files',
    isLive: false,

    async labelNames(query, signal) {
      const names = new Set(matching(query, signal).flatMap(({ stored }) => Object.keys(stored.labels)));
      return [...names].filter((label) => !label.startsWith('__')).sort();
    },

    async labelValues(label, query, signal) {
      const values = matching(query, signal).flatMap(({ stored, typeIds }) =>
        label === '__profile_type__' ? typeIds : (stored.labels[label] ?? []),
      );
      return [...new Set(values)].sort();
    },

    async series(labelNames, query, signal) {
      const rows = new Map<string, Labels>();
      for (const { stored, typeIds } of matching(query, signal)) {
        for (const type of labelNames.includes('__profile_type__') ? typeIds : [undefined]) {
          const all = type === undefined ? stored.labels : { ...stored.labels, __profile_type__: type };
          const row = pickLabels(all, labelNames);
          rows.set(JSON.stringify(row), row);
        }
      }
      return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },

    async profile(query, signal) {
      const matches = ofType(query, signal);
      return {
        profile: merge(query.profileTypeId, matches),
        notes: [],
        profiledSeconds: matches.reduce((sum, { stored }) => sum + stored.seconds, 0),
      };
    },

    async snapshots(query, groupBy, signal) {
      return countByLabels(
        ofType(query, signal).map(({ stored }) => stored.labels),
        groupBy,
      );
    },

    async timeSeries(query, options, signal) {
      const sums = ofType(query, signal).map(({ stored, values }) => ({
        labels: stored.labels,
        time: stored.time,
        value: values.reduce((sum, each) => sum + each, 0),
      }));
      return sumBySteps(sums, query.window, options);
    },

    async dataRange() {
      const [oldest, newest] = [ordered()[0], ordered().at(-1)];
      return oldest === undefined || newest === undefined
        ? null
        : { oldest: oldest.time, newest: newest.time };
    },

    async problems() {
      return [];
    },

    async close() {},
  };
}

/** Adds up the values per stack and keeps the stacks that come to something. */
function merge(typeId: string, matches: readonly { stored: StoredProfile; values: Float64Array }[]) {
  const type = parseProfileType(typeId);
  const builder = new ProfileBuilder(type?.sampleType ?? '', type?.unit ?? '');
  const sums = new Map<readonly Path[], Float64Array>();
  for (const { stored, values } of matches) {
    const sum = sums.get(stored.paths) ?? new Float64Array(stored.paths.length);
    sums.set(stored.paths, sum);
    values.forEach((value, stack) => {
      sum[stack] = (sum[stack] ?? 0) + value;
    });
  }
  for (const [paths, sum] of sums) {
    paths.forEach((path, stack) => {
      const value = sum[stack] ?? 0;
      if (value <= 0) return;
      const frames = Uint32Array.from(path, ({ fn, line }) => builder.frameId(builder.functionId(fn), line));
      builder.pushFrames(frames.reverse(), 0, frames.length);
      builder.endStack(value);
    });
  }
  return builder.build();
}
