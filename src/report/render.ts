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
  let data = answer.data;
  let text = serialise(data, []);
  if (byteLength(text) <= budget) return text;
  const paths = new Map([...new Set(answer.lists)].map((name) => [name, name.split('.')]));
  const cut = new Map<string, number>();
  const cutNotes = () =>
    [...cut].map(
      ([name, count]) => `${count} more in ${name} left out to fit the answer; narrow the request.`,
    );
  while (byteLength(text) > budget) {
    const longest = longestList(data, paths);
    if (longest === null) break;
    const keep = Math.max(1, Math.floor(longest.list.length * 0.85));
    cut.set(longest.name, (cut.get(longest.name) ?? 0) + longest.list.length - keep);
    data = withValueAt(data, longest.path, longest.list.slice(0, keep));
    text = serialise(data, cutNotes());
  }
  for (const length of TEXT_LENGTHS) {
    if (byteLength(text) <= budget) return text;
    const note = `Texts over ${length} characters are cut to fit the answer ("…"); narrow the request.`;
    text = serialise(data, [...cutNotes(), note], length);
  }
  if (byteLength(text) <= budget) return text;
  return JSON.stringify({
    too_large: true,
    notes: [`The answer does not fit into ${budget} bytes and was left out. Narrow the request: ${NARROW}.`],
  });
}

/** Data with further notes as JSON, texts well-formed and, where a length is given, cut to it. */
function serialise(data: JsonObject, notes: readonly string[], longest = Number.POSITIVE_INFINITY): string {
  const shorten = (_key: string, value: unknown) =>
    typeof value === 'string' ? cutRight(value.toWellFormed(), longest) : value;
  if (notes.length === 0) return safeJson(data, shorten);
  const notesBefore = Array.isArray(data.notes) ? data.notes : [];
  return safeJson({ ...data, notes: [...notesBefore, ...notes] }, shorten);
}

/** The list that takes most bytes of those that have more than one entry. */
function longestList(data: JsonObject, paths: ReadonlyMap<string, readonly string[]>) {
  let longest: { name: string; path: readonly string[]; list: readonly Json[]; bytes: number } | null = null;
  for (const [name, path] of paths) {
    const list = listAt(data, path);
    if (list === null || list.length < 2) continue;
    const bytes = byteLength(JSON.stringify(list));
    if (longest === null || bytes > longest.bytes) longest = { name, path, list, bytes };
  }
  return longest;
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

const ENCODER = new TextEncoder();

function byteLength(text: string): number {
  return ENCODER.encode(text).length;
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
