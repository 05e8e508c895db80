import { RE2JS } from 're2js';
import type { Matcher } from '../../../src/sources/source.js';

// A second reader of label selectors, as strict as the server's and with its error texts, so that the
// client's own is not its own judge.

/** `1:4: parse error: …`, the position counted from 1. */
export class SelectorError extends Error {}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const METRIC = /[A-Za-z_:][A-Za-z0-9_:]*/y;

/**
 * Reads a selector; a metric name before the braces becomes a matcher on `__name__`.
 * @throws SelectorError
 */
export function readSelector(text: string): Matcher[] {
  if (text.trim() === '') throw new SelectorError('unknown position: parse error: unexpected end of input');
  const reader = { text, at: 0 };
  const matchers: Matcher[] = [];
  skipSpace(reader);
  const metric = match(reader, METRIC);
  if (metric !== null) matchers.push({ name: '__name__', op: '=', value: metric });
  skipSpace(reader);
  if (text[reader.at] !== '{')
    throw failure(reader.at, `unexpected ${JSON.stringify(text[reader.at] ?? '')}`);
  reader.at++;
  skipSpace(reader);
  while (text[reader.at] !== '}') {
    matchers.push(readMatcher(reader));
    skipSpace(reader);
    if (text[reader.at] === ',') reader.at++;
    else if (text[reader.at] !== '}') throw unexpected(reader, 'in label matching, expected "," or "}"');
    skipSpace(reader);
  }
  reader.at++;
  skipSpace(reader);
  if (reader.at < text.length) throw unexpected(reader, '');
  return matchers;
}

interface Reader {
  text: string;
  at: number;
}

function readMatcher(reader: Reader): Matcher {
  const from = reader.at;
  const name = match(reader, NAME) ?? readQuoted(reader);
  if (name === null) throw unexpected(reader, 'in label matching, expected identifier or "}"');
  skipSpace(reader);
  const op = (['=~', '!~', '!=', '='] as const).find((token) => reader.text.startsWith(token, reader.at));
  if (op === undefined) throw unexpected(reader, 'in label matching, expected label matching operator');
  reader.at += op.length;
  skipSpace(reader);
  const value = readQuoted(reader);
  if (value === null) throw unexpected(reader, 'in label matching, expected string');
  if (op.endsWith('~')) checkRegex(value, from);
  return { name, op, value };
}

function checkRegex(value: string, at: number): void {
  try {
    RE2JS.compile(value);
  } catch (error) {
    const detail = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    throw failure(at, `error parsing regexp: ${detail}`);
  }
}

/** The text in quotes; null where there are none. */
function readQuoted(reader: Reader): string | null {
  const { text } = reader;
  const quote = text[reader.at] ?? '';
  if (!/["'`]/.test(quote)) return null;
  const from = reader.at;
  let value = '';
  for (reader.at++; text[reader.at] !== quote; reader.at++) {
    const char = text[reader.at];
    if (char === undefined || (char === '\n' && quote !== '`')) {
      throw failure(from, 'unterminated quoted string');
    }
    value += char === '\\' && quote !== '`' ? readEscape(reader) : char;
  }
  reader.at++;
  return value;
}

function readEscape(reader: Reader): string {
  reader.at++;
  const kind = reader.text[reader.at] ?? '';
  const length = { x: 2, u: 4, U: 8 }[kind];
  if (length === undefined) return ESCAPES[kind] ?? kind;
  const digits = reader.text.slice(reader.at + 1, reader.at + 1 + length);
  reader.at += length;
  return String.fromCodePoint(Number.parseInt(digits, 16));
}

function unexpected({ text, at }: Reader, where: string): SelectorError {
  if (at >= text.length) return failure(at, 'unexpected end of input inside braces');
  const word = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(at))?.[0];
  if (word !== undefined) return failure(at, `unexpected identifier "${word}" ${where}`.trim());
  return failure(
    at,
    `unexpected character inside braces: '${String.fromCodePoint(text.codePointAt(at) ?? 0)}'`,
  );
}

function failure(at: number, message: string): SelectorError {
  return new SelectorError(`1:${at + 1}: parse error: ${message}`);
}

function match(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at;
  const matched = pattern.exec(reader.text)?.[0] ?? null;
  if (matched !== null) reader.at += matched.length;
  return matched;
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++;
}
