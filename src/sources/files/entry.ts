import { stat } from 'node:fs/promises';
import path from 'node:path';
import { labelsFrom } from '../labels.js';
import type { Labels } from '../source.js';
import type { FileHead } from './file-head.js';
import type { ManifestProfile } from './manifest.js';
import { profileName, typeIdsOf } from './type-name.js';

/** One profile file; its samples are read again when asked for. */
export interface CatalogEntry {
  /** Path below the directory, with forward slashes. */
  file: string;
  /** Start of the profile, Unix ms. */
  time: number;
  /** Seconds of profiling; null where neither manifest nor file says. */
  seconds: number | null;
  /** Labels of the file itself. */
  labels: Labels;
  /** Its samples by their labels, together with those of the file. */
  sets: readonly EntrySet[];
  /** One type id per sample type of the file, in its order. */
  typeIds: readonly string[];
  /** Type id that the file wants to be read by; null where it names none. */
  defaultTypeId: string | null;
  /** Size on the disk. */
  bytes: number;
  /** Frames in all its stacks; null where they are too many for it to be kept when it has been decoded. */
  frames: number | null;
}

export interface EntrySet {
  labels: Labels;
  /** Sum of values per sample type, so that only stacks need the file again. */
  totals: readonly number[];
}

/** All that is known of a file once it was decoded. */
export type ReadHead = FileHead & Pick<CatalogEntry, 'bytes' | 'frames'>;

/**
 * Put before the name of a label of samples that the file has as well, as Prometheus does with labels of its
 * targets.
 */
const CLASH_PREFIX = 'exported_';

export function listedEntry(profile: ManifestProfile, head: ReadHead): CatalogEntry {
  const ownSeconds = Number(head.durationNanos) / 1e9;
  return {
    file: profile.file,
    time: Date.parse(profile.time),
    seconds: profile.duration_s ?? (ownSeconds > 0 ? ownSeconds : null),
    ...withTypes(profile.type_name, head),
    ...withLabels(Object.entries(profile.labels), head),
    bytes: head.bytes,
    frames: head.frames,
  };
}

/**
 * Folders name what a manifest would: the first the service, those below it the instance.
 * @param name service of a file that lies in no folder
 */
export async function foundEntry(
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
    bytes: head.bytes,
    frames: head.frames,
  };
}

function withLabels(
  own: readonly (readonly [string, string])[],
  { sets }: FileHead,
): Pick<CatalogEntry, 'labels' | 'sets'> {
  const labels = labelsFrom(own);
  return {
    labels,
    sets: sets.map(({ labels: ofSamples, totals }) => ({
      labels:
        ofSamples.length === 0
          ? labels
          : labelsFrom([
              ...ofSamples.map(
                ([label, value]) =>
                  [Object.hasOwn(labels, label) ? `${CLASH_PREFIX}${label}` : label, value] as const,
              ),
              ...own,
            ]),
      totals,
    })),
  };
}

function withTypes(name: string, head: FileHead): Pick<CatalogEntry, 'typeIds' | 'defaultTypeId'> {
  const { sampleTypes, defaultType } = head;
  const typeIds = typeIdsOf(name, head);
  const wanted = defaultType === '' ? -1 : sampleTypes.findIndex(({ type }) => type === defaultType);
  return { typeIds, defaultTypeId: typeIds[wanted] ?? null };
}
