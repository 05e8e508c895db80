import { bytesPerUnit } from '../../text/units.js';
import { readsRequests } from '../code/request-input.js';
import type { Side } from '../contrast/contrast.js';
import { measureShareGrowth, share, totalPerProfile } from '../contrast/contrast.js';
import type { Joined } from '../contrast/join.js';
import { isCode } from '../contrast/joined-names.js';
import { sumSide } from '../contrast/runs.js';
import { isBelow } from '../contrast/through.js';
import { analyse, type CountedProfile } from './analysis.js';
import { entrySite } from './growth/entry-site.js';
import { descendThroughInlined } from './growth/inlined.js';
import { librarySite } from './growth/library-site.js';

/** The place that most of a growth comes from. */
export interface GrowthSite {
  fn: number;
  /** Growth per profile of the function, and its part of the whole growth. */
  growth: number;
  part: number;
  /** The function that read requests whose bytes are held, too, with its part of the whole growth. */
  input?: { fn: number; part: number };
}

/** Growth from one place, with the sides that it was found between. */
export interface SiteGrowth {
  joined: Joined;
  before: Side;
  after: Side;
  site: GrowthSite;
}

type Sides = Pick<SiteGrowth, 'joined' | 'before' | 'after'>;

/** Two merges of one type brought together; the site of most of the growth is null where none holds half. */
export type Growth = Omit<SiteGrowth, 'site'> & { site: GrowthSite | null };

/** Finds the site of most of the growth between two merges. */
export function growthBetween(before: CountedProfile, after: CountedProfile): Growth {
  const { joined, baseline, incident } = analyse({
    baseline: [before],
    incident: [after],
    slices: [],
    quantum: 1,
  });
  const sides = { before: sumSide(joined, baseline), after: sumSide(joined, incident) };
  const site = growthSite(joined, sides.before, sides.after);
  const growth = { joined, ...sides, site };
  if (bytesPerUnit(after.profile.unit) === null) return growth;
  if (site === null || !isCode(joined, site.fn))
    return { ...growth, site: keeperOfRequests({ joined, ...sides }) ?? site };
  if (joined.application[site.fn] !== 1) return growth;
  return { ...growth, site: descendThroughInlined(joined, sides.before, sides.after, site) };
}

/** A function that keeps requests must hold this part of what grew elsewhere … */
const KEEPER_OF_REST = 0.5;
/** … and this part of the whole growth, … */
const KEEPER_OF_ALL = 0.15;
/** … and must have grown by this factor itself. */
const KEEPER_RATIO = 2;

/**
 * The function that keeps requests, or parts of them, where the bytes that are held were allocated while the
 * requests were read: the stacks of these do not tell who holds them, but what the keeper allocated itself
 * grows with them. The team's innermost one first, else the innermost of a library.
 *
 * @returns null where the growth is not that of requests, or no function stands out next to them
 */
function keeperOfRequests({ joined, before, after }: Sides): GrowthSite | null {
  const whole = share(after.costs.total, after.profiles) - share(before.costs.total, before.profiles);
  const measureGrowth = (fn: number) => totalPerProfile(after, fn) - totalPerProfile(before, fn);
  const [input] = joined.functions
    .flatMap(({ name }, fn) => (readsRequests(name) ? [{ fn, growth: measureGrowth(fn) }] : []))
    .sort((a, b) => b.growth - a.growth || (isInner(joined, after, a.fn, b.fn) ? 1 : -1));
  if (whole <= 0 || input === undefined || input.growth < MIN_PART * whole) return null;
  const ofRequests = { fn: input.fn, part: input.growth / whole };
  const least = Math.max(KEEPER_OF_REST * (whole - input.growth), KEEPER_OF_ALL * whole);
  for (const candidates of [joined.application, joined.library]) {
    const grown: GrowthSite[] = [];
    for (let fn = 0; fn < joined.functions.length; fn++) {
      const growth = measureGrowth(fn);
      if (candidates[fn] !== 1 || growth < least) continue;
      if (totalPerProfile(after, fn) < KEEPER_RATIO * totalPerProfile(before, fn)) continue;
      grown.push({ fn, growth, part: growth / whole, input: ofRequests });
    }
    const most = Math.max(...grown.map(({ growth }) => growth));
    const [first, ...others] = grown.filter(({ growth }) => growth >= NEARLY_ALL * most);
    if (first !== undefined)
      return others.reduce((best, one) => (isInner(joined, after, one.fn, best.fn) ? one : best), first);
  }
  return null;
}

/** A site that holds nearly all of the growth is the better name … */
export const NEARLY_ALL = 0.8;
/** … else one with half of it (docs/develop/comparison.md §6). */
const MIN_PART = 0.5;
/** A function that is not the team's must have gained this part of the whole to be the place of a growth. */
const MIN_GAIN = 0.15;

/**
 * The function that holds most of the growth per profile between two sides: for levels and waits, whose
 * growth is far larger than their noise. The team's innermost one first, but where several of these lead
 * to nearly all of it through one function of a library, that one; where neither holds half, the
 * entry point, or the larger of those of one type, since below it the runtime only parks or allocates.
 *
 * @returns null where no function holds half of it
 */
export function growthSite(joined: Joined, before: Side, after: Side): GrowthSite | null {
  const whole = share(after.costs.total, after.profiles) - share(before.costs.total, before.profiles);
  if (whole <= 0) return null;
  const innermost = (fn: number, other: number) => isInner(joined, after, fn, other);
  const outermost = (fn: number, other: number) => isInner(joined, after, other, fn);
  const isOwn = (fn: number) => joined.application[fn] === 1;
  // All stacks pass through the scheduler's functions: these grow with everything and are no place.
  const hasOwn = before.costs.application + after.costs.application > 0;
  const gainedShare = (fn: number) => !hasOwn || measureShareGrowth({ before, after }, fn) >= MIN_GAIN;
  const isLibrary = (fn: number) => joined.library[fn] === 1 && gainedShare(fn);
  const own = siteAmong(isOwn, innermost, [NEARLY_ALL]);
  const library = own !== null && leadsToIt(own) ? null : librarySite(joined, before, after, NEARLY_ALL);
  return (
    library ??
    own ??
    siteAmong(isOwn, innermost) ??
    siteAmong(isLibrary, innermost) ??
    entrySite(joined, before, after, MIN_GAIN, MIN_PART) ??
    siteAmong(gainedShare, outermost)
  );

  /** Whether an own function leads to most of its growth itself, with no other own function in between. */
  function leadsToIt({ fn, growth }: GrowthSite): boolean {
    const charged = ({ costs, profiles }: Side) => share(costs.charged[fn] ?? 0, profiles);
    return charged(after) - charged(before) >= MIN_PART * growth;
  }

  function siteAmong(
    isCandidate: (fn: number) => boolean,
    isBetter: (fn: number, other: number) => boolean,
    minParts: readonly number[] = [NEARLY_ALL, MIN_PART],
  ): GrowthSite | null {
    for (const minPart of minParts) {
      let best: GrowthSite | null = null;
      for (let fn = 0; fn < joined.functions.length; fn++) {
        if (!isCandidate(fn)) continue;
        const growth = totalPerProfile(after, fn) - totalPerProfile(before, fn);
        if (growth < minPart * whole) continue;
        if (best === null || isBetter(fn, best.fn)) best = { fn, growth, part: growth / whole };
      }
      if (best !== null) return best;
    }
    return null;
  }
}

/** Part of a total that stacks which a profiler cut make two nested functions differ by, either way. */
const CUT = 0.005;

/**
 * Whether a function is the inner one of two: it stands below the other one in the stacks, whatever its other
 * callers add to it. Where each stands below the other in some stack, or neither does, the inner one has the
 * smaller total; of those that are equal but for cut stacks it has most as its own.
 */
export function isInner(joined: Joined, { costs, parts }: Side, fn: number, other: number): boolean {
  const isBelowOther = isBelow(joined, parts, fn, other);
  if (isBelowOther !== isBelow(joined, parts, other, fn)) return isBelowOther;
  const [total, otherTotal] = [costs.totals[fn] ?? 0, costs.totals[other] ?? 0];
  if (Math.abs(otherTotal - total) > CUT * Math.max(total, otherTotal)) return otherTotal > total;
  return (costs.charged[fn] ?? 0) > (costs.charged[other] ?? 0);
}
