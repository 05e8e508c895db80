import { joinKey } from '../../profile/code/names.js';
import { isCollector } from '../../profile/compare/collector.js';
import { sumCosts } from '../../profile/contrast/costs.js';
import { type JoinedPart, joinProfiles } from '../../profile/contrast/join.js';
import type { FunctionInfo, Profile } from '../../profile/model.js';

/** A function of one of several services that cost more than the load of any of them explains. */
export interface GrownFunction {
  key: string;
  info: FunctionInfo;
  /** Samples in the baseline and in the incident. */
  before: number;
  after: number;
  /** Samples beyond the usual load. */
  added: number;
  /** Distance from what the largest load explains, in standard errors: of counts of one Poisson rate. */
  z: number;
  /** Whether another function lost about as much: then the cost only moved. */
  hasMoved: boolean;
}

/** Several services before and after. */
export interface GroupProfiles {
  before: Profile;
  after: Profile;
  /** Value of one sample. */
  quantum: number;
  /** Smallest and largest load of a service, after ÷ before, as parts of that of all together. */
  spread: readonly [number, number];
  gate: number;
  /** Smallest growth that matters, in samples. */
  minGrowth: number;
}

/** Over-dispersion of samples, as calm services show it (docs/develop/comparison.md §5). */
const PHI = 1.5;
/** Fewer samples than this do not show the load. */
const MIN_SHOWN = 20;
/** A loss explains a gain that differs from it by at most so many standard errors. */
const MAX_APART = 2;

/**
 * Functions of the team's own code that grew in one of several services, the most distant from noise first,
 * and the garbage collector where it did. Every function is compared with itself, since the others belong to
 * other services: growth is what exceeds the largest load among them.
 */
export function grownFunctions({
  before,
  after,
  quantum,
  spread,
  gate,
  minGrowth,
}: GroupProfiles): GrownFunction[] {
  // No function is looked for under another name: it could be found in another service.
  const { functions, parts, application } = joinProfiles([before, after]);
  const [was, is] = parts.map((part) => sumCosts(part, functions.length));
  if (was === undefined || is === undefined) return [];
  const load = usualRatio(was.charged, is.charged, MIN_SHOWN * quantum) ?? is.total / was.total;
  const [smallest, largest] = [load * spread[0], load * spread[1]];
  const collectors = collectorsIn(parts[1], functions);
  const grown: (GrownFunction & { fn: number })[] = [];
  const lost: { fn: number; amount: number; variance: number }[] = [];
  for (const [fn, info] of functions.entries()) {
    const [x1, x2] = [(was.totals[fn] ?? 0) / quantum, (is.totals[fn] ?? 0) / quantum];
    const added = x2 - load * x1;
    const z = (ratio: number) => (x2 - ratio * x1) / Math.sqrt(PHI * ratio * (x1 + x2));
    if (-added >= minGrowth && z(smallest) <= -gate)
      lost.push({ fn, amount: -added, variance: PHI * load * (x1 + x2) });
    const isCandidate = application[fn] === 1 || collectors.has(fn);
    if (isCandidate && added >= minGrowth && z(largest) >= gate)
      grown.push({
        fn,
        key: joinKey(info),
        info,
        before: x1,
        after: x2,
        added,
        z: z(largest),
        hasMoved: false,
      });
  }
  // Each loss explains one gain, that of the most alike amount, as far as the load of one service tells.
  const ownLoad = Math.max(spread[1] - 1, 1 - spread[0]);
  const [callersOfLost, callersOfGrown] = [
    ownCallers(parts[0], new Set(lost.map(({ fn }) => fn))),
    ownCallers(parts[1], new Set(grown.map(({ fn }) => fn))),
  ];
  const pairs = grown.flatMap((gain) =>
    lost.flatMap((loss) => {
      if (!mayShareService(gain.fn, callersOfGrown, loss.fn, callersOfLost)) return [];
      const apart = Math.abs(gain.added - loss.amount);
      const error = Math.sqrt(loss.variance + PHI * load * (gain.before + gain.after));
      return apart <= ownLoad * loss.amount + MAX_APART * error ? [{ gain, loss, apart }] : [];
    }),
  );
  const moved = new Set<object>();
  for (const { gain, loss } of pairs.sort((a, b) => a.apart - b.apart))
    if (!moved.has(gain) && !moved.has(loss)) moved.add(gain).add(loss);
  return grown
    .sort((a, b) => b.z - a.z)
    .map((gain) => {
      const { fn: _, ...one } = gain;
      return { ...one, hasMoved: moved.has(gain) };
    });
}

/** Functions of garbage collectors, one for each runtime: the others run below them. */
function collectorsIn(part: JoinedPart | undefined, functions: readonly FunctionInfo[]): Set<number> {
  const outermost = new Set<number>();
  if (part === undefined) return outermost;
  const { profile, frameFunction } = part;
  const isOfCollector = functions.map(isCollector);
  for (let stack = 0; stack < profile.values.length; stack++) {
    const start = profile.stackStart[stack] ?? 0;
    for (let at = (profile.stackStart[stack + 1] ?? start) - 1; at >= start; at--) {
      const fn = frameFunction[profile.stackFrames[at] ?? 0] ?? 0;
      if (isOfCollector[fn] !== true) continue;
      outermost.add(fn);
      break;
    }
  }
  return outermost;
}

/**
 * Whether a function that grew and one that lost may be of the same service: then they have a common caller,
 * or one calls the other, or none calls either.
 */
function mayShareService(
  grown: number,
  callersOfGrown: ReadonlyMap<number, ReadonlySet<number>>,
  lost: number,
  callersOfLost: ReadonlyMap<number, ReadonlySet<number>>,
): boolean {
  const [callers, others] = [callersOfGrown.get(grown), callersOfLost.get(lost)];
  if (callers === undefined && others === undefined) return true;
  const place = new Set([lost, ...(others ?? [])]);
  return [grown, ...(callers ?? [])].some((fn) => place.has(fn));
}

/**
 * Own functions that call some functions, directly or not; left out for those that none calls. Cost moves
 * within a service, below a caller that both functions have.
 */
function ownCallers(part: JoinedPart | undefined, callees: ReadonlySet<number>): Map<number, Set<number>> {
  const callers = new Map<number, Set<number>>();
  if (part === undefined || callees.size === 0) return callers;
  const { profile, frameFunction, frameApplication } = part;
  for (let stack = 0; stack < profile.values.length; stack++) {
    const below: number[] = [];
    const end = profile.stackStart[stack + 1] ?? 0;
    for (let at = profile.stackStart[stack] ?? 0; at < end; at++) {
      const frame = profile.stackFrames[at] ?? 0;
      const fn = frameFunction[frame] ?? 0;
      if (frameApplication[frame] === 1)
        for (const callee of below) {
          if (callee === fn) continue;
          callers.set(callee, (callers.get(callee) ?? new Set()).add(fn));
        }
      if (callees.has(fn)) below.push(fn);
    }
  }
  return callers;
}

/**
 * The factor by which own code costs more on the whole: the middle one of all functions, each as heavy as its
 * cost. Totals show less of the load, since what a process does by itself does not grow with it.
 */
function usualRatio(before: ArrayLike<number>, after: ArrayLike<number>, least: number): number | null {
  const ratios: { ratio: number; weight: number }[] = [];
  for (let fn = 0; fn < before.length; fn++) {
    const [was, is] = [before[fn] ?? 0, after[fn] ?? 0];
    if (was >= least) ratios.push({ ratio: is / was, weight: was });
  }
  ratios.sort((a, b) => a.ratio - b.ratio);
  const half = ratios.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let passed = 0;
  for (const { ratio, weight } of ratios) {
    passed += weight;
    if (passed >= half) return ratio;
  }
  return null;
}
