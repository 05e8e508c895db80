import { type Rights, SERVER_RIGHTS } from '../../access/identity.js';
import { UserError } from '../../errors.js';
import { parseSelector } from '../../sources/selector.js';
import type { Matcher } from '../../sources/source.js';

/** Minimum length of a token: in hexadecimal digits these are 128 bits, which cannot be guessed. */
export const MIN_TOKEN_LENGTH = 32;
/** Characters that RFC 6750 allows in an Authorization header (`b64token`). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** A name for the audit log: no spaces and nothing that acts on a terminal. */
const NAME = /^[\w.@+-]{1,64}$/;

/** A token with what it gives. */
export interface TokenLine {
  token: string;
  /** Name for the audit log; null where the operator gave none. */
  name: string | null;
  rights: Rights;
}

/** Lines of a token file: one token each; empty lines and lines that begin with `#` do not count. */
export function tokensOfFile(text: string): { line: number; text: string }[] {
  return text
    .split('\n')
    .map((raw, index) => ({ line: index + 1, text: raw.trim() }))
    .filter((each) => each.text !== '' && !each.text.startsWith('#'));
}

/**
 * Reads the lines of a token file. A line of which anything cannot be read gives nothing: no mistake widens
 * the rights of a token.
 *
 * @returns the usable lines, and the faults of the others, which show no token
 */
export function checkLines(lines: readonly { line: number; text: string }[]): {
  valid: TokenLine[];
  faults: { line: number; fault: string }[];
} {
  const valid: TokenLine[] = [];
  const faults: { line: number; fault: string }[] = [];
  for (const { line, text } of lines) {
    const read = readLine(text);
    if (typeof read === 'string') faults.push({ line, fault: read });
    else valid.push(read);
  }
  for (const { line, text } of lines) {
    const [token] = splitLine(text);
    const same = valid.filter((each) => each.token === token);
    if (new Set(same.map(({ name, rights }) => JSON.stringify([name, rights]))).size < 2) continue;
    faults.push({ line, fault: 'stands in several lines that differ' });
  }
  const ambiguous = new Set(
    faults.map(({ line }) => splitLine(lines.find((each) => each.line === line)?.text ?? '')[0]),
  );
  return { valid: valid.filter(({ token }) => !ambiguous.has(token)), faults };
}

function splitLine(text: string): [token: string, settings: string] {
  const [token = '', settings = ''] = text.split(/\s+(.*)/s);
  return [token, settings];
}

/** A line as it is meant, or its fault. */
function readLine(text: string): TokenLine | string {
  const [token, settings] = splitLine(text);
  const fault = faultOfToken(token);
  if (fault !== null) return fault;
  let [name, sources, matchers]: [string | null, readonly string[] | null, readonly Matcher[]] = [
    null,
    null,
    [],
  ];
  let rest = settings;
  while (rest !== '') {
    const [, key = '', value = ''] =
      /^(name|sources)=(\S+)(?:\s|$)/.exec(rest) ?? /^(matchers)=(.+)$/s.exec(rest) ?? [];
    if (key === 'name') {
      if (!NAME.test(value) || name !== null) return 'has a name that is none, or two';
      name = value;
    } else if (key === 'sources') {
      const names = value.split(',').filter((each) => each !== '');
      if (names.length === 0 || sources !== null) return 'has sources that are none, or two lists of them';
      sources = names;
    } else if (key === 'matchers') {
      const parsed = readMatchers(value);
      if (typeof parsed === 'string') return parsed;
      matchers = parsed;
    } else {
      return 'is followed by something that is not name=, sources= or matchers=';
    }
    rest = rest.slice(key.length + 1 + value.length).trimStart();
  }
  const isPlain = sources === null && matchers.length === 0;
  return { token, name, rights: isPlain ? SERVER_RIGHTS : { ...SERVER_RIGHTS, sources, matchers } };
}

function readMatchers(selector: string): Matcher[] | string {
  try {
    const matchers = parseSelector(selector);
    return matchers.length > 0 ? matchers : 'has matchers without a condition';
  } catch (error) {
    if (error instanceof UserError) return 'has matchers that cannot be read';
    throw error;
  }
}

/** Describes the fault of a token without showing the token; null for a usable token. */
export function faultOfToken(token: string): string | null {
  if (token.length < MIN_TOKEN_LENGTH) {
    return `has ${token.length} characters, and at least ${MIN_TOKEN_LENGTH} are needed`;
  }
  return TOKEN.test(token) ? null : 'has characters that cannot be sent (letters, digits and -._~+/ can)';
}
