import type { Fleet } from './fleet.js';
import type { LensContext } from './lenses.js';
import type { LensPlan, Snapshot, StackPlan } from './plan.js';
import { byTimeAndPod, podLabels, START, suffix, VERSIONS } from './pods.js';
import { chance, integer, logUniform, normal, pick, type Random, uniform } from './random.js';
import { finish, type Lenses, type Scenario } from './scenario.js';

/** Seconds between two profiles of a pod and seconds profiled. */
const CADENCES = [
  [15, 15],
  [30, 30],
  [60, 10],
  [120, 10],
] as const;

/**
 * A calm fleet, of which a disk or a host stalls once: in one round of profiles of the incident, but not the
 * first or the last one, all pods wait, or those of one host.
 */
export function makeStalledFleet(random: Random, service: string): Fleet {
  const [spacing, seconds] = pick<readonly [number, number]>(random, CADENCES);
  const step = spacing * 1000;
  const [before, after] = [integer(random, 12, 40), integer(random, 8, 24)];
  const split = START + before * step;
  const end = split + after * step;
  const round = before + integer(random, 1, after - 2);
  const count = integer(random, 1, 6);
  const [replicaSet, version] = [suffix(random), pick(random, VERSIONS)];
  const hit = chance(random, 0.5) ? integer(random, 0, count - 1) : null;
  const jitter = uniform(random, 0.01, 0.05);
  const snapshots = Array.from({ length: count }, (_, index): Snapshot[] => {
    const labels = podLabels(random, { service, replicaSet, region: undefined, version });
    const podFactor = Math.exp(0.1 * normal(random));
    const phase = uniform(random, 0.1, 0.9) * (1 - seconds / (2 * spacing));
    return Array.from({ length: before + after }, (_, k): Snapshot => {
      const time = Math.round(START + (k + phase) * step);
      const isStalled = k === round && (hit === null || hit === index);
      return {
        side: time < split ? 'baseline' : 'incident',
        time,
        seconds,
        labels,
        podFactor,
        load: 1,
        jitter: Math.exp(jitter * normal(random)),
        warmth: 0,
        activation: isStalled ? 1 : 0,
        progress: (time - START) / (end - START) - 0.5,
      };
    });
  }).flat();
  snapshots.sort(byTimeAndPod);
  const windows = { baseline: { from: START, to: split - 1 }, incident: { from: split, to: end } };
  return { windows, snapshots, since: null, label: null };
}

/**
 * All waits of the stalled round are far longer, and goroutines pile up in it; the processor does no more.
 */
export function stall({ random }: LensContext, calm: Lenses): Scenario {
  const factor = logUniform(random, 10, 1_000);
  const spread = chance(random, 0.5) ? 0.3 : 1;
  const times = (lens: LensPlan | null, by: number) =>
    lens === null
      ? null
      : {
          ...lens,
          stacks: lens.stacks.map((stack): StackPlan => {
            const longer = by * Math.exp(spread * normal(random));
            return { ...stack, size: ({ activation }) => 1 + activation * (longer - 1) };
          }),
        };
  const { goroutines } = calm;
  const crowd = uniform(random, 1, 3);
  return finish(
    {
      ...calm,
      mutex: times(calm.mutex, factor),
      block: times(calm.block, factor),
      goroutines:
        goroutines === null
          ? null
          : {
              ...goroutines,
              stacks: goroutines.stacks.map((stack) => ({ ...stack, planted: stack.mean * (crowd - 1) })),
            },
    },
    { shows: [] },
  );
}
