import type { Labels } from './source.js';

/** Labels that identify an instance of a service, the most reliable first. */
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

/** Labels whose values are what was deployed. */
export const VERSION_LABEL =
  /^(?:service[._])?(?:git_ref|version)$|^(?:app_?version|release|image_tag|service_git_ref)$/;

/** The first of {@link INSTANCE_LABELS} among some names; null where none is there. */
export function pickInstanceLabel(names: readonly string[]): string | null {
  return INSTANCE_LABELS.find((label) => names.includes(label)) ?? null;
}

/** The labels with these names; names without a label are left out. */
export function pickLabels(labels: Labels, names: readonly string[]): Labels {
  const picked: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/** Makes labels without a prototype, so that a name such as `constructor` has no value unless it was set. */
export function labelsFrom(pairs: Iterable<readonly [name: string, value: string]>): Labels {
  const labels: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) labels[name] = value;
  return labels;
}
