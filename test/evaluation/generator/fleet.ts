import type { Labels, Window } from '../../../src/sources/source.js';
import type { Kind } from './case.js';
import type { Snapshot } from './plan.js';
import { byTimeAndPod, podLabels, podName, REGIONS, START, suffix, VERSIONS } from './pods.js';
import { chance, integer, logUniform, normal, pick, pickSome, type Random, uniform } from './random.js';

/**
 * Seconds between two profiles of a pod and seconds profiled: an agent's default, scrapers, the shared
 * examples.
 */
const CADENCES = [
  [15, 15],
  [60, 10],
  [120, 10],
  [225, 4],
] as const;

interface Pod {
  labels: Labels;
  factor: number;
  /** Instants between which it lives. */
  from: number;
  to: number;
  cold: boolean;
}

export interface Fleet {
  windows: { baseline: Window; incident: Window };
  snapshots: Snapshot[];
  since: number | null;
  label: { name: string; value: string } | null;
  /** Names of labels that tell the new instances from the old ones. */
  acceptedLabels?: readonly string[];
  /** The instance that leaks, or `all` of them. */
  leaksIn?: string;
  /** Time at which the change has reached all instances, where a deploy takes its time. */
  reachedAll?: number;
}

/** Properties that all services of a fleet share. */
export interface FleetShape {
  /** Seconds between two profiles and seconds profiled; each divides both windows. */
  cadences: readonly (readonly [number, number])[];
  baselineSeconds: number;
  incidentSeconds: number;
  /** Whether the incident begins with a deploy: every pod is new, and of the next version. */
  isDeployed?: boolean;
  /** Factor of the load of all services in the incident; left out where each has its own. */
  load?: number;
}

/**
 * 1 to 6 pods with 8 to 24 profiles each before and 4 to 12 after, and where and when the change is there.
 * Ties between labels are left in where a real fleet has them: a single canary pod is its version.
 *
 * @param steady whether the change is there through all of the incident
 */
export function makeFleet(
  random: Random,
  kind: Kind,
  service: string,
  { shape, steady = false }: { shape?: FleetShape | undefined; steady?: boolean } = {},
): Fleet {
  const [spacing, seconds] = pick(random, shape?.cadences ?? CADENCES);
  const before = shape === undefined ? integer(random, 8, 24) : shape.baselineSeconds / spacing;
  const after = shape === undefined ? integer(random, 4, 12) : shape.incidentSeconds / spacing;
  const split = START + before * spacing * 1000;
  const end = split + after * spacing * 1000;
  const windows = { baseline: { from: START, to: split - 1 }, incident: { from: split, to: end } };
  const drawn = onset(random, kind, split, end, after);
  const since = steady ? split : drawn;
  const { pods, label } = makePods(random, kind, service, { split, end, since });
  if (shape?.isDeployed === true) deploy(random, pods, service, split);
  // A burst has at least two profiles: a single one would not show how long it was.
  const until = kind === 'n' ? since + uniform(random, Math.max(0.25, 2 / after), 0.5) * (end - split) : end;
  const load = shape?.load ?? loadFactor(random, kind);
  const trend = kind === 'h' ? 0 : uniform(random, -0.03, 0.03);
  const jitter = uniform(random, 0.01, 0.05);
  const snapshots = pods.flatMap((pod) => {
    const phase = uniform(random, 0.25, 0.75);
    const warmProfiles = integer(random, 1, 3);
    let age = 0;
    return Array.from({ length: before + after }, (_, k): Snapshot[] => {
      const time = Math.round(START + (k + phase) * spacing * 1000);
      if (time < pod.from || time >= pod.to) return [];
      const changed = time >= since && time < until;
      const affected = changed && (label === null || pod.labels[label.name] === label.value);
      const progress = (time - START) / (end - START) - 0.5;
      const warmth = pod.cold && age < warmProfiles ? 0.5 ** age : 0;
      age++;
      return [
        {
          side: time < split ? 'baseline' : 'incident',
          time,
          seconds,
          labels: pod.labels,
          podFactor: pod.factor,
          load: (changed || (shape?.load !== undefined && time >= split) ? load : 1) * (1 + trend * progress),
          jitter: Math.exp(jitter * normal(random)),
          warmth,
          activation: affected ? computeActivation(kind, time, since, end) : 0,
          progress,
        },
      ];
    }).flat();
  });
  snapshots.sort(byTimeAndPod);
  const quiet = kind === 'i';
  return { windows, snapshots, since: quiet ? null : since, label: quiet ? null : label };
}

/**
 * Mostly the whole window has the change; sometimes it begins inside, with at least three profiles after it.
 */
function onset(random: Random, kind: Kind, split: number, end: number, profiles: number): number {
  const latest = kind === 'n' ? 0.45 : Math.max(0, Math.min(0.4, 1 - 4 / profiles));
  const early = kind === 'n' ? chance(random, 0.2) : chance(random, 0.7);
  return early || kind === 'i' ? split : Math.round(split + uniform(random, 0.1, 1) * latest * (end - split));
}

/** A leak grows from nothing to its full size; everything else is there at once. */
function computeActivation(kind: Kind, time: number, since: number, end: number): number {
  if (kind === 'i' || kind === 'h') return 0;
  return kind === 'd' || kind === 'e' ? (time - since) / (end - since) : 1;
}

function loadFactor(random: Random, kind: Kind): number {
  if (kind === 'h') return logUniform(random, 1.3, 4);
  // Load varies together with a change of code, but not with "nothing happened", a move or a leak.
  const mayVary = 'abcgklmno'.includes(kind);
  return mayVary && chance(random, 0.3) ? uniform(random, 0.8, 1.4) : 1;
}

function makePods(
  random: Random,
  kind: Kind,
  service: string,
  { split, end, since }: { split: number; end: number; since: number },
): { pods: Pod[]; label: Fleet['label'] } {
  const count = kind === 'g' ? integer(random, 2, 6) : integer(random, 1, 6);
  const replicaSet = suffix(random);
  const version = pick(random, VERSIONS);
  const twoVersions = kind !== 'g' && count >= 4 && chance(random, 0.2);
  const regions = pickSome(random, REGIONS, integer(random, 1, 3));
  const cold = chance(random, 0.35);
  const sizes = uniform(random, 0, 0.25);
  const pods = Array.from({ length: count }, (_, index): Pod => {
    const labels = podLabels(random, {
      service,
      replicaSet,
      region: regions[index % regions.length],
      version: twoVersions && index % 2 === 1 ? `${version}-arm` : version,
    });
    const factor = Math.exp(sizes * normal(random));
    return { labels, factor, from: 0, to: end, cold: cold && chance(random, 0.7) };
  });
  if (kind === 'g') return canary(random, pods, service, version, since);
  // A pod may be replaced by one of the same version: new and cold, not guilty.
  if ('abhijklmno'.includes(kind) && count >= 2 && chance(random, 0.12))
    replace(random, pods, service, split, {});
  return { pods, label: null };
}

/**
 * Which label value has the change: part of the fleet on a new version, one region, or one pod among equals.
 */
function canary(
  random: Random,
  pods: Pod[],
  service: string,
  version: string,
  since: number,
): { pods: Pod[]; label: Fleet['label'] } {
  const regions = [...new Set(pods.map(({ labels }) => labels.region ?? ''))];
  const way = chance(random, 0.6) ? 'version' : chance(random, 0.5) ? 'region' : 'pod';
  if (way === 'region' && regions.length >= 2) {
    return { pods, label: { name: 'region', value: pick(random, regions) } };
  }
  const alone = pods.filter(
    ({ labels }) => pods.filter((pod) => pod.labels.region === labels.region).length > 1,
  );
  if (way === 'pod' && alone.length > 0) {
    return { pods, label: { name: 'pod', value: podName(pick(random, alone).labels) } };
  }
  const next = `${version.replace(/\d+$/, '')}${Number(/\d+$/.exec(version)?.[0] ?? 0) + 1}`;
  const part = integer(random, 1, Math.max(1, Math.floor(pods.length / 2)));
  for (let index = 0; index < part; index++) replace(random, pods, service, since, { version: next });
  return { pods, label: { name: 'version', value: next } };
}

/** The first pod that was there from the beginning leaves; a new one takes its place in the same region. */
function replace(random: Random, pods: Pod[], service: string, at: number, labels: Labels): void {
  const old = pods.find(({ from, to }) => from === 0 && to > at);
  if (old === undefined) return;
  const pod = `${service}-${suffix(random)}-${suffix(random)}`;
  pods.push({ ...old, labels: { ...old.labels, pod, ...labels }, from: at, cold: chance(random, 0.5) });
  old.to = at;
}

/** Replaces all pods that run at a time by pods of another version, which keep the label that is to blame. */
function deploy(random: Random, pods: Pod[], service: string, at: number): void {
  for (const pod of pods.filter(({ from, to }) => from < at && to > at)) {
    const labels = {
      ...pod.labels,
      pod: `${service}-${suffix(random)}-${suffix(random)}`,
      version: `${pod.labels.version}-next`,
    };
    pods.push({ ...pod, labels, from: at, cold: chance(random, 0.5) });
    pod.to = at;
  }
}
