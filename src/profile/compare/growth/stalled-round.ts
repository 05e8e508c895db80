import { type WaitPart, waitRose } from '../waits.js';

/** So many rounds tell what is usual without one of them. */
const MIN_ROUNDS = 5;
/** Rounds that are left next to one stall of several instances, whose profiles lie in two rounds. */
const MIN_OTHERS = 6;

/** Part of the additional waiting that may lie in other rounds: those are as before. */
const MAX_ELSEWHERE = 0.25;

/** Rounds that a stall lies in, by their places in the window. */
export interface Stall {
  first: number;
  last: number;
  /** Waiting time per profile in all other rounds, in seconds. */
  usual: number;
}

/**
 * Finds the one round of long waits without which no more is waited than before: a disk or a host that
 * stalled once. Where several instances send profiles at different moments, two neighbouring rounds may show
 * it. The last round tells nothing, since a change may begin in it.
 *
 * @param rounds waiting time in each round of profiles of the window, in seconds
 * @param before waiting time per profile of the baseline, in seconds
 * @returns null where more than that rose
 */
export function findStall(rounds: readonly WaitPart[], before: number, instances: number): Stall | null {
  if (rounds.length < MIN_ROUNDS) return null;
  const isAsBefore = (usual: number) =>
    usual - before <= MAX_ELSEWHERE * (perProfile(rounds) - before) && !waitRose({ before, after: usual });
  const widths = instances > 1 && rounds.length >= 2 + MIN_OTHERS ? [1, 2] : [1];
  for (const width of widths) {
    const stalls = rounds.slice(0, -width).map((_, first): Stall => {
      const last = first + width - 1;
      return { first, last, usual: perProfile(rounds.filter((_, at) => at < first || at > last)) };
    });
    const [plainest] = stalls.sort((a, b) => a.usual - b.usual);
    if (plainest !== undefined && isAsBefore(plainest.usual)) return plainest;
  }
  return null;
}

function perProfile(rounds: readonly WaitPart[]): number {
  const sum = (get: (round: WaitPart) => number) => rounds.reduce((all, round) => all + get(round), 0);
  return (
    sum(({ value }) => value) /
    Math.max(
      1,
      sum(({ profiles }) => profiles),
    )
  );
}
