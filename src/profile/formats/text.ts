import { checkLimit } from '../pprof/pprof-limits.js';

const MIB = 2 ** 20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENS: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const COMMA = 0x2c;

/** @throws LimitError where there is more text than any real profile has */
export function decodeText(bytes: Uint8Array): string {
  checkLimit('MiB of text', Math.ceil(bytes.length / MIB));
  return new TextDecoder().decode(bytes);
}

/**
 * Parses JSON after counting the objects and values that it would become.
 * @throws LimitError, SyntaxError
 */
export function parseJson(bytes: Uint8Array): unknown {
  checkLimit('MiB of text', Math.ceil(bytes.length / MIB));
  let objects = 0;
  let commas = 0;
  let isInText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (isInText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) isInText = false;
    } else if (byte === QUOTE) isInText = true;
    else if (byte === COMMA) commas++;
    else if (OPENS.has(byte)) objects++;
  }
  checkLimit('objects of JSON', objects);
  checkLimit('values of JSON', commas);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The members of an object; none of any other value. */
export function readMembers(value: unknown): Readonly<Record<string, unknown>> {
  // An object of JSON has text keys only.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A finite number; 0 for anything else. */
export function readNumber(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
