import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { UpstreamError, UserError } from '../../errors.js';
import { offload } from '../../offload.js';
import type { Profile } from '../../profile/model.js';
import type { PprofFile } from '../../profile/pprof.js';
import { parseProfileType } from '../../profile/types.js';
import { safeText } from '../../text/sanitise.js';

import { sharedWork } from '../../work/shared.js';
import { createBreather } from '../../work/turns.js';
import { countByLabels, sumBySteps } from '../grouping.js';
import { pickLabels } from '../labels.js';
import { matcherTest } from '../matching.js';
import type { Labels, ProfileQuery, ProfileSource, SeriesQuery } from '../source.js';
import { type CatalogEntry, readCatalog } from './catalog.js';
import { countedStacks } from './counters.js';
import { type MergePlan, mergeParts } from './merge.js';
import { brokenNotes, type CounterUse, counterNotes, undatedNotes } from './notes.js';
import { readProfileFile, reasonOf } from './profile-file.js';

/** Memory for decoded files kept for the next question. */
const CACHE_BYTES = 256 * 2 ** 20;
/** Memory for merges: follow-up questions ask for the same one, and a scan of many files drives out its own cache. */
const MERGED_BYTES = 128 * 2 ** 20;

/** How one profile of a query enters a merge. */
interface Part extends CounterUse {
  entry: CatalogEntry;
  /** The reading before it, which is subtracted. */
  minus: CatalogEntry | null;
}

/**
 * Profiles from a directory of pprof files, answering as a Pyroscope server does. The directory is read on first
 * use and taken as it was then.
 */
export function createFilesSource(options: {
  directory: string;
  name?: string;
  uid?: string;
}): ProfileSource {
  const { directory, name = path.basename(path.resolve(directory)), uid = name } = options;
  const decoded = new LRUCache<string, PprofFile>({ maxSize: CACHE_BYTES, sizeCalculation: sizeOf });
  const merged = new LRUCache<string, Profile>({
    maxSize: MERGED_BYTES,
    sizeCalculation: ({ stackFrames, values, functions }) =>
      1024 + 4 * stackFrames.length + 12 * values.length + 256 * functions.length,
  });

  const read = async (file: string): Promise<PprofFile> => {
    const known = decoded.get(file);
    if (known !== undefined) return known;
    try {
      const pprof = await readProfileFile(directory, file);
      decoded.set(file, pprof);
      return pprof;
    } catch (error) {
      // It could be read when the directory was listed.
      throw new UpstreamError('unreadable', `${file}: ${reasonOf(error)}`, { cause: error });
    }
  };

  const catalog = sharedWork((signal) =>
    readCatalog(
      directory,
      async ({ file, heavy }) =>
        heavy
          ? (await offload('fileHead', [directory, file], { heavy, signal })).stacks
          : countedStacks(await read(file)),
      signal,
    ),
  );

  /** The profiles of a query, each with those of its types that the query means. */
  const matching = async (
    query: SeriesQuery,
    signal: AbortSignal,
  ): Promise<{ entry: CatalogEntry; typeIds: readonly string[] }[]> => {
    const tests = query.matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const { entries } = await catalog(signal);
    const ofType = tests.filter(({ label }) => label === '__profile_type__');
    const ofLabels = tests.filter(({ label }) => label !== '__profile_type__');
    const breathe = createBreather(signal);
    const matched: { entry: CatalogEntry; typeIds: readonly string[] }[] = [];
    for (const entry of entries) {
      const pause = breathe();
      if (pause !== undefined) await pause;
      const { time, labels } = entry;
      if (time < query.window.from || time > query.window.to) continue;
      if (!ofLabels.every(({ label, test }) => test(labels[label]))) continue;
      const typeIds = entry.typeIds.filter((id) => ofType.every(({ test }) => test(id)));
      if (typeIds.length > 0) matched.push({ entry, typeIds });
    }
    return matched;
  };

  /** The profiles of a query as they enter a merge; those that only serve as a counter's start are left out. */
  const profilesOf = async (query: ProfileQuery, signal: AbortSignal): Promise<Part[]> => {
    const typeId = query.profileTypeId;
    const counters = (await catalog(signal)).counters.get(typeId);
    return (await matching(query, signal)).flatMap(({ entry, typeIds }) => {
      if (!typeIds.includes(typeId)) return [];
      const reading = counters?.readings.get(entry);
      if (reading === 'left_out') return [];
      return {
        entry,
        minus: reading?.minus ?? null,
        counted: reading !== undefined,
        suspected: counters?.suspected.has(entry) ?? false,
      };
    });
  };

  const merge = async (typeId: string, parts: readonly Part[], signal: AbortSignal): Promise<Profile> => {
    const weights = mergeWeights(parts);
    const key = JSON.stringify([typeId, weights.map(([{ file, time }, weight]) => [file, time, weight])]);
    const known = merged.get(key);
    if (known !== undefined) return known;
    const type = parseProfileType(typeId);
    const plan: MergePlan = {
      sampleType: type?.sampleType ?? '',
      unit: type?.unit ?? '',
      parts: weights.map(([{ file, typeIds }, weight]) => ({ file, index: typeIds.indexOf(typeId), weight })),
      subtracts: parts.some(({ minus }) => minus !== null),
    };
    const profile = weights.some(([{ heavy }]) => heavy)
      ? await offload('mergeFiles', [directory, plan], { heavy: true, signal }).catch((error: unknown) => {
          signal.throwIfAborted();
          throw unreadableNow(error);
        })
      : await mergeParts(plan, read, createBreather(signal));
    merged.set(key, profile);
    return profile;
  };

  return {
    name,
    uid,
    kind: 'files',
    isLive: false,
    description: `pprof files below ${safeText(directory)}`,

    async labelNames(query, signal) {
      const names = new Set<string>();
      for (const { entry } of await matching(query, signal))
        for (const label of Object.keys(entry.labels)) names.add(label);
      return [...names].filter((label) => !label.startsWith('__')).sort();
    },

    async labelValues(label, query, signal) {
      const values = new Set<string>();
      for (const { entry, typeIds } of await matching(query, signal)) {
        if (label === '__profile_type__') for (const id of typeIds) values.add(id);
        else if (entry.labels[label] !== undefined) values.add(entry.labels[label]);
      }
      return [...values].sort();
    },

    async series(labelNames, query, signal) {
      const rows = new Map<string, Labels>();
      for (const { entry, typeIds } of await matching(query, signal)) {
        const types = labelNames.includes('__profile_type__') ? typeIds : [undefined];
        for (const type of types) {
          const row = pickLabels(
            { ...entry.labels, ...(type === undefined ? {} : { __profile_type__: type }) },
            labelNames,
          );
          rows.set(JSON.stringify(row), row);
        }
      }
      return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },

    async profile(query, signal) {
      const profiles = await profilesOf(query, signal);
      const { broken, undated } = await catalog(signal);
      const seconds = profiles.map(({ entry }) => entry.seconds);
      return {
        profile: await merge(query.profileTypeId, profiles, signal),
        notes: [
          ...brokenNotes(broken),
          ...undatedNotes(
            undated,
            profiles.map(({ entry }) => entry.file),
          ),
          ...counterNotes(profiles),
        ],
        profiledSeconds: seconds.every((value) => value !== null)
          ? seconds.reduce((sum, value) => sum + value, 0)
          : null,
      };
    },

    async snapshots(query, groupBy, signal) {
      const parts = await profilesOf(query, signal);
      return countByLabels(
        parts.map(({ entry }) => entry.labels),
        groupBy,
      );
    },

    async timeSeries(query, options, signal) {
      const { profileTypeId, window } = query;
      const values = (await profilesOf(query, signal)).map(({ entry, minus }) => ({
        labels: entry.labels,
        time: entry.time,
        value: totalOf(entry, profileTypeId) - (minus === null ? 0 : totalOf(minus, profileTypeId)),
      }));
      return sumBySteps(values, window, options);
    },

    async dataRange(signal) {
      const { entries } = await catalog(signal);
      const oldest = entries[0];
      const newest = entries.at(-1);
      return oldest === undefined || newest === undefined
        ? null
        : { oldest: oldest.time, newest: newest.time };
    },

    async problems(signal) {
      const { broken } = await catalog(signal);
      return broken.map(({ file, reason }) => `${file} could not be read and is left out: ${reason}.`);
    },

    async close() {
      decoded.clear();
      merged.clear();
    },
  };
}

/** A file could be read when the directory was listed. */
function unreadableNow(error: unknown): unknown {
  if (error instanceof UpstreamError || error instanceof UserError) return error;
  return new UpstreamError('unreadable', reasonOf(error), { cause: error });
}

/**
 * The files that make up a merge, each with the factor on its values. Of a counter's run only the last remains, less
 * the one before the first: all between cancel.
 */
function mergeWeights(parts: readonly Part[]): [CatalogEntry, number][] {
  const weights = new Map<CatalogEntry, number>();
  for (const { entry, minus } of parts) {
    weights.set(entry, (weights.get(entry) ?? 0) + 1);
    if (minus !== null) weights.set(minus, (weights.get(minus) ?? 0) - 1);
  }
  return [...weights].filter(([, weight]) => weight !== 0);
}

function totalOf({ typeIds, totals }: CatalogEntry, typeId: string): number {
  return totals[typeIds.indexOf(typeId)] ?? 0;
}

/** About the memory that a decoded file takes. */
function sizeOf({ samples, locations, raw }: PprofFile): number {
  const characters = raw.stringTable.strings.reduce((sum, text) => sum + text.length, 0);
  return (
    1024 +
    8 * (samples.values.length + samples.locations.length) +
    64 * (locations.ids.length + locations.functionIds.length) +
    256 * raw.function.length +
    32 * raw.stringTable.strings.length +
    2 * characters
  );
}
