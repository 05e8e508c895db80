import { functionData } from '../../profile/code/named-function.js';
import type { Finding } from '../../profile/compare/finding.js';
import { spreadBelow } from '../../profile/compare/growth/below.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { type Contrast, MIN_SAMPLES, share } from '../../profile/contrast/contrast.js';
import { totalsBelow } from '../../profile/contrast/through.js';

/** Part of a growth that each of several kinds of work holds … */
const MIN_KIND = 0.25;
/** … and all of them together. */
const NEARLY_ALL = 0.8;
/** Part of the growth that a function must cost to be told as new there … */
const MIN_NEW = 0.1;
/** … of which it cost less than this part there before. */
const HARDLY = 0.05;

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
  const fresh = findFresh(
    contrast,
    fn,
    kinds.map(({ what }) => what),
  );
  return {
    at: named(fn),
    parts: kinds.map(({ what, part }) => ({ callee: what === null ? null : named(what), part })),
    fresh: fresh === null ? null : named(fresh),
  };
}

/**
 * The dearest own function below another one that cost hardly anything there before, if there is one: where
 * each request newly makes an expensive object, all work with it becomes dearer, and its making tells why.
 *
 * @param told functions that are told already
 */
function findFresh(
  { joined, before, after, quantum }: Contrast,
  fn: number,
  told: readonly (number | null)[],
): number | null {
  const [was, is] = [totalsBelow(joined, before.parts, fn), totalsBelow(joined, after.parts, fn)];
  const costBefore = (id: number) => share(was[id] ?? 0, before.profiles);
  const costAfter = (id: number) => share(is[id] ?? 0, after.profiles);
  const least = MIN_NEW * (costAfter(fn) - costBefore(fn));
  let dearest: number | null = null;
  for (let id = 0; id < is.length; id++) {
    if (joined.application[id] !== 1 || id === fn || told.includes(id)) continue;
    if ((is[id] ?? 0) < MIN_SAMPLES * quantum || costAfter(id) < least) continue;
    if (costBefore(id) >= HARDLY * costAfter(id)) continue;
    if (dearest === null || costAfter(id) > costAfter(dearest)) dearest = id;
  }
  return dearest;
}
