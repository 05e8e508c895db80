import { listLoading } from '../../../profile/code/loading.js';
import { type Analysis, distance } from '../../../profile/compare/analysis.js';
import { sumIn, WHOLE } from '../../../profile/contrast/contrast.js';
import type { PartCosts } from '../../../profile/contrast/runs.js';
import type { Window } from '../../../sources/source.js';
import { WARM_Z } from '../../thresholds.js';
import { fadesAway } from './loading-work.js';
import { isOver, type NewInstances, sumCounts } from './warm-up.js';

// A start that no label tells, or one of a process that keeps its name, is seen by the work that hardly
// anything but a start does: loading modules and classes, compiling, initialising packages. It is a start
// only if that work settles: what loads in each request goes on (docs/develop/comparison.md §2).

type Side = 'baseline' | 'incident';

/**
 * The processes that started in the incident, as the cost of loading tells it: in a stretch of parts it
 * stands above the baseline, and after it no longer, or it fades away. Null where no start is seen.
 */
export function seenStarts(
  { dispersion, joined, quantum, ...sides }: Pick<Analysis, 'joined' | 'quantum' | 'dispersion' | Side>,
  incident: readonly Window[],
): NewInstances | null {
  const measure =
    (fn: number) =>
    ({ costs }: PartCosts) => ({
      x: (costs.totals[fn] ?? 0) / quantum,
      n: sumIn(WHOLE, costs) / quantum,
    });
  let best: { first: number; last: number; z: number } | null = null;
  for (const fn of listLoading(joined.functions)) {
    const past = sumCounts(sides.baseline.map(measure(fn)));
    const counts = sides.incident.map(measure(fn));
    for (let first = 0; first < counts.length; first++) {
      const calm = sumCounts(counts.slice(0, first));
      if (distance(past, calm, dispersion) >= WARM_Z) break;
      const before = sumCounts([past, calm]);
      for (let cut = first + 1; cut < counts.length; cut++) {
        const [early, late] = [sumCounts(counts.slice(first, cut)), sumCounts(counts.slice(cut))];
        if (!isOver(dispersion, before, early, late)) continue;
        const z = distance(late, early, dispersion);
        if (z > (best?.z ?? 0)) best = { first, last: cut - 1, z };
      }
      if (best === null && fadesAway(dispersion, before, counts.slice(first)))
        best = { first, last: counts.length - 1, z: 0 };
    }
  }
  return best === null ? null : toInstances(best, incident);
}

function toInstances(
  { first, last }: { first: number; last: number },
  incident: readonly Window[],
): NewInstances | null {
  const [from, to] = [incident[first]?.from, incident[last]?.to];
  return from === undefined || to === undefined
    ? null
    : { label: null, names: [], first: from, last: to, areAll: true };
}
