import type { Contrast } from '../contrast/contrast.js';
import { deviation, share } from '../contrast/contrast.js';
import type { FunctionInfo } from '../model.js';

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

function sumSelf(self: Float64Array, ids: readonly number[]): number {
  return ids.reduce((total, fn) => total + (self[fn] ?? 0), 0);
}
