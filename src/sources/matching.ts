import { RE2JS } from 're2js';
import { PatternError, UserError } from '../errors.js';
import { compileRe2 } from '../profile/code/filter.js';
import { estimatePatternSize } from '../profile/code/pattern-size.js';
import { cutRight } from '../text/sanitise.js';
import type { Matcher } from './source.js';

/**
 * Maximum sum of {@link estimatePatternSize} over the regular expressions of a selector: compiling them takes
 * at most some 30 ms. Lists of plain values do not count.
 */
const MAX_SELECTOR_STEPS = 3_000;
/** Maximum steps of a comparison, size of the expression times length of the value: at most some 50 ms. */
const MAX_COMPARISON_STEPS = 200_000;
/** Maximum steps of all comparisons of a condition in a query. */
const MAX_MATCHING_STEPS = 100_000_000;
/** Maximum length of a condition in an error, in characters. */
const MAX_SHOWN = 200;

/** Steps that are left for compiling or comparing. */
export interface MatchingBudget {
  steps: number;
}

/** A test of one label's value; undefined stands for a missing label. */
export type ValueTest = (value: string | undefined) => boolean;

/** A prepared regular expression: the plain values that it lists, or a compiled program. */
type Prepared = { values: ReadonlySet<string> } | { regex: RE2JS; size: number };

/** Prepared expression of each condition; it is freed together with the condition. */
const preparedMatchers = new WeakMap<Matcher, Prepared>();

/**
 * Compiles the regular expressions of a selector, so that each is compiled once however often it is used.
 * @param budget steps for all of them; the used steps are subtracted
 * @throws UserError where an expression is not valid, or where all together are too large; then none is
 *   compiled
 */
export function prepareMatchers(
  matchers: readonly Matcher[],
  budget: MatchingBudget = { steps: MAX_SELECTOR_STEPS },
): void {
  const expressions = matchers.filter(({ op }) => op.endsWith('~'));
  const sizes = expressions.map((matcher) => ({ matcher, size: estimateSize(matcher) }));
  checkSize(sizes, budget);
  for (const matcher of expressions) preparedMatchers.set(matcher, prepare(matcher));
}

/**
 * Makes a test of a label's value with the meaning of Prometheus: a missing label is the empty value, regular
 * expressions are RE2, match the whole value, and their dot matches line breaks. Results are kept per value.
 *
 * @param budget may be shared by several tests
 * @throws UserError when the regular expression is not valid or too large; the test itself throws one when
 *   there are too many values, or a value is too long
 */
export function matcherTest(
  matcher: Matcher,
  budget: MatchingBudget = { steps: MAX_MATCHING_STEPS },
): ValueTest {
  const { op, value: wanted } = matcher;
  if (op === '=') return (value = '') => value === wanted;
  if (op === '!=') return (value = '') => value !== wanted;
  const expression = preparedMatchers.get(matcher) ?? prepare(matcher);
  const expected = op === '=~';
  if ('values' in expression) return (value = '') => expression.values.has(value) === expected;
  const { regex, size } = expression;
  const results = new Map<string, boolean>();
  return (value = '') => {
    const known = results.get(value);
    if (known !== undefined) return known;
    spend(size * (value.length + 1), budget, matcher, value);
    const result = regex.testExact(value) === expected;
    results.set(value, result);
    return result;
  };
}

function spend(steps: number, budget: MatchingBudget, matcher: Matcher, value: string): void {
  if (steps > MAX_COMPARISON_STEPS) {
    throw new UserError(
      `Comparing ${conditionText(matcher)} with a value of ${value.length} characters takes ${steps} steps; at most ${MAX_COMPARISON_STEPS} are taken.`,
      'Use a shorter regular expression: shorten counted repetitions such as {1000}, or match an exact value with =.',
    );
  }
  budget.steps -= steps;
  if (budget.steps >= 0) return;
  throw new UserError(
    `Comparing ${conditionText(matcher)} with all values of the label takes too many steps.`,
    'Use a shorter regular expression: shorten counted repetitions such as {1000}, or list exact values: pod=~"web-1|web-2".',
  );
}

function estimateSize({ value }: Matcher): number {
  return plainValues(value) === null ? estimatePatternSize(value) : 0;
}

function checkSize(sizes: readonly { matcher: Matcher; size: number }[], budget: MatchingBudget): void {
  const sum = sizes.reduce((total, { size }) => total + size, 0);
  const [first, ...others] = sizes;
  if (sum <= budget.steps || first === undefined) {
    budget.steps -= sum;
    return;
  }
  const { matcher } = others.reduce((a, b) => (b.size > a.size ? b : a), first);
  const subject =
    others.length === 0
      ? 'The regular expression of the selector comes'
      : `The ${sizes.length} regular expressions of the selector come`;
  throw new UserError(
    `${subject} to over ${budget.steps} steps, more than are taken; the largest is ${conditionText(matcher)}.`,
    'Shorten counted repetitions such as {1000}, or list exact values, which do not count: pod=~"web-1|web-2".',
  );
}

function prepare(matcher: Matcher): Prepared {
  const values = plainValues(matcher.value);
  if (values !== null) return { values };
  const size = estimatePatternSize(matcher.value);
  checkSize([{ matcher, size }], { steps: MAX_SELECTOR_STEPS });
  try {
    return { regex: compileRe2(matcher.value, RE2JS.DOTALL), size };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new UserError(
      `The regular expression in ${conditionText(matcher)} is not valid RE2: ${error.message}.`,
      'Correct it (RE2 has no lookaround and no backreferences), or match an exact value with =.',
    );
  }
}

/** `a|b\.c`: values with escaped punctuation. */
const LIST = /^(?:[^\\.+*?()|[\]{}^$]|\\[!-/:-@[-`{-~]|\|)*$/u;
const LIST_PART = /\\(.)|\||[^\\|]+/gsu;

/**
 * The values of an expression that only lists them (`a|b`), as dashboards write several values; null for any
 * other expression. Brackets may enclose the list.
 */
function plainValues(pattern: string): ReadonlySet<string> | null {
  const list = /^\((?:\?:)?([^()]*)\)$/.exec(pattern)?.[1] ?? pattern;
  if (!LIST.test(list)) return null;
  const values = new Set<string>();
  let value = '';
  for (const [part, escaped = part] of list.matchAll(LIST_PART)) {
    if (part === '|') {
      values.add(value);
      value = '';
    } else value += escaped;
  }
  return values.add(value);
}

function conditionText({ name, op, value }: Matcher): string {
  return cutRight(`${name}${op}${JSON.stringify(value)}`, MAX_SHOWN);
}
