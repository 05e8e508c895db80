import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { decodePprof, type PprofFile } from '../../profile/pprof.js';
import type { Labels } from '../source.js';

const inflate = promisify(gunzip);

/** Largest profile read, inflated: a heap profile of a very large process has some tens of MB. */
const MAX_PROFILE_BYTES = 256 * 2 ** 20;

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
}

export interface Catalog {
  /** By time, then by file name. */
  entries: readonly CatalogEntry[];
  /** Files that could not be read, each with the reason. */
  broken: readonly { file: string; reason: string }[];
  /** Files without a time of their own, which were given their modification time. */
  undated: readonly string[];
}

const MANIFEST = 'profiles.json';

const manifestSchema = z.object({
  profiles: z.array(
    z.object({
      file: z.string(),
      time: z.iso.datetime({ offset: true }),
      duration_s: z.number().nonnegative().optional(),
      type_name: z.string().min(1),
      labels: z.record(z.string(), z.string()),
    }),
  ),
});
type ManifestProfile = z.infer<typeof manifestSchema>['profiles'][number];

/**
 * Reads and inflates one profile of the directory.
 * @throws UnreadableProfileError or the file system's or zlib's error
 */
export async function readProfileFile(directory: string, file: string): Promise<PprofFile> {
  const bytes = await readFile(path.join(directory, file));
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return decodePprof(gzipped ? await inflate(bytes, { maxOutputLength: MAX_PROFILE_BYTES }) : bytes);
}

/**
 * Lists the profiles of a directory: those of its manifest `profiles.json`, or else every pprof file below it. A
 * broken file is reported and left out.
 * @throws UserError when the directory or its manifest cannot be read
 */
export async function readCatalog(directory: string, signal: AbortSignal): Promise<Catalog> {
  const manifest = await readManifest(directory);
  const candidates: readonly { file: string; listed?: ManifestProfile }[] =
    manifest?.map((listed) => ({ file: listed.file, listed })) ??
    (await findProfileFiles(directory)).map((file) => ({ file }));
  const entries: CatalogEntry[] = [];
  const broken: { file: string; reason: string }[] = [];
  const undated: string[] = [];
  for (const { file, listed } of candidates) {
    signal.throwIfAborted();
    try {
      if (!isInside(file)) throw new Error('lies outside the directory');
      const pprof = await readProfileFile(directory, file);
      if (listed === undefined && pprof.timeNanos === 0n) undated.push(file);
      entries.push(
        listed === undefined ? await foundEntry(directory, file, pprof) : listedEntry(listed, pprof),
      );
    } catch (error) {
      broken.push({ file, reason: reasonOf(error) });
    }
  }
  entries.sort((a, b) => a.time - b.time || (a.file < b.file ? -1 : 1));
  return { entries, broken, undated };
}

function listedEntry(profile: ManifestProfile, pprof: PprofFile): CatalogEntry {
  const ownSeconds = Number(pprof.durationNanos) / 1e9;
  return {
    file: profile.file,
    time: Date.parse(profile.time),
    seconds: profile.duration_s ?? (ownSeconds > 0 ? ownSeconds : null),
    labels: profile.labels,
    typeIds: typeIds(profile.type_name, pprof),
  };
}

/** Folders name what a manifest would: the first the service, those below it the instance. */
async function foundEntry(directory: string, file: string, pprof: PprofFile): Promise<CatalogEntry> {
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
    labels: {
      service_name: service ?? path.basename(path.resolve(directory)),
      ...(instance.length > 0 ? { instance: instance.join('/') } : {}),
    },
    typeIds: typeIds(typeName(file, pprof), pprof),
  };
}

function typeIds(name: string, pprof: PprofFile): string[] {
  const period = `${pprof.periodType?.type ?? ''}:${pprof.periodType?.unit ?? ''}`;
  return pprof.sampleTypes.map(({ type, unit }) => `${name}:${type}:${unit}:${period}`);
}

/** The name that the usual agents give to such a profile; block and mutex profiles differ only in their file name. */
function typeName(file: string, { sampleTypes }: PprofFile): string {
  const types = sampleTypes.map(({ type }) => type);
  if (types.includes('cpu')) return 'process_cpu';
  if (types.some((type) => /^(?:alloc|inuse)_|^(?:space|objects)$/.test(type))) return 'memory';
  if (types.some((type) => /^goroutines?$/.test(type))) return 'goroutine';
  if (types.includes('contentions') || types.includes('delay')) {
    const telling = file.split('/').findLast((part) => /mutex|block/i.test(part)) ?? '';
    return /block/i.test(telling) ? 'block' : 'mutex';
  }
  return types.find((type) => !/^samples?$/.test(type)) ?? types[0] ?? 'unknown';
}

async function readManifest(directory: string): Promise<ManifestProfile[] | null> {
  let text: string;
  try {
    text = await readFile(path.join(directory, MANIFEST), 'utf8');
  } catch (error) {
    if (isMissing(error) && (await isDirectory(directory))) return null;
    throw new UserError(
      `The profile directory "${directory}" cannot be read: ${reasonOf(error)}.`,
      'Start the server with --profiles (or PROFILES_DIR) naming a directory of pprof files.',
    );
  }
  try {
    return manifestSchema.parse(JSON.parse(text)).profiles;
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? z.prettifyError(error).split('\n').slice(0, 2).join(' ').replace('✖ ', '').replace(/ +→/, ',')
        : reasonOf(error);
    throw new UserError(
      `The manifest "${path.join(directory, MANIFEST)}" is not valid: ${reason}.`,
      'It needs {"profiles":[{"file","time" (RFC 3339),"duration_s","type_name","labels":{"service_name"}}]}.',
    );
  }
}

/** By its ending, or without a telling one by the name that tools give it: `cpu.out`, `heap-2.gz`, `goroutine`. */
const PROFILE_NAME =
  /\.(?:pb|pprof|prof|profile)(?:\.gz)?$|^(?:pprof|profile|cpu|heap|mem|goroutine|mutex|block|allocs|wall)[^./]*(?:\.out|\.gz)*$/i;

async function findProfileFiles(directory: string): Promise<string[]> {
  const found: Dirent[] = await readdir(directory, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && PROFILE_NAME.test(entry.name))
    .map((entry) =>
      path.relative(directory, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
    )
    .sort();
}

function isInside(file: string): boolean {
  return !path.isAbsolute(file) && !file.split(/[/\\]/).includes('..');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

async function isDirectory(directory: string): Promise<boolean> {
  return stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Why a file or its content cannot be read, in words. */
export function reasonOf(error: unknown): string {
  if (isMissing(error)) return 'no such file';
  if (error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR')
    return 'cut short: unexpected end of the gzip data';
  return error instanceof Error ? error.message : 'unknown reason';
}
