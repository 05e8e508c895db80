import type { Repository } from '../../profile/model.js';
import { type LabelSets, readLabelSets } from '../../query/label-sets.js';
import type { Unread } from '../../query/not-read.js';
import { pickInstanceLabel, VERSION_LABEL } from '../../sources/labels.js';
import { type DeployedCode, findDeployedCode, listRepositories } from '../../sources/repository.js';
import type { Labels, Matcher, ProfileSource, Window } from '../../sources/source.js';

/** The label sets of a service and how they tell its instances apart. */
export interface Fleet {
  /** The label that names an instance; null where there is none. */
  instanceLabel: string | null;
  /**
   * The label of versions, where no label names an instance: a deploy shows in it that processes were
   * replaced. Null, or left out, where there is none with several values.
   */
  versionLabel?: string | null;
  /** Labels of each instance that have one value for it, by instance. */
  instances: ReadonlyMap<string, Labels>;
  /** Labels with two to a few values, the values, and whether every label set has one of them. */
  choices: readonly { label: string; values: readonly string[]; isOnAll?: boolean }[];
  /** Places of the source code that the labels name, and what is deployed, where its pages are known. */
  repositories: readonly Repository[];
  code: DeployedCode | null;
  /** Why the label sets were not read, so that there are no instances and choices; null where they were. */
  unread: Unread | null;
}

/**
 * The label by whose values processes are told from those that took their place: of instances, else of
 * versions; null where there is neither.
 */
export function processLabel({
  instanceLabel,
  versionLabel = null,
}: Pick<Fleet, 'instanceLabel' | 'versionLabel'>): string | null {
  return instanceLabel ?? versionLabel;
}

/** A label with more values than this is read by series, not by merges. */
const MAX_VALUES = 6;

/**
 * Which instances and label values there are: two requests, none where the label sets are known. Without the
 * label sets the label of instances is still known, so that series can be told apart, and nothing else.
 */
export async function readFleet(
  source: ProfileSource,
  matchers: readonly Matcher[],
  window: Window,
  signal: AbortSignal,
  known?: LabelSets,
): Promise<Fleet> {
  const { names, rows, unread } = known ?? (await askForLabelSets());
  return { ...describeFleet(names, rows), unread };

  async function askForLabelSets(): Promise<LabelSets> {
    const query = { matchers, window };
    return readLabelSets(source, query, await source.labelNames(query, signal), signal);
  }
}

/** Instances and label values as the label sets of a service tell them. */
export function describeFleet(names: readonly string[], rows: readonly Labels[]): Fleet {
  const instanceLabel = pickInstanceLabel(names);
  const listValues = (label: string, labelRows: readonly Labels[]) =>
    [...new Set(labelRows.flatMap((row) => row[label] ?? []))].sort();
  const instances = new Map<string, Labels>();
  if (instanceLabel !== null) {
    const rowsOf = new Map<string, Labels[]>();
    for (const row of rows) {
      const instance = row[instanceLabel];
      if (instance === undefined) continue;
      const instanceRows = rowsOf.get(instance);
      if (instanceRows === undefined) rowsOf.set(instance, [row]);
      else instanceRows.push(row);
    }
    for (const [instance, instanceRows] of [...rowsOf].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const fixed = names.flatMap((label) => {
        const [value, another] = listValues(label, instanceRows);
        return value === undefined || another !== undefined ? [] : [[label, value] as const];
      });
      instances.set(instance, Object.fromEntries(fixed));
    }
  }
  const choices = names
    .filter((label) => label !== instanceLabel)
    .map((label) => ({
      label,
      values: listValues(label, rows),
      isOnAll: rows.every((row) => row[label] !== undefined && row[label] !== ''),
    }))
    .filter(({ values }) => values.length >= 2 && values.length <= MAX_VALUES);
  const isVersion = ({ label, isOnAll }: (typeof choices)[number]) => isOnAll && VERSION_LABEL.test(label);
  const versionLabel = instanceLabel === null ? (choices.find(isVersion)?.label ?? null) : null;
  const [code, repositories] = [findDeployedCode(rows), listRepositories(rows)];
  return { instanceLabel, versionLabel, instances, choices, repositories, code, unread: null };
}
