import { UsageError, UserError } from '../errors.js';
import { OPTIONS, type OptionName } from './options.js';

/** A mistake in what was given is one of usage. */
export function withHelpHint<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? new UsageError(error.message, error.next) : error;
  }
}

/**
 * Reads the value of an option that takes one of some words; null where it is not given.
 * @throws UsageError
 */
export function readChoice<T extends string>(
  name: OptionName,
  value: string | null,
  valid: readonly T[],
): T | null {
  if (value === null) return null;
  const match = valid.find((word) => word === value);
  if (match !== undefined) return match;
  throw new UsageError(
    `--${OPTIONS[name].flag} ${JSON.stringify(value)} is not valid.`,
    `Use one of: ${valid.join(', ')}.`,
  );
}

/** The entries of a list with commas. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
