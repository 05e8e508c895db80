import { activeOf } from './profile/active.js';
import { countsInProfile } from './profile/compare/analysis.js';
import { changesIn, cheaperIn } from './profile/compare/changes.js';
import { growthBetween } from './profile/compare/growth.js';
import { filterStacks } from './profile/filter.js';
import { costIn, placesOf, viewOf } from './profile/function-cost.js';
import type { Profile } from './profile/model.js';
import { PatternError } from './profile/pattern-error.js';
import { decodePprof, pprofToProfile, UnreadableProfileError } from './profile/pprof.js';
import type { Measurement } from './report/measurement.js';
import { profileViewAnswer, type ViewOptions } from './report/profile-view.js';
import type { Answer } from './report/render.js';
import { summaryAnswer } from './report/summary.js';
import { type Echo, nameCleaner } from './sources/echoes.js';
import { fileHead } from './sources/files/file-head.js';
import { mergeFiles } from './sources/files/merge.js';
import { comparedRows } from './investigation/comparison-rows.js';
import { findingsOf } from './investigation/findings.js';
import { shareProfile } from './work/share.js';

/** Work that a thread of its own may do: functions over plain data that read files at most, and give data back. */
export const JOBS = {
  /** The first sample type of a pprof message, its names without echoes; null where it holds no sample. */
  decode(bytes: Uint8Array, echoes: readonly Echo[] = []): Profile | null {
    const file = decodePprof(bytes, nameCleaner(echoes));
    return file.samples.values.length === 0 ? null : pprofToProfile(file);
  },
  fileHead,
  mergeFiles,
  summary: summaryAnswer,
  view(measured: Measurement, options: ViewOptions): Answer {
    const { focus, ignore } = options;
    const filtered = filterStacks(measured.active, {
      ...(focus === null ? {} : { focus }),
      ...(ignore === null ? {} : { ignore }),
    });
    return profileViewAnswer(measured, filtered, options);
  },
  active: activeOf,
  changes: changesIn,
  cheaper: cheaperIn,
  counts: countsInProfile,
  growth: growthBetween,
  compared: comparedRows,
  findings: findingsOf,
  cost: costIn,
  places: placesOf,
  function: viewOf,
} as const;

export type Jobs = typeof JOBS;

export interface JobRequest {
  name: keyof Jobs;
  args: readonly unknown[];
}

/** What comes back from a thread. Errors lose their class on the way, so those that callers tell apart are named. */
export type JobOutcome =
  | { kind: 'done'; value: unknown }
  | { kind: 'unreadable'; message: string; tooLarge: boolean }
  | { kind: 'pattern'; pattern: string; message: string }
  | { kind: 'bug'; message: string; stack: string };

/** Runs a job on the worker's side. Never throws. */
export async function answerJob({ name, args }: JobRequest): Promise<JobOutcome> {
  // The arguments come from a typed call on the other side.
  const job = JOBS[name] as (...args: readonly unknown[]) => unknown;
  try {
    const value = await job(...args);
    return { kind: 'done', value: isProfile(value) ? shareProfile(value) : value };
  } catch (error) {
    if (error instanceof UnreadableProfileError)
      return { kind: 'unreadable', message: error.message, tooLarge: error.tooLarge };
    if (error instanceof PatternError)
      return { kind: 'pattern', pattern: error.pattern, message: error.message };
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'bug', message, stack };
  }
}

/** @throws what the job threw, with its class */
export function readOutcome(outcome: JobOutcome): unknown {
  switch (outcome.kind) {
    case 'done':
      return outcome.value;
    case 'unreadable':
      throw new UnreadableProfileError(outcome.message, outcome.tooLarge);
    case 'pattern':
      throw new PatternError(outcome.pattern, outcome.message);
    case 'bug':
      throw Object.assign(new Error(outcome.message), { stack: outcome.stack });
  }
}

function isProfile(value: unknown): value is Profile {
  return typeof value === 'object' && value !== null && 'stackFrames' in value && 'frameKin' in value;
}
