import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { testComposition } from './composition.js';
import { findRequests } from './entries.js';
import { entriesThrough } from './strata.js';

describe('testComposition', () => {
  const CALM: Stacks = {
    'runtime.serve show render': 100,
    'runtime.serve show encode': 100,
    'runtime.serve show encode lib.write': 100,
    'runtime.serve show': 100,
    'runtime.serve save store': 400,
  };
  const of = (after: Stacks) => {
    const contrasted = contrast(CALM, after);
    return testComposition(
      contrasted,
      findRequests(contrasted).entryOfStack,
      findFunction(contrasted, 'show'),
    );
  };

  test('parts are own functions and what they call', () => {
    expect(of(CALM)).toEqual({ parts: 4, diversity: 4, isAlike: true });
  });

  test.each<[string, Stacks, { parts: number; diversity: number; isAlike: boolean }]>([
    [
      'each library that an own function calls is a part, and the function itself',
      {
        'runtime.serve show lib.a': 20,
        'runtime.serve show lib.b': 20,
        'runtime.serve show lib.c': 20,
        'runtime.serve show': 20,
        'runtime.serve show render lib.a': 20,
        'runtime.serve show render lib.b': 20,
        'runtime.serve show render lib.c': 20,
        'runtime.serve show render': 20,
      },
      { parts: 8, diversity: 8, isAlike: true },
    ],
    [
      'what a library calls belongs to its part',
      {
        'runtime.serve show lib.a': 20,
        'runtime.serve show lib.a lib.b': 20,
        'runtime.serve show lib.a lib.c': 20,
        'runtime.serve show lib.b': 60,
      },
      { parts: 2, diversity: 2, isAlike: true },
    ],
    [
      'the own function nearest to the leaf counts, whatever calls it',
      {
        'runtime.serve show encode lib.a': 50,
        'runtime.serve show lib.b encode lib.a': 50,
        'runtime.serve show render lib.a': 100,
      },
      { parts: 2, diversity: 2, isAlike: true },
    ],
    [
      // (100 + 60 + 40)² ÷ (100² + 60² + 40²).
      'diversity is the number of equal parts that would be as diverse',
      { 'runtime.serve show lib.a': 100, 'runtime.serve show lib.b': 60, 'runtime.serve show lib.c': 40 },
      { parts: 3, diversity: 40_000 / 15_200, isAlike: true },
    ],
    [
      'a part of 20 samples on both sides together is compared, one of 18 is not',
      { 'runtime.serve show lib.a': 31, 'runtime.serve show lib.b': 10, 'runtime.serve show lib.c': 9 },
      { parts: 2, diversity: 2_500 / (31 ** 2 + 10 ** 2 + 9 ** 2), isAlike: true },
    ],
    ['no request of the kind', { 'runtime.serve save': 100 }, { parts: 0, diversity: 0, isAlike: true }],
  ])('%s', (_, stacks, expected) => {
    const both = { 'runtime.serve save store': 400, 'main show': 0, ...stacks };
    const contrasted = contrast(both, both);
    const composition = testComposition(
      contrasted,
      entriesThrough(contrasted, findFunction(contrasted, 'show')),
      findFunction(contrasted, 'show'),
    );
    expect({ ...composition, diversity: composition.diversity.toFixed(9) }).toEqual({
      ...expected,
      diversity: expected.diversity.toFixed(9),
    });
  });

  test('parts differ by both functions, whichever numbers these have', () => {
    // The first two functions of all and the last two are called, and both own ones cost something too.
    const called = ['lib.a', 'lib.b', 'runtime.mallocgc', 'runtime.memmove'];
    const stacks: Stacks = {
      'lib.a': 50,
      ...Object.fromEntries(
        ['list', 'list load'].flatMap((own) =>
          ['', ...called].map((callee) => [`runtime.main ${own} ${callee}`, 50]),
        ),
      ),
    };
    const contrasted = contrast(stacks, stacks);
    const names = contrasted.joined.functions.map(({ name }) => name);
    expect(names).toEqual([
      'lib.a',
      'lib.b',
      'list',
      'load',
      'runtime.main',
      'runtime.mallocgc',
      'runtime.memmove',
    ]);
    const entry = findFunction(contrasted, 'list');
    const { parts, diversity } = testComposition(contrasted, entriesThrough(contrasted, entry), entry);
    expect([parts, diversity.toFixed(9)]).toEqual([10, '10.000000000']);
  });

  test('the worth of a sample does not matter', () => {
    const [before, after] = [times(CALM, 'show', 0.5), times(CALM, 'show', 0.7)];
    const entry = findFunction(contrast(CALM, CALM), 'show');
    const measure = (factor: number) => {
      const sides = [before, after].map((side) => times(side, '', factor)) as [Stacks, Stacks];
      const contrasted = contrast(...sides, { quantum: factor });
      return testComposition(contrasted, entriesThrough(contrasted, entry), entry);
    };
    expect(measure(1)).toEqual({ parts: 4, diversity: 4, isAlike: true });
    expect(measure(100)).toEqual(measure(1));
    expect(measure(0.125)).toEqual(measure(1));
  });

  test('a small part may change as far as chance explains', () => {
    // 40 and 68 of some 1,000 are 2.8 standard errors apart, and 40 and 88 are 4.4.
    const small = (part: number): Stacks => ({
      'runtime.serve show render': 1_000 - part,
      'runtime.serve show encode': part,
    });
    const isAlike = (part: number) => {
      const contrasted = contrast(small(40), small(part));
      const entry = findFunction(contrasted, 'show');
      return testComposition(contrasted, entriesThrough(contrasted, entry), entry).isAlike;
    };
    // Less than 3 points are nothing, 3 points are 3.1 standard errors.
    expect([68, 70, 75, 88].map(isAlike)).toEqual([true, true, true, false]);
  });

  test('more of all is alike, more of one is not', () => {
    const more = times(CALM, 'show', 3);
    expect(of(more).isAlike).toBe(true);
    expect(of({ ...more, 'runtime.serve show render': 900 }).isAlike).toBe(false);
  });

  test.each([
    ['2.9 points more of the kind explain nothing of its growth', 0.029, true],
    ['3.1 points do', 0.031, false],
  ])('of a long window, where noise is small, %s', (_, points, isAlike) => {
    const long = times(CALM, 'runtime', 1_000);
    const [whole, part] = [400_000, 100_000];
    const added = (whole * points) / (1 - part / whole - points);
    const contrasted = contrast(long, { ...long, 'runtime.serve show render': part + added });
    const entry = findFunction(contrasted, 'show');
    expect(testComposition(contrasted, findRequests(contrasted).entryOfStack, entry).isAlike).toBe(isAlike);
  });
});
