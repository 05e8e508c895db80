import type { FunctionInfo } from '../../../../src/profile/model.js';
import type { Path } from '../frame.js';

export type LanguageName = 'go' | 'node' | 'python' | 'java';

/** Names and folders of a generated service. */
export interface Project {
  service: string;
  /** `checkout` of `checkout-api`. */
  domain: string;
  /** Chooses between equally common spellings (module prefixes, with or without files). */
  variant: number;
}

/** The words an application function is named from. */
export interface AppWords {
  area: string;
  noun: string;
  verb: string;
  startLine: number;
}

/**
 * How the profiles of one language look: real names of runtime and libraries, a scheme for the team's own.
 */
export interface Language {
  name: LanguageName;
  /** From the thread's entry point to the first handler. */
  entries: readonly Path[];
  /** Wrappers between entry and handler, outermost first. */
  middleware(project: Project): readonly Path[];
  app(project: Project, words: AppWords): FunctionInfo;
  /** Renames a function, as a refactoring does without changing its work. */
  renamed(fn: FunctionInfo): FunctionInfo;
  /** Calls into libraries and the standard library, down to a leaf. */
  libraries: readonly Path[];
  /** Runtime leaves directly under the team's code. */
  leaves: readonly Path[];
  /** Work that does not grow with the load: scheduler, timers, telemetry. */
  background: readonly Path[];
  collector: readonly Path[];
  /** Seen in the first profiles of a process only. */
  warmup: readonly Path[];
  /** Threads that wait for work. */
  idle: readonly Path[];
}

export function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
