import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { UpstreamError, UserError } from '../../errors.js';
import { offload } from '../../offload.js';
import type { Profile } from '../../profile/model.js';
import { parseProfileType } from '../../profile/types/types.js';
import { safeText } from '../../text/sanitise.js';
import { createGate } from '../../work/gate.js';
import { sharedWork } from '../../work/shared.js';
import { createBreather } from '../../work/turns.js';
import { countByLabels, sumBySteps } from '../grouping.js';
import { pickLabels } from '../labels.js';
import { matcherTest } from '../matching.js';
import type { Labels, ProfileQuery, ProfileSource, SeriesQuery } from '../source.js';
import { readCatalog } from './catalog.js';
import { decodeFile } from './decode-file.js';
import { createDecodedFiles } from './decoded-files.js';
import type { CatalogEntry } from './entry.js';
import type { DecodedFile } from './file-head.js';
import { type MergePlan, mergeDecoded } from './merge.js';
import { brokenNotes, counterNotes, remarkNotes } from './notes.js';
import { type Match, matchingSets, mergeWeights, type Part, setsOf, type Taken } from './parts.js';
import { placeOf } from './place.js';
import { isHeavy, reasonOf } from './profile-file.js';
import type { SegmentFile } from './segment.js';

/** Memory for decoded files kept for the next question. */
const DECODED_BYTES = 128 * 2 ** 20;
/** Memory for merges: follow-up questions ask for the same one. */
const MERGED_BYTES = 32 * 2 ** 20;
/**
 * Up to so many frames a merge keeps the samples as they come, for the values of single samples tell the
 * sampling interval. Of a larger one, whose frames would take over a MiB, the sums tell it as well: they have
 * many different values.
 */
const PLAIN_FRAMES = 2 ** 18;
/** Memory for files that are being decoded, of all sources and calls together. */
const DECODING_BYTES = 128 * 2 ** 20;
/**
 * Bytes of memory that decoding takes for one of a file, which is mostly compressed: inflated it is four
 * times as long.
 */
const DECODING_FACTOR = 16;

const decoding = createGate(DECODING_BYTES);

type StoredFile = Pick<CatalogEntry, 'file' | 'bytes' | 'labels'>;

/**
 * Profiles from a directory of profile files, or a single one, answering as a Pyroscope server does. The
 * directory is read on first use and taken as it was then; once begun, its listing goes on to the end,
 * whoever waits for it.
 */
export function createFilesSource(options: {
  /** May also be a file. */
  directory: string;
  name?: string;
  uid?: string;
  /** Bound of the decoded files that are kept. */
  decodedBytes?: number;
  /** Told of each file when it begins and ends to be decoded. */
  onDecoding?: (file: string, event: 'begins' | 'ended') => void;
}): ProfileSource {
  const { directory: given, name = path.basename(path.resolve(options.directory)), uid = name } = options;
  const { decodedBytes = DECODED_BYTES, onDecoding = () => {} } = options;
  const decoded = createDecodedFiles(decodedBytes);
  const merged = new LRUCache<string, Profile>({
    maxSize: MERGED_BYTES,
    sizeCalculation: ({ stackFrames, values, functions }) =>
      1024 + 4 * stackFrames.length + 12 * values.length + 256 * functions.length,
  });

  const merging = new Map<string, (signal: AbortSignal) => Promise<Profile>>();
  const reading = new Map<string, (signal: AbortSignal) => Promise<SegmentFile>>();

  const closing = new AbortController();
  const place = sharedWork(() => placeOf(given));

  const decode = async (file: string, bytes: number, signal: AbortSignal): Promise<DecodedFile> => {
    const { directory } = await place(signal);
    return decoding.run(DECODING_FACTOR * bytes, signal, async () => {
      onDecoding(file, 'begins');
      try {
        return await decodeFile(directory, file, isHeavy(bytes), signal);
      } finally {
        onDecoding(file, 'ended');
      }
    });
  };

  const catalog = sharedWork(
    async (signal) =>
      readCatalog(
        await place(signal),
        { decode, keep: (entry, flat) => void decoded.add(groupOf(entry), entry.file, flat) },
        signal,
      ),
    closing.signal,
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

  /** The files of a query. */
  const matching = async (query: SeriesQuery, signal: AbortSignal): Promise<Match[]> => {
    const tests = query.matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const { entries } = await catalog(signal);
    const ofType = tests.filter(({ label }) => label === '__profile_type__');
    const ofLabels = tests.filter(({ label }) => label !== '__profile_type__');
    const breathe = createBreather(signal);
    const matched: Match[] = [];
    for (const entry of entries) {
      const pause = breathe();
      if (pause !== undefined) await pause;
      const { time } = entry;
      if (time < query.window.from || time > query.window.to) continue;
      const sets = matchingSets(entry, ofLabels);
      if (sets?.length === 0) continue;
      const typeIds = entry.typeIds.filter((id) => ofType.every(({ test }) => test(id)));
      if (typeIds.length > 0) matched.push({ entry, sets, typeIds });
    }
    return matched;
  };

  /**
   * The profiles of a query as they enter a merge. Those that only serve as a counter's start are left out,
   * unless there is nothing else: then they say what was counted since the start.
   */
  const profilesOf = async (query: ProfileQuery, signal: AbortSignal): Promise<Part[]> => {
    const typeId = query.profileTypeId;
    const counters = (await catalog(signal)).counters.get(typeId);
    const tests = query.matchers
      .filter(({ name }) => name !== '__profile_type__')
      .map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const matched = (await matching(query, signal)).filter(({ typeIds }) => typeIds.includes(typeId));
    const isStart = ({ entry }: Match) => counters?.readings.get(entry) === 'left_out';
    const sinceStart = matched.length > 0 && matched.every(isStart);
    return matched.flatMap(({ entry, sets }): Part | [] => {
      const reading = counters?.readings.get(entry);
      if (reading === 'left_out' && !sinceStart) return [];
      const minus = reading === undefined || reading === 'left_out' ? null : reading.minus;
      return {
        entry,
        sets,
        minus: minus === null ? null : { entry: minus, sets: matchingSets(minus, tests) },
        counted: reading !== undefined,
        sinceStart,
        suspected: counters?.suspected.has(entry) ?? false,
      };
    });
  };

  const merge = async (typeId: string, parts: readonly Part[], signal: AbortSignal): Promise<Profile> => {
    const weights = mergeWeights(parts);
    const key = JSON.stringify([
      typeId,
      weights.map(({ entry: { file, time }, weight, sets }) => [file, time, weight, sets]),
    ]);
    const known = merged.get(key);
    if (known !== undefined) return known;
    const type = parseProfileType(typeId);
    const isHuge = weights.some(({ entry }) => entry.frames === null);
    const plan = {
      sampleType: type?.sampleType ?? '',
      unit: type?.unit ?? '',
      parts: weights.map(({ entry: { file, bytes, typeIds, labels }, weight, sets }) => ({
        file,
        bytes,
        labels,
        index: typeIds.indexOf(typeId),
        weight,
        sets,
      })),
      subtracts: parts.some(({ minus }) => minus !== null),
      addsUp: isHuge || weights.reduce((sum, { entry }) => sum + (entry.frames ?? 0), 0) > PLAIN_FRAMES,
    };
    return together(merging, key, signal, async (shared) => {
      const profile = isHuge
        ? await mergeInThread(plan, Math.max(...weights.map(({ entry }) => entry.bytes)), shared)
        : await mergeDecoded(plan, (part) => read(part, shared), createBreather(shared));
      merged.set(key, profile);
      return profile;
    });
  };

  /** Adds up files of which one is too large to be kept: each is decoded again. */
  const mergeInThread = async (plan: MergePlan, largest: number, signal: AbortSignal): Promise<Profile> => {
    const { directory } = await place(signal);
    return decoding.run(DECODING_FACTOR * largest, signal, () =>
      offload('mergeFiles', [directory, plan], { heavy: true, signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw unreadableNow(error);
      }),
    );
  };

  return {
    name,
    uid,
    kind: 'files',
    isLive: false,
    description: `profile files of ${safeText(given)}`,

    async labelNames(query, signal) {
      const names = new Set<string>();
      for (const match of await matching(query, signal))
        for (const { labels } of setsOf(match)) for (const label of Object.keys(labels)) names.add(label);
      return [...names].filter((label) => !label.startsWith('__')).sort();
    },

    async labelValues(label, query, signal) {
      const values = new Set<string>();
      for (const match of await matching(query, signal)) {
        if (label === '__profile_type__') for (const id of match.typeIds) values.add(id);
        else
          for (const { labels } of setsOf(match)) {
            const value = labels[label];
            if (value !== undefined) values.add(value);
          }
      }
      return [...values].sort();
    },

    async series(labelNames, query, signal) {
      const rows = new Map<string, Labels>();
      for (const match of await matching(query, signal)) {
        const types = labelNames.includes('__profile_type__') ? match.typeIds : [undefined];
        for (const type of types) {
          for (const { labels } of setsOf(match)) {
            const row = pickLabels(
              { ...labels, ...(type === undefined ? {} : { __profile_type__: type }) },
              labelNames,
            );
            rows.set(JSON.stringify(row), row);
          }
        }
      }
      return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },

    async preferredTypes(query, signal) {
      const ids = (await matching(query, signal)).flatMap(({ entry }) => entry.defaultTypeId ?? []);
      return [...new Set(ids.reverse())].reverse();
    },

    async profile(query, signal) {
      const profiles = await profilesOf(query, signal);
      const { broken, remarks } = await catalog(signal);
      const seconds = profiles.map(({ entry }) => entry.seconds);
      return {
        profile: await merge(query.profileTypeId, profiles, signal),
        notes: [
          ...brokenNotes(broken),
          ...remarkNotes(
            remarks,
            profiles.map(({ entry }) => entry.file),
          ),
          ...counterNotes(profiles),
        ],
        profiledSeconds: seconds.every((value) => value !== null)
          ? seconds.reduce((sum, value) => sum + value, 0)
          : null,
        sinceStart: profiles.some(({ sinceStart }) => sinceStart),
      };
    },

    async snapshots(query, groupBy, signal) {
      const parts = await profilesOf(query, signal);
      // A profile counts once for every group in which it has samples.
      return countByLabels(
        parts.flatMap((part) => [
          ...new Map(
            setsOf(part)
              .map(({ labels }) => pickLabels(labels, groupBy))
              .map((labels) => [JSON.stringify(labels), labels]),
          ).values(),
        ]),
        groupBy,
      );
    },

    async timeSeries(query, options, signal) {
      const { profileTypeId, window } = query;
      const values = (await profilesOf(query, signal)).flatMap((part) => {
        if (part.sinceStart) return [];
        const { time } = part.entry;
        const sums = (taken: Taken, sign: number) =>
          setsOf(taken).map(({ labels, totals }) => ({
            labels,
            time,
            value: sign * (totals[taken.entry.typeIds.indexOf(profileTypeId)] ?? 0),
          }));
        return [...sums(part, 1), ...(part.minus === null ? [] : sums(part.minus, -1))];
      });
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
      const { broken, nothingRead } = await catalog(signal);
      return [
        ...broken.map(({ file, reason }) => `${file} could not be read and is left out: ${reason}.`),
        ...(nothingRead === null ? [] : [nothingRead]),
      ];
    },

    async close() {
      closing.abort(new Error('The source was closed.'));
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
