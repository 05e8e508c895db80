import { UserError } from '../errors.js';

import { type MatchingBudget, prepareMatchers } from './matching.js';
import type { Matcher } from './source.js';

const OPERATORS = ['=~', '!~', '!=', '='] as const;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
/**
 * Hexadecimal escapes and their number of digits; `\x` and octal ones stand for bytes, the others for
 * characters.
 */
const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
/** Names that Pyroscope accepts without quotes: ASCII without dots. */
const CLASSIC_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const METRIC_PREFIX = /^\s*([\p{L}_][\p{L}\p{N}_:./-]*)\s*(\{.*)$/su;
/** Characters that need an escape; the server takes U+FFFD for broken UTF-8 unless it is escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to be escaped
const NEEDS_ESCAPE = /["\\\u0000-\u001f\u007f\ufffd]/g;
const MAX_SHOWN_LENGTH = 200;
/** Maximum length of a selector, in characters: a list of some hundred pods. */
const MAX_CHARACTERS = 20_000;
/** Maximum number of conditions of a selector: to explain an empty answer takes a request for each. */
const MAX_MATCHERS = 50;

/** An error in a selector: its position, counted from 0, and what was expected there. */
class Mismatch extends Error {
  readonly at: number;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
  }
}

/**
 * Reads a label selector as people write it: `{a="x",b!="y",c=~"re",d!~"re"}`. Braces and a trailing comma
 * are optional; names may be quoted and may hold dots without quotes; values stand in double quotes, single
 * quotes or backticks (no escapes in backticks). An empty text has no condition.
 *
 * @param budget shared by several selectors whose regular expressions are bounded together
 * @throws UserError with the position, what was expected and, where it can be guessed, a correct selector
 */
export function parseSelector(text: string, budget?: MatchingBudget): Matcher[] {
  if (text.length > MAX_CHARACTERS) {
    throw new UserError(
      `The selector ${shorten(text)} has ${text.length} characters; at most ${MAX_CHARACTERS} are taken.`,
      'Use fewer conditions, or a regular expression instead of a long list: pod=~"web-.*".',
    );
  }
  const metric = METRIC_PREFIX.exec(text);
  if (metric !== null) {
    const [, name = '', rest = ''] = metric;
    throw new UserError(
      `A selector holds label conditions only, but ${shorten(text)} starts with a profile name.`,
      `Give the name apart: ${JSON.stringify({ profile_type: name, selector: rest.trim() })}.`,
    );
  }
  try {
    const matchers = read(text, false);
    if (matchers.length > MAX_MATCHERS) {
      throw new UserError(
        `The selector ${shorten(text)} has ${matchers.length} conditions; at most ${MAX_MATCHERS} are taken.`,
        'Put values of one label into one condition: pod=~"web-1|web-2".',
      );
    }
    prepareMatchers(matchers, budget);
    return matchers;
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new UserError(
      `The selector ${shorten(text)} cannot be read: at character ${error.at + 1}, expected ${error.message}.`,
      advice(text),
    );
  }
}

/** Writes matchers as Pyroscope reads them; no matchers are `{}`. The inverse of {@link parseSelector}. */
export function formatSelector(matchers: readonly Matcher[]): string {
  const conditions = matchers.map(({ name, op, value }) => {
    return `${CLASSIC_NAME.test(name) ? name : quote(name)}${op}${quote(value)}`;
  });
  return `{${conditions.join(',')}}`;
}

/** Whether two selectors are the same conditions, in whatever order. */
export function sameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const texts = (matchers: readonly Matcher[]) =>
    [...new Set(matchers.map(({ name, op, value }) => JSON.stringify([name, op, value])))].sort().join();
  return texts(a) === texts(b);
}

function advice(text: string): string {
  const general =
    'Write it like {service_name="checkout",pod=~"web-.*"}; the operators are =, !=, =~ and !~.';
  try {
    const matchers = read(text, true);
    return matchers.length === 0 ? general : `If you meant ${formatSelector(matchers)}, use that.`;
  } catch {
    return general;
  }
}

/**
 * @param isLenient whether common mistakes are accepted, to guess the meaning: values without quotes, `==`,
 *   `:`, a missing closing brace or quote, unknown escapes, a service name alone
 */
function read(text: string, isLenient: boolean): Matcher[] {
  let at = 0;
  const skipSpace = () => {
    while (/\s/.test(text.charAt(at))) at++;
  };
  const take = (token: string): boolean => {
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const takeRun = (stop: RegExp): string => {
    const from = at;
    while (at < text.length && !stop.test(text.charAt(at))) at++;
    return text.slice(from, at);
  };
  const takeQuoted = (): string | null => {
    if (!isQuote(text.charAt(at))) return null;
    const { value, end } = readQuoted(text, at, isLenient);
    at = end;
    return value;
  };
  const atEnd = () => at >= text.length || text.charAt(at) === '}';

  const readName = (): string => {
    const from = at;
    const name = takeQuoted() ?? takeRun(isLenient ? /[\s=!~,{}"'`:]/ : /[\s=!~,{}"'`]/);
    if (name === '') throw new Mismatch(from, 'a label name');
    return name;
  };
  const readOperator = (): Matcher['op'] => {
    if (isLenient && (take('==') || take(':'))) return '=';
    const operator = OPERATORS.find(take);
    if (operator === undefined) throw new Mismatch(at, 'one of =, !=, =~, !~');
    return operator;
  };
  const readValue = (): string => {
    const value = takeQuoted() ?? (isLenient ? takeRun(/[,{}"'`]/).trim() || null : null);
    if (value === null) throw new Mismatch(at, 'a value in double quotes');
    return value;
  };

  const matchers: Matcher[] = [];
  skipSpace();
  const hasBraces = take('{');
  skipSpace();
  while (!atEnd()) {
    const name = readName();
    skipSpace();
    if (isLenient && matchers.length === 0 && atEnd())
      return [{ name: 'service_name', op: '=', value: name }];
    const op = readOperator();
    skipSpace();
    matchers.push({ name, op, value: readValue() });
    skipSpace();
    if (!take(',') && !atEnd()) throw new Mismatch(at, hasBraces ? 'a comma or }' : 'a comma');
    skipSpace();
  }
  if (hasBraces && !take('}') && !isLenient) throw new Mismatch(at, '} at the end');
  skipSpace();
  if (at < text.length)
    throw new Mismatch(at, hasBraces ? 'nothing after the closing }' : 'a { at the start to go with this }');
  return matchers;
}

/** Reads the text in quotes that starts at `from`; `end` is the position after it. */
function readQuoted(text: string, from: number, isLenient: boolean): { value: string; end: number } {
  const quote = text.charAt(from);
  const bytes: Uint8Array[] = [];
  let at = from + 1;
  while (text.charAt(at) !== quote) {
    if (at >= text.length) {
      const end = `${quote} to end the text that starts at character ${from + 1}`;
      if (!isLenient) throw new Mismatch(at, end);
      return { value: String(Buffer.concat(bytes)).replace(/\}\s*$/, ''), end: at };
    }
    const isEscape = quote !== '`' && text.charAt(at) === '\\';
    const decoded = isEscape ? readEscape(text, at, quote) : null;
    if (isEscape && decoded === null && !isLenient) {
      throw new Mismatch(at, 'an escape such as \\\\, \\" or \\n (a backslash itself is written \\\\)');
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    bytes.push(decoded?.bytes ?? Buffer.from(char));
    at = decoded?.end ?? at + char.length;
  }
  try {
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
    return { value, end: at + 1 };
  } catch {
    throw new Mismatch(from, 'text whose escaped bytes are UTF-8');
  }
}

/** The escape at a backslash, with the meaning of Prometheus (and so of Go); null when there is none. */
function readEscape(text: string, at: number, quote: string): { bytes: Buffer; end: number } | null {
  const kind = text.charAt(at + 1);
  const simple = kind === quote ? quote : SIMPLE_ESCAPES[kind];
  if (simple !== undefined) return { bytes: Buffer.from(simple), end: at + 2 };
  const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) return { bytes: Buffer.from([Number.parseInt(octal, 8)]), end: at + 4 };
  const length = HEX_ESCAPES[kind];
  if (length === undefined) return null;
  const end = at + 2 + length;
  const digits = text.slice(at + 2, end);
  if (digits.length < length || !/^[0-9a-f]+$/i.test(digits)) return null;
  const code = Number.parseInt(digits, 16);
  if (kind === 'x') return { bytes: Buffer.from([code]), end };
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
  return { bytes: Buffer.from(String.fromCodePoint(code)), end };
}

function isQuote(char: string): boolean {
  return char === '"' || char === "'" || char === '`';
}

function quote(text: string): string {
  const escaped = text.replace(NEEDS_ESCAPE, (char) => {
    if (char === '"' || char === '\\') return `\\${char}`;
    if (char === '\n') return '\\n';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}
