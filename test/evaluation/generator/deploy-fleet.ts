import type { DeployKind } from './case.js';
import type { Fleet } from './fleet.js';
import type { Snapshot } from './plan.js';
import { byTimeAndPod, podLabels, REGIONS, START, suffix, VERSIONS } from './pods.js';
import { chance, integer, normal, pick, pickSome, type Random, uniform } from './random.js';

/** Seconds between two profiles of a pod and seconds profiled where an agent profiles all of the time. */
export const CONTIGUOUS = [
  [10, 10],
  [15, 15],
  [30, 30],
  [60, 60],
] as const;
/** Times of the profiles where the profiler runs now and then. */
export const SPARSE = [
  [60, 10],
  [120, 10],
  [225, 4],
] as const;

/** How likely a deploy replaces every instance, by kind. */
const REPLACED: Readonly<Record<DeployKind, number>> = {
  p: 0.6,
  q: 0,
  r: 1,
  s: 1,
  t: 0.2,
  u: 0.7,
  v: 1,
  w: 0.2,
  x: 1,
  y: 0.5,
  z: 0.5,
  A: 0.5,
  B: 0.5,
  C: 0.7,
  D: 1,
  E: 0.7,
  F: 1,
  G: 1,
  H: 0.3,
  I: 0.3,
  J: 1,
  K: 0.75,
  L: 0.6,
  M: 0,
  N: 1,
  P: 1,
  Q: 0.5,
};

/** The kinds in which instances start cold, at the beginning of a window. */
const COLD: readonly DeployKind[] = ['s', 'J', 'N', 'P'];
/** The kinds in which a deploy changes nothing but that processes start. */
const ONLY_RESTARTS: readonly DeployKind[] = ['s', 'J', 'N'];
/** The kinds in which no label names an instance. */
const UNNAMED: readonly DeployKind[] = ['J', 'P'];

interface Instance {
  labels: Snapshot['labels'];
  factor: number;
  from: number;
  to: number;
  /** Whether it runs the changed code, or sees the changed requests. */
  isChanged: boolean;
  /** Length of its warm-up in milliseconds; 0 for a warm process. */
  warmUp: number;
}

/**
 * A fleet as real deploys have it: contiguous or sparse profiles, some missing, some late, and instances that
 * are replaced all at once or one after the other.
 */
export function makeDeployFleet(random: Random, kind: DeployKind, service: string): Fleet {
  const isContiguous = chance(random, 0.6);
  const [spacing, seconds] = pick<readonly [number, number]>(random, isContiguous ? CONTIGUOUS : SPARSE);
  const before = isContiguous ? integer(random, 16, 48) : integer(random, 10, 24);
  const after = isContiguous ? integer(random, 10, 24) : integer(random, 6, 12);
  const step = spacing * 1000;
  const split = START + before * step;
  const end = split + after * step;
  const isEarly = COLD.includes(kind) || chance(random, 0.7);
  const since =
    kind === 'N'
      ? startOfYoung(random, { split, end, step })
      : isEarly
        ? split
        : Math.round(split + uniform(random, 0.1, 0.4) * (end - split));
  const isReplaced = chance(random, REPLACED[kind]);
  const instances = makeInstances(random, { kind, service, since, end, step, isReplaced });
  const load = drawLoad(random, kind);
  const missing = chance(random, 0.4) ? uniform(random, 0.03, 0.15) : 0;
  const lateness = chance(random, 0.4) ? uniform(random, 0.1, 0.4) * (step - seconds * 1000) : 0;
  const trend = uniform(random, -0.03, 0.03);
  const jitter = uniform(random, 0.01, 0.05);
  const snapshots = instances.flatMap(({ labels, factor, from, to, isChanged, warmUp }) => {
    const phase = uniform(random, 0.1, 0.9) * (isContiguous ? 1 : 1 - seconds / spacing);
    return Array.from({ length: before + after }, (_, k): Snapshot[] => {
      const time = Math.round(START + (k + phase) * step + lateness * uniform(random, 0, 1));
      if (time < from || time + seconds * 1000 > Math.min(to, end) || chance(random, missing)) return [];
      const covered = (time + seconds * 1000 - since) / (seconds * 1000);
      const changed = Math.max(0, Math.min(1, covered));
      const progress = (time - START) / (end - START) - 0.5;
      const age = time - from;
      return [
        {
          side: time < split ? 'baseline' : 'incident',
          time,
          seconds,
          labels,
          podFactor: factor,
          load: (1 + (load - 1) * changed) * (1 + trend * progress),
          jitter: Math.exp(jitter * normal(random)),
          warmth: warmUp > 0 && age < warmUp ? Math.exp((-3 * age) / warmUp) : 0,
          activation: isChanged && !ONLY_RESTARTS.includes(kind) ? changed : 0,
          progress,
        },
      ];
    }).flat();
  });
  snapshots.sort(byTimeAndPod);
  const hasVersion = !UNNAMED.includes(kind) || chance(random, 0.4);
  const windows = { baseline: { from: START, to: split - 1 }, incident: { from: split, to: end } };
  return {
    windows,
    snapshots: UNNAMED.includes(kind) ? snapshots.map((at) => withoutNames(at, hasVersion)) : snapshots,
    since: ONLY_RESTARTS.includes(kind) || kind === 'A' || kind === 'C' ? null : since,
    label: null,
    ...(isReplaced ? { acceptedLabels: ['version', 'pod'] } : {}),
  };
}

/** A profile without the labels that tell instances, or builds, apart. */
function withoutNames(snapshot: Snapshot, hasVersion: boolean): Snapshot {
  const { pod: _, version, ...labels } = snapshot.labels;
  return {
    ...snapshot,
    labels: hasVersion && version !== undefined ? { ...labels, version } : labels,
  };
}

/** The time of a deploy that makes all instances young, shortly before the baseline or the incident. */
function startOfYoung(
  random: Random,
  { split, end, step }: { split: number; end: number; step: number },
): number {
  if (chance(random, 0.4)) return START - Math.round(uniform(random, 0, 2) * step);
  return split - Math.round(Math.min(uniform(random, 0.5, 5) * step, 0.3 * (end - split)));
}

/** Requests after the deploy against those before. */
function drawLoad(random: Random, kind: DeployKind): number {
  switch (kind) {
    case 'z':
      return uniform(random, 1.4, 3);
    // Jobs of up to two fifths of all cost hide a smaller rise.
    case 'Q':
      return uniform(random, 1.8, 3);
    case 'q':
    case 'H':
      return uniform(random, 0.9, 1.4);
    case 'F':
    case 'G':
    case 'I':
      return chance(random, 0.5) ? 1 : uniform(random, 0.9, 1.6);
    case 'A':
    case 'B':
      return uniform(random, 0.25, 0.7);
    default:
      return 1;
  }
}

interface InstanceRules {
  kind: DeployKind;
  service: string;
  since: number;
  end: number;
  step: number;
  isReplaced: boolean;
}

function makeInstances(random: Random, rules: InstanceRules): Instance[] {
  const { kind, service, since, end, step, isReplaced } = rules;
  const count = integer(random, 1, 6);
  const version = pick(random, VERSIONS);
  const next = version.replace(/\d+$/, (last) => String(Number(last) + 1));
  const regions = pickSome(random, REGIONS, integer(random, 1, 3));
  const sizes = uniform(random, 0, 0.25);
  const [oldSet, newSet] = [suffix(random), suffix(random)];
  // A rolling deploy replaces one instance after the other, all within the first quarter of what follows.
  const stagger = chance(random, 0.3)
    ? Math.min(uniform(random, 0.2, 1) * step, (0.25 * (end - since)) / count)
    : 0;
  const isCold = COLD.includes(kind) || chance(random, 0.4);
  const settles =
    kind === 'N'
      ? uniform(random, 0.2, 0.6) * (since <= START ? since - START + 0.5 * (end - since) : end - since)
      : COLD.includes(kind)
        ? uniform(random, 0.1, 0.35) * (end - since)
        : uniform(random, 0.5, 2.5) * step;
  return Array.from({ length: count }, (_, index): Instance[] => {
    const region = regions[index % regions.length];
    const labels = (replicaSet: string, ofVersion: string) =>
      podLabels(random, { service, replicaSet, region, version: ofVersion });
    const factor = Math.exp(sizes * normal(random));
    const lives = { factor, from: 0, to: end, isChanged: true, warmUp: 0 };
    if (!isReplaced) return [{ ...lives, labels: labels(oldSet, version) }];
    const at = Math.round(since + index * stagger);
    return [
      { ...lives, labels: labels(oldSet, version), to: at, isChanged: false },
      { ...lives, labels: labels(newSet, next), from: at, warmUp: isCold ? settles : 0 },
    ];
  }).flat();
}
