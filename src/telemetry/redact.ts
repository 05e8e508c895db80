import { spellingsOf } from '../spellings.js';

const MARK = '[redacted]';
/** Depth and length beyond which a value in a log is not shown. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 50;
const MAX_TEXT = 4_000;

/** Names of fields whose values nobody may read. */
const SECRET_NAME =
  /^(?:proxy-)?authori[sz]ation$|^(?:set-)?cookies?$|token$|password|passwd|secret|api[-_]?key|private[-_]?key|credential/i;

/** What looks like a secret, whoever it belongs to. */
const PATTERNS: readonly [RegExp, string][] = [
  // User and password in a URL.
  [/\b([a-z][a-z\d+.-]*:\/\/)[^\s"'<>\\/]*@/gi, `$1${MARK}@`],
  // A header, as text, JSON or code; up to the end of its line or string.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(["']?\s*[:=]\s*)(["']?)[^"'\r\n]+/gi,
    `$1$2$3${MARK}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MARK}`],
  // A parameter of a query or a form.
  [
    /\b((?:[\w-]*[-_])?(?:token|api_?key|secret|password|passwd|signature|sig))=(?!\[)[^&\s"',;]+/gi,
    `$1=${MARK}`,
  ],
  // Grafana's tokens, and JSON web tokens.
  [/\bgl[a-z]{1,3}_[\w.=+-]{8,}/g, MARK],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, MARK],
];

/**
 * Takes secrets out of what is to be logged: known ones in every spelling in which they travel, fields that are called
 * like one, and what looks like one. Errors become plain objects; values that are too deep or too long are cut.
 *
 * @param secrets those that are known now; asked with every value
 */
export function createRedactor(secrets: () => readonly string[]): (value: unknown) => unknown {
  let [from, known]: [string, RegExp | null] = ['', null];
  const knownNow = () => {
    const now = secrets();
    const key = now.join('\n');
    if (key !== from) [from, known] = [key, spellings(now)];
    return known;
  };
  const clean = (text: string) => {
    const pattern = knownNow();
    const without = pattern === null ? text : text.replace(pattern, MARK);
    const safe = PATTERNS.reduce((left, [looks, mark]) => left.replace(looks, mark), without);
    return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}…` : safe;
  };
  const cleanValue = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return clean(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '…';
    if (value instanceof Error) return cleanValue(plainError(value), depth);
    if (Array.isArray(value)) {
      return value.slice(0, MAX_ENTRIES).map((entry: unknown) => cleanValue(entry, depth + 1));
    }
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, MAX_ENTRIES)
        .map(([name, entry]) => [
          clean(name),
          SECRET_NAME.test(name) && entry !== null && entry !== undefined && entry !== ''
            ? MARK
            : cleanValue(entry, depth + 1),
        ]),
    );
  };
  return (value) => cleanValue(value, 0);
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

/** A pattern for secrets as they are, and as URLs, JSON and Basic credentials have them; the longest first. */
function spellings(secrets: readonly string[]): RegExp | null {
  const all = secrets.flatMap(spellingsOf);
  const distinct = [...new Set(all)].filter((spelling) => spelling !== '');
  if (distinct.length === 0) return null;
  const quoted = distinct
    .sort((a, b) => b.length - a.length)
    .map((spelling) => spelling.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(quoted.join('|'), 'g');
}
