import { lockKind } from '../../profile/code/lock-kind.js';
import { type PprofFile, UnreadableProfileError } from '../../profile/pprof/pprof.js';

import { type CountedStacks, countedStacks } from './counters.js';
import { type FlatFile, flatten, framesIn } from './flat-file.js';
import { type ProfileFile, readProfileFile, reasonOf } from './profile-file.js';

/** What the list of a directory keeps of a file. */
export interface FileHead
  extends Pick<
    ProfileFile,
    | 'sampleTypes'
    | 'periodType'
    | 'timeNanos'
    | 'durationNanos'
    | 'defaultType'
    | 'timeUnit'
    | 'hasWrongTime'
    | 'pruneRefused'
  > {
  /** Different sets of labels of its samples, each with the sum of their values per sample type. */
  sets: readonly SampleSet[];
  /** Names of labels of samples that are not read. */
  droppedLabels: readonly string[];
  /**
   * What the stacks of a profile of contentions end in; null for other profiles and where they do not tell.
   */
  locks: 'block' | 'mutex' | null;
}

export interface SampleSet {
  labels: readonly (readonly [name: string, value: string])[];
  totals: readonly number[];
}

/** All that is wanted of a file when it is decoded. */
export interface DecodedFile {
  head: FileHead;
  /** What tells a counter; worked out when asked for. */
  stacks: () => CountedStacks;
  /** Null where it is too large to be kept. */
  flat: FlatFile | null;
}

/**
 * A file with more frames in all its stacks is not kept: to go through them would hold up everybody else for
 * 50 ms.
 */
const MAX_FLAT_FRAMES = 1_000_000;

/**
 * Decodes a file in a thread.
 * @throws UnreadableProfileError with the reason
 */
export async function fileHead(
  directory: string,
  file: string,
): Promise<Omit<DecodedFile, 'stacks'> & { stacks: CountedStacks }> {
  const pprof = await readProfileFile(directory, file).catch((error: unknown) => {
    throw new UnreadableProfileError(reasonOf(error));
  });
  return { head: headOf(pprof), stacks: countedStacks(pprof), flat: flatOf(pprof) };
}

export function headOf(file: ProfileFile): FileHead {
  const { sampleTypes, periodType, timeNanos, durationNanos, defaultType } = file;
  const { timeUnit, hasWrongTime, pruneRefused, labels } = file;
  return {
    sampleTypes,
    periodType,
    timeNanos,
    durationNanos,
    defaultType,
    timeUnit,
    hasWrongTime,
    pruneRefused,
    sets: sampleSets(file),
    locks: sampleTypes.some(({ type }) => /^(?:contentions|delay)$/.test(type)) ? lockKind(file) : null,
    droppedLabels: labels?.dropped ?? [],
  };
}

/** The sets of labels in use; a file without samples has the empty one. */
function sampleSets({ labels, samples, sampleTypes }: PprofFile): SampleSet[] {
  const types = sampleTypes.length;
  const names = labels?.sets ?? [[]];
  const totals = names.map(() => new Array<number>(types).fill(0));
  const count = samples.starts.length - 1;
  for (let sample = 0; sample < count; sample++) {
    const own = totals[labels?.ofSample[sample] ?? 0];
    if (own === undefined) continue;
    for (let type = 0; type < types; type++)
      own[type] = (own[type] ?? 0) + (samples.values[sample * types + type] ?? 0);
  }
  return names.map((own, at) => ({ labels: own, totals: totals[at] ?? [] }));
}

/**
 * Bounds how many sets of labels of samples the list of a directory keeps: behind the bound, files are kept
 * without them.
 * @param maxSets of all files together
 */
export function setsWithin(maxSets: number): (head: FileHead) => FileHead {
  let left = maxSets;
  return (head) => {
    const { sets } = head;
    if (sets.length <= Math.max(1, left)) {
      left -= sets.length;
      return head;
    }
    const names = new Set(sets.flatMap(({ labels }) => labels.map(([name]) => name)));
    return {
      ...head,
      sets: [
        {
          labels: [],
          totals: head.sampleTypes.map((_, at) =>
            sets.reduce((sum, { totals }) => sum + (totals[at] ?? 0), 0),
          ),
        },
      ],
      droppedLabels: [...head.droppedLabels, ...names],
    };
  };
}

export function flatOf(pprof: PprofFile): FlatFile | null {
  return framesIn(pprof) > MAX_FLAT_FRAMES ? null : flatten(pprof);
}
