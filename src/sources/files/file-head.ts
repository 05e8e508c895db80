import { lockKind } from '../../profile/lock-kind.js';
import { type PprofFile, pprofTotal, UnreadableProfileError } from '../../profile/pprof.js';
import { type CountedStacks, countedStacks } from './counters.js';
import { readProfileFile, reasonOf } from './profile-file.js';

/** What the list of a directory keeps of a file. */
export interface FileHead
  extends Pick<PprofFile, 'sampleTypes' | 'periodType' | 'timeNanos' | 'durationNanos'> {
  /** Per sample type the sum of its values. */
  totals: readonly number[];
  /** What the stacks of a profile of contentions end in; null for other profiles and where they do not tell. */
  locks: 'block' | 'mutex' | null;
}

/**
 * Reads a file for the list of its directory, with its stacks, which tell a counter.
 * @throws UnreadableProfileError with the reason
 */
export async function fileHead(
  directory: string,
  file: string,
): Promise<{ head: FileHead; stacks: CountedStacks }> {
  const pprof = await readProfileFile(directory, file).catch((error: unknown) => {
    throw new UnreadableProfileError(reasonOf(error));
  });
  return { head: headOf(pprof), stacks: countedStacks(pprof) };
}

export function headOf(pprof: PprofFile): FileHead {
  const { sampleTypes, periodType, timeNanos, durationNanos } = pprof;
  const totals = sampleTypes.map((_, index) => pprofTotal(pprof, index));
  const isOfLocks = sampleTypes.some(({ type }) => /^(?:contentions|delay)$/.test(type));
  const locks = isOfLocks ? lockKind(pprof) : null;
  return { sampleTypes, periodType, timeNanos, durationNanos, totals, locks };
}
