import { listSpellings, matchAny } from './spellings.js';

const MARK = '[redacted]';
/** Depth, entries and characters beyond which a value in a log is not shown. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 50;
const MAX_TEXT = 4_000;
/** Values and characters of one line, all together. */
const MAX_VALUES = 2_000;
const MAX_LINE_TEXT = 32_000;
/**
 * Minimum number of characters that are read beyond a cut: a secret that begins before the cut must be
 * recognised and hidden whole.
 */
const MIN_LOOKAHEAD = 512;

/** Names of fields whose values are always hidden. */
const SECRET_NAME =
  /^(?:proxy-)?authori[sz]ation$|^(?:set-)?cookies?$|token$|password|passwd|secret|api[-_]?key|private[-_]?key|credential/i;

/**
 * Patterns of texts that look like secrets. Every pattern takes time in proportion to the text: the place
 * where a match may begin is never inside the part that it repeats.
 */
const PATTERNS: readonly [RegExp, string][] = [
  // User and password in a URL. No host is as long as 300 characters: that is a password whose end was cut
  // off.
  [/:\/\/(?:[^\s"'<>\\/]*@|[^\s"'<>\\/]{300,})/g, `://${MARK}@`],
  // A header, as text, JSON or code; up to the end of its line or string.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*)(["']?)[^"'\r\n]+/gi,
    `$1$2$3${MARK}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MARK}`],
  // A parameter of a query or a form; its name may have a prefix: `access_token`.
  [/(?<![a-z\d])(token|api_?key|secret|password|passwd|signature|sig)=(?!\[)[^&\s"',;]+/gi, `$1=${MARK}`],
  // Grafana's tokens, and JSON web tokens, whose first part alone may be longer than what is looked at.
  [/\bgl[a-z]{1,3}_[\w.=+-]{8,}/g, MARK],
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g, MARK],
];

/** Secrets that are known by themselves, as a pattern, and the length of the longest spelling. */
interface KnownSecrets {
  pattern: RegExp | null;
  longest: number;
}

/** Budget of a line: the characters and fields that it may still hold. */
interface Allowance {
  values: number;
  characters: number;
}

/**
 * Takes secrets out of a value that is to be logged: known secrets in every spelling in which they travel,
 * fields with the name of a secret, and texts that look like one. Errors become plain objects. Values that
 * are too deep, too long or too many are cut first, so that the work is bounded; no part of a secret is left
 * at a cut.
 *
 * @param secrets returns the secrets that are known now; called with every line
 */
export function createRedactor(secrets: () => readonly string[]): (value: unknown) => unknown {
  let from = '';
  let known: KnownSecrets = { pattern: null, longest: 0 };
  const knownNow = () => {
    const now = secrets();
    const key = now.join('\n');
    if (key !== from) [from, known] = [key, spellings(now)];
    return known;
  };
  return (value) => cleanValue(value, 0, { values: MAX_VALUES, characters: MAX_LINE_TEXT }, knownNow());
}

function cleanValue(value: unknown, depth: number, left: Allowance, known: KnownSecrets): unknown {
  left.values--;
  if (left.values < 0) return '…';
  if (typeof value === 'string') return cleanText(value, left, known);
  if (typeof value === 'bigint') return cleanText(String(value), left, known);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Error) return cleanValue(plainError(value), depth, left, known);
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((entry: unknown) => cleanValue(entry, depth + 1, left, known));
  }
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ENTRIES)
      .map(([name, entry]) => [
        cleanText(name, left, known),
        isSecretName(name) && entry !== null && entry !== undefined && entry !== ''
          ? MARK
          : cleanValue(entry, depth + 1, left, known),
      ]),
  );
}

/** Keeps the end of a long name, which decides as much as its beginning. */
function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.slice(0, MAX_TEXT)) || SECRET_NAME.test(name.slice(-MAX_TEXT));
}

/**
 * The beginning of a text without secrets. What begins before the cut is hidden whole, though it ends behind
 * it.
 */
function cleanText(text: string, left: Allowance, { pattern, longest }: KnownSecrets): string {
  const max = Math.min(MAX_TEXT, Math.max(0, left.characters));
  let seen: Cut = {
    text: text.slice(0, max + Math.max(MIN_LOOKAHEAD, longest)),
    end: Math.min(max, text.length),
  };
  if (pattern !== null) seen = hide(seen, pattern, MARK);
  for (const [looks, mark] of PATTERNS) seen = hide(seen, looks, mark);
  left.characters -= seen.end;
  return text.length > max ? `${seen.text.slice(0, seen.end)}…` : seen.text;
}

/** A text, of which only what stands before `end` will be shown. */
interface Cut {
  text: string;
  end: number;
}

/** Replaces every match that begins before the end; the end moves behind the last of them. */
function hide({ text, end }: Cut, pattern: RegExp, mark: string): Cut {
  let out = '';
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index >= end) break;
    const [whole, ...groups] = match;
    out +=
      text.slice(from, match.index) +
      mark.replace(/\$(\d)/g, (_all, group) => groups[Number(group) - 1] ?? '');
    from = match.index + whole.length;
  }
  return { text: out + text.slice(from), end: out.length + Math.max(0, end - from) };
}

function plainError(error: Error): object {
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/**
 * A pattern for secrets as they are, and as URLs, JSON and Basic credentials have them; the longest first.
 */
function spellings(secrets: readonly string[]): KnownSecrets {
  const all = secrets.flatMap(listSpellings);
  return {
    pattern: matchAny(all),
    longest: all.reduce((longest, { length }) => Math.max(longest, length), 0),
  };
}
