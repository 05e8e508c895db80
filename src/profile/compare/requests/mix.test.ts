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

describe('a library that several kinds of requests call', () => {
  /** Stacks below each entry point: what passes through the library, and what else there is. */
  const kinds = (each: Readonly<Record<string, readonly [through: number, rest: number]>>): Stacks =>
    Object.fromEntries(
      Object.entries(each).flatMap(([name, [through, rest]]) => [
        [`runtime.serve ${name} lib.query`, through],
        [`runtime.serve ${name}`, rest],
      ]),
    );
  // Stacks of an own function belong to its kind, and those of the runtime to none.
  test.each<{ what: string; before: Stacks; after: Stacks; is: boolean }>([
    {
      what: 'grew through both of two kinds as these did',
      before: kinds({ show: [100, 100], save: [100, 100] }),
      after: kinds({ show: [200, 200], save: [200, 200] }),
      is: true,
    },
    {
      what: 'grew through both beyond them',
      before: kinds({ show: [100, 100], save: [100, 100] }),
      after: kinds({ show: [300, 100], save: [300, 100] }),
      is: false,
    },
    {
      what: 'grew mostly through one that was not there before',
      before: kinds({ show: [500, 500], save: [100, 100] }),
      after: kinds({ show: [500, 500], save: [140, 140], list: [60, 60] }),
      is: false,
    },
    {
      what: 'grew by 28 % through one that was not there before',
      before: kinds({ show: [100, 100], save: [100, 100] }),
      after: kinds({ show: [172, 172], save: [172, 172], list: [56, 56] }),
      is: true,
    },
    {
      what: 'grew by 32 % through it',
      before: kinds({ show: [100, 100], save: [100, 100] }),
      after: kinds({ show: [168, 168], save: [168, 168], list: [64, 64] }),
      is: false,
    },
    {
      what: 'grew by 40 % outside of requests',
      before: kinds({ show: [100, 100], save: [50, 50], 'runtime.tick': [100, 100] }),
      after: kinds({ show: [160, 160], save: [50, 50], 'runtime.tick': [140, 140] }),
      is: false,
    },
    {
      what: 'grew the most outside of requests, though most of it through three kinds',
      before: kinds({ show: [120, 120], save: [120, 120], list: [120, 120], 'runtime.tick': [140, 140] }),
      after: kinds({ show: [360, 360], save: [360, 360], list: [360, 360], 'runtime.tick': [420, 420] }),
      is: false,
    },
  ])('$what: that is a mix: $is', ({ before, after, is }) => {
    expect(isMix(before, after, 'lib.query')).toBe(is);
  });

  test.each([
    { what: 'fell outside of requests by more', tick: 80 },
    { what: 'fell outside of requests by as much', tick: 90 },
  ])('that $what grew by nothing', ({ tick }) => {
    const parts = (factor: number): Stacks =>
      times(
        {
          'runtime.serve save lib.query': 100,
          'runtime.serve save read': 100,
          'runtime.serve save write': 100,
          'runtime.serve save': 100,
        },
        'save',
        factor,
      );
    const rest = { 'runtime.serve show': 400, 'runtime.tick lib.other': 800 };
    const before: Stacks = { ...parts(1), ...rest, 'runtime.tick lib.query': 100 };
    const after: Stacks = { ...parts(1.1), ...rest, 'runtime.tick lib.query': tick };
    expect(isMix(before, after, 'lib.query')).toBe(false);
    // With the cost outside of requests as it was, all the many parts of the kind grew alike.
    expect(isMix(before, { ...after, 'runtime.tick lib.query': 100 }, 'lib.query')).toBe(true);
  });

  test('the first function of all may be the kind that grew', () => {
    const before = kinds({ add: [100, 100], show: [100, 100] });
    expect(findFunction(contrast(before, before), 'add')).toBe(0);
    const parts = { 'runtime.serve add read': 100, 'runtime.serve add write': 100 };
    const many = { ...before, ...parts };
    expect(isMix(many, times(many, ' add', 3), 'lib.query')).toBe(true);
  });
});

describe('a function of one kind of request, by what else the kind does', () => {
  /** A function of a handler, the rest of it, and another handler. */
  const build = (fn: number, rest: Readonly<Record<string, number>>, other: number): Stacks => ({
    'runtime.serve save price': fn,
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`runtime.serve save ${name}`, value])),
    'runtime.serve show': other,
  });
  test.each<{ what: string; before: Stacks; after: Stacks; is: boolean }>([
    {
      what: 'grew as much, though its parts took each other’s place',
      before: build(100, { read: 50, write: 50 }, 500),
      after: build(400, { read: 350, write: 50 }, 500),
      is: true,
    },
    {
      what: 'stayed, be it so little that the share of the function hardly rose',
      before: build(100, { read: 10 }, 500),
      after: build(400, { read: 10 }, 500),
      is: false,
    },
    {
      // 12.5 of 4.5 is nearer to 4 than to 1, by a log-likelihood of 1.5.
      what: 'is too little to tell, and the other kinds stayed',
      before: build(400, { read: 4 }, 500),
      after: build(1_600, { read: 12 }, 500),
      is: false,
    },
    {
      what: 'is too little to tell, and the other kinds fell',
      before: build(400, { read: 4 }, 500),
      after: build(1_600, { read: 6 }, 250),
      is: true,
    },
    {
      what: 'tells little, and is half of it: grown alike is not enough',
      before: build(30, { read: 30 }, 500),
      after: build(60, { read: 45 }, 500),
      is: false,
    },
    {
      what: 'tells little, and is less than 30 % of it: it grew alike',
      before: build(72, { read: 28 }, 500),
      after: build(120, { read: 38 }, 500),
      is: true,
    },
    {
      what: 'tells little, and is 31 % of it before',
      before: build(69, { read: 31 }, 500),
      after: build(120, { read: 38 }, 500),
      is: false,
    },
  ])('$what: that is a mix: $is', ({ before, after, is }) => {
    expect(isMix(before, after, 'price')).toBe(is);
  });

  test('a step with many parts grew alike in all of them, but alone: that is no mix', () => {
    const parts = ['read', 'check', 'convert', 'write'].map((part) => [`price ${part}`, 100]);
    const before = build(0, { ...Object.fromEntries(parts), render: 800 }, 500);
    expect(isMix(before, times(before, 'price', 3), 'price')).toBe(false);
  });

  test('the entry point itself needs no rest, however much it grew', () => {
    const before: Stacks = {
      'runtime.serve save read': 20,
      'runtime.serve save write': 20,
      'runtime.serve show': 500,
    };
    expect(isMix(before, times(before, 'save', 60), 'save')).toBe(true);
  });
});

test('an own function above nearly all own code, all of whose many libraries grew alike', () => {
  const libraries = (count: number): Stacks =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`runtime.serve main lib.part${index}`, 240]),
    );
  const handlers = { 'runtime.serve main list scan': 40, 'runtime.serve main list sort': 40 };
  const isMixWith = (count: number) => {
    const before = { ...libraries(count), ...handlers };
    return isMix(before, times(before, 'lib.', 3), 'main');
  };
  expect([2, 4].map(isMixWith)).toEqual([false, true]);
});

test('without profiles on a side nothing is known', () => {
  const isMixWith = (profiles: readonly [number, number]) => {
    const contrasted = contrast(CALM, times(CALM, ' save', 4), { profiles });
    return isMixOfRequests(contrasted, findRequests(contrasted), findFunction(contrasted, 'runtime.mux'));
  };
  expect([isMixWith([1, 1]), isMixWith([0, 1]), isMixWith([1, 0])]).toEqual([true, false, false]);
});

describe('isExchangeOfRequests', () => {
  const isExchange = (after: Stacks, gained: string, lost: string) => {
    const contrasted = contrast(CALM, after);
    const [fn, from] = [findFunction(contrasted, gained), findFunction(contrasted, lost)];
    return isExchangeOfRequests(contrasted, findRequests(contrasted), fn, from);
  };

  test('where one of the kinds is too small to be told there is no exchange', () => {
    const calm = {
      'runtime.serve access runtime.mux show encode': 990,
      'runtime.serve access runtime.mux ping pong': 10,
    };
    const after = {
      'runtime.serve access runtime.mux show encode': 970,
      'runtime.serve access runtime.mux ping pong': 30,
    };
    const contrasted = contrast(calm, after);
    const [fn, from] = [findFunction(contrasted, 'pong'), findFunction(contrasted, 'encode')];
    expect(isExchangeOfRequests(contrasted, findRequests(contrasted), fn, from)).toBe(false);
  });

  test.each<[string, string, string, boolean]>([
    ['functions of two handlers', 'validate', 'encode', true],
    ['functions of one handler', 'validate', 'decode', false],
    ['a function of all handlers', 'validate', 'access', false],
  ])('one kind of request took the place of another: %s: %s', (_, gained, lost, expected) => {
    expect(isExchange(times(times(CALM, ' save', 2), ' show', 0.3), gained, lost)).toBe(expected);
  });

  test.each<[string, Stacks, string, string, boolean]>([
    [
      'a library that is as much part of another handler',
      {
        'runtime.serve save': 300,
        'runtime.serve show lib.query': 60,
        'runtime.serve save lib.query': 40,
      },
      'save',
      'lib.query',
      false,
    ],
    [
      'a library of which 70 % are of another handler',
      {
        'runtime.serve save': 300,
        'runtime.serve show lib.query': 70,
        'runtime.serve save lib.query': 30,
      },
      'save',
      'lib.query',
      true,
    ],
    ['a cost outside of requests', { ...CALM, 'runtime.gc lib.weak': 300 }, 'validate', 'lib.weak', false],
    [
      'the first function of all',
      { 'runtime.serve add': 300, 'runtime.serve show': 300 },
      'show',
      'add',
      true,
    ],
  ])('the same before and after: %s: %s', (_, stacks, gained, lost, expected) => {
    const contrasted = contrast(stacks, stacks);
    const [fn, from] = [findFunction(contrasted, gained), findFunction(contrasted, lost)];
    expect(isExchangeOfRequests(contrasted, findRequests(contrasted), fn, from)).toBe(expected);
  });

  test('nothing was measured', () => {
    const nothing = contrast({}, {});
    expect(isExchangeOfRequests(nothing, findRequests(nothing), 0, 1)).toBe(false);
  });

  test('a function that went to a handler under a new name was no exchange of requests', () => {
    const after = Object.fromEntries(
      Object.entries(CALM).map(([stack, value]) => [stack.replace('save validate', 'store check'), value]),
    );
    expect(isExchange(after, 'check', 'validate')).toBe(false);
  });
});
