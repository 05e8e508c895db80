import { arrivalInterval, type Cuts, onsetInterval, stepCuts } from '../../../profile/compare/since.js';
import type { Window } from '../../../sources/source.js';
import { replacement } from '../onset/replacement.js';
import { measureGap, type ProfileTimes, sharedTimes, totalsIn } from '../profile-times.js';
import { getResolution, type Since, splitIntoRounds } from '../rounds.js';
import type { InvestigationContext } from '../shares.js';

/** Totals of a type of waits over time, and those of the main type. */
interface Totals {
  waits: ProfileTimes;
  main: ProfileTimes;
}

/**
 * When waiting grew: by single rounds of the waits' own profiles about the part of the incident that shows
 * it. Where all instances were replaced, and no other time is likelier, that is when.
 *
 * @param parts the parts of the incident up to the one that shows it
 */
export function onsetOfWaiting(
  context: Pick<InvestigationContext, 'plan' | 'fleet'>,
  totals: Totals,
  parts: readonly Window[],
): Since | null {
  const { waits } = totals;
  const windows = [context.plan.baseline, ...parts].flatMap((part) => splitIntoRounds(waits, part));
  const findCuts = (rounds: readonly Window[]) =>
    stepCuts(rounds.map((window) => measureLevel(totals, window)));
  const deploy = replacement(context, waits);
  if (deploy !== null) {
    // A round with both old and new instances lies between the two levels.
    const before = windows.filter(({ to }) => to < deploy.first);
    const after = windows.filter(({ from, to }) => from > deploy.last && to >= deploy.first);
    if (before.length > 0 && after.length > 0 && isLikely(before.length, findCuts([...before, ...after])))
      return arrivalInterval({ ...deploy, ...getResolution(waits) });
  }
  return windows.length < 2 ? null : computeInterval(totals, windows, findCuts(windows));
}

/** Waiting per profile; profiles without a single wait may be missing, but not those of the main type. */
function measureLevel({ waits, main }: Totals, window: Window): number {
  const { value, profiles } = totalsIn(waits, window);
  return Math.sqrt(value / Math.max(1, profiles, totalsIn(main, window).profiles));
}

/** Whether waiting may have grown at a cut: a wait is counted when it ends, which may be a round later. */
function isLikely(cut: number, { first, last }: Cuts): boolean {
  return cut >= first - 1 && cut <= last;
}

/**
 * The interval of an onset at one of the cuts between windows. Profiles of the main type tell until when
 * there was no wait for longer than a round.
 */
function computeInterval(
  { waits, main }: Totals,
  windows: readonly Window[],
  { best, first, last }: Cuts,
): Since | null {
  const gap = measureGap(main);
  const timesIn = (times: ProfileTimes, at: number) => (windows[at] ? sharedTimes(times, windows[at]) : []);
  const lastIn = (at: number) => {
    const [wait, profile] = [timesIn(waits, at).at(-1), timesIn(main, at).at(-1)];
    return wait === undefined || (profile !== undefined && profile - wait > gap) ? profile : wait;
  };
  const around = { last: lastIn(best - 1), first: timesIn(waits, best)[0] };
  return around.last === undefined || around.first === undefined
    ? null
    : onsetInterval({
        ...getResolution(waits),
        last: around.last,
        first: around.first,
        earliest: lastIn(first - 1) ?? around.last,
        latest: timesIn(waits, last)[0] ?? around.first,
      });
}
