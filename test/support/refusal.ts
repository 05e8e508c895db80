import { readConfig } from '../../src/config/read.js';
import { UsageError } from '../../src/errors.js';

/** The error of usage that some reading ends with, as text; `taken` where it ends well. */
export function refusalFrom(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}\nNext: ${error.next}`;
    throw error;
  }
  return 'taken';
}

/** Why a command line and environment are refused, as text; `taken` where they are not. */
export function refusal(argv: readonly string[], env: Record<string, string> = {}): string {
  return refusalFrom(() => readConfig(argv, env));
}
