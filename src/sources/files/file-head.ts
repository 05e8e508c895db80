import { detectLockKind } from '../../profile/code/lock-kind.js';
import { type PprofFile, UnreadableProfileError } from '../../profile/pprof/pprof.js';

import { type CountedStacks, countedStacks } from './counters.js';
import { type FlatFile, flatten, framesIn } from './flat-file.js';
import { type FileSpans, sumHeaviestSpans } from './heaviest-spans.js';
import { explainFailure, type ProfileFile, readProfileFile } from './profile-file.js';

/** The part of a file that the catalog keeps. */
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
  /** Different label sets of its samples, each with the sum of its values per sample type. */
  sets: readonly SampleSet[];
  /** Its heaviest spans. */
  spans: FileSpans;
  /** Names of sample labels that are left out. */
  droppedLabels: readonly string[];
  /** Kind of locks in a profile of contentions, as its stacks show it; null where they do not. */
  locks: 'block' | 'mutex' | null;
}

export interface SampleSet {
  labels: readonly (readonly [name: string, value: string])[];
  totals: readonly number[];
}

/** A decoded file in the three forms in which it is used. */
export interface DecodedFile {
  head: FileHead;
  /** Stacks for the detection of counters; computed when called. */
  stacks: () => CountedStacks;
  /** Samples and stacks; null where they are too large to be kept. */
  flat: FlatFile | null;
}

/**
 * Maximum number of frames in all stacks of a file that is kept: walking through more of them would block
 * other calls for 50 ms.
 */
const MAX_FLAT_FRAMES = 1_000_000;

/**
 * Decodes a file in a thread.
 * @throws UnreadableProfileError with the reason
 */
export async function readFileHead(
  directory: string,
  file: string,
): Promise<Omit<DecodedFile, 'stacks'> & { stacks: CountedStacks }> {
  const pprof = await readProfileFile(directory, file).catch((error: unknown) => {
    throw new UnreadableProfileError(explainFailure(error));
  });
  return { head: readHead(pprof), stacks: countedStacks(pprof), flat: toFlatFile(pprof) };
}

export function readHead(file: ProfileFile): FileHead {
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
    spans: sumHeaviestSpans(file),
    locks: sampleTypes.some(({ type }) => /^(?:contentions|delay)$/.test(type)) ? detectLockKind(file) : null,
    droppedLabels: labels?.dropped ?? [],
  };
}

/** The label sets of a file's samples; a file without samples has the empty set. */
function sampleSets({ labels, samples, sampleTypes }: PprofFile): SampleSet[] {
  const types = sampleTypes.length;
  const names = labels?.sets ?? [[]];
  const totals = names.map(() => new Array<number>(types).fill(0));
  const count = samples.starts.length - 1;
  for (let sample = 0; sample < count; sample++) {
    const sums = totals[labels?.ofSample[sample] ?? 0];
    if (sums === undefined) continue;
    for (let type = 0; type < types; type++)
      sums[type] = (sums[type] ?? 0) + (samples.values[sample * types + type] ?? 0);
  }
  return names.map((set, at) => ({ labels: set, totals: totals[at] ?? [] }));
}

/**
 * Limits the label sets of samples, and the spans, that the catalog keeps. Files over a limit lose their
 * sample labels, or their list of spans.
 * @param maxSets maximum number of sets of all files together, and of spans
 */
export function limitSets(maxSets: number): (head: FileHead) => FileHead {
  let setsLeft = maxSets;
  let spansLeft = maxSets;
  return (unlimited) => {
    spansLeft -= unlimited.spans.heaviest.length;
    const head = spansLeft < 0 ? { ...unlimited, spans: { ...unlimited.spans, heaviest: [] } } : unlimited;
    const { sets } = head;
    if (sets.length <= Math.max(1, setsLeft)) {
      setsLeft -= sets.length;
      return head;
    }
    const names = new Set(sets.flatMap(({ labels }) => labels.map(([name]) => name)));
    return {
      ...head,
      spans: {
        counts: [head.spans.counts.reduce((sum, count) => sum + count, 0)],
        heaviest: head.spans.heaviest.map((span) => ({ ...span, set: 0 })),
      },
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

export function toFlatFile(pprof: PprofFile): FlatFile | null {
  return framesIn(pprof) > MAX_FLAT_FRAMES ? null : flatten(pprof);
}
