import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { UpstreamError, UserError } from '../../errors.js';
import { offload } from '../../offload.js';
import type { Profile } from '../../profile/model.js';
import { parseProfileType } from '../../profile/types.js';
import { safeText } from '../../text/sanitise.js';
import { createGate } from '../../work/gate.js';
import { sharedWork } from '../../work/shared.js';
import { createBreather } from '../../work/turns.js';
import { countByLabels, sumBySteps } from '../grouping.js';
import { pickLabels } from '../labels.js';
import { matcherTest } from '../matching.js';
import type { Labels, ProfileQuery, ProfileSource, SeriesQuery } from '../source.js';
import { type CatalogEntry, readCatalog } from './catalog.js';
import { decodeFile } from './decode-file.js';
import { createDecodedFiles } from './decoded-files.js';
import type { DecodedFile } from './file-head.js';
import { type MergePlan, mergeDecoded } from './merge.js';
import { brokenNotes, type CounterUse, counterNotes, undatedNotes } from './notes.js';
import { isHeavy, reasonOf } from './profile-file.js';
import type { SegmentFile } from './segment.js';

/** Memory for decoded files kept for the next question. */
const DECODED_BYTES = 128 * 2 ** 20;
/** Memory for merges: follow-up questions ask for the same one. */
const MERGED_BYTES = 32 * 2 ** 20;
/**
 * Up to so many frames a merge keeps the samples as they come, for the values of single samples tell the sampling interval.
 * Of a larger one, whose frames would take over a MiB, the sums tell it as well: they have many different values.
 */
const PLAIN_FRAMES = 2 ** 18;
/** Memory for files that are being decoded, of all sources and calls together. */
const DECODING_BYTES = 128 * 2 ** 20;
/** Bytes of memory that decoding takes for one of a file, which is mostly compressed: inflated it is four times as long. */
const DECODING_FACTOR = 16;

const decoding = createGate(DECODING_BYTES);

type StoredFile = Pick<CatalogEntry, 'file' | 'bytes' | 'labels'>;

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
  /** Bound of the decoded files that are kept. */
  decodedBytes?: number;
  /** Told of each file when it begins and ends to be decoded. */
  onDecoding?: (file: string, event: 'begins' | 'ended') => void;
}): ProfileSource {
  const { directory, name = path.basename(path.resolve(directory)), uid = name } = options;
  const { decodedBytes = DECODED_BYTES, onDecoding = () => {} } = options;
  const decoded = createDecodedFiles(decodedBytes);
  const merged = new LRUCache<string, Profile>({
    maxSize: MERGED_BYTES,
    sizeCalculation: ({ stackFrames, values, functions }) =>
      1024 + 4 * stackFrames.length + 12 * values.length + 256 * functions.length,
  });

  const merging = new Map<string, (signal: AbortSignal) => Promise<Profile>>();
  const reading = new Map<string, (signal: AbortSignal) => Promise<SegmentFile>>();

  const decode = (file: string, bytes: number, signal: AbortSignal): Promise<DecodedFile> =>
    decoding.run(DECODING_FACTOR * bytes, signal, async () => {
      onDecoding(file, 'begins');
      try {
        return await decodeFile(directory, file, isHeavy(bytes), signal);
      } finally {
        onDecoding(file, 'ended');
      }
    });

  const catalog = sharedWork((signal) =>
    readCatalog(
      directory,
      { decode, keep: (entry, flat) => void decoded.add(groupOf(entry), entry.file, flat) },
      signal,
    ),
  );

  /** A file of the catalog, decoded again where it is not kept. */
  const read = (entry: StoredFile, signal: AbortSignal): Promise<SegmentFile> | SegmentFile => {
    const { file, bytes } = entry;
    return (
      decoded.get(file) ??
      together(reading, file, signal, async (shared) => {
        try {
          const { flat } = await decode(file, bytes, shared);
          if (flat === null) throw new Error('has become too large since the directory was read');
          return decoded.add(groupOf(entry), file, flat);
        } catch (error) {
          shared.throwIfAborted();
          throw unreadableNow(error, file);
        }
      })
    );
  };

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
    const isHuge = weights.some(([{ frames }]) => frames === null);
    const plan = {
      sampleType: type?.sampleType ?? '',
      unit: type?.unit ?? '',
      parts: weights.map(([{ file, bytes, typeIds, labels }, weight]) => ({
        file,
        bytes,
        labels,
        index: typeIds.indexOf(typeId),
        weight,
      })),
      subtracts: parts.some(({ minus }) => minus !== null),
      addsUp: isHuge || weights.reduce((sum, [{ frames }]) => sum + (frames ?? 0), 0) > PLAIN_FRAMES,
    };
    return together(merging, key, signal, async (shared) => {
      const profile = isHuge
        ? await mergeInThread(plan, Math.max(...weights.map(([{ bytes }]) => bytes)), shared)
        : await mergeDecoded(plan, (part) => read(part, shared), createBreather(shared));
      merged.set(key, profile);
      return profile;
    });
  };

  /** Adds up files of which one is too large to be kept: each is decoded again. */
  const mergeInThread = (plan: MergePlan, largest: number, signal: AbortSignal): Promise<Profile> =>
    decoding.run(DECODING_FACTOR * largest, signal, () =>
      offload('mergeFiles', [directory, plan], { heavy: true, signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw unreadableNow(error);
      }),
    );

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

/** A file could be read when the directory was listed. @param file where the error does not name it */
function unreadableNow(error: unknown, file?: string): unknown {
  if (error instanceof UpstreamError || error instanceof UserError) return error;
  const reason = file === undefined ? reasonOf(error) : `${file}: ${reasonOf(error)}`;
  return new UpstreamError('unreadable', reason, { cause: error });
}

/** Profiles of one service repeat each other's stacks. */
function groupOf({ labels }: Pick<CatalogEntry, 'labels'>): string {
  return labels.service_name ?? '';
}

/** One run of some work for all who ask for it while it runs. */
function together<T>(
  running: Map<string, (signal: AbortSignal) => Promise<T>>,
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known(signal);
  const shared = sharedWork(async (own) => {
    try {
      return await work(own);
    } finally {
      if (running.get(key) === shared) running.delete(key);
    }
  });
  running.set(key, shared);
  return shared(signal);
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
