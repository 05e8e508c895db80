import { joinKey } from '../code/names.js';
import type { ReplacedBelow } from '../contrast/contrast.js';
import { buildContrast, wholeRun } from '../contrast/runs.js';
import type { FunctionInfo } from '../model.js';
import { type Analysis, analyse, type CodeChange, changeOverTime, type Reading } from './analysis.js';
import { type Culprit, findCulprit } from './culprit.js';
import { movedFrom } from './moved.js';
import { changeInSlice } from './slices.js';

/**
 * A reading made comparable, with all changes of code that may be seen in it. Plain data: a thread can hand
 * it over.
 */
export interface Changes {
  analysis: Analysis;
  overTime: CodeChange | null;
  /** Change of each slice. */
  inSlices: readonly (CodeChange | null)[];
}

export interface ChangeSearch {
  /** Keys of functions whose stacks are left out. */
  without: ReadonlySet<string>;
  gate: number;
  sliceGate: number;
  /** Whether a change may be over before the window is. */
  allowsBursts: boolean;
  /** Whether a cost that grew while it took another's place is a growth and no move. */
  isStrict?: boolean;
  /** Whether all instances were replaced in the incident. */
  isReplaced?: boolean;
  /** Keys of own functions below which a library was replaced, told before anything was left out. */
  replacedBelow?: readonly string[] | undefined;
}

/** Joins a reading and looks for a change of code over time and in every slice. */
export function changesIn(
  reading: Reading,
  { without, gate, sliceGate, allowsBursts, isStrict, isReplaced, replacedBelow }: ChangeSearch,
): Changes {
  const joined = analyse(reading, without);
  const analysis = {
    ...joined,
    isStrict,
    isReplaced,
    replacedBelow: findReplaced(joined, replacedBelow),
  };
  return {
    analysis,
    overTime: changeOverTime(analysis, { gate, allowsBursts }),
    inSlices: analysis.slices.map((_, slice) => changeInSlice(analysis, slice, sliceGate)),
  };
}

/** Finds the own functions below which a library was replaced: the known ones, else those of a reading. */
function findReplaced({ joined, replaced }: Analysis, known?: readonly string[]): ReplacedBelow {
  if (known === undefined) return { callers: new Set(replaced.map(({ fn }) => fn)), isSettled: false };
  const keys = new Set(known);
  const isKnown = (info: FunctionInfo) => keys.size > 0 && keys.has(joinKey(info));
  const callers = joined.functions.flatMap((info, fn) => (isKnown(info) ? [fn] : []));
  return { callers: new Set(callers), isSettled: true };
}

/** A function that became cheaper, and where its cost went if it only moved. */
export interface Cheaper {
  culprit: Culprit;
  from: number | null;
}

/** The search for a change over the whole of both windows with the sides exchanged. */
export function cheaperIn(analysis: Analysis, gate: number): Cheaper | null {
  const { before, after, ...rest } = buildContrast(analysis, wholeRun(analysis));
  const mirrored = { ...rest, before: after, after: before };
  const culprit = findCulprit(mirrored, gate);
  return culprit === null ? null : { culprit, from: movedFrom(mirrored, culprit) };
}
