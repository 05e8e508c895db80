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
  return labelsFrom(
    names.flatMap((name): [string, string][] => {
      const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Labels without a prototype: nothing is found under a name such as `constructor` unless it was set. */
export function labelsFrom(pairs: Iterable<readonly [name: string, value: string]>): Labels {
  const labels: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) labels[name] = value;
  return labels;
}
