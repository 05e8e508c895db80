import { costsOf } from '../../profile/contrast/costs.js';
import { joinKey, joinProfiles } from '../../profile/contrast/join.js';
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

/** Over-dispersion of samples, as calm services show it (docs/comparison.md §5). */
const PHI = 1.5;
/** Fewer samples than this do not show the load. */
const MIN_SHOWN = 20;
/** A loss explains a gain that differs from it by at most so many standard errors. */
const MAX_APART = 2;

/**
 * Functions of the team's own code that grew in one of several services, the most distant from noise first.
 * Every function is compared with itself, since the others belong to other services: growth is what exceeds
 * the largest load among them.
 */
export function grownFunctions({
  before,
  after,
  quantum,
  spread,
  gate,
  minGrowth,
}: GroupProfiles): GrownFunction[] {
  const { functions, parts, application } = joinProfiles([before, after], 1);
  const [was, is] = parts.map((part) => costsOf(part, functions.length));
  if (was === undefined || is === undefined) return [];
  const load = usualRatio(was.charged, is.charged, MIN_SHOWN * quantum) ?? is.total / was.total;
  const [smallest, largest] = [load * spread[0], load * spread[1]];
  const grown: GrownFunction[] = [];
  const lost: { amount: number; variance: number }[] = [];
  for (const [fn, info] of functions.entries()) {
    const [x1, x2] = [(was.totals[fn] ?? 0) / quantum, (is.totals[fn] ?? 0) / quantum];
    const added = x2 - load * x1;
    const z = (ratio: number) => (x2 - ratio * x1) / Math.sqrt(PHI * ratio * (x1 + x2));
    if (-added >= minGrowth && z(smallest) <= -gate)
      lost.push({ amount: -added, variance: PHI * load * (x1 + x2) });
    if (application[fn] === 1 && added >= minGrowth && z(largest) >= gate)
      grown.push({ key: joinKey(info), info, before: x1, after: x2, added, z: z(largest), hasMoved: false });
  }
  // Each loss explains one gain, that of the most alike amount, as far as the load of one service tells.
  const ownLoad = Math.max(spread[1] - 1, 1 - spread[0]);
  const pairs = grown.flatMap((gain) =>
    lost.flatMap((loss) => {
      const apart = Math.abs(gain.added - loss.amount);
      const error = Math.sqrt(loss.variance + PHI * load * (gain.before + gain.after));
      return apart <= ownLoad * loss.amount + MAX_APART * error ? [{ gain, loss, apart }] : [];
    }),
  );
  const moved = new Set<object>();
  for (const { gain, loss } of pairs.sort((a, b) => a.apart - b.apart))
    if (!moved.has(gain) && !moved.has(loss)) moved.add(gain).add(loss);
  return grown.sort((a, b) => b.z - a.z).map((gain) => ({ ...gain, hasMoved: moved.has(gain) }));
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
