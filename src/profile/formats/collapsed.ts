import type { PprofFile } from '../pprof.js';
import { StackCollector, type TextFrame } from './collector.js';
import { decodeText } from './text.js';

/** `main;handle;parse 42`, and with two numbers as `difffolded.pl` writes them. */
const LINE = /^(\S.*?)[ \t]+(?:(\d+(?:\.\d+)?)[ \t]+)?(-?\d+(?:\.\d+)?)$/;
/** Kinds of frames that flame graph tools append: kernel, inlined, compiled just in time, interpreted, tiers of the JVM. */
const FRAME_KIND = /_\[[kij01]\]$/;
/** A frame with its place, as py-spy and rbspy write it: `handle (app/views.py:12)`. */
const PLACED = /^(.+) \(([^()]+):(\d+)\)$/;

/** Lines that must be read to tell the format. */
const TELLING_LINES = 50;

/**
 * Whether a text holds collapsed stacks.
 * @param head the beginning of the text; its last line may be cut
 */
export function isCollapsed(head: string): boolean {
  const lines = head.split('\n');
  const whole = (lines.length > 1 ? lines.slice(0, -1) : lines)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, TELLING_LINES);
  return (
    whole.length > 0 &&
    whole.every((line) => LINE.test(line)) &&
    whole.some((line) => /^[^;]+;\S/.test(line)) &&
    // A list with a space behind each semicolon is prose.
    !whole.every((line) => /; /.test(line))
  );
}

/**
 * Reads collapsed stacks: per line the frames from the entry point on, separated by semicolons, and a count. Where every
 * line has two counts it is a comparison, and the value is the second less the first.
 * @throws LimitError, or SyntaxError with the line that cannot be read
 */
export function readCollapsed(bytes: Uint8Array): PprofFile {
  const text = decodeText(bytes);
  const stacks = new StackCollector();
  const frames = new Map<string, number>();
  let number = 0;
  let compared: boolean | null = null;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end).trimEnd();
    from = end < 0 ? text.length : end + 1;
    number++;
    if (line === '' || line.startsWith('#')) continue;
    const [, stack = '', first, last = ''] = LINE.exec(line) ?? [];
    if (stack === '') throw new SyntaxError(`line ${number} has no count at its end`);
    compared ??= first !== undefined;
    if (compared !== (first !== undefined))
      throw new SyntaxError(
        `line ${number} has ${compared ? 'one count' : 'two counts'}, unlike those above`,
      );
    const value = Number(last) - (compared ? Number(first) : 0);
    const ids = stack.split(';').map((name) => {
      const known = frames.get(name) ?? stacks.frame(frameOf(name));
      frames.set(name, known);
      return known;
    });
    if (value !== 0) stacks.add(ids.reverse(), [value]);
  }
  return stacks.finish({ sampleTypes: [{ type: 'samples', unit: 'count' }] });
}

function frameOf(text: string): TextFrame {
  const name = text.replace(FRAME_KIND, '');
  const [, placed, file = '', line] = PLACED.exec(name) ?? [];
  return placed === undefined ? { name } : { name: placed, file, line: Number(line) };
}
