import { UsageError, UserError } from '../errors.js';

/** A mistake in what was given is one of usage. */
export function withHelpHint<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? new UsageError(error.message, error.next) : error;
  }
}

/** The entries of a list with commas. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
