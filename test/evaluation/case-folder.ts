import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { pushProfiles, readManifest } from '../support/pyroscope.js';
import type { IncidentCase } from './generator/case.js';

/** The time that stands for offset 0 where nothing else is said: the shipped fixtures were placed there. */
const FIXTURE_T0 = Date.UTC(2026, 10, 20, 14);

const span = z.object({ from: z.number(), to: z.number() });
const verdictSchema = z
  .string()
  .transform((words) => words.replaceAll('-', '_'))
  .pipe(
    z.enum(['code_regression', 'load_increase', 'leak', 'contention', 'moved', 'no_change', 'inconclusive']),
  );
const caseSchema = z.object({
  id: z.string(),
  language: z.string(),
  service_name: z.string(),
  windows: z.object({ baseline: span, incident: span }),
  truth: z.object({
    verdict: verdictSchema,
    kind: z.string(),
    functions: z.array(z.string()),
    guilty_caller: z.union([z.string(), z.array(z.string())]).nullable(),
    /** Further verdicts that are honest answers, too. */
    accepted_verdicts: z.array(verdictSchema).default([]),
    /** Words by which the maintainers' own function is known. */
    maintainers_function: z.array(z.string()).default([]),
    /** Functions of each of several independent causes: all of them are to be found. */
    both: z.array(z.array(z.string())).default([]),
    label_culprit: z.record(z.string(), z.string()).nullable(),
    since: z.number().nullable(),
  }),
  profiles: z
    .array(
      z.object({
        file: z.string(),
        at: z.number(),
        duration_s: z.number(),
        type_name: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
    )
    .optional(),
});
type CaseFile = z.infer<typeof caseSchema>;

/**
 * Reads an incident from a folder: either `case.json` with profiles at offsets from t0, or, as in the shipped
 * fixtures, `truth.json` (the same without profiles) and a manifest with times. Its source is the `files`
 * source.
 *
 * @param options.t0 Unix ms of offset 0; for a manifest it must fit its times
 * @param options.source where the profiles were put already; nothing but the question and the truth is read
 *   then
 * @param options.service the service_name they have there, where it is another
 */
export async function loadCaseFolder(
  directory: string,
  options: { t0?: number; source?: ProfileSource; service?: string } = {},
): Promise<IncidentCase> {
  const { t0 = FIXTURE_T0, source, service } = options;
  const incidentCase = await readCase(directory);
  const { windows, truth } = incidentCase;
  const label = Object.entries(truth.label_culprit ?? {})[0];
  const at = (seconds: number) => t0 + seconds * 1000;
  const incident = { from: at(windows.incident.from), to: at(windows.incident.to) };
  return {
    id: incidentCase.id,
    kind: truth.kind,
    language: incidentCase.language,
    service: service ?? incidentCase.service_name,
    windows: {
      // A merge takes both ends, and no profile may count on both sides.
      baseline: {
        from: at(windows.baseline.from),
        to: Math.min(at(windows.baseline.to), incident.from - 1),
      },
      incident,
    },
    truth: {
      verdict: truth.verdict,
      functions: truth.functions,
      guiltyCallers: truth.guilty_caller === null ? [] : [truth.guilty_caller].flat(),
      acceptedVerdicts: truth.accepted_verdicts,
      maintainersWords: truth.maintainers_function,
      causes: truth.both,
      label: label === undefined ? null : { name: label[0], value: label[1] },
      since: truth.since === null ? null : at(truth.since),
    },
    source: source ?? (await createSource(directory, incidentCase, t0)),
  };
}

/**
 * Pushes the profiles of a case to a Pyroscope, with offset 0 at `t0` and the case's id for its service: many
 * cases have a service of the same name at the same time.
 *
 * @returns the service_name they have there
 */
export async function pushCase(url: string, directory: string, t0: number): Promise<string> {
  const { id, profiles } = await readCase(directory);
  const placed = profiles === undefined ? readManifest(directory) : buildManifest(profiles, FIXTURE_T0);
  const renamed = placed.map((entry) => ({ ...entry, labels: { ...entry.labels, service_name: id } }));
  await pushProfiles(url, directory, renamed, t0 - FIXTURE_T0);
  return id;
}

/**
 * The case folders among directories, or directly in them, sorted.
 *
 * @throws Error where a directory is and holds none
 */
export async function caseFoldersIn(directories: readonly string[]): Promise<string[]> {
  const nested = await Promise.all(
    directories.map(async (directory) => {
      const names = await readdir(directory, { withFileTypes: true });
      if (isCase(names.map(({ name }) => name))) return [directory];
      const below = names.flatMap((entry) => (entry.isDirectory() ? path.join(directory, entry.name) : []));
      const cases: string[] = [];
      for (const folder of below) if (isCase(await readdir(folder))) cases.push(folder);
      if (cases.length === 0) throw new Error(`no case.json or truth.json in ${directory} or directly below`);
      return cases.sort();
    }),
  );
  return nested.flat();
}

function isCase(names: readonly string[]): boolean {
  return names.includes('case.json') || names.includes('truth.json');
}

function createSource(
  directory: string,
  incidentCase: CaseFile,
  t0: number,
): Promise<ProfileSource> | ProfileSource {
  return incidentCase.profiles === undefined
    ? createFilesSource({ directory, name: incidentCase.id })
    : placedSource(directory, incidentCase, incidentCase.profiles, t0);
}

/**
 * The later half of the baseline as if it were an incident: nothing happened there, so no code may be
 * accused. It shares the source of the case.
 *
 * @param coverMs time that a profile covers: one that begins so late that it holds the fault is left out
 */
export function quietHalf(incidentCase: IncidentCase, coverMs = 0): IncidentCase {
  const { from } = incidentCase.windows.baseline;
  const to = incidentCase.windows.baseline.to - coverMs;
  const middle = Math.round((from + to) / 2);
  return {
    ...incidentCase,
    id: `${incidentCase.id}-quiet`,
    kind: 'i',
    windows: { baseline: { from, to: middle - 1 }, incident: { from: middle, to } },
    truth: { verdict: 'no_change', functions: [], guiltyCallers: [], label: null, since: null },
  };
}

async function readCase(directory: string): Promise<CaseFile> {
  const read = (file: string) => readFile(path.join(directory, file), 'utf8');
  const text = await read('case.json').catch(() => read('truth.json'));
  return caseSchema.parse(JSON.parse(text));
}

/**
 * The files source over a copy of the folder with a manifest of its own, which is gone when the source is
 * closed.
 */
async function placedSource(
  directory: string,
  { id }: CaseFile,
  profiles: NonNullable<CaseFile['profiles']>,
  t0: number,
): Promise<ProfileSource> {
  const place = await mkdtemp(path.join(tmpdir(), 'incident-'));
  await cp(directory, place, { recursive: true });
  await writeFile(
    path.join(place, 'profiles.json'),
    JSON.stringify({ profiles: buildManifest(profiles, t0) }),
  );
  const source = createFilesSource({ directory: place, name: id });
  return {
    ...source,
    async close() {
      await source.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

/** The profiles of a case folder with their times, files relative to it. */
export async function manifestIn(directory: string): Promise<ReturnType<typeof buildManifest>> {
  const { profiles } = await readCase(directory);
  return profiles === undefined ? readManifest(directory) : buildManifest(profiles, FIXTURE_T0);
}

function buildManifest(profiles: NonNullable<CaseFile['profiles']>, t0: number) {
  return profiles.map(({ at, ...entry }) => ({ ...entry, time: new Date(t0 + at * 1000).toISOString() }));
}
