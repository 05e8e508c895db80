import type { Labels } from './source.js';

/** Labels that tell one instance of a service from another, the most telling first. */
export const INSTANCE_LABELS: readonly string[] = [
  'pod',
  'k8s.pod.name',
  'k8s_pod_name',
  'instance',
  'service_instance_id',
  'hostname',
  'host',
  'host.name',
];

/** The most telling of some labels that tells instances apart; null where none does. */
export function instanceLabelOf(names: readonly string[]): string | null {
  return INSTANCE_LABELS.find((label) => names.includes(label)) ?? null;
}

/** The labels with these names; those that are absent stay so. */
export function pickLabels(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(
    names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );
}
