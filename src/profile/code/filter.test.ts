import { describe, expect, test } from 'vitest';
import { buildProfile, listStacks } from '../../../test/support/profiles.js';
import { PatternError } from '../../errors.js';

import { compilePattern, filterStacks, isHeavyFilter } from './filter.js';

describe('compilePattern', () => {
  test('finds the pattern anywhere in the name, case-sensitively', () => {
    const test = compilePattern('coupon\\.\\(\\*Validator\\)');
    expect(test('northwind.dev/checkout/coupon.(*Validator).Match')).toBe(true);
    expect(test('northwind.dev/checkout/Coupon.(*Validator).Match')).toBe(false);
    expect(compilePattern('(?i)COUPON')('northwind.dev/checkout/coupon.Match')).toBe(true);
  });

  test.each([
    ['(a+)+$', `${'a'.repeat(50_000)}!`],
    ['(a|aa)+$', `${'a'.repeat(50_000)}!`],
    ['(.*)*x', 'y'.repeat(50_000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(50_000)],
    ['(?:x+x+)+y', 'x'.repeat(50_000)],
  ])('%s answers on a long name without backtracking', (pattern, name) => {
    expect(compilePattern(pattern)(name)).toBe(false);
  });

  test.each(['(', '[a-', '*a', 'a{2,1}', '(?=a)', '(?<!a)b', '(a)\\1', '\\', '(?<n>a)\\k<n>', 'a{1001}'])(
    '%s is no pattern',
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow(PatternError);
      expect(() => filterStacks(buildProfile([['a'], 1]), { focus: pattern })).toThrow(
        expect.objectContaining({ pattern }),
      );
    },
  );
});

describe('filterStacks', () => {
  const profile = buildProfile([['main', 'a', 'x'], 1], [['main', 'b', 'x'], 2], [['gc'], 4]);

  test.each([
    [{ focus: '^a$' }, [1]],
    [{ focus: 'x' }, [1, 2]],
    [{ ignore: 'b' }, [1, 4]],
    [{ focus: 'x', ignore: '^a$' }, [2]],
    [{ focus: 'nothing' }, []],
    [{}, [1, 2, 4]],
  ])('%j', (filter, values) => {
    expect(listStacks(filterStacks(profile, filter)).map(([, value]) => value)).toEqual(values);
  });
});

describe('isHeavyFilter', () => {
  const named = (functions: number, length: number) => ({
    functions: Array.from({ length: functions }, (_, index) => ({
      name: `${index}`.padEnd(length, 'x'),
      file: '',
      startLine: 0,
      isSymbolised: true,
    })),
  });

  test.each([
    [{}, 100_000, false],
    [{ focus: 'coupon' }, 200, false],
    [{ focus: 'coupon' }, 10_000, true],
    [{ focus: '.{0,900}' }, 10, true],
    [{ focus: 'a{40}', ignore: 'b{40}' }, 50, false],
    [{ focus: 'a{40}', ignore: 'b{40}' }, 200, true],
  ])('%j on %i names of 30 characters: %s', (filter, functions, isHeavy) => {
    expect(isHeavyFilter(named(functions, 30), filter)).toBe(isHeavy);
  });

  test('what would take minutes is refused with the number of functions and what is taken', () => {
    expect(() => isHeavyFilter(named(60_000, 100), { focus: 'a', ignore: '.{0,900}' })).toThrow(
      expect.objectContaining({
        kind: 'size',
        pattern: '.{0,900}',
        message: expect.stringMatching(
          /^1\d{3} steps are too many for the names of 60,000 functions, at most 330 are taken$/,
        ),
      }),
    );
  });
});
