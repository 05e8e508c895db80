import { safeLines } from './sanitise.js';

/** Width of a line of prose that is still read with ease; wider terminals are not filled. */
const MAX_COLUMNS = 110;
/** Width below which wrapping would cut every name. */
const MIN_COLUMNS = 40;
/** Indentation of the lines that go on with a wrapped one. */
const HANGING = '   ';
/** Rows that are copied as a whole: ready calls, their indented form, links. */
const COPIED = /^(?:Next: |Open in |> | {3}\S+ \{)/;
/**
 * The words that a row begins with, up to the colon: `Verdict: CODE REGRESSION (code_regression)`, `Since`.
 */
const LEAD = /^(?:Verdict[^:]{0,20}: [^:]{1,80}(?=:)|\d+\.(?= )|[A-Z][^:]{0,60}(?=: ))/;
const [BOLD, PLAIN] = ['\u001b[1m', '\u001b[22m'];

/**
 * A text answer for a terminal: made safe, wrapped at words, the leading words of each row bold. Calls and
 * links stay on one line, so that they can be copied.
 *
 * @param columns width of the terminal
 */
export function forTerminal(text: string, columns: number, isBold: boolean): string {
  const width = Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, columns));
  return safeLines(text)
    .split('\n')
    .map((row) => (COPIED.test(row) ? row : emphasised(wrapped(row, width), isBold)))
    .join('\n');
}

function emphasised(row: string, isBold: boolean): string {
  // Leading words may be wrapped: the row is matched with its line breaks as blanks.
  const lead = isBold
    ? (LEAD.exec(row.replaceAll(`\n${HANGING}`, ` ${' '.repeat(HANGING.length)}`))?.[0].length ?? 0)
    : 0;
  return lead === 0 ? row : `${BOLD}${row.slice(0, lead)}${PLAIN}${row.slice(lead)}`;
}

/** Breaks a row at blanks; a word that is wider than a line stays whole. */
function wrapped(row: string, width: number): string {
  const indent = /^ */.exec(row)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of row.slice(indent.length).split(' ')) {
    const isFirst = line === indent || line === HANGING;
    if (!isFirst && [...line].length + 1 + [...word].length > width) {
      lines.push(line);
      line = `${HANGING}${word}`;
    } else line = isFirst ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
