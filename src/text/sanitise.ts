/** Longest name an answer carries uncut; symbol names of 65,535 bytes occur. */
const MAX_NAME = 2_000;

/**
 * C0 and C1 controls (ANSI escapes begin with one), bidirectional and other format marks, line separators,
 * and all that shows as nothing (zero-width, variation selectors, tag characters): nothing a terminal or a
 * model should act on.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const [BEL, ESC, CSI] = [7, 27, 0x9b].map((code) => String.fromCharCode(code));
/** Terminal sequences: colours and cursor (CSI), titles and links (OSC, up to BEL or ESC \). */
const ANSI = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)`,
  'g',
);

/**
 * Makes text from profiles, labels and servers safe to print in a data position: control characters and marks
 * stripped, white space folded, well-formed, length capped.
 */
export function safeText(text: string, maxLength = MAX_NAME): string {
  const clean = text.replace(ANSI, '').replace(UNSAFE, ' ').replace(/\s+/g, ' ').trim().toWellFormed();
  return cutRight(clean, maxLength);
}

/**
 * Unsafe characters in a row of an answer. A line break is safe where an indented line follows, as rows write
 * it; names never hold one, see {@link safeText}.
 */
const UNSAFE_IN_ROW = new RegExp(`(?!\\n {3}\\S)${UNSAFE.source}`, 'gu');

/** The last guard of a text answer: a row in which some name was forgotten is still one row. */
export function safeRow(row: string): string {
  return row.replace(UNSAFE_IN_ROW, ' ').toWellFormed();
}

const UNSAFE_IN_LINES = new RegExp(`(?!\\n)${UNSAFE.source}`, 'gu');

/** The last guard of a terminal: lines in which some name was forgotten do not act on it. */
export function safeLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, ' ').toWellFormed();
}

/** JSON in which nothing acts on a terminal or a model: escaped, so that it reads back as it was. */
export function safeJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer).replace(UNSAFE, (char) =>
    Array.from({ length: char.length }, (_, at) => {
      return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** A name that a line begins with: in quotes where it could pass for a word of ours, such as `Next: `. */
export function leadingName(text: string, maxLength?: number): string {
  const name = safeText(text, maxLength);
  return /:\s|:$|^[^\p{L}\p{N}_{]/u.test(name) ? JSON.stringify(name) : name;
}

/** Cuts a text on its right, never through a character. */
export function cutRight(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Cuts a name on its left, where the package path is; the part that tells functions apart stays. */
export function cutLeft(name: string, maxLength: number): string {
  if (name.length <= maxLength) return name;
  const tail = name.slice(name.length - maxLength + 1).replace(/^[\udc00-\udfff]/, '');
  const slash = tail.indexOf('/');
  return `…${slash >= 0 && slash < maxLength / 2 ? tail.slice(slash) : tail}`;
}

/** Text as content or a quoted attribute of HTML or XML. */
export function escapeMarkup(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
