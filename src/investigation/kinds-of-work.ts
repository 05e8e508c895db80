import { functionData } from '../profile/code/named-function.js';
import type { Finding } from '../profile/compare/finding.js';
import { spreadBelow } from '../profile/compare/growth/below.js';
import { MIN_RISE } from '../profile/compare/load.js';
import type { Contrast } from '../profile/contrast/contrast.js';

/** Part of a growth that each of several kinds of work holds … */
const MIN_KIND = 0.25;
/** … and all of them together. */
const NEARLY_ALL = 0.8;

/**
 * The kinds of work that grew directly below an own function, where no single one is most of its growth: a
 * handler that newly compiles a pattern and encodes an answer is named with both.
 *
 * @param load value per profile of all else, after ÷ before: under more load all that a function calls grows
 * @returns null where one callee holds the growth, or it spreads over many
 */
export function kindsOfWork(contrast: Contrast, fn: number, load: number): Finding['spread'] {
  if (contrast.joined.application[fn] !== 1 || load >= MIN_RISE) return null;
  const spread = spreadBelow(contrast, fn);
  const kinds = (spread?.parts ?? []).filter(({ what, part }) => what !== null && part >= MIN_KIND);
  const together = kinds.reduce((sum, { part }) => sum + part, 0);
  if (spread?.at !== fn || kinds.length < 2 || together < NEARLY_ALL) return null;
  const named = (id: number) => functionData(contrast.joined.functions[id], 0);
  return {
    at: named(fn),
    parts: kinds.map(({ what, part }) => ({ callee: what === null ? null : named(what), part })),
  };
}
