/**
 * Maximum counts in a profile, far above any real one. Two bytes of a file can make an entry of a table,
 * which takes a hundred in memory, and an inlined location repeats its frames in every sample: without limits
 * a file of a few megabytes, or of a few kilobytes compressed, takes all memory.
 */
const MAX_COUNT = {
  samples: 2 ** 23,
  locations: 2 ** 22,
  functions: 2 ** 21,
  names: 2 ** 22,
  'lines of locations': 2 ** 23,
  'locations in samples': 2 ** 26,
  'frames in samples': 2 ** 26,
  // Profilers cut stacks at 128 to 2,048 frames; the time of a tree grows with the square of its depth.
  'frames in one sample': 2 ** 14,
  'values of samples': 2 ** 25,
  'sample types': 1_000,
  'mappings and comments': 2 ** 16,
  // The limits of text formats. A JSON object of two characters takes some hundred bytes in memory.
  'MiB of text': 128,
  'objects of JSON': 2 ** 21,
  'values of JSON': 2 ** 23,
} as const;
export type Limited = keyof typeof MAX_COUNT;

/** A table of the profile is over its limit. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}

/** The error for a count over its limit; null where a profile may hold so many. */
export function checkExcess(what: Limited, count: number): LimitError | null {
  return count > MAX_COUNT[what]
    ? new LimitError(`over ${MAX_COUNT[what].toLocaleString('en')} ${what}`)
    : null;
}

/** @throws LimitError when there is more of something than a profile may hold */
export function checkLimit(what: Limited, count: number): void {
  const excess = checkExcess(what, count);
  if (excess !== null) throw excess;
}

/**
 * Checks a run of packed numbers before it is read; each ends with a byte below 128.
 * @param before number of entries before this run
 * @param run where the run begins and ends in the bytes
 * @throws LimitError
 */
export function checkPacked(
  what: Limited,
  before: number,
  bytes: Uint8Array,
  { from, to }: { from: number; to: number },
): void {
  if (before + to - from <= MAX_COUNT[what]) return;
  let count = before;
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) < 128) count++;
  checkLimit(what, count);
}
