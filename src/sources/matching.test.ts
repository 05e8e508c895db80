import { RE2JS } from 're2js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UserError } from '../errors.js';
import { matcherTest } from './matching.js';
import type { Matcher } from './source.js';

afterEach(() => void vi.restoreAllMocks());

const on = (value: string, op: Matcher['op'] = '=~'): Matcher => ({ name: 'pod', op, value });

describe('a list of values', () => {
  test.each([
    ['a|b', ['a', 'b'], ['', 'ab', 'a|b']],
    ['(a|b)', ['a', 'b'], ['(a', 'ab']],
    ['(?:a|b)', ['a', 'b'], ['?:a']],
    ['a\\.b|c\\|d|e\\\\|f', ['a.b', 'c|d', 'e\\', 'f'], ['aXb', 'c', 'd', 'e\\|f']],
    ['a|', ['a', ''], ['a|']],
    ['', [''], ['a']],
    ['web-1|web-2', ['web-1'], ['WEB-1', 'web-11']],
  ])('%s is looked up, and means what RE2 takes it for', (pattern, meets, fails) => {
    const regex = RE2JS.compile(pattern, RE2JS.DOTALL);
    const compile = vi.spyOn(RE2JS, 'compile');
    const [is, isNot] = [matcherTest(on(pattern)), matcherTest(on(pattern, '!~'))];
    expect(compile).not.toHaveBeenCalled();
    for (const [values, expected] of [
      [meets, true],
      [fails, false],
    ] as const) {
      for (const value of values) {
        expect(is(value), value).toBe(expected);
        expect(isNot(value), value).toBe(!expected);
        expect(regex.testExact(value), value).toBe(expected);
      }
    }
  });
});

describe('the work of comparing', () => {
  test('is done once for each value', () => {
    const testExact = vi.spyOn(RE2JS.prototype, 'testExact');
    const test = matcherTest(on('a.*'));
    for (const value of ['ab', 'ab', 'b', undefined, 'b', '']) test(value);
    expect(testExact).toHaveBeenCalledTimes(3);
  });

  test('is refused for a value that is too long for the expression', () => {
    const test = matcherTest(on('.{0,999}'));
    expect(test('a'.repeat(60))).toBe(true);
    expect(() => test('a'.repeat(1_000))).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /^Comparing pod=~"\.\{0,999\}" with a value of 1000 characters takes 20\d+ steps; at most 200000/,
        ),
      }),
    );
  });

  test('is bounded over all values, and over several tests that share a budget', () => {
    const budget = { steps: 5_000 };
    const [first, second] = [matcherTest(on('a.*b'), budget), matcherTest(on('.+c'), budget)];
    const compare = () => {
      for (let index = 0; index < 1_000; index++) {
        first(`value-${index}`);
        second(`value-${index}`);
      }
    };
    expect(compare).toThrow(UserError);
    expect(compare).toThrow(/^Comparing pod=~.* with all values of the label takes too many steps/);
  });
});
