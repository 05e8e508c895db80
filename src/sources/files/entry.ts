import { stat } from 'node:fs/promises';
import path from 'node:path';
import { labelsFrom } from '../labels.js';
import type { Labels } from '../source.js';
import type { FileHead } from './file-head.js';
import type { FileSpans } from './heaviest-spans.js';
import type { ManifestProfile } from './manifest.js';
import { listTypeIds, profileName } from './type-name.js';

/** The catalog entry of a profile file. Its samples are read again when a query needs them. */
export interface CatalogEntry {
  /** Path below the directory, with forward slashes. */
  file: string;
  /** Start of the profile, Unix ms. */
  time: number;
  /** Seconds of profiling; null where neither the manifest nor the file tells. */
  seconds: number | null;
  /** Labels of the file itself. */
  labels: Labels;
  /** Label sets of its samples, each with the labels of the file added. */
  sets: readonly EntrySet[];
  /** Its heaviest spans. */
  spans: FileSpans;
  /** Type ids of the sample types of the file, in its order. */
  typeIds: readonly string[];
  /** Type id that the file declares as its default; null where it declares none. */
  defaultTypeId: string | null;
  /** Size on the disk. */
  bytes: number;
  /** Number of frames in all its stacks; null where there are too many to keep the decoded file. */
  frames: number | null;
}

export interface EntrySet {
  labels: Labels;
  /** Sum of values per sample type, so that only questions about stacks need the file again. */
  totals: readonly number[];
}

/** Everything that the catalog keeps of a decoded file. */
export type ReadHead = FileHead & Pick<CatalogEntry, 'bytes' | 'frames'>;

/**
 * Prefix of a sample label whose name is also a label of the file, as Prometheus does with labels of its
 * targets.
 */
const CLASH_PREFIX = 'exported_';

export function entryOfManifest(profile: ManifestProfile, head: ReadHead): CatalogEntry {
  const fileSeconds = Number(head.durationNanos) / 1e9;
  return {
    file: profile.file,
    time: Date.parse(profile.time),
    seconds: profile.duration_s ?? (fileSeconds > 0 ? fileSeconds : null),
    ...withTypes(profile.type_name, head),
    ...withLabels(Object.entries(profile.labels), head),
    spans: head.spans,
    bytes: head.bytes,
    frames: head.frames,
  };
}

/**
 * Makes the entry of a file without a manifest. The first folder names the service, the folders below it name
 * the instance.
 * @param name service of a file that lies in no folder
 */
export async function readEntry(
  directory: string,
  name: string,
  file: string,
  head: ReadHead,
): Promise<CatalogEntry> {
  const [service, ...instance] = file.split('/').slice(0, -1);
  const seconds = Number(head.durationNanos) / 1e9;
  const time =
    head.timeNanos === 0n
      ? (await stat(path.join(directory, file))).mtimeMs
      : Number(head.timeNanos / 1_000_000n);
  return {
    file,
    time: Math.floor(time),
    seconds: seconds > 0 ? seconds : null,
    ...withTypes(profileName(file, head), head),
    ...withLabels(
      [
        ['service_name', service ?? name],
        ...(instance.length > 0 ? [['instance', instance.join('/')] as const] : []),
      ],
      head,
    ),
    spans: head.spans,
    bytes: head.bytes,
    frames: head.frames,
  };
}

function withLabels(
  fileLabels: readonly (readonly [string, string])[],
  { sets }: FileHead,
): Pick<CatalogEntry, 'labels' | 'sets'> {
  const labels = labelsFrom(fileLabels);
  return {
    labels,
    sets: sets.map(({ labels: sampleLabels, totals }) => ({
      labels:
        sampleLabels.length === 0
          ? labels
          : labelsFrom([
              ...sampleLabels.map(
                ([label, value]) =>
                  [Object.hasOwn(labels, label) ? `${CLASH_PREFIX}${label}` : label, value] as const,
              ),
              ...fileLabels,
            ]),
      totals,
    })),
  };
}

function withTypes(name: string, head: FileHead): Pick<CatalogEntry, 'typeIds' | 'defaultTypeId'> {
  const { sampleTypes, defaultType } = head;
  const typeIds = listTypeIds(name, head);
  const defaultIndex = defaultType === '' ? -1 : sampleTypes.findIndex(({ type }) => type === defaultType);
  return { typeIds, defaultTypeId: typeIds[defaultIndex] ?? null };
}
