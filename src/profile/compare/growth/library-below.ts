import { type Contrast, share } from '../../contrast/contrast.js';
import { totalsBelow } from '../../contrast/through.js';
import { rankStacks } from './below.js';

/** Part of the growth of a function that must pass through one function of a library below it. */
const MOST = 0.8;

/**
 * The function of a library that most of the growth of a function passes through, whichever of its callees
 * lead there: of several the outermost, as `Copy` before what it calls. Null where none has as much of it, or
 * nothing grew.
 *
 * @param load value per profile that the load alone accounts for, after ÷ before
 */
export function libraryBelow(
  { joined, before, after }: Pick<Contrast, 'joined' | 'before' | 'after'>,
  fn: number,
  load: number,
): number | null {
  const was = totalsBelow(joined, before.parts, fn);
  const is = totalsBelow(joined, after.parts, fn);
  const grew = (at: number) =>
    share(is[at] ?? 0, after.profiles) - load * share(was[at] ?? 0, before.profiles);
  const whole = grew(fn);
  if (whole <= 0) return null;
  const holds = (at: number) => at !== fn && joined.library[at] === 1 && grew(at) >= MOST * whole;
  const holders = new Set([...joined.library.keys()].filter(holds));
  if (holders.size === 0) return null;
  const outermost = rankStacks({ joined, before, after }, fn, ({ profile, frameFunction }, stack) => {
    let isBelow = false;
    for (let at = (profile.stackStart[stack + 1] ?? 0) - 1; at >= (profile.stackStart[stack] ?? 0); at--) {
      const callee = frameFunction[profile.stackFrames[at] ?? 0] ?? 0;
      if (isBelow && holders.has(callee)) return callee;
      isBelow ||= callee === fn;
    }
    return undefined;
  });
  return outermost[0]?.what ?? null;
}
