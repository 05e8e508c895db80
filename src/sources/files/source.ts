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
import { countByLabels, listRows, sumBySteps } from '../grouping.js';
import { pickLabels } from '../labels.js';
import { matcherTest } from '../matching.js';
import type { MergeQuery, ProfileQuery, ProfileSource, SeriesQuery } from '../source.js';
import { readCatalog } from './catalog.js';
import { decodeFile } from './decode-file.js';
import { createDecodedFiles } from './decoded-files.js';
import type { CatalogEntry } from './entry.js';
import { listExemplars, makeProfileId } from './exemplars.js';
import type { DecodedFile } from './file-head.js';
import { type MergePlan, mergeDecoded } from './merge.js';
import { brokenNotes, counterNotes, remarkNotes } from './notes.js';
import {
  type FileSelection,
  listSets,
  type Match,
  matchingSets,
  mergeWeights,
  type QueryPart,
} from './parts.js';
import { locateFiles } from './place.js';
import { explainFailure, isHeavyWork } from './profile-file.js';
import type { SegmentFile } from './segment.js';

/** Maximum memory of decoded files that are kept for the next question. */
const DECODED_BYTES = 128 * 2 ** 20;
/** Maximum memory of merged profiles: follow-up questions need the same ones. */
const MERGED_BYTES = 32 * 2 ** 20;
/**
 * Maximum number of frames of a merge that keeps every sample: the values of single samples show the sampling
 * interval. In a larger merge, whose frames would take over a MiB, the sums show it as well, since there are
 * many different ones.
 */
const MAX_PLAIN_FRAMES = 2 ** 18;
/** Maximum memory of files that are being decoded, of all sources and calls together. */
const DECODING_BYTES = 128 * 2 ** 20;
/**
 * Memory that decoding takes per byte of a file; files are mostly compressed and inflate to four times the
 * size.
 */
const DECODING_FACTOR = 16;

const decodingGate = createGate(DECODING_BYTES);

type StoredFile = Pick<CatalogEntry, 'file' | 'bytes' | 'labels'>;

/**
 * Creates a source over a directory of profile files, or a single file, which answers as a Pyroscope server
 * does. The directory is read on first use, and later changes are not seen. The reading goes on when the
 * caller that began it leaves.
 */
export function createFilesSource(options: {
  /** Path of the directory or file. */
  directory: string;
  name?: string;
  uid?: string;
  /** Maximum memory of decoded files that are kept. */
  maxDecodedBytes?: number;
  /** Called when the decoding of a file begins and ends. */
  onDecoding?: (file: string, event: 'begins' | 'ended') => void;
}): ProfileSource {
  const { directory: givenPath, name = path.basename(path.resolve(options.directory)), uid = name } = options;
  const { maxDecodedBytes = DECODED_BYTES, onDecoding = () => {} } = options;
  const decodedFiles = createDecodedFiles(maxDecodedBytes);
  const mergedProfiles = new LRUCache<string, Profile>({
    maxSize: MERGED_BYTES,
    sizeCalculation: ({ stackFrames, values, functions }) =>
      1024 + 4 * stackFrames.length + 12 * values.length + 256 * functions.length,
  });

  const runningMerges = new Map<string, (signal: AbortSignal) => Promise<Profile>>();
  const runningReads = new Map<string, (signal: AbortSignal) => Promise<SegmentFile>>();

  const closing = new AbortController();
  const place = sharedWork(() => locateFiles(givenPath));

  const decode = async (file: string, bytes: number, signal: AbortSignal): Promise<DecodedFile> => {
    const { directory } = await place(signal);
    return decodingGate.run(DECODING_FACTOR * bytes, signal, async () => {
      onDecoding(file, 'begins');
      try {
        return await decodeFile(directory, file, isHeavyWork(bytes), signal);
      } finally {
        onDecoding(file, 'ended');
      }
    });
  };

  const catalog = sharedWork(
    async (signal) =>
      readCatalog(
        await place(signal),
        { decode, keep: (entry, flat) => void decodedFiles.add(nameGroup(entry), entry.file, flat) },
        signal,
      ),
    closing.signal,
  );

  /** Reads a file of the catalog, which is decoded again where it is not kept. */
  const readSegment = (entry: StoredFile, signal: AbortSignal): Promise<SegmentFile> | SegmentFile => {
    const { file, bytes } = entry;
    return (
      decodedFiles.get(file) ??
      shareRun(runningReads, file, signal, async (sharedSignal) => {
        try {
          const { flat } = await decode(file, bytes, sharedSignal);
          if (flat === null) throw new Error('has become too large since the directory was read');
          return decodedFiles.add(nameGroup(entry), file, flat);
        } catch (error) {
          sharedSignal.throwIfAborted();
          throw unreadableError(error, file);
        }
      })
    );
  };

  /** Finds the files that a query selects. */
  const findMatches = async (query: SeriesQuery, signal: AbortSignal): Promise<Match[]> => {
    const tests = query.matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const { entries } = await catalog(signal);
    const typeTests = tests.filter(({ label }) => label === '__profile_type__');
    const labelTests = tests.filter(({ label }) => label !== '__profile_type__');
    const breathe = createBreather(signal);
    const matched: Match[] = [];
    for (const entry of entries) {
      const pause = breathe();
      if (pause !== undefined) await pause;
      const { time } = entry;
      if (time < query.window.from || time > query.window.to) continue;
      const sets = matchingSets(entry, labelTests);
      if (sets?.length === 0) continue;
      const typeIds =
        typeTests.length === 0
          ? entry.typeIds
          : entry.typeIds.filter((id) => typeTests.every(({ test }) => test(id)));
      if (typeIds.length > 0) matched.push({ entry, sets, typeIds });
    }
    return matched;
  };

  /**
   * Finds the profiles of a query as they enter a merge. The first reading of a counter is left out, unless
   * there are only such readings: then they show what was counted since the start of the process.
   */
  const findProfiles = async (query: ProfileQuery, signal: AbortSignal): Promise<QueryPart[]> => {
    const typeId = query.profileTypeId;
    const counters = (await catalog(signal)).counters.get(typeId);
    const tests = query.matchers
      .filter(({ name }) => name !== '__profile_type__')
      .map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const matched = (await findMatches(query, signal)).filter(({ typeIds }) => typeIds.includes(typeId));
    const isStart = ({ entry }: Match) => counters?.readings.get(entry) === 'left_out';
    const isSinceStart = matched.length > 0 && matched.every(isStart);
    return matched.flatMap(({ entry, sets }): QueryPart | [] => {
      const reading = counters?.readings.get(entry);
      if (reading === 'left_out' && !isSinceStart) return [];
      const subtracted = reading === undefined || reading === 'left_out' ? null : reading.subtracted;
      return {
        entry,
        sets,
        subtracted: subtracted === null ? null : { entry: subtracted, sets: matchingSets(subtracted, tests) },
        isCounted: reading !== undefined,
        isSinceStart,
        isSuspected: counters?.suspected.has(entry) ?? false,
      };
    });
  };

  const merge = async (
    { profileTypeId: typeId, only, isApart = false }: MergeQuery,
    parts: readonly QueryPart[],
    signal: AbortSignal,
  ): Promise<Profile> => {
    const weights = mergeWeights(parts);
    const key = JSON.stringify([
      typeId,
      only ?? null,
      isApart,
      weights.map(({ entry: { file, time }, weight, sets }) => [file, time, weight, sets]),
    ]);
    const known = mergedProfiles.get(key);
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
      only,
      subtracts: parts.some(({ subtracted }) => subtracted !== null),
      shouldAddUp:
        isHuge || weights.reduce((sum, { entry }) => sum + (entry.frames ?? 0), 0) > MAX_PLAIN_FRAMES,
      isApart,
    };
    return shareRun(runningMerges, key, signal, async (sharedSignal) => {
      const profile = isHuge
        ? await mergeInThread(plan, Math.max(...weights.map(({ entry }) => entry.bytes)), sharedSignal)
        : await mergeDecoded(plan, (part) => readSegment(part, sharedSignal), createBreather(sharedSignal));
      mergedProfiles.set(key, profile);
      return profile;
    });
  };

  /** Merges files where any is too large to be kept: each file is decoded again. */
  const mergeInThread = async (plan: MergePlan, largest: number, signal: AbortSignal): Promise<Profile> => {
    const { directory } = await place(signal);
    return decodingGate.run(DECODING_FACTOR * largest, signal, () =>
      offload('mergeFiles', [directory, plan], { isHeavy: true, signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw unreadableError(error);
      }),
    );
  };

  return {
    name,
    uid,
    kind: 'files',
    isLive: false,
    description: `profile files of ${safeText(givenPath)}`,

    async labelNames(query, signal) {
      const names = new Set<string>();
      for (const match of await findMatches(query, signal))
        for (const { labels } of listSets(match)) for (const label of Object.keys(labels)) names.add(label);
      return [...names].filter((label) => !label.startsWith('__')).sort();
    },

    async labelValues(label, query, signal) {
      const values = new Set<string>();
      for (const match of await findMatches(query, signal)) {
        if (label === '__profile_type__') for (const id of match.typeIds) values.add(id);
        else
          for (const { labels } of listSets(match)) {
            const value = labels[label];
            if (value !== undefined) values.add(value);
          }
      }
      return [...values].sort();
    },

    async series(labelNames, query, signal) {
      const series = (await findMatches(query, signal)).flatMap((match) =>
        listSets(match).map(({ labels }) => ({ labels, typeIds: match.typeIds })),
      );
      return listRows(series, labelNames);
    },

    async preferredTypes(query, signal) {
      const ids = (await findMatches(query, signal)).flatMap(({ entry }) => entry.defaultTypeId ?? []);
      return [...new Set(ids.reverse())].reverse();
    },

    async profile(query, signal) {
      const { only } = query;
      const found = await findProfiles(query, signal);
      const profiles =
        only?.kind === 'profile'
          ? found.filter(({ entry }) => only.ids.includes(makeProfileId(entry)))
          : found;
      const { broken, remarks } = await catalog(signal);
      const seconds = profiles.map(({ entry }) => entry.seconds);
      return {
        profile: await merge(query, profiles, signal),
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
        isSinceStart: profiles.some(({ isSinceStart }) => isSinceStart),
      };
    },

    async snapshots(query, groupBy, signal) {
      const parts = await findProfiles(query, signal);
      // A profile counts once for every group in which it has samples.
      return countByLabels(
        parts.flatMap((part) => [
          ...new Map(
            listSets(part)
              .map(({ labels }) => pickLabels(labels, groupBy))
              .map((labels) => [JSON.stringify(labels), labels]),
          ).values(),
        ]),
        groupBy,
      );
    },

    async timeSeries(query, options, signal) {
      const { profileTypeId, window } = query;
      const values = (await findProfiles(query, signal)).flatMap((part) => {
        if (part.isSinceStart) return [];
        const { time } = part.entry;
        const sums = (taken: FileSelection, sign: number) =>
          listSets(taken).map(({ labels, totals }) => ({
            labels,
            time,
            value: sign * (totals[taken.entry.typeIds.indexOf(profileTypeId)] ?? 0),
          }));
        return [...sums(part, 1), ...(part.subtracted === null ? [] : sums(part.subtracted, -1))];
      });
      return sumBySteps(values, window, options);
    },

    async exemplars(query, kind, signal) {
      return listExemplars(await findProfiles(query, signal), query.profileTypeId, kind);
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
      const { broken, otherFilesNote } = await catalog(signal);
      return [
        ...broken.map(({ file, reason }) => `${file} could not be read and is left out: ${reason}.`),
        ...(otherFilesNote === null ? [] : [otherFilesNote]),
      ];
    },

    async close() {
      closing.abort(new Error('The source was closed.'));
      decodedFiles.clear();
      mergedProfiles.clear();
    },
  };
}

/**
 * Reports a file that could be read when the directory was listed, and cannot be read any more.
 * @param file name of the file, where the error does not name it
 */
function unreadableError(error: unknown, file?: string): unknown {
  if (error instanceof UpstreamError || error instanceof UserError) return error;
  const reason = file === undefined ? explainFailure(error) : `${file}: ${explainFailure(error)}`;
  return new UpstreamError('unreadable', reason, { cause: error });
}

/** The group of files that share a segment: profiles of the same service have mostly the same stacks. */
function nameGroup({ labels }: Pick<CatalogEntry, 'labels'>): string {
  return labels.service_name ?? '';
}

/** Runs some work once for all callers that need it while it runs. */
function shareRun<T>(
  running: Map<string, (signal: AbortSignal) => Promise<T>>,
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known(signal);
  const shared = sharedWork(async (sharedSignal) => {
    try {
      return await work(sharedSignal);
    } finally {
      if (running.get(key) === shared) running.delete(key);
    }
  });
  running.set(key, shared);
  return shared(signal);
}
