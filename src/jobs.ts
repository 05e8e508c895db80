import { gzipSync } from 'node:zlib';
import { PatternError } from './errors.js';
import { comparedRows } from './investigation/comparison-rows.js';
import { buildFindings } from './investigation/findings.js';
import { grownFunctions } from './investigation/fleet/together/grown.js';
import { functionCosts } from './investigation/fleet/together/locate.js';
import { compareRequestSides } from './investigation/requests/movers.js';
import { filterStacks } from './profile/code/filter.js';
import { countsInProfile } from './profile/compare/analysis.js';
import { changesIn, cheaperIn } from './profile/compare/changes.js';
import { growthBetween } from './profile/compare/growth.js';
import { lookFirst } from './profile/compare/stages/calm.js';
import { type EncodedProfile, encodeProfile } from './profile/export/encode.js';
import type { ExportFormat, ExportHead } from './profile/export/exported.js';
import type { Measurement } from './profile/measurement.js';
import type { Profile } from './profile/model.js';
import { decodePprof, pprofToProfile, UnreadableProfileError } from './profile/pprof/pprof.js';
import { selectActive } from './profile/tables/active.js';
import { subtractProfiles } from './profile/tables/difference.js';
import { costIn, findPlaces, viewFunction } from './profile/tables/function-cost.js';
import { profileViewAnswer, type ViewOptions } from './report/answers/profile-view.js';
import { summaryAnswer } from './report/answers/summary.js';
import { drawFlames } from './report/picture/picture.js';
import type { Answer } from './report/render.js';
import { nameDemangler } from './sources/demangle.js';
import { type Echo, nameCleaner } from './sources/echoes.js';
import { readFileHead } from './sources/files/file-head.js';
import { mergeFiles } from './sources/files/merge.js';
import type { JobRequest, ThreadOutcome } from './work/job.js';
import { shareProfile } from './work/share.js';

/**
 * Work that a thread of its own may do: functions over plain data that read files at most, and give data
 * back.
 */
export const JOBS = {
  /** The first sample type of a pprof message, its names without echoes; null where it holds no sample. */
  decode(bytes: Uint8Array, echoes: readonly Echo[] = [], isApart = false): Profile | null {
    const [clean, demangle] = [nameCleaner(echoes), nameDemangler()];
    const file = decodePprof(bytes, (name) => demangle(clean(name)));
    return file.samples.values.length === 0 ? null : pprofToProfile(file, 0, { isApart, mayUseUp: true });
  },
  fileHead: readFileHead,
  mergeFiles,
  flames: drawFlames,
  summary: summaryAnswer,
  view(measured: Measurement, options: ViewOptions): Answer {
    const { focus, ignore } = options;
    const filtered = filterStacks(measured.active, {
      ...(focus === null ? {} : { focus }),
      ...(ignore === null ? {} : { ignore }),
    });
    return profileViewAnswer(measured, filtered, options);
  },
  /** A profile as a file; pprof is compressed, as its tools expect. */
  export(profile: Profile, head: ExportHead, format: ExportFormat): EncodedProfile {
    const encoded = encodeProfile(profile, head, format);
    return format === 'pprof' ? { ...encoded, bytes: gzipSync(encoded.bytes) } : encoded;
  },
  active: selectActive,
  subtract: subtractProfiles,
  look: lookFirst,
  changes: changesIn,
  cheaper: cheaperIn,
  counts: countsInProfile,
  growth: growthBetween,
  grown: grownFunctions,
  functionCosts,
  compared: comparedRows,
  requestCompared: compareRequestSides,
  findings: buildFindings,
  cost: costIn,
  places: findPlaces,
  function: viewFunction,
} as const;

/** Errors that callers tell apart, by name: how each is made again from what a thread sent. */
const ERRORS: Readonly<
  Record<string, (message: string, details: Readonly<Record<string, unknown>>) => Error>
> = {
  UnreadableProfileError: (message, { isTooLarge }) =>
    new UnreadableProfileError(message, isTooLarge === true),
  PatternError: (message, { pattern, kind }) =>
    new PatternError(String(pattern), message, kind === 'size' ? 'size' : 'syntax'),
};

/** Runs a job in a thread. Never throws. */
export async function answerJob({ name, args }: JobRequest<keyof typeof JOBS>): Promise<ThreadOutcome> {
  // The arguments come from a typed call in the main thread.
  const job = JOBS[name] as (...args: readonly unknown[]) => unknown;
  try {
    const value = await job(...args);
    return { kind: 'done', value: isProfile(value) ? shareProfile(value) : value };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { name, message, stack = '' } = error;
    return { kind: 'failed', name, message, stack, details: { ...error } };
  }
}

/**
 * The result of a job that a thread ran.
 * @throws what the job threw, with its class
 */
export function readOutcome(outcome: ThreadOutcome): unknown {
  if (outcome.kind === 'done') return outcome.value;
  const { name, message, stack, details } = outcome;
  throw ERRORS[name]?.(message, details) ?? Object.assign(new Error(message), { stack });
}

function isProfile(value: unknown): value is Profile {
  return typeof value === 'object' && value !== null && 'stackFrames' in value && 'frameKin' in value;
}
