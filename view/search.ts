import type { Flame } from '../src/report/picture/format.js';
import type { Frames } from '../src/report/picture/layout.js';
import { compilePattern } from './re2.js';
import { readName } from './words.js';

/** Result of a search. */
export interface Found {
  /** 1 for each function whose name fits. */
  functions: Uint8Array;
  count: number;
  /** Share of the total, now, of the stacks that hold one of them. */
  share: number;
}

/**
 * Looks for functions by a part of their name in any case, or by a pattern.
 *
 * @throws PatternProblem
 */
export function search(flame: Flame, frames: Frames, text: string, isPattern: boolean): Found {
  const part = text.toLowerCase();
  const fits = isPattern ? compilePattern(text) : (name: string) => name.toLowerCase().includes(part);
  const functions = Uint8Array.from(flame.functions.name, (_, fn) => Number(fits(readName(flame, fn))));
  let sum = 0;
  // Below a frame that fits, all is counted already.
  for (let at = 0; at < frames.fn.length; ) {
    if (functions[frames.fn[at] ?? 0] === 1) {
      sum += frames.after[at] ?? 0;
      at = frames.end[at] ?? at + 1;
    } else at++;
  }
  return {
    functions,
    count: functions.reduce((all, one) => all + one, 0),
    share: frames.whole[1] > 0 ? sum / frames.whole[1] : 0,
  };
}
