import type { Profile } from '../model.js';
import { NO_STACK } from '../pprof/no-stack.js';
import { type ExportedStacks, listFrames } from './exported.js';

const UNKNOWN = '[unknown]';

/**
 * Writes stacks as lines for flame graph tools: frames from the entry point on, separated by semicolons, a
 * space, and the value. Stacks that differ in files or lines only are one line; the lines are sorted.
 */
export function encodeCollapsed(profile: Profile, { stacks, values }: ExportedStacks): string {
  const names = profile.functions.map(({ name }) => collapsedName(name));
  const sums = new Map<string, number>();
  stacks.forEach((stack, at) => {
    const frames = Array.from(
      listFrames(profile, stack),
      (frame) => names[profile.frameFunction[frame] ?? 0],
    );
    const line = frames.length === 0 ? NO_STACK.name.replace(' ', '_') : frames.reverse().join(';');
    const safe = line.startsWith('#') ? `_${line.slice(1)}` : line;
    sums.set(safe, (sums.get(safe) ?? 0) + (values[at] ?? 0));
  });
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([line, value]) => `${line} ${value}\n`)
    .join('');
}

/**
 * A name that stands in one field of a line. A semicolon ends a frame, and flamegraph.pl takes a number
 * behind a space for a second value; other control characters would break lines and terminals.
 */
export function collapsedName(name: string): string {
  const safe = name.replaceAll(';', ':').replace(/[\s\p{Cc}\u2028\u2029]/gu, '_');
  return safe === '' ? UNKNOWN : safe;
}
