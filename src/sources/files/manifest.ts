import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { UserError } from '../../errors.js';
import { type BrokenFile, explainFailure, isMissing, readBelow } from './profile-file.js';

const MANIFEST = 'profiles.json';
/** Maximum size of a manifest: enough for 200,000 profiles. */
const MAX_MANIFEST_BYTES = 64 * 2 ** 20;

const manifestSchema = z.object({ profiles: z.array(z.unknown()) });

const profileSchema = z.object({
  file: z.string().min(1),
  time: z.iso.datetime({ offset: true }),
  duration_s: z.number().nonnegative().optional(),
  type_name: z.string().regex(/^[^:]+$/, 'expected the first part of a profile type id, without a colon'),
  labels: z.record(z.string(), z.string()),
});
export type ManifestProfile = z.infer<typeof profileSchema>;

/**
 * Reads the manifest of a directory; null where there is none. An entry that is not valid is reported like a
 * broken file.
 * @throws UserError when the directory cannot be read, or the manifest is no JSON or has no list of profiles
 */
export async function readManifest(
  directory: string,
): Promise<{ profiles: ManifestProfile[]; broken: BrokenFile[] } | null> {
  const file = path.join(directory, MANIFEST);
  const text = await readText(directory);
  if (text === null) return null;
  let listed: readonly unknown[];
  try {
    listed = manifestSchema.parse(JSON.parse(text)).profiles;
  } catch (error) {
    const reason = error instanceof z.ZodError ? describeIssue(error, '') : explainFailure(error);
    throw new UserError(
      `The manifest "${file}" is not valid: ${reason}.`,
      'It needs {"profiles":[{"file","time" (RFC 3339),"duration_s","type_name","labels":{"service_name"}}]}.',
    );
  }
  const profiles: ManifestProfile[] = [];
  const broken: BrokenFile[] = [];
  listed.forEach((entry, index) => {
    const { success, data, error } = profileSchema.safeParse(entry);
    const place = `profiles[${index}]`;
    if (success) profiles.push(data);
    else
      broken.push({
        file: readName(entry) ?? place,
        reason: `in the manifest: ${describeIssue(error, place)}`,
      });
  });
  return { profiles, broken };
}

async function readText(directory: string): Promise<string | null> {
  try {
    return String(await readBelow(directory, MANIFEST, MAX_MANIFEST_BYTES));
  } catch (error) {
    if (isMissing(error) && (await isDirectory(directory))) return null;
    // Errors of the file system have a code and name the file; the others do not.
    const isManifestError = error instanceof Error && !('code' in error);
    throw new UserError(
      `The profile directory "${directory}" cannot be read: ${isManifestError ? `${MANIFEST} is ` : ''}${explainFailure(error)}.`,
      'Start the server with --profiles (or PROFILES_DIR) naming a directory of pprof files.',
    );
  }
}

/** The first problem of a value and its place. */
function describeIssue(error: z.ZodError, place: string): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'not as expected';
  const at = issue.path.reduce<string>(
    (path, key) =>
      typeof key === 'number' ? `${path}[${key}]` : path === '' ? String(key) : `${path}.${String(key)}`,
    place,
  );
  return at === '' ? issue.message : `${issue.message}, at ${at}`;
}

function readName(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null || !('file' in entry)) return null;
  return typeof entry.file === 'string' && entry.file !== '' ? entry.file : null;
}

async function isDirectory(directory: string): Promise<boolean> {
  return stat(directory).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
