import type { Labels } from '../sources/source.js';

/**
 * Names the form of what is kept, on disk and in Redis: it changes with that form, and what has another is
 * not met again.
 */
export const KEPT_FORM = 'schema-2';

/** Whether something that was kept is an answer of the kind that was asked for. */
export type IsAnswer<T> = (value: unknown) => value is T;

/** Keeps answers longer than a process: on disk, or for several replicas in Redis or Valkey. */
export interface AnswerCache {
  /**
   * Answers a question. A kept answer is given at once, however old; if it is older than `ttlMs`, `ask` runs
   * again in the background. Where no answer is kept, or the kept value is no such answer, `ask` is waited
   * for. Answers without rows are not kept.
   *
   * @param whenOld called when the answer is a kept one older than `ttlMs`, with the time when it was given,
   *   Unix ms
   * @throws the error of `ask`; a cache that does not work is like an empty one
   */
  recall<T extends readonly unknown[]>(
    key: string,
    isAnswer: IsAnswer<T>,
    ask: () => Promise<T>,
    ttlMs: number,
    whenOld?: (learnedAt: number) => void,
  ): Promise<T>;
  /**
   * Keeps an answer that was asked for just now, in place of another; one without rows ends what was kept.
   */
  keep(key: string, answer: readonly unknown[], ttlMs: number): Promise<void>;
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Label sets: flat objects of texts. */
export function isRows(value: unknown): value is Labels[] {
  return (
    Array.isArray(value) &&
    value.every(
      (row: unknown) =>
        typeof row === 'object' &&
        row !== null &&
        !Array.isArray(row) &&
        Object.values(row).every((entry) => typeof entry === 'string'),
    )
  );
}
