import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { HANDLERS as CALM, times } from '../../../../test/support/handlers.js';
import { findRequests } from './entries.js';
import { isExchangeOfRequests, isMixOfRequests } from './mix.js';

function isMix(before: Stacks, after: Stacks, name: string): boolean {
  const contrasted = contrast(before, after);
  return isMixOfRequests(contrasted, findRequests(contrasted), findFunction(contrasted, name));
}

describe('isMixOfRequests', () => {
  test.each<[string, Stacks, string, boolean]>([
    ['all of a handler grew alike', times(CALM, ' save', 4), 'validate', true],
    ['one handler grew while the other fell', times(times(CALM, ' save', 4), ' show', 0.3), 'validate', true],
    [
      'only the large part of a handler grew',
      { ...CALM, 'runtime.serve access runtime.mux save validate': 1600 },
      'validate',
      false,
    ],
    [
      'the large part grew and the load of all, too',
      times({ ...CALM, 'runtime.serve access runtime.mux save validate': 1600 }, 'access', 2),
      'validate',
      false,
    ],
    [
      'a handler that was not there before',
      { ...CALM, 'runtime.serve access runtime.mux list scan': 500 },
      'scan',
      false,
    ],
    ['the handler itself, its callees alike', times(CALM, ' save', 4), 'save', true],
  ])('%s', (_, after, name, isExpected) => {
    expect(isMix(CALM, after, name)).toBe(isExpected);
  });

  test('a handler that is one function only: others must have fallen meanwhile', () => {
    const thin = { 'runtime.serve show': 500, 'runtime.serve save': 500 };
    expect(isMix(thin, { ...thin, 'runtime.serve save': 2000 }, 'save')).toBe(false);
    expect(isMix(thin, { 'runtime.serve save': 2000, 'runtime.serve show': 200 }, 'save')).toBe(true);
  });

  describe('steps of the same work, which own code calls one after the other', () => {
    const steps = {
      'runtime.serve work parse': 300,
      'runtime.serve work price': 300,
      'runtime.serve work price round': 40,
      'runtime.serve work book': 300,
      'runtime.serve work render': 300,
    };
    test.each<[string, Stacks, boolean]>([
      ['one of them grew', times(steps, 'price', 4), false],
      ['one of them grew while the others fell', times(times(steps, 'work', 0.5), 'price', 8), false],
      [
        'all of them rise and fall on their own, as kinds of requests do',
        times(times(times(steps, 'price', 3), 'book', 2.5), 'render', 0.4),
        true,
      ],
      [
        'one of them grew beyond all bounds while the others vary a little',
        times(times(times(steps, 'price', 20), 'book', 1.6), 'render', 0.8),
        false,
      ],
    ])('%s: that is a mix: %s', (_, after, expected) => {
      expect(isMix(steps, after, 'price')).toBe(expected);
    });

    test.each<[string, number, boolean]>([
      ['and its three parts grew alike', 20, true],
      ['and one of its three parts grew by more', 60, false],
    ])('the others vary, one of them grew beyond all bounds %s', (_, factor, expected) => {
      const wide = { ...steps, 'runtime.serve work price tax': 90 };
      const vary = (stacks: Stacks) => times(times(stacks, 'book', 1.6), 'render', 0.8);
      expect(isMix(wide, times(vary(times(wide, 'price', 20)), 'tax', factor / 20), 'price')).toBe(expected);
    });

    test('its three parts grew alike while the others kept together', () => {
      const wide = { ...steps, 'runtime.serve work price tax': 90 };
      expect(isMix(wide, times(wide, 'price', 20), 'price')).toBe(false);
    });

    test.each([
      // With parts of 100, 100 and x samples the diversity is (200 + x)² / (20,000 + x²).
      { x: 35, fell: 0.8, isExpected: true, what: 'a diversity of 2.6, and the others fell' },
      { x: 25, fell: 0.8, isExpected: false, what: 'one of 2.45, and the others fell' },
      { x: 35, fell: 0.9, isExpected: false, what: 'one of 2.6, and the others fell by less' },
    ])('its parts grew alike, with $what', ({ x, fell, isExpected }) => {
      const grown = times(
        {
          'runtime.serve work price tax': 1_000,
          'runtime.serve work price round': 1_000,
          'runtime.serve work price fee': 10 * x,
          'runtime.serve work parse': 9_000,
        },
        'price',
        3,
      );
      const before = times(grown, 'price', 1 / 3);
      expect(isMix(before, times(grown, 'parse', fell), 'price')).toBe(isExpected);
    });

    test('many parts of one of them grew alike: more of its requests came', () => {
      const parts = ['load', 'check', 'convert', 'store', 'notify'];
      const rich = {
        ...steps,
        ...Object.fromEntries(parts.map((part) => [`runtime.serve work price ${part}`, 100])),
      };
      expect(isMix(rich, times(rich, 'price', 4), 'price')).toBe(true);
      const uneven = times(times(rich, 'price', 4), 'convert', 3);
      expect(isMix(rich, uneven, 'price')).toBe(false);
    });
  });

  test('a function that several kinds of requests call grew as these did', () => {
    const shared = {
      ...CALM,
      'runtime.serve access runtime.mux save lib.query': 200,
      'runtime.serve access runtime.mux show lib.query': 200,
    };
    expect(isMix(shared, times(times(shared, ' save', 3), ' show', 2), 'lib.query')).toBe(true);
    expect(isMix(shared, times(times(shared, ' save', 3), 'lib.query', 3), 'lib.query')).toBe(false);
  });
});

describe('an own function above nearly all own code', () => {
  const parts = ['load', 'check', 'convert', 'store'];
  const main: Stacks = {
    ...Object.fromEntries(parts.map((part) => [`runtime.serve runtime.mux main ${part}`, 240])),
    'runtime.serve runtime.mux main lib.write': 240,
    'runtime.serve runtime.mux list scan': 40,
    'runtime.serve runtime.mux list sort': 40,
  };
  test.each<[string, Stacks, boolean]>([
    ['all of its many parts grew alike', times(main, 'main', 3), true],
    ['one of them grew', { ...main, 'runtime.serve runtime.mux main lib.write': 1_500 }, false],
  ])('%s: that is a mix: %s', (_, after, expected) => {
    expect(isMix(main, after, 'main')).toBe(expected);
  });

  test('one with few parts is not told from a change of code', () => {
    const few = {
      'runtime.serve runtime.mux main lib.read': 600,
      'runtime.serve runtime.mux main lib.write': 600,
      'runtime.serve runtime.mux list scan': 40,
    };
    expect(isMix(few, times(few, 'main', 3), 'main')).toBe(false);
  });
});

test.each<[string, Stacks, boolean]>([
  ['with the handlers below it, of which one grew', times(CALM, ' save', 4), true],
  ['with the handlers below it, of which both grew', times(CALM, 'mux', 4), true],
  ['by its own cost', { ...CALM, 'runtime.serve access runtime.mux': 900 }, false],
  [
    'by a little of its own, less than chance explains',
    { ...CALM, 'runtime.serve access runtime.mux': 2 },
    true,
  ],
  ['by a little more than that', { ...CALM, 'runtime.serve access runtime.mux': 40 }, false],
  ['in share only, since all else fell', { ...times(CALM, 'mux', 0.7), 'runtime.serve access': 1 }, true],
])('what dispatches requests grew %s: that is a mix: %s', (_, after, expected) => {
  expect(isMix(CALM, after, 'runtime.mux')).toBe(expected);
});

describe('a handler that is nearly all one function', () => {
  const nearlyAll = {
    'runtime.serve access runtime.mux show render': 400,
    'runtime.serve access runtime.mux save work parse': 300,
    'runtime.serve access runtime.mux save work store': 200,
    'runtime.serve access runtime.mux save': 1,
  };
  test.each<[string, Stacks, boolean]>([
    ['whose callees grew alike', times(nearlyAll, ' save', 3), true],
    [
      'one callee of which grew',
      { ...nearlyAll, 'runtime.serve access runtime.mux save work parse': 1_500 },
      false,
    ],
  ])('%s: that is a mix: %s', (_, after, expected) => {
    expect(isMix(nearlyAll, after, 'work')).toBe(expected);
  });
});

describe('isExchangeOfRequests', () => {
  const isExchange = (after: Stacks, gained: string, lost: string) => {
    const contrasted = contrast(CALM, after);
    const [fn, from] = [findFunction(contrasted, gained), findFunction(contrasted, lost)];
    return isExchangeOfRequests(contrasted, findRequests(contrasted), fn, from);
  };

  test.each<[string, string, string, boolean]>([
    ['functions of two handlers', 'validate', 'encode', true],
    ['functions of one handler', 'validate', 'decode', false],
    ['a function of all handlers', 'validate', 'access', false],
  ])('one kind of request took the place of another: %s: %s', (_, gained, lost, expected) => {
    expect(isExchange(times(times(CALM, ' save', 2), ' show', 0.3), gained, lost)).toBe(expected);
  });

  test('a function that went to a handler under a new name was no exchange of requests', () => {
    const after = Object.fromEntries(
      Object.entries(CALM).map(([stack, value]) => [stack.replace('save validate', 'store check'), value]),
    );
    expect(isExchange(after, 'check', 'validate')).toBe(false);
  });
});
