import { PatternError, UpstreamError, UserError } from '../../src/errors.js';
import { UnreadableProfileError } from '../../src/profile/pprof/pprof.js';

/**
 * Controls, bidirectional and invisible marks, line separators: the line break is the only one an answer may
 * hold.
 */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
/** Largest answer, bytes: the budget of the renderer and of an error. */
const MAX_COUNT = 30_000;

/** Checks the promises of every answer of every tool, for any question and any profiles. */
export function expectAnswer({ text }: { text: string; isError: boolean }): void {
  if (/An internal error stopped/.test(text)) throw new Error(`internal error: ${text}`);
  if (text.trim() === '') throw new Error('empty answer');
  expectClean(text);
  if (Buffer.byteLength(text) > MAX_COUNT) throw new Error(`an answer of ${Buffer.byteLength(text)} bytes`);
}

/** Text that a terminal or a model may read. */
export function expectClean(text: string): void {
  const unsafe = UNSAFE.exec(text);
  if (unsafe !== null) {
    const code = unsafe[0].codePointAt(0)?.toString(16);
    throw new Error(
      `U+${code} at ${unsafe.index}: ${JSON.stringify(text.slice(Math.max(0, unsafe.index - 60), unsafe.index + 20))}`,
    );
  }
  if (!text.isWellFormed()) throw new Error(`a lone surrogate in ${JSON.stringify(text.slice(0, 200))}`);
}

/** Runs work that may refuse its input in words, and in no other way. */
export async function answersOrRefuses<T>(work: () => T | Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const clear =
      error instanceof UserError ||
      error instanceof UpstreamError ||
      error instanceof PatternError ||
      error instanceof UnreadableProfileError;
    if (!clear) throw error;
    return null;
  }
}
