import type { Labels } from '../../../src/sources/source.js';
import { pick, type Random } from './random.js';

/** Anchor of all generated cases. */
export const START = Date.UTC(2026, 10, 20, 14);
export const REGIONS = ['eu-central-1', 'us-east-1', 'ap-southeast-2'] as const;
export const VERSIONS = ['2026.11.3', '3.7.2', 'v1.48.0'] as const;
const ALPHABET = '23456789bcdfghjklmnpqrstvwxz';

/** Labels of a pod. */
export function podLabels(
  random: Random,
  { service, replicaSet, region, version }: PodPlace,
): Labels & { version: string } {
  return {
    service_name: service,
    pod: `${service}-${replicaSet}-${suffix(random)}`,
    region: region ?? 'eu-central-1',
    version,
    env: 'production',
  };
}

interface PodPlace {
  service: string;
  replicaSet: string;
  region: string | undefined;
  version: string;
}

/** Orders snapshots by time and then by pod. */
export function byTimeAndPod(
  a: { time: number; labels: Labels },
  b: { time: number; labels: Labels },
): number {
  return a.time - b.time || (podName(a.labels) < podName(b.labels) ? -1 : 1);
}

export function podName(labels: Labels): string {
  return labels.pod ?? '';
}

/** Five random characters as Kubernetes puts them at the end of the names of pods and replica sets. */
export function suffix(random: Random): string {
  return Array.from({ length: 5 }, () => pick(random, [...ALPHABET])).join('');
}
