import type { Span } from './timeline.js';

/**
 * Cuts a window into at most `maxParts` parts that hold about the same number of rounds of profiles each.
 *
 * @param times times at which there are profiles, ascending, right edges of steps
 * @returns closed windows, in order, without gaps; the window itself where it holds fewer than two rounds
 */
export function partWindows(window: Span, times: readonly number[], maxParts: number): Span[] {
  const count = Math.min(maxParts, times.length);
  if (count < 2) return [window];
  const ends = Array.from({ length: count }, (_, part) =>
    part === count - 1
      ? window.to
      : (times[Math.round(((part + 1) * times.length) / count) - 1] ?? window.to),
  );
  return ends.map((to, part) => ({ from: part === 0 ? window.from : (ends[part - 1] ?? 0) + 1, to }));
}
