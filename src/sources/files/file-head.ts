import { lockKind } from '../../profile/lock-kind.js';
import { type PprofFile, pprofTotal, UnreadableProfileError } from '../../profile/pprof.js';

import { type CountedStacks, countedStacks } from './counters.js';
import { type FlatFile, flatten, framesIn } from './flat-file.js';
import { readProfileFile, reasonOf } from './profile-file.js';

/** What the list of a directory keeps of a file. */
export interface FileHead
  extends Pick<PprofFile, 'sampleTypes' | 'periodType' | 'timeNanos' | 'durationNanos'> {
  /** Per sample type the sum of its values. */
  totals: readonly number[];
  /** What the stacks of a profile of contentions end in; null for other profiles and where they do not tell. */
  locks: 'block' | 'mutex' | null;
}

/** All that is wanted of a file when it is decoded. */
export interface DecodedFile {
  head: FileHead;
  /** What tells a counter; worked out when asked for. */
  stacks: () => CountedStacks;
  /** Null where it is too large to be kept. */
  flat: FlatFile | null;
}

/** A file with more frames in all its stacks is not kept: to go through them would hold up everybody else for 50 ms. */
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

export function headOf(pprof: PprofFile): FileHead {
  const { sampleTypes, periodType, timeNanos, durationNanos } = pprof;
  const totals = sampleTypes.map((_, index) => pprofTotal(pprof, index));
  const isOfLocks = sampleTypes.some(({ type }) => /^(?:contentions|delay)$/.test(type));
  const locks = isOfLocks ? lockKind(pprof) : null;
  return { sampleTypes, periodType, timeNanos, durationNanos, totals, locks };
}

export function flatOf(pprof: PprofFile): FlatFile | null {
  return framesIn(pprof) > MAX_FLAT_FRAMES ? null : flatten(pprof);
}
