import path from 'node:path';

import { pMapIterable } from 'p-map';
import { type CatalogEntry, entryOfManifest, readEntry } from './entry.js';
import { type DecodedFile, limitSets } from './file-head.js';
import type { FlatFile } from './flat-file.js';
import { type ManifestProfile, readManifest } from './manifest.js';
import type { FilesPlace } from './place.js';
import { type BrokenFile, explainFailure, readFileSize } from './profile-file.js';
import { describeOtherFiles, type FileRemark, listRemarks } from './remarks.js';
import { type Counters, counterSurvey } from './series.js';

import { findProfileFiles } from './walk.js';

/** Files that are read or decoded ahead, while the one before them is handled. */
const FILES_AHEAD = 8;

/** Maximum number of label sets of samples in all files together; each takes some hundred bytes. */
const MAX_SETS = 2 ** 17;

/** Access of the catalog to files. */
export interface FileAccess {
  decode(file: string, bytes: number, signal: AbortSignal): Promise<DecodedFile>;
  /** Keeps a decoded file, so that the first merge need not decode it again. */
  keep(entry: CatalogEntry, decoded: FlatFile): void;
}

export interface Catalog {
  /** Sorted by time, then by file name. */
  entries: readonly CatalogEntry[];
  /** Files that could not be read, and entries of the manifest that are not valid. */
  broken: readonly BrokenFile[];
  /** Remarks for the reader on how files were read. */
  remarks: readonly FileRemark[];
  /**
   * Note about the other files of a directory without profiles; null where there is a profile, or no file.
   */
  otherFilesNote: string | null;
  /** Profiles that count since the process began, or may do so, per profile type. */
  counters: ReadonlyMap<string, Counters>;
}

/**
 * Lists the profiles of a directory: those of its manifest `profiles.json`, or else every profile file below
 * it. A broken file is reported and left out. Every file is decoded once, in the order of its name; files
 * that may be counters are decoded a second time where that is not the order of time.
 * @throws UserError when the directory or its manifest cannot be read
 */
export async function readCatalog(
  place: FilesPlace,
  access: FileAccess,
  signal: AbortSignal,
): Promise<Catalog> {
  const { directory } = place;
  const { candidates, broken, otherFilesNote } = await findCandidates(place, signal);
  const entries: CatalogEntry[] = [];
  const remarks: FileRemark[] = [];
  const limitHead = limitSets(MAX_SETS);
  const survey = counterSurvey(compareByTime);
  const decode = async ({ file, listed }: Candidate): Promise<DecodedCandidate> => {
    signal.throwIfAborted();
    try {
      if (!isInside(file)) throw new Error('lies outside the directory');
      const bytes = await readFileSize(directory, file);
      return { file, listed, bytes, decoded: await access.decode(file, bytes, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { file, listed, reason: explainFailure(error) };
    }
  };
  const options = { concurrency: FILES_AHEAD, backpressure: FILES_AHEAD };
  for await (const candidate of pMapIterable(candidates, decode, options)) {
    const { file, listed } = candidate;
    if ('reason' in candidate) {
      broken.push({ file, reason: candidate.reason });
      continue;
    }
    const { stacks, flat } = candidate.decoded;
    const head = limitHead(candidate.decoded.head);
    const readHead = { ...head, bytes: candidate.bytes, frames: flat?.stackFrames.length ?? null };
    try {
      const entry =
        listed === undefined
          ? await readEntry(directory, place.name, file, readHead)
          : entryOfManifest(listed, readHead);
      remarks.push(...listRemarks(file, head, listed !== undefined));
      survey.add(entry, stacks);
      if (flat !== null) access.keep(entry, flat);
      entries.push(entry);
    } catch (error) {
      signal.throwIfAborted();
      broken.push({ file, reason: explainFailure(error) });
    }
  }
  entries.sort(compareByTime);
  const readAgain = async ({ file, bytes }: CatalogEntry) =>
    (await access.decode(file, bytes, signal)).stacks();
  return {
    entries,
    broken,
    remarks,
    otherFilesNote,
    counters: await survey.counters(readAgain, signal),
  };
}

interface Candidate {
  file: string;
  listed?: ManifestProfile;
}

/** A file that was decoded, or the reason why it could not be. */
type DecodedCandidate = { file: string; listed: ManifestProfile | undefined } & (
  | { bytes: number; decoded: DecodedFile }
  | { reason: string }
);

async function findCandidates(
  { directory, onlyFile }: FilesPlace,
  signal: AbortSignal,
): Promise<{ candidates: Candidate[]; broken: BrokenFile[]; otherFilesNote: string | null }> {
  if (onlyFile !== null) return { candidates: [{ file: onlyFile }], broken: [], otherFilesNote: null };
  const manifest = await readManifest(directory);
  if (manifest === null) {
    const { files, broken, others } = await findProfileFiles(directory, signal);
    return {
      candidates: files.sort(compareNames).map((file) => ({ file })),
      broken,
      otherFilesNote: files.length + broken.length > 0 ? null : describeOtherFiles(others),
    };
  }
  const { profiles, broken } = manifest;
  const inOrder = profiles
    .map((listed) => ({ file: listed.file, listed, time: Date.parse(listed.time) }))
    .sort((a, b) => a.time - b.time);
  return { candidates: inOrder, broken, otherFilesNote: null };
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Compares names so that `heap-2` comes before `heap-10`. */
function compareNames(a: string, b: string): number {
  return byNumber.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

function compareByTime(
  a: Pick<CatalogEntry, 'time' | 'file'>,
  b: Pick<CatalogEntry, 'time' | 'file'>,
): number {
  return a.time - b.time || compareNames(a.file, b.file);
}

function isInside(file: string): boolean {
  const isAbsolute = path.isAbsolute(file) || path.win32.isAbsolute(file);
  return !isAbsolute && !file.includes('\0') && !file.split(/[/\\]/).includes('..');
}
