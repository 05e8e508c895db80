import { cutRight, safeJson, safeRow } from '../text/sanitise.js';
import { plural } from '../text/units.js';

/** Plain JSON, as answers carry it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

/** A part of a text answer. Rows may be cut from the end to fit the budget, never below `keep`. */
export interface Block {
  title?: string;
  /** Whether a blank line stands before it, where anything does. */
  apart?: boolean;
  rows: readonly string[];
  /** Rows that are never cut; all where it is left out. */
  keep?: number;
  /** The way to the rows that were cut; it completes "3 more rows: …". */
  more?: string;
}

/** Result of a tool: data with stable names for machines, and the same content in a few lines for readers. */
export interface Answer {
  data: JsonObject;
  text: readonly Block[];
  /**
   * The arrays in `data` that may be cut from the end to fit the budget, as dotted paths:
   * `hottest_path.frames`.
   */
  lists: readonly string[];
}

/** Upper bounds in UTF-8 bytes. Names and numbers cost about 3 bytes a token. */
export const BUDGET = { usual: 4_800, max: 28_000 } as const;

/** Maximum number of rows of a table or tree that can be asked for. */
export const MAX_ROWS = 200;

/**
 * Renders an answer as text inside a budget; every block says what was cut from it. Rows that must stay may
 * exceed the budget, but never `BUDGET.max`.
 */
export function renderText(blocks: readonly Block[], budget: number): string {
  const measured = blocks.filter((block) => block.rows.length > 0).map(measureBlock);
  const shown = measured.map(({ rows }) => rows.length);
  // Every block but the first follows a line break.
  let bytes = measured.reduce((sum, block, index) => sum + blockBytes(block, shown[index] ?? 0), 0);
  bytes += Math.max(0, measured.length - 1);
  bytes += measured.slice(1).filter(({ apart }) => apart).length;
  for (let index = measured.length - 1; index >= 0; index--) {
    const block = measured[index];
    if (block === undefined) continue;
    let count = shown[index] ?? 0;
    while (bytes > budget && count > block.keep) {
      const fewer = Math.max(block.keep, Math.floor(count * 0.85) - 1);
      bytes += blockBytes(block, fewer) - blockBytes(block, count);
      count = fewer;
    }
    shown[index] = count;
  }
  const text = measured
    .map((block, index) => {
      const gap = index === 0 ? '' : block.apart ? '\n\n' : '\n';
      return `${gap}${blockText(block, shown[index] ?? 0)}`;
    })
    .join('');
  return capBytes(text, BUDGET.max);
}

/** A block whose rows are safe to print and measured, so that cutting it costs a subtraction. */
interface MeasuredBlock {
  /** The title, or nothing. */
  head: readonly string[];
  rows: readonly string[];
  /** Bytes of the title and the first n rows at index n, each line with its line break. */
  bytesUpTo: readonly number[];
  keep: number;
  more: string | undefined;
  apart: boolean;
}

function measureBlock(block: Block): MeasuredBlock {
  const head = block.title === undefined ? [] : [safeRow(block.title)];
  const rows = block.rows.map(safeRow);
  let bytes = head.reduce((sum, line) => sum + lineBytes(line), 0);
  const bytesUpTo = [bytes];
  for (const row of rows) {
    bytes += lineBytes(row);
    bytesUpTo.push(bytes);
  }
  return {
    head,
    rows,
    bytesUpTo,
    keep: Math.max(0, block.keep ?? rows.length),
    more: block.more,
    apart: block.apart === true,
  };
}

/** Bytes of a block with some of its rows, without the line break after its last line. */
function blockBytes(block: MeasuredBlock, shown: number): number {
  const cut = cutLine(block, shown).reduce((sum, line) => sum + lineBytes(line), 0);
  return (block.bytesUpTo[shown] ?? 0) + cut - 1;
}

function blockText(block: MeasuredBlock, shown: number): string {
  return [...block.head, ...block.rows.slice(0, shown), ...cutLine(block, shown)].join('\n');
}

/** The line that says how many rows were cut, or nothing where none was. */
function cutLine({ rows, more }: MeasuredBlock, shown: number): string[] {
  const cut = rows.length - shown;
  if (cut <= 0) return [];
  return [`… ${cut} more${more === undefined ? '' : `: ${more}`}`.toWellFormed()];
}

function lineBytes(line: string): number {
  return byteLength(line) + 1;
}

/**
 * Maximum lengths of texts in JSON that exceeds its budget even with one entry in each list; the next is
 * tried where one does not suffice.
 */
const TEXT_LENGTHS = [1_000, 300, 100] as const;

const NARROW = 'a smaller limit, a shorter window (from, to) or a further matcher in selector';

/**
 * Renders an answer as JSON inside a budget of at least 300 bytes: the longest lists are cut from the end,
 * then long texts, and `notes` says so. If that does not suffice, the answer is an object that says only
 * that.
 */
export function renderJson(answer: Answer, budget: number = BUDGET.max): string {
  const whole = serialise(answer.data);
  if (byteLength(whole) <= budget) return whole;
  const { data, notes } = cutLists(answer, budget);
  let text = serialise(withNotes(data, notes));
  for (const length of TEXT_LENGTHS) {
    if (byteLength(text) <= budget) return text;
    const note = `Texts over ${length} characters are cut to fit the answer ("…"); narrow the request.`;
    text = serialise(withNotes(data, [...notes, note]), length);
  }
  if (byteLength(text) <= budget) return text;
  return JSON.stringify({
    too_large: true,
    notes: [`The answer does not fit into ${budget} bytes and was left out. Narrow the request: ${NARROW}.`],
  });
}

/** A list that may be cut, whose entries are measured once, so that cutting it costs a subtraction. */
interface MeasuredList {
  name: string;
  path: readonly string[];
  entries: readonly Json[];
  /** Bytes of the first n entries at index n, with the commas between them. */
  bytesUpTo: readonly number[];
  /** Number of entries that stay. */
  kept: number;
}

/** Cuts the longest list again and again until the data fit, with the notes that say so. */
function cutLists({ data, lists: names }: Answer, budget: number): { data: JsonObject; notes: string[] } {
  const lists = [...new Set(names)].flatMap((name) => measureList(data, name) ?? []);
  const notesBefore = Array.isArray(data.notes) ? data.notes : [];
  const countBytes = ({ bytesUpTo, kept }: MeasuredList) => bytesUpTo[kept] ?? 0;
  const listBytes = () => lists.reduce((sum, list) => sum + countBytes(list), 0);
  const otherBytes = byteLength(serialise({ ...data, notes: notesBefore })) - listBytes();
  // In the order in which the lists were cut first.
  const cut = new Set<MeasuredList>();
  const cutNotes = () =>
    [...cut].map(
      ({ name, entries, kept }) =>
        `${entries.length - kept} more in ${name} left out to fit the answer; narrow the request.`,
    );
  const noteBytes = () => {
    const before = lists.find(({ name }) => name === 'notes')?.kept ?? notesBefore.length;
    const bytes = cutNotes().reduce((sum, note) => sum + byteLength(serialise(note)) + 1, 0);
    return bytes > 0 && before === 0 ? bytes - 1 : bytes;
  };
  while (otherBytes + listBytes() + noteBytes() > budget) {
    let longest: MeasuredList | null = null;
    for (const list of lists)
      if (list.kept > 1 && (longest === null || countBytes(list) > countBytes(longest))) longest = list;
    if (longest === null) break;
    longest.kept = Math.max(1, Math.floor(longest.kept * 0.85));
    cut.add(longest);
  }
  let rest = data;
  for (const { path, entries, kept } of cut) rest = withValueAt(rest, path, entries.slice(0, kept));
  return { data: rest, notes: cutNotes() };
}

function measureList(data: JsonObject, name: string): MeasuredList | null {
  const path = name.split('.');
  const entries = listAt(data, path);
  if (entries === null) return null;
  let bytes = 0;
  const bytesUpTo = [bytes];
  for (const [index, entry] of entries.entries()) {
    bytes += byteLength(serialise(entry)) + (index === 0 ? 0 : 1);
    bytesUpTo.push(bytes);
  }
  return { name, path, entries, bytesUpTo, kept: entries.length };
}

/** A value as JSON, texts well-formed and, where a length is given, cut to it. */
function serialise(value: Json, longest = Number.POSITIVE_INFINITY): string {
  return safeJson(value, (_key, inner) =>
    typeof inner === 'string' ? cutRight(inner.toWellFormed(), longest) : inner,
  );
}

/** Data with further notes. */
function withNotes(data: JsonObject, notes: readonly string[]): JsonObject {
  if (notes.length === 0) return data;
  return { ...data, notes: [...(Array.isArray(data.notes) ? data.notes : []), ...notes] };
}

function listAt(data: JsonObject, path: readonly string[]): readonly Json[] | null {
  let value: Json | undefined = data;
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return Array.isArray(value) ? value : null;
}

/** A copy of the data with another value at a path; a path through a missing object changes nothing. */
function withValueAt(data: JsonObject, [name, ...rest]: readonly string[], value: Json): JsonObject {
  if (name === undefined) return data;
  if (rest.length === 0) return { ...data, [name]: value };
  const inner = data[name];
  return isObject(inner) ? { ...data, [name]: withValueAt(inner, rest, value) } : data;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes of a text in UTF-8, counted: to encode each line of an answer takes longer than to write it. */
function byteLength(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    // A character beyond the first plane takes two units of the text.
    if (code > 0xffff) at++;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code <= 0xffff ? 3 : 4;
  }
  return bytes;
}

/**
 * Text of at most so many bytes: whole lines from its start, then a line that says how many were left out.
 */
function capBytes(text: string, maxBytes: number): string {
  if (byteLength(text) <= maxBytes) return text;
  const lines = text.split('\n');
  const cutText = (kept: number) => {
    const left = lines.length - kept;
    return `… ${plural(left, 'more line')} left out: the answer is over ${maxBytes} bytes. Narrow the request: ${NARROW}.`;
  };
  const room = maxBytes - byteLength(`\n${cutText(0)}`);
  let used = 0;
  let kept = 0;
  for (const line of lines) {
    const bytes = lineBytes(line);
    if (used + bytes > room) break;
    used += bytes;
    kept++;
  }
  return [...lines.slice(0, kept), cutText(kept)].join('\n');
}
