import { INSTANCE_LABELS, pickLabels } from '../../sources/labels.js';
import { REPOSITORY_LABELS } from '../../sources/repository.js';
import type { Labels, Matcher } from '../../sources/source.js';

/** A service, or one label value of a service, that is judged for itself. */
export interface Unit {
  key: string;
  service: string;
  /** Label value that tells it from other units of the service; null where services are told apart. */
  group: { name: string; value: string } | null;
  typeIds: readonly string[];
  /** Its distinct label sets, as far as they tell instances, versions and places apart. */
  labelSets: readonly Labels[];
  /** Number of instances in both windows; 1 where no label tells them apart. */
  instances: number;
}

const SERVICE = 'service_name';
const TYPE = '__profile_type__';

/** Labels by which units are told apart: the service, and the label of the question where there is one. */
export function unitLabels(groupBy: string | null): readonly string[] {
  return groupBy === null || groupBy === SERVICE ? [SERVICE] : [SERVICE, groupBy];
}

/** The labels of some label sets that tell instances apart, in the order of `INSTANCE_LABELS`. */
export function instanceLabelsIn(rows: readonly Labels[], groupBy: string | null): readonly string[] {
  return INSTANCE_LABELS.filter(
    (name) => name !== groupBy && rows.some((labels) => labels[name] !== undefined),
  );
}

/** Key of the unit that a label set belongs to; null for one without a service. */
export function unitKey(labels: Labels, groupBy: string | null): string | null {
  const service = labels[SERVICE];
  if (service === undefined) return null;
  return unitLabels(groupBy).length === 1 ? service : JSON.stringify([service, labels[groupBy ?? ''] ?? '']);
}

/** Labels that often carry a change; others are left to the investigation of one service. */
const TELLING_LABELS = ['version', 'service_version', 'service_git_ref', 'region', 'zone'];

/** Labels to be asked for so that {@link listUnits} can tell units, types and instances apart. */
export function rowLabels(groupBy: string | null): readonly string[] {
  return [
    ...new Set([...unitLabels(groupBy), TYPE, ...INSTANCE_LABELS, ...TELLING_LABELS, ...REPOSITORY_LABELS]),
  ];
}

/** Names of the labels of a unit beyond those that every one of its label sets has by definition. */
export function namesIn({ labelSets }: Unit): string[] {
  const names = new Set(labelSets.flatMap((labels) => Object.keys(labels)));
  names.delete(SERVICE);
  return [...names].sort();
}

/** The units that distinct label sets belong to, sorted by service and label value. */
export function listUnits(rows: readonly Labels[], groupBy: string | null): Unit[] {
  const grouped = unitLabels(groupBy).length === 2 ? groupBy : null;
  interface Known {
    labels: Labels;
    typeIds: Set<string>;
    labelSets: Map<string, Labels>;
    instances: Set<string>;
  }
  const byKey = new Map<string, Known>();
  for (const row of rows) {
    const [key, typeId] = [unitKey(row, groupBy), row[TYPE]];
    if (key === null || typeId === undefined) continue;
    const known = byKey.get(key) ?? {
      labels: row,
      typeIds: new Set(),
      labelSets: new Map(),
      instances: new Set(),
    };
    byKey.set(key, known);
    known.typeIds.add(typeId);
    const labels = pickLabels(
      row,
      Object.keys(row).filter((name) => name !== TYPE),
    );
    known.labelSets.set(JSON.stringify(labels), labels);
    known.instances.add(instanceKey(row));
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { labels, typeIds, labelSets, instances }]) => ({
      key,
      service: labels[SERVICE] ?? '',
      group: grouped === null ? null : { name: grouped, value: labels[grouped] ?? '' },
      typeIds: [...typeIds].sort(),
      labelSets: [...labelSets.values()],
      instances: instances.size,
    }));
}

/** Key of the instance that a label set names. */
export function instanceKey(labels: Labels): string {
  return JSON.stringify(INSTANCE_LABELS.map((name) => labels[name] ?? null));
}

/** Distinct label sets of each window. */
export interface LabelSets {
  baseline: readonly Labels[];
  incident: readonly Labels[];
}

/** Keys of the units of which some instances are in only one of the windows. */
export function findTurnover({ baseline, incident }: LabelSets, groupBy: string | null): Set<string> {
  const listInstances = (rows: readonly Labels[]) =>
    new Map(
      rows.flatMap((row) => {
        const unit = unitKey(row, groupBy);
        return unit === null ? [] : [[`${unit} ${instanceKey(row)}`, unit] as const];
      }),
    );
  const [before, after] = [listInstances(baseline), listInstances(incident)];
  const only = (some: typeof before, others: typeof before) =>
    [...some].flatMap(([instance, unit]) => (others.has(instance) ? [] : [unit]));
  return new Set([...only(before, after), ...only(after, before)]);
}

/** Matchers that a unit has beyond those of the question. */
export function unitMatchers({ service, group }: Unit): Matcher[] {
  return [
    { name: SERVICE, op: '=', value: service },
    ...(group === null ? [] : [{ name: group.name, op: '=' as const, value: group.value }]),
  ];
}
