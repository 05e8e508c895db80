import { stat } from 'node:fs/promises';
import path from 'node:path';

import { pMapIterable } from 'p-map';
import { labelsFrom } from '../labels.js';
import type { Labels } from '../source.js';
import type { DecodedFile, FileHead } from './file-head.js';
import type { FlatFile } from './flat-file.js';
import { type ManifestProfile, readManifest } from './manifest.js';
import { type BrokenFile, bytesOf, reasonOf } from './profile-file.js';
import { type Counters, counterSurvey } from './series.js';
import { profileName, typeIdsOf } from './type-name.js';
import { findProfileFiles } from './walk.js';

/** One profile file; its samples are read again when asked for. */
export interface CatalogEntry {
  /** Path below the directory, with forward slashes. */
  file: string;
  /** Start of the profile, Unix ms. */
  time: number;
  /** Seconds of profiling; null where neither manifest nor file says. */
  seconds: number | null;
  labels: Labels;
  /** One type id per sample type of the file, in its order. */
  typeIds: readonly string[];
  /** The total of each of them, so that nothing but stacks needs the file again. */
  totals: readonly number[];
  /** Size on the disk. */
  bytes: number;
  /** Frames in all its stacks; null where they are too many for it to be kept when it has been decoded. */
  frames: number | null;
}

/** Files that are read from the disk or decoded in threads while the one before them is looked at. */
const FILES_AHEAD = 8;

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
  /** Files without a time of their own, which were given their modification time. */
  undated: readonly string[];
  /** Per profile type those that count since the process began, or may do so. */
  counters: ReadonlyMap<string, Counters>;
}

/**
 * Lists the profiles of a directory: those of its manifest `profiles.json`, or else every pprof file below it. A
 * broken file is reported and left out. Every file is decoded once, in the order of time where names tell it, and
 * those that may be counters a second time where names do not.
 * @throws UserError when the directory or its manifest cannot be read
 */
export async function readCatalog(
  directory: string,
  access: FileAccess,
  signal: AbortSignal,
): Promise<Catalog> {
  const { candidates, broken } = await candidatesOf(directory, signal);
  const entries: CatalogEntry[] = [];
  const undated: string[] = [];
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
    const { head, stacks, flat } = candidate.decoded;
    const read = { ...head, bytes: candidate.bytes, frames: flat?.stackFrames.length ?? null };
    try {
      const entry =
        listed === undefined ? await foundEntry(directory, file, read) : listedEntry(listed, read);
      if (listed === undefined && head.timeNanos === 0n) undated.push(file);
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
  return { entries, broken, undated, counters: await survey.counters(readAgain, signal) };
}

/** What was read of a file. */
type ReadHead = FileHead & Pick<CatalogEntry, 'bytes' | 'frames'>;

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
  directory: string,
  signal: AbortSignal,
): Promise<{ candidates: Candidate[]; broken: BrokenFile[] }> {
  const manifest = await readManifest(directory);
  if (manifest === null) {
    const { files, broken } = await findProfileFiles(directory, signal);
    return { candidates: files.sort(compareNames).map((file) => ({ file })), broken };
  }
  const { profiles, broken } = manifest;
  const inOrder = profiles
    .map((listed) => ({ file: listed.file, listed, time: Date.parse(listed.time) }))
    .sort((a, b) => a.time - b.time);
  return { candidates: inOrder, broken };
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

function listedEntry(profile: ManifestProfile, pprof: ReadHead): CatalogEntry {
  const ownSeconds = Number(pprof.durationNanos) / 1e9;
  return {
    file: profile.file,
    time: Date.parse(profile.time),
    seconds: profile.duration_s ?? (ownSeconds > 0 ? ownSeconds : null),
    labels: labelsFrom(Object.entries(profile.labels)),
    typeIds: typeIdsOf(profile.type_name, pprof),
    totals: pprof.totals,
    bytes: pprof.bytes,
    frames: pprof.frames,
  };
}

/** Folders name what a manifest would: the first the service, those below it the instance. */
async function foundEntry(directory: string, file: string, pprof: ReadHead): Promise<CatalogEntry> {
  const [service, ...instance] = file.split('/').slice(0, -1);
  const seconds = Number(pprof.durationNanos) / 1e9;
  const time =
    pprof.timeNanos === 0n
      ? (await stat(path.join(directory, file))).mtimeMs
      : Number(pprof.timeNanos / 1_000_000n);
  return {
    file,
    time: Math.floor(time),
    seconds: seconds > 0 ? seconds : null,
    labels: labelsFrom([
      ['service_name', service ?? path.basename(path.resolve(directory))],
      ...(instance.length > 0 ? [['instance', instance.join('/')] as const] : []),
    ]),
    typeIds: typeIdsOf(profileName(file, pprof), pprof),
    totals: pprof.totals,
    bytes: pprof.bytes,
    frames: pprof.frames,
  };
}

function isInside(file: string): boolean {
  const absolute = path.isAbsolute(file) || path.win32.isAbsolute(file);
  return !absolute && !file.includes('\0') && !file.split(/[/\\]/).includes('..');
}
