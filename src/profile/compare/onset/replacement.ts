/**
 * Log-likelihood by which another cut must beat the replacement of all instances, which changes code more
 * often than anything else does.
 */
export const AGAINST_DEPLOY = 4;

/** An instance that sends nothing for longer than so many rounds is not there. */
const MISSED_ROUNDS = 1.5;

/**
 * The last profile before all instances were replaced and the first after it; null where some stayed.
 *
 * @param lives times of the first and the last profile of each instance
 * @param times times of all profiles, ascending
 */
export function findReplacement(
  lives: readonly { from: number; to: number }[],
  times: readonly number[],
  gapMs: number,
): { last: number; first: number } | null {
  const [begin, end] = [times[0], times.at(-1)];
  if (begin === undefined || end === undefined) return null;
  const arrived = lives.filter(({ from }) => from > begin + MISSED_ROUNDS * gapMs);
  const stayed = lives.filter((life) => !arrived.includes(life));
  if (arrived.length === 0 || stayed.some(({ to }) => to > end - MISSED_ROUNDS * gapMs)) return null;
  const first = Math.min(...arrived.map(({ from }) => from));
  const last = times.findLast((time) => time < first);
  return last === undefined ? null : { last, first };
}
