import type { PprofFile } from '../pprof/pprof.js';
import { checkLimit } from '../pprof/pprof-limits.js';
import { StackCollector, type TextFrame } from './collector.js';
import { decodeText } from './text.js';

const COUNT = /^-?\d{1,20}(?:\.\d{1,20})?$/;
/**
 * Kinds of frames that flame graph tools append: kernel, inlined, compiled just in time, interpreted, tiers
 * of the JVM.
 */
const FRAME_KIND = /_\[[kij01]\]$/;
/** A frame with its place, as py-spy and rbspy write it: `handle (app/views.py:12)`. */
const PLACED = /^(.+) \(([^()]+):(\d+)\)$/;

/** Length from which a first line may be cut, so that its count is missing: deep stacks make such lines. */
const LONG_LINE = 2_000;
const LONG_STACK = /^[^;\s<{][^;]*(?:;[^;\s][^;]*){8}/;

/** Number of lines that tell the format. */
const TELLING_LINES = 50;

/**
 * Whether a text holds collapsed stacks.
 * @param head the beginning of the text; its last line may be cut
 */
export function isCollapsed(head: string): boolean {
  const lines = head.split('\n');
  if (lines.length === 1 && head.length >= LONG_LINE) return LONG_STACK.test(head);
  const wholeLines = (lines.length > 1 ? lines.slice(0, -1) : lines)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, TELLING_LINES);
  return (
    wholeLines.length > 0 &&
    wholeLines.every((line) => readLine(line) !== null) &&
    wholeLines.some((line) => /^[^;]+;\S/.test(line)) &&
    // A list with a space behind each semicolon is prose.
    !wholeLines.every((line) => /; /.test(line))
  );
}

/**
 * Reads collapsed stacks: per line the frames from the entry point on, separated by semicolons, and a count.
 * Where every line has two counts it is a comparison, and the value is the second less the first.
 * @throws LimitError, or SyntaxError with the line that cannot be read
 */
export function readCollapsed(bytes: Uint8Array): PprofFile {
  const text = decodeText(bytes);
  const stacks = new StackCollector();
  const frames = new Map<string, number>();
  let number = 0;
  let isComparison: boolean | null = null;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end).trimEnd();
    from = end < 0 ? text.length : end + 1;
    number++;
    if (line === '' || line.startsWith('#')) continue;
    const parts = readLine(line);
    if (parts === null) throw new SyntaxError(`line ${number} has no count at its end`);
    const { stack, first, last } = parts;
    isComparison ??= first !== null;
    if (isComparison !== (first !== null))
      throw new SyntaxError(
        `line ${number} has ${isComparison ? 'one count' : 'two counts'}, unlike those above`,
      );
    const value = last - (first ?? 0);
    checkLimit('frames in one sample', framesIn(stack));
    const ids = stack.split(';').map((name) => {
      const known = frames.get(name) ?? stacks.frame(parseFrame(name));
      frames.set(name, known);
      return known;
    });
    if (value !== 0) stacks.add(ids.reverse(), [value]);
  }
  return stacks.finish({ sampleTypes: [{ type: 'samples', unit: 'count' }] });
}

/**
 * Reads `main;handle;parse 42`, and with two counts as `difffolded.pl` writes them. It reads from the end, in
 * linear time.
 * @returns null where there is no count
 */
function readLine(line: string): { stack: string; first: number | null; last: number } | null {
  const last = lastWord(line);
  if (last === null || !COUNT.test(last.word)) return null;
  const before = lastWord(last.rest);
  return before !== null && COUNT.test(before.word)
    ? { stack: before.rest, first: Number(before.word), last: Number(last.word) }
    : { stack: last.rest, first: null, last: Number(last.word) };
}

/** The last word of a text and what stands before it; null where nothing does. */
function lastWord(text: string): { rest: string; word: string } | null {
  const at = Math.max(text.lastIndexOf(' '), text.lastIndexOf('\t'));
  const rest = text.slice(0, Math.max(0, at)).trimEnd();
  return rest === '' ? null : { rest, word: text.slice(at + 1) };
}

function framesIn(stack: string): number {
  let frames = 1;
  for (let at = stack.indexOf(';'); at >= 0; at = stack.indexOf(';', at + 1)) frames++;
  return frames;
}

function parseFrame(text: string): TextFrame {
  const name = text.replace(FRAME_KIND, '');
  const [, placed, file = '', line] = (name.endsWith(')') ? PLACED.exec(name) : null) ?? [];
  return placed === undefined ? { name } : { name: placed, file, line: Number(line) };
}
