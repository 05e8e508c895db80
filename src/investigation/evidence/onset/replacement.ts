import { AGAINST_DEPLOY, findReplacement } from '../../../profile/compare/onset/replacement.js';
import { likelihood } from '../../../profile/compare/since.js';
import type { Window } from '../../../sources/source.js';
import { processLabel } from '../fleet.js';
import { measureGap, type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import type { InvestigationContext } from '../shares.js';
import { isIn } from '../windows.js';

/** The last profile before all instances were replaced, and the first after it. */
type Replaced = { last: number; first: number };

/** Replacements found before: each type, and each question about its onset, asks for the same one. */
const replacementCache = new WeakMap<ProfileTimes, { label: string; found: Replaced | null }>();

/** Finds when all instances were replaced; null where some stayed. */
export function replacement(
  { fleet }: { fleet: Parameters<typeof processLabel>[0] },
  profileTimes: ProfileTimes,
): Replaced | null {
  const label = processLabel(fleet);
  if (label === null || profileTimes.largeFleet !== undefined) return null;
  const known = replacementCache.get(profileTimes);
  if (known?.label === label) return known.found;
  const found = findReplaced(profileTimes, label);
  replacementCache.set(profileTimes, { label, found });
  return found;
}

function findReplaced(profileTimes: ProfileTimes, label: string): Replaced | null {
  const lives = new Map<string, { from: number; to: number }>();
  for (const { labels, points } of profileTimes.series) {
    const times = points.map(({ time }) => time);
    const instance = labels[label];
    if (instance === undefined || times.length === 0) continue;
    const known = lives.get(instance);
    lives.set(instance, {
      from: Math.min(known?.from ?? Number.POSITIVE_INFINITY, ...times),
      to: Math.max(known?.to ?? 0, ...times),
    });
  }
  return findReplacement([...lives.values()], sharedTimes(profileTimes, EVER), measureGap(profileTimes));
}

/**
 * Number of gaps between profiles, before the incident, in which a deploy belongs to it: agents stamp the
 * first profile of a process up to a profile's length before its start, and a window begins when somebody
 * notices.
 */
const NEAR_BORDER = 2;

/**
 * The plan with a baseline that ends before the first profile of new instances, where all were replaced near
 * the border of both windows. Even one profile of theirs in the baseline holds the names of the new build,
 * which then seem to be those of other functions than the old ones.
 */
export function endBeforeDeploy(
  { plan, fleet }: Pick<InvestigationContext, 'plan'> & Parameters<typeof replacement>[0],
  profileTimes: ProfileTimes,
): InvestigationContext['plan'] {
  const { baseline, stepMs } = plan;
  const deploy = replacement({ fleet }, profileTimes);
  if (deploy === null || !isIn(baseline, deploy.first, stepMs)) return plan;
  if (baseline.to - deploy.first > NEAR_BORDER * measureGap(profileTimes)) return plan;
  const before = { from: baseline.from, to: deploy.first - stepMs };
  return totalsIn(profileTimes, before).profiles === 0 ? plan : { ...plan, baseline: before };
}

const EVER = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/**
 * Whether the parts let the change begin with the replacement, each cut judged by the shares that it gives; a
 * part with both old and new instances is left out.
 */
export function isDeploy(
  parts: readonly Window[],
  counts: readonly Counts[],
  deploy: Replaced,
  phi: number,
): boolean {
  const whole = counts.flatMap((count, at) => {
    const part = parts[at];
    const isMixed = part === undefined || (part.from <= deploy.last && part.to >= deploy.first);
    return isMixed ? [] : [{ ...count, isAfter: part.from > deploy.last }];
  });
  const likelihoodAt = (cut: number) =>
    [whole.slice(0, cut), whole.slice(cut)]
      .map(addCounts)
      .reduce((sum, side) => sum + (side.n > 0 ? likelihood(side, side.x / side.n) / phi : 0), 0);
  const ofDeploy = whole.findIndex(({ isAfter }) => isAfter);
  if (ofDeploy < 1) return false;
  const best = Math.max(...whole.map((_, cut) => (cut === 0 ? Number.NEGATIVE_INFINITY : likelihoodAt(cut))));
  return best - likelihoodAt(ofDeploy) <= AGAINST_DEPLOY;
}

interface Counts {
  x: number;
  n: number;
}

function addCounts(counts: readonly Counts[]): Counts {
  return counts.reduce((sum, { x, n }) => ({ x: sum.x + x, n: sum.n + n }), { x: 0, n: 0 });
}
