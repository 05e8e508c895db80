import path from 'node:path';

import { pMapIterable } from 'p-map';
import { type CatalogEntry, foundEntry, listedEntry } from './entry.js';
import { type DecodedFile, setsWithin } from './file-head.js';
import type { FlatFile } from './flat-file.js';
import { type ManifestProfile, readManifest } from './manifest.js';
import type { FilesPlace } from './place.js';
import { type BrokenFile, bytesOf, reasonOf } from './profile-file.js';
import { type FileRemark, nothingReadIn, remarksOn } from './remarks.js';
import { type Counters, counterSurvey } from './series.js';

import { findProfileFiles } from './walk.js';

/** Files that are read from the disk or decoded in threads while the one before them is looked at. */
const FILES_AHEAD = 8;

/** Sets of labels of samples in all files together; each takes some hundred bytes. */
const MAX_SETS = 2 ** 17;

/** How the catalog gets at files. */
export interface FileAccess {
  decode(file: string, bytes: number, signal: AbortSignal): Promise<DecodedFile>;
  /** Takes what was decoded, so that the first merge need not decode it again. */
  keep(entry: CatalogEntry, decoded: FlatFile): void;
}

export interface Catalog {
  /** By time, then by file name. */
  entries: readonly CatalogEntry[];
  /** Files that could not be read, and entries of the manifest that are not valid. */
  broken: readonly BrokenFile[];
  /** Files that are served with something a reader must know about how they were read. */
  remarks: readonly FileRemark[];
  /** What was found where not a single profile was, in words; null where there is one, or nothing at all. */
  nothingRead: string | null;
  /** Per profile type those that count since the process began, or may do so. */
  counters: ReadonlyMap<string, Counters>;
}

/**
 * Lists the profiles of a directory: those of its manifest `profiles.json`, or else every pprof file below
 * it. A broken file is reported and left out. Every file is decoded once, in the order of time where names
 * tell it, and those that may be counters a second time where names do not.
 * @throws UserError when the directory or its manifest cannot be read
 */
export async function readCatalog(
  place: FilesPlace,
  access: FileAccess,
  signal: AbortSignal,
): Promise<Catalog> {
  const { directory } = place;
  const { candidates, broken, nothingRead } = await candidatesOf(place, signal);
  const entries: CatalogEntry[] = [];
  const remarks: FileRemark[] = [];
  const bounded = setsWithin(MAX_SETS);
  const survey = counterSurvey(compareByTime);
  const decode = async ({ file, listed }: Candidate): Promise<DecodedCandidate> => {
    signal.throwIfAborted();
    try {
      if (!isInside(file)) throw new Error('lies outside the directory');
      const bytes = await bytesOf(directory, file);
      return { file, listed, bytes, decoded: await access.decode(file, bytes, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { file, listed, reason: reasonOf(error) };
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
    const head = bounded(candidate.decoded.head);
    const read = { ...head, bytes: candidate.bytes, frames: flat?.stackFrames.length ?? null };
    try {
      const entry =
        listed === undefined
          ? await foundEntry(directory, place.name, file, read)
          : listedEntry(listed, read);
      remarks.push(...remarksOn(file, head, listed !== undefined));
      survey.add(entry, stacks);
      if (flat !== null) access.keep(entry, flat);
      entries.push(entry);
    } catch (error) {
      signal.throwIfAborted();
      broken.push({ file, reason: reasonOf(error) });
    }
  }
  entries.sort(compareByTime);
  const readAgain = async ({ file, bytes }: CatalogEntry) =>
    (await access.decode(file, bytes, signal)).stacks();
  return { entries, broken, remarks, nothingRead, counters: await survey.counters(readAgain, signal) };
}

interface Candidate {
  file: string;
  listed?: ManifestProfile;
}

/** A file that was decoded, or why it could not be. */
type DecodedCandidate = { file: string; listed: ManifestProfile | undefined } & (
  | { bytes: number; decoded: DecodedFile }
  | { reason: string }
);

async function candidatesOf(
  { directory, only }: FilesPlace,
  signal: AbortSignal,
): Promise<{ candidates: Candidate[]; broken: BrokenFile[]; nothingRead: string | null }> {
  if (only !== null) return { candidates: [{ file: only }], broken: [], nothingRead: null };
  const manifest = await readManifest(directory);
  if (manifest === null) {
    const { files, broken, others } = await findProfileFiles(directory, signal);
    return {
      candidates: files.sort(compareNames).map((file) => ({ file })),
      broken,
      nothingRead: files.length + broken.length > 0 ? null : nothingReadIn(others),
    };
  }
  const { profiles, broken } = manifest;
  const inOrder = profiles
    .map((listed) => ({ file: listed.file, listed, time: Date.parse(listed.time) }))
    .sort((a, b) => a.time - b.time);
  return { candidates: inOrder, broken, nothingRead: null };
}

const inNumbers = new Intl.Collator('en', { numeric: true });

/** `heap-2` before `heap-10`. */
function compareNames(a: string, b: string): number {
  return inNumbers.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

function compareByTime(
  a: Pick<CatalogEntry, 'time' | 'file'>,
  b: Pick<CatalogEntry, 'time' | 'file'>,
): number {
  return a.time - b.time || compareNames(a.file, b.file);
}

function isInside(file: string): boolean {
  const absolute = path.isAbsolute(file) || path.win32.isAbsolute(file);
  return !absolute && !file.includes('\0') && !file.split(/[/\\]/).includes('..');
}
