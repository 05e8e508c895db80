import { type FunctionTarget, findFunction, toTarget } from '../code/find-function.js';
import { splitIdle } from '../code/idle.js';
import { listOwners } from '../code/owners.js';
import { type FunctionInfo, type Profile, totalValue } from '../model.js';
import { buildFunctionView, type FunctionView } from './neighbours.js';
import { selectStacks, stacksEndingIn, stacksThrough } from './stacks.js';

/** Sums over some profiles, in the type's unit. */
export interface Cost {
  /** Without idle stacks for wall-clock types. */
  active: number;
  /** Cost of the stacks through the function; the active cost where no function is given. */
  value: number;
}

/** The cost of a function (or, with null, of all code) in a profile. */
export function costIn(profile: Profile, isWallClock: boolean, info: FunctionInfo | null): Cost {
  const active = isWallClock ? splitIdle(profile).active : profile;
  const whole = totalValue(active);
  if (info === null) return { active: whole, value: whole };
  const { matches } = toTarget({ info, line: 0 });
  const isTarget = active.functions.map(matches);
  const passes = stacksThrough(active, (id) => isTarget[id] === true);
  return {
    active: whole,
    value: active.values.reduce((sum, value, stack) => (passes(stack) ? sum + value : sum), 0),
  };
}

type Place = Pick<FunctionTarget, 'info' | 'line'>;

/**
 * {@link findFunction} with plain data as its answer, heaviest first: one where the text is clear, none where
 * it is unknown.
 */
export function findPlaces(profile: Profile, text: string): Place[] {
  const lookup = findFunction(profile, text);
  if (lookup === 'unknown') return [];
  const targets = 'target' in lookup ? [lookup.target] : lookup.candidates;
  return targets.map(({ info, line }) => ({ info, line }));
}

/** @param isWhole whether all of every stack is known; else the view is of the function's own cost only */
export function viewFunction(profile: Profile, info: FunctionInfo, isWhole: boolean): FunctionView | null {
  const { matches } = toTarget({ info, line: 0 });
  const owners = listOwners(profile);
  const isOwn = (id: number) => owners[id] === 'application';
  if (isWhole) return buildFunctionView(profile, matches, isOwn);
  const isTarget = profile.functions.map(matches);
  const ends = selectStacks(
    profile,
    stacksEndingIn(profile, (id) => isTarget[id] === true),
  );
  const view = buildFunctionView(ends, matches, isOwn);
  // A stack that was cut may have begun elsewhere.
  return view === null ? null : { ...view, entry: 0 };
}
