import { AsyncLocalStorage } from 'node:async_hooks';
import { RE2JS } from 're2js';
import { estimatePatternSize } from '../../src/profile/code/pattern-size.js';

// Work with regular expressions is counted, not timed: steps that they compile to, and steps of what they are
// compared with. The work of threads is counted where the sources run without a build, which have none.

/** Steps that a call may compile for each argument that holds regular expressions. */
export const MAX_COMPILED = { selector: 3_000, baseline_selector: 3_000, focus: 2_000, ignore: 2_000 };
/** Steps that one comparison with the value of a label may take. */
export const MAX_COMPARISON = 200_000;

export interface Steps {
  compiled: number;
  /** Steps of the longest comparison with the value of a label. */
  comparison: number;
  /** Steps of all comparisons with names of functions. */
  filtering: number;
}

/** Steps of the work that is done: other work, or such that goes on after its time, counts nothing. */
const counting = new AsyncLocalStorage<Count>();

interface Count {
  steps: Steps;
  maxCompiled: number;
}

const { compile } = RE2JS;
const { testExact, test } = RE2JS.prototype;
RE2JS.compile = (pattern, flags) => {
  const count = counting.getStore();
  if (count === undefined) return compile.call(RE2JS, pattern, flags);
  const estimated = estimatePatternSize(pattern);
  // Before it is compiled: a hang would tell nothing.
  addCompiled(count, estimated);
  const regex = compile.call(RE2JS, pattern, flags);
  addCompiled(count, Math.max(0, regex.programSize() - estimated));
  return regex;
};
RE2JS.prototype.testExact = function (this: RE2JS, value) {
  const steps = counting.getStore()?.steps;
  if (steps !== undefined) steps.comparison = Math.max(steps.comparison, countComparison(this, value));
  return testExact.call(this, value);
};
RE2JS.prototype.test = function (this: RE2JS, value) {
  const steps = counting.getStore()?.steps;
  if (steps !== undefined) steps.filtering += countComparison(this, value);
  return test.call(this, value);
};

function addCompiled({ steps, maxCompiled }: Count, added: number): void {
  steps.compiled += added;
  if (steps.compiled > maxCompiled)
    throw new Error(`compiles patterns of ${steps.compiled} steps, over ${maxCompiled}`);
}

function countComparison(regex: RE2JS, value: unknown): number {
  return regex.programSize() * String(value).length;
}

/**
 * Does the work of a call and counts its steps.
 * @throws Error where it compiles more, or takes more for a comparison, than these arguments may cost
 */
export async function countSteps(args: object, work: () => unknown): Promise<Steps> {
  const maxCompiled = Object.entries(MAX_COMPILED)
    .filter(([name]) => name in args)
    .reduce((sum, [, max]) => sum + max, 0);
  const steps: Steps = { compiled: 0, comparison: 0, filtering: 0 };
  await counting.run({ steps, maxCompiled }, async () => work());
  if (steps.comparison > MAX_COMPARISON) throw new Error(`a comparison of ${steps.comparison} steps`);
  return steps;
}
