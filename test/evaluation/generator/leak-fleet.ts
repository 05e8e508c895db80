import type { Fleet } from './fleet.js';
import type { Snapshot } from './plan.js';
import { byTimeAndPod, podLabels, podName, START, suffix, VERSIONS } from './pods.js';
import { chance, integer, normal, pick, type Random, uniform } from './random.js';

/** Seconds between two profiles of a pod and seconds profiled. */
const CADENCES = [
  [15, 15],
  [30, 30],
  [60, 10],
  [120, 10],
] as const;
/** Smallest and largest traffic of a pod, times that of an average one. */
const TRAFFIC = [0.3, 3] as const;

interface Pod {
  labels: Snapshot['labels'];
  traffic: number;
  from: number;
  to: number;
  /** Time from which on it leaks; null where it does not. */
  leaksFrom: number | null;
  held: number;
}

/**
 * A fleet in which memory or goroutines leak: mostly in all pods, which a rolling deploy replaced one after
 * the other, or which leak from a moment on; they differ in traffic, and so in how fast they leak. In a
 * quarter of the cases of K a single pod leaks next to others that do not.
 */
export function makeLeakFleet(random: Random, kind: 'K' | 'L', service: string): Fleet {
  const [spacing, seconds] = pick<readonly [number, number]>(random, CADENCES);
  const step = spacing * 1000;
  const [before, after] = [integer(random, 12, 40), integer(random, 10, 24)];
  const split = START + before * step;
  const end = split + after * step;
  const count = integer(random, 2, 6);
  const alone = kind === 'K' && chance(random, 0.25) ? integer(random, 0, count - 1) : null;
  const isReplaced = chance(random, 0.7);
  const pods = makePods(random, { service, split, end, count, alone, isReplaced });
  const missing = chance(random, 0.4) ? uniform(random, 0.03, 0.15) : 0;
  const jitter = uniform(random, 0.01, 0.05);
  const snapshots = pods.flatMap(({ labels, traffic, from, to, leaksFrom, held }) => {
    const phase = uniform(random, 0.1, 0.9) * (1 - seconds / (2 * spacing));
    return Array.from({ length: before + after }, (_, k): Snapshot[] => {
      const time = Math.round(START + (k + phase) * step);
      if (time < from || time >= Math.min(to, end) || chance(random, missing)) return [];
      const age = leaksFrom === null ? 0 : Math.max(0, time - leaksFrom);
      return [
        {
          side: time < split ? 'baseline' : 'incident',
          time,
          seconds,
          labels,
          podFactor: 1,
          load: traffic,
          jitter: Math.exp(jitter * normal(random)),
          warmth: 0,
          activation: (traffic * age) / (end - split),
          progress: (time - START) / (end - START) - 0.5,
          held,
        },
      ];
    }).flat();
  });
  snapshots.sort(byTimeAndPod);
  const windows = { baseline: { from: START, to: split - 1 }, incident: { from: split, to: end } };
  const [only] = alone === null ? [] : pods.filter(({ leaksFrom }) => leaksFrom !== null);
  const starts = pods.flatMap(({ leaksFrom }) => leaksFrom ?? []);
  return {
    windows,
    snapshots,
    since: Math.min(...starts),
    reachedAll: Math.max(...starts),
    label: null,
    leaksIn: only === undefined ? 'all' : podName(only.labels),
    ...(isReplaced ? { acceptedLabels: ['version', 'pod'] } : {}),
  };
}

interface PodRules {
  service: string;
  split: number;
  end: number;
  count: number;
  /** The only one that leaks; null where all do. */
  alone: number | null;
  isReplaced: boolean;
}

function makePods(random: Random, { service, split, end, count, alone, isReplaced }: PodRules): Pod[] {
  const version = pick(random, VERSIONS);
  const next = version.replace(/\d+$/, (last) => String(Number(last) + 1));
  const [oldSet, newSet] = [suffix(random), suffix(random)];
  // The last pod of a rolling deploy may come late; enough of the window is left to see it leak.
  const stagger = (uniform(random, 0, 0.4) * (end - split)) / count;
  const unevenness = uniform(random, 0, 0.7);
  // Old processes hold more than new ones in some services.
  const held = chance(random, 0.4) ? uniform(random, 1, 1.8) : 1;
  return Array.from({ length: count }, (_, index): Pod[] => {
    const drawn = Math.exp(unevenness * normal(random));
    const traffic = Math.min(TRAFFIC[1], Math.max(TRAFFIC[0], drawn));
    const lives = { traffic, from: 0, to: end, held: 1 };
    const labels = (replicaSet: string, ofVersion: string) =>
      podLabels(random, { service, replicaSet, region: undefined, version: ofVersion });
    const leaks = alone === null || alone === index;
    if (!isReplaced) {
      return [{ ...lives, labels: labels(oldSet, version), leaksFrom: leaks ? split : null }];
    }
    const at = Math.round(split + index * stagger);
    return [
      { ...lives, labels: labels(oldSet, version), to: at, leaksFrom: null, held },
      { ...lives, labels: labels(newSet, next), from: at, leaksFrom: leaks ? at : null },
    ];
  }).flat();
}
