import { handsOn } from '../profile/code/handed-on.js';
import { functionData, type GuessedOwner, type NamedFunction } from '../profile/code/named-function.js';
import { busiestPlace } from '../profile/compare/growth/busiest-place.js';
import { libraryBelow } from '../profile/compare/growth/library-below.js';
import { type GrowthPath, growthPath } from '../profile/compare/growth/path.js';
import type { Contrast } from '../profile/contrast/contrast.js';

/**
 * A function with its line, the path of its growth, its nearest own caller on it, and whose it is where it is
 * not the team's.
 */
export function placeFunction(
  contrast: Pick<Contrast, 'joined' | 'before' | 'after'>,
  fn: number,
  load: number,
) {
  const { joined, after } = contrast;
  const path = growthPath(contrast, fn, load);
  const callers = path.functions
    .slice(0, Math.max(0, path.at))
    .filter((other) => joined.application[other] === 1);
  const caller = callers.findLast((other) => !handsOn(joined.functions[other]?.name ?? '')) ?? callers.at(-1);
  const named = (id: number): NamedFunction => functionData(joined.functions[id], 0);
  const ownCaller = caller === undefined ? null : named(caller);
  const isOwn = joined.application[fn] === 1;
  const leansOn = isOwn || caller === undefined ? [fn] : [fn, caller];
  const guessed = leansOn
    .filter((id) => joined.guessed[id] === 1)
    .map((id): GuessedOwner => ({ fn: named(id), isOwn: joined.application[id] === 1 }));
  return {
    fn: busiestPlace(contrast, after.parts, fn),
    caller: ownCaller,
    chargedTo: isOwn ? null : ownCaller,
    guessed,
    callee: findCallee(contrast, fn, path, load),
    path: path.functions.map((id) => named(id)),
    at: path.at,
    leafPart: path.leafPart,
  };
}

/**
 * The library function in which an own function's growth mostly is: the innermost one on the way on which it
 * goes on, else the one that most of it passes through by whichever callees; null where there is none.
 */
function findCallee(
  contrast: Parameters<typeof placeFunction>[0],
  fn: number,
  { functions, at, kept }: GrowthPath,
  load: number,
): NamedFunction | null {
  const { joined } = contrast;
  if (joined.application[fn] !== 1) return null;
  const onPath = functions.slice(at + 1, kept + 1).findLast((other) => joined.library[other] === 1);
  const library = onPath ?? libraryBelow(contrast, fn, load);
  return library === null ? null : functionData(joined.functions[library], 0);
}
