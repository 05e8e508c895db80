import type { LensRow, Verdict } from '../../profile/compare/finding.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import type { ProfileType } from '../../profile/types/types.js';

/** Name of a verdict in an answer, and its meaning for a reader. */
interface VerdictWords {
  headline: string;
  meaning: string;
  /** Next step for an agent or a person. */
  act: string;
}

/** The verdicts; the last two only where one profile type is compared. The guide shows this table. */
const VERDICTS: Readonly<Record<Verdict, VerdictWords>> = {
  code_regression: {
    headline: 'CODE REGRESSION',
    meaning: 'a function costs more per unit of work than before',
    act: 'inspect_function of the first finding: the function, its caller, and what changed at the onset',
  },
  leak: {
    headline: 'LEAK',
    meaning: 'held memory or goroutines rise and do not come back',
    act: 'inspect_function: who allocates or starts them, and who should let go?',
  },
  contention: {
    headline: 'LOCK CONTENTION',
    meaning: 'waiting for locks grew by far more than the load',
    act: 'inspect_function: which critical section, who holds the lock, and how long?',
  },
  load_increase: {
    headline: 'LOAD INCREASE, no change of code found',
    meaning:
      'more work at the same cost each (the mix of requests may have changed); or one type that is not time rose as a whole (the answer says which)',
    act: 'look at traffic, callers, retries and capacity; no function is to blame',
  },
  moved: {
    headline: 'MOVED: cost has another name or place, and is not larger for it',
    meaning: 'the same cost under another name or in another place',
    act: 'a refactoring, usually: not the cause',
  },
  no_change: {
    headline: 'NO CHANGE beyond noise',
    meaning: "nothing stands out of the service's own noise, or only the load fell, and every part with it",
    act: 'report no single function; check the window with get_timeline, then look elsewhere (dependencies, I/O, the database)',
  },
  inconclusive: {
    headline: 'INCONCLUSIVE',
    meaning: 'the profiles do not suffice; the answer says why',
    act: 'another window or baseline, or say so',
  },
  improvement: {
    headline: 'IMPROVEMENT: code became cheaper',
    meaning: 'a function costs less per unit of work (compare_profiles)',
    act: 'nothing to mend',
  },
  scaling: {
    headline: 'SCALING: more instances, each costs the same',
    meaning: 'more instances, each at the same cost (compare_profiles)',
    act: 'look at why there are more of them',
  },
};

/** Largest change of a total that is called unchanged: samples of a full thread differ by a few percent. */
const MAX_DRIFT = 1.05;

/**
 * How the cost per profile outside of a named function changed, after ÷ before. A total that stays, as that
 * of a busy thread or at a CPU limit, cannot tell load: all else has to make room for the function.
 *
 * @param total change of the total that both are part of; null where it is not known
 */
export function restText(load: number, total: number | null): string {
  const times = `x${load.toFixed(2)}`;
  const hasSameTotal = total !== null && total <= MAX_DRIFT && total >= 1 / MAX_DRIFT;
  if (load <= 1 / MIN_RISE && hasSameTotal)
    return `all else fell to ${times} within an unchanged total (x${total.toFixed(2)}) to make room`;
  if (load >= MIN_RISE) return `all else rose ${times}, too (more load, or a second cause)`;
  if (load <= 1 / MIN_RISE) return `all else fell to ${times} (less load, or less work elsewhere)`;
  return `all else costs about the same (${times})`;
}

/**
 * Whether a verdict of more load is worded as a rise of the type. Load costs time; of exceptions, bytes or
 * threads there are simply more.
 */
export function isRise({ nature }: ProfileType, verdict: LensRow['verdict']): boolean {
  return verdict === 'load_increase' && nature !== 'time';
}

/** The headline of no change of code where fewer requests explain all that fell. */
export const LESS_LOAD = 'LESS LOAD, no change of code found';

/** The headline of a verdict; a rise of anything but time is worded as one. */
export function verdictHeadline(verdict: Verdict, type: ProfileType | null): string {
  return type !== null && isRise(type, verdict)
    ? `RISE of ${type.alias} as a whole`
    : VERDICTS[verdict].headline;
}

/** All verdicts as a table in Markdown. */
export function verdictTable(): string {
  const rows = Object.entries(VERDICTS).map(
    ([verdict, { meaning, act }]) => `| \`${verdict}\` | ${meaning} | ${act} |`,
  );
  return ['| verdict | it says | what to do |', '| --- | --- | --- |', ...rows].join('\n');
}
