import type { Contrast } from '../contrast/contrast.js';
import { deviation, share, totalPerProfile, WHOLE } from '../contrast/contrast.js';
import type { FunctionInfo } from '../model.js';
import { type Culprit, describeCulprit } from './culprit.js';

/** Frames of garbage collectors on their own threads, by runtime. */
const COLLECTOR =
  /^(?:runtime\.(?:gcBgMarkWorker|bgsweep|bgscavenge|gcDrain\w*|gcMarkDone|gcAssistAlloc\d*|sweepone|gcStart)|\(garbage collector\)|(?:.*::|libjvm\.so\.)?(?:G1|Z|Shenandoah|PS|Parallel|Serial|CMS|ParNew)\w*(?:GC|Concurrent\w*|Mark\w*|Task|Worker|Evac\w*|Young\w*|Collect\w*)\w*.*|(?:libjvm\.so\.)?GCTaskThread::.*|gc_collect_main|_?PyGC_Collect|collect_generations|SVR::gc_heap::.*|WKS::gc_heap::.*)/;

/** Growth of the collector's share that is worth naming. */
const MIN_POINTS = 0.02;
const MIN_Z = 3.5;

/** Whether a function is a garbage collector's, on its own threads. */
export function isCollector({ name }: Pick<FunctionInfo, 'name'>): boolean {
  return COLLECTOR.test(name);
}

/** Collectors found before, by functions: one analysis is asked about them again and again. */
const collectorsCache = new WeakMap<readonly FunctionInfo[], readonly number[]>();

function listCollectors(functions: readonly FunctionInfo[]): readonly number[] {
  const known = collectorsCache.get(functions);
  if (known !== undefined) return known;
  const ids = functions.flatMap((info, fn) => (isCollector(info) ? [fn] : []));
  collectorsCache.set(functions, ids);
  return ids;
}

/**
 * How much of the time profile the garbage collector takes, outside the team's stacks.
 *
 * @returns shares of the total on both sides, and whether it grew by more than noise
 */
export function collectorGrowth({ joined, before, after, quantum, dispersion }: Contrast): {
  before: number;
  after: number;
  hasGrown: boolean;
} {
  const ids = listCollectors(joined.functions);
  // Collector frames nest; the outermost of them has all of their cost.
  const largest = ({ costs }: Contrast['before']) =>
    ids.reduce((most, fn) => Math.max(most, costs.bare[fn] ?? 0), 0);
  const sum = ({ costs }: Contrast['before']) => {
    const collected = ids.reduce((total, fn) => total + (costs.bare[fn] ?? 0), 0);
    return Math.min(
      collected,
      Math.max(largest({ costs, profiles: 0, parts: [] }), sumSelf(costs.self, ids)),
    );
  };
  const [x1, x2] = [sum(before), sum(after)];
  const [p1, p2] = [share(x1, before.costs.total), share(x2, after.costs.total)];
  // Against the team's own code, since both follow the load; the scheduler and timers do not.
  const beside = (x: number, { costs }: Contrast['before']) =>
    [x / quantum, (x + costs.application) / quantum] as const;
  const z = deviation(beside(x1, before), beside(x2, after), dispersion);
  return { before: p1, after: p2, hasGrown: p2 - p1 >= MIN_POINTS && z >= MIN_Z };
}

/** Part of all that was spent before which a collector that works more for itself must have added … */
const MIN_ADDED_PART = 0.1;
/** … and the least factor by which it costs more than allocations explain, whose pace its own follows. */
const MIN_BEYOND_ALLOCATIONS = 1.5;

/**
 * The garbage collector as the one that a change of cost is named after: it costs far more, and allocations
 * do not explain it. A setting of the runtime does that (a smaller heap, or a collection after less growth),
 * or more live memory; no code that runs shows it.
 *
 * @param allocations bytes allocated per profile, after ÷ before; null where unknown
 * @param gate least distance from noise, in standard errors
 * @returns null where the collector does not cost more for itself
 */
export function findCollectorAlone(
  contrast: Contrast,
  allocations: number | null,
  gate: number,
): Culprit | null {
  const { joined, before, after } = contrast;
  if (!collectorGrowth(contrast).hasGrown) return null;
  const [first, ...others] = listCollectors(joined.functions);
  if (first === undefined) return null;
  const readCost = (fn: number) => after.costs.bare[fn] ?? 0;
  const fn = others.reduce((most, other) => (readCost(other) > readCost(most) ? other : most), first);
  const culprit = describeCulprit(contrast, WHOLE, fn);
  const [was, is] = [totalPerProfile(before, fn), totalPerProfile(after, fn)];
  const isLarge = is - was >= MIN_ADDED_PART * share(before.costs.total, before.profiles);
  const isBeyond = is >= MIN_BEYOND_ALLOCATIONS * Math.max(1, allocations ?? 1) * was;
  return isLarge && isBeyond && culprit.z >= gate ? culprit : null;
}

function sumSelf(self: Float64Array, ids: readonly number[]): number {
  return ids.reduce((total, fn) => total + (self[fn] ?? 0), 0);
}
