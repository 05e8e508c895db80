import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { HANDLERS, times } from '../../../test/support/handlers.js';
import { findUniverse } from '../contrast/contrast.js';
import { describeCulprit, findCulprit, findOutstanding, loadBeside, measureGrowth } from './culprit.js';
import { findRequests, NO_REQUESTS } from './requests/entries.js';

const GATE = 4.25;

function culprit(before: Stacks, after: Stacks, sides: Sides = {}) {
  const contrasted = contrast(before, after, sides);
  const answer = findCulprit(contrasted, GATE);
  return answer === null ? null : { ...answer, fn: getName(contrasted, answer.fn) };
}

const CALM = {
  'main serve price lib.parse': 100,
  'main serve stock': 200,
  'main serve render': 300,
  'main poll': 400,
  'runtime.gc': 100,
};

describe('findOutstanding', () => {
  const CALLS = { ...CALM, 'main serve cart': 20, 'main serve cart round': 100 };

  test.each<{ what: string; after: Stacks; outer: string | null; inner: string | null }>([
    { what: 'nothing', after: CALLS, outer: null, inner: null },
    {
      what: 'more load',
      after: Object.fromEntries(Object.entries(CALLS).map(([stack, value]) => [stack, 2 * value])),
      outer: null,
      inner: null,
    },
    {
      what: 'a function whose callee keeps most of what grew',
      after: { ...CALLS, 'main serve cart': 85, 'main serve cart round': 380 },
      outer: 'cart',
      inner: 'round',
    },
  ])('tells whether something changed, not further down: $what', ({ after, outer, inner }) => {
    const contrasted = contrast(CALLS, after);
    const found = findOutstanding(contrasted, GATE, findUniverse(contrasted), NO_REQUESTS);
    expect(found === null ? null : getName(contrasted, found.fn)).toBe(outer);
    if (found !== null) expect(found.z).toBeGreaterThanOrEqual(GATE);
    expect(culprit(CALLS, after)?.fn ?? null).toBe(inner);
  });
});

describe('findCulprit', () => {
  test('names the own function that grew; its wrappers tie with it, its library leaves are evidence', () => {
    const answer = culprit(CALM, { ...CALM, 'main serve price lib.parse': 400 });
    expect(answer).toMatchObject({ fn: 'price', load: 1, growth: 300 });
    expect(answer?.z).toBeGreaterThan(10);
  });

  test('takes out the load that drives the rest, and the number of profiles', () => {
    const after = { ...CALM, 'main serve price lib.parse': 400 };
    const doubled = Object.fromEntries(Object.entries(after).map(([stack, value]) => [stack, value * 2]));
    expect(culprit(CALM, doubled)).toMatchObject({ fn: 'price', load: 2, growth: 600 });
    expect(culprit(CALM, doubled, { profiles: [1, 2] })).toMatchObject({ fn: 'price', load: 1, growth: 300 });
  });

  test('the same on both sides, more load, and less of it accuse nobody', () => {
    expect(culprit(CALM, CALM)).toBeNull();
    for (const factor of [0.2, 1.8, 50]) {
      const after = Object.fromEntries(Object.entries(CALM).map(([stack, value]) => [stack, value * factor]));
      expect(culprit(CALM, after)).toBeNull();
    }
  });

  test('what keeps its cost while the load falls did not change', () => {
    const halved = Object.fromEntries(Object.entries(CALM).map(([stack, value]) => [stack, value * 0.5]));
    expect(culprit(CALM, { ...halved, 'main poll': 400 })).toBeNull();
    expect(culprit(CALM, { ...halved, 'main poll': 700 })).toMatchObject({ fn: 'poll' });
  });

  test.each([
    // Three standard errors of its own cost are reached by 148 samples after 100, a gate of 4.25 by 170, and
    // by 14 after none.
    {
      what: 'below own code, it must cost more beyond noise',
      stack: 'main serve lib.send',
      grown: 147,
      isFound: false,
    },
    {
      what: 'below own code, it costs more, and its share tells',
      stack: 'main serve lib.send',
      grown: 148,
      isFound: true,
    },
    {
      what: 'without own code, it must have risen',
      stack: 'runtime.push lib.send',
      grown: 169,
      isFound: false,
    },
    { what: 'without own code, it has risen', stack: 'runtime.push lib.send', grown: 170, isFound: true },
    {
      what: 'a new one of few samples may be chance',
      stack: 'runtime.push lib.send',
      was: 0,
      grown: 13,
      isFound: false,
    },
    { what: 'a new one is a rise', stack: 'runtime.push lib.send', was: 0, grown: 14, isFound: true },
  ])('the load falls, a library costs more: $what', ({ stack, was = 100, grown, isFound }) => {
    const halved = Object.fromEntries(Object.entries(CALM).map(([name, value]) => [name, value * 0.4]));
    const contrasted = contrast({ ...CALM, [stack]: was }, { ...halved, [stack]: grown });
    const universe = { nameable: contrasted.joined.library, population: 'total' } as const;
    expect(getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn)).toBe(
      isFound ? 'lib.send' : null,
    );
  });

  test('the load rises, and a library without own code rose beyond it: its share tells', () => {
    const doubled = Object.fromEntries(Object.entries(CALM).map(([name, value]) => [name, value * 1.01]));
    const small = { 'runtime.push lib.send': 4 };
    const contrasted = contrast({ ...CALM, ...small }, { ...doubled, 'runtime.push lib.send': 40 });
    const universe = { nameable: contrasted.joined.library, population: 'total' } as const;
    expect(getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn)).toBe('lib.send');
  });

  test('a new function is named, a gone one is not', () => {
    expect(culprit(CALM, { ...CALM, 'main serve audit': 200 })).toMatchObject({ fn: 'audit' });
    expect(culprit({ ...CALM, 'main serve audit': 200 }, CALM)).toBeNull();
  });

  test('growth that is spread over many callees is named where it spreads', () => {
    const parts = (value: number) =>
      Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`main serve price ${name}`, value]));
    expect(culprit({ ...CALM, ...parts(25) }, { ...CALM, ...parts(125) })).toMatchObject({ fn: 'price' });
    // A callee with 80 % of the cost is the better culprit.
    expect(
      culprit({ ...CALM, ...parts(25) }, { ...CALM, ...parts(35), 'main serve price d': 300 }),
    ).toMatchObject({ fn: 'd' });
  });

  test('a function that does nearly all the work measures the load itself …', () => {
    const heavy = { 'runtime.main work': 900, 'runtime.main poll': 100 };
    expect(culprit(heavy, { ...heavy, 'runtime.main work': 3000 })).toBeNull();
  });

  test('… unless its callers cost something beside it', () => {
    const heavy = { 'main handle work': 700, 'main handle read': 200, 'main poll': 100 };
    const after = { 'main handle work': 2800, 'main handle read': 200, 'main poll': 100 };
    expect(culprit(heavy, after)).toMatchObject({ fn: 'work' });
  });

  test('… or the libraries that it calls did not grow with its own work', () => {
    const work = { 'runtime.main work': 700, 'runtime.main work lib.parse': 200, 'runtime.main poll': 100 };
    const outgrown = { ...work, 'runtime.main work': 2800, 'runtime.main work lib.parse': 220 };
    expect(culprit(work, outgrown)).toMatchObject({ fn: 'work' });
    const loaded = { ...work, 'runtime.main work': 2800, 'runtime.main work lib.parse': 800 };
    expect(culprit(work, loaded)).toBeNull();
    const half = { ...work, 'runtime.main poll': 600 };
    expect(culprit(half, { ...half, 'runtime.main work': 1_300 })).toMatchObject({ fn: 'work' });
    const few = { ...work, 'runtime.main work lib.parse': 8 };
    expect(culprit(few, { ...few, 'runtime.main work': 2800 })).toBeNull();
  });

  test('recursion does not hide the function nor hang the descent', () => {
    const before = { 'main walk visit walk': 50, 'main visit walk visit': 50, 'main idle': 900 };
    const after = { 'main walk visit walk': 300, 'main visit walk visit': 300, 'main idle': 900 };
    expect(['walk', 'visit']).toContain(culprit(before, after)?.fn);
  });

  test('a function whose callers only changed is not the culprit of the new caller', () => {
    const before = { 'main old hash': 200, 'main fresh': 100, 'main rest': 700 };
    const after = { 'main fresh hash': 200, 'main fresh': 300, 'main rest': 700 };
    expect(culprit(before, after)?.fn).not.toBe('hash');
  });

  test('without own code all code can be named', () => {
    expect(culprit({ 'lib.a': 300, 'lib.b': 300 }, { 'lib.a': 300, 'lib.b': 900 })).toMatchObject({
      fn: 'lib.b',
    });
  });

  test('empty sides and few samples accuse nobody', () => {
    expect(culprit({}, CALM)).toBeNull();
    expect(culprit(CALM, {})).toBeNull();
    expect(culprit({}, {})).toBeNull();
    expect(culprit({ 'main a': 2, 'main b': 10 }, { 'main a': 6, 'main b': 10 })).toBeNull();
    expect(culprit(CALM, CALM, { profiles: [0, 0] })).toBeNull();
  });
});

describe('loadBeside and growthOf', () => {
  test('load is what all own code outside the function did, per profile', () => {
    const contrasted = contrast(
      { 'main a': 100, 'main b': 300 },
      { 'main a': 500, 'main b': 900 },
      { profiles: [2, 3] },
    );
    const [fn, universe] = [findFunction(contrasted, 'a'), findUniverse(contrasted)];
    expect(loadBeside(contrasted, universe, fn)).toBe(2);
    expect(measureGrowth(contrasted, fn, 2)).toBeCloseTo(500 / 3 - 2 * 50);
    expect(describeCulprit(contrasted, universe, fn)).toMatchObject({ fn, load: 2 });
  });

  test('nothing outside before leaves the load at 1', () => {
    const contrasted = contrast({ main: 100 }, { main: 100, other: 50 });
    expect(loadBeside(contrasted, findUniverse(contrasted), findFunction(contrasted, 'main'))).toBe(1);
  });
});

describe('how deep the name goes', () => {
  const REST = { 'main serve stock': 300, 'main poll': 600 };
  const parts = (a: number, d: number) => ({ ...REST, 'main serve price a': a, 'main serve price d': d });

  test('a callee that keeps less than 80 % of the growth is not named where the samples tell them apart', () => {
    expect(culprit(parts(100, 160), parts(200, 380))).toMatchObject({ fn: 'price' });
    expect(culprit(parts(100, 100), parts(150, 333))).toMatchObject({ fn: 'd' });
    expect(culprit(parts(100, 100), parts(333, 150))).toMatchObject({ fn: 'a' });
  });

  test.each([
    { what: 'by the same factor: their caller does more', d: 225, named: 'price' },
    { what: 'by factors that differ by less than 1.3', d: 270, named: 'price' },
    { what: 'by other factors: the larger of two changes', d: 400, named: 'd' },
  ])('two callees grew $what', ({ d, named }) => {
    expect(culprit(parts(200, 100), parts(450, d))).toMatchObject({ fn: named });
  });

  test('one that keeps 60 % is where they do not', () => {
    expect(culprit(parts(10, 10), parts(21, 40))).toMatchObject({ fn: 'd' });
    expect(culprit(parts(10, 10), parts(31, 35))).toMatchObject({ fn: 'price' });
  });

  test('a helper of the whole program that keeps four fifths of it is, however much it costs elsewhere', () => {
    const before = { ...REST, 'main other hash': 600, 'main serve price hash': 20, 'main serve price': 10 };
    const after = { ...before, 'main serve price hash': 320, 'main serve price': 40 };
    expect(culprit(before, after)).toMatchObject({ fn: 'hash' });
  });

  test('a helper that mostly changed its caller is not', () => {
    const before = { ...REST, 'main old hash': 300, 'main fresh': 10 };
    expect(culprit(before, { ...before, 'main old hash': 50, 'main fresh hash': 400 })).toMatchObject({
      fn: 'fresh',
    });
  });

  test('a helper that grew as much elsewhere is not', () => {
    const sides = (price: number, here: number, elsewhere: number) => ({
      ...REST,
      'main serve price': price,
      'main serve price hash': here,
      'main other hash': elsewhere,
    });
    expect(culprit(sides(100, 20, 40), sides(460, 100, 300))).toMatchObject({ fn: 'price' });
  });

  test('a helper of the whole program whose own growth is within noise is not', () => {
    const before = { ...REST, 'main other hash': 3_000, 'main serve price hash': 20 };
    expect(culprit(before, { ...before, 'main serve price hash': 120 })).toMatchObject({ fn: 'price' });
  });
});

test.each([
  { what: 'fewer than 20 samples beside it', beside: 9, named: false },
  { what: '20 samples beside it', beside: 10, named: true },
])('a dominant function whose callers have $what: $named', ({ beside, named }) => {
  const side = (work: number) => ({
    'runtime.main handle work': work,
    'runtime.main handle read': beside,
    'runtime.main poll': 100,
  });
  expect(findCulprit(contrast(side(700), side(28_000)), 2) !== null).toBe(named);
});

describe('what a sample is worth changes nothing', () => {
  const dear = (stacks: Stacks): Stacks =>
    Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [stack, value * 10]));

  test.each<[string, Stacks, Stacks]>([
    ['a plain growth', CALM, { ...CALM, 'main serve price lib.parse': 400 }],
    ['a growth within noise', CALM, { ...CALM, 'main serve price lib.parse': 120 }],
    [
      'two callees that grew by factors that differ by chance',
      { 'main serve stock': 300, 'main poll': 600, 'main serve price a': 30, 'main serve price d': 8 },
      { 'main serve stock': 300, 'main poll': 600, 'main serve price a': 72, 'main serve price d': 66 },
    ],
    [
      'work beside a dominant function',
      { 'runtime.main handle work': 700, 'runtime.main handle read': 12, 'runtime.main poll': 100 },
      { 'runtime.main handle work': 28_000, 'runtime.main handle read': 12, 'runtime.main poll': 100 },
    ],
    [
      'too little beside it',
      { 'runtime.main handle work': 700, 'runtime.main handle read': 9, 'runtime.main poll': 100 },
      { 'runtime.main handle work': 28_000, 'runtime.main handle read': 9, 'runtime.main poll': 100 },
    ],
  ])('%s', (_, before, after) => {
    const plain = culprit(before, after);
    const scaled = culprit(dear(before), dear(after), { quantum: 10 });
    expect(scaled?.fn).toBe(plain?.fn);
    if (plain !== null) expect(scaled?.z).toBeCloseTo(plain.z, 10);
  });

  test.each([130, 169, 170])(
    'a library without own code, %d samples after 100 while the load falls',
    (grown) => {
      const stack = 'runtime.push lib.send';
      const [before, after] = [
        { ...CALM, [stack]: 100 },
        {
          ...Object.fromEntries(Object.entries(CALM).map(([name, value]) => [name, value * 0.4])),
          [stack]: grown,
        },
      ];
      const contrasted = contrast(dear(before), dear(after), { quantum: 10 });
      const universe = { nameable: contrasted.joined.library, population: 'total' } as const;
      expect(findCulprit(contrasted, GATE, universe) !== null).toBe(grown === 170);
    },
  );
});

test('half of a function’s cost below own code makes its share tell', () => {
  const sides = (bare: number) => {
    const halved = Object.fromEntries(Object.entries(CALM).map(([name, value]) => [name, value * 0.4]));
    const spread = { 'runtime.push lib.send': bare, 'main serve lib.send': 100 - bare };
    const grown = { 'runtime.push lib.send': 1.5 * bare, 'main serve lib.send': 1.5 * (100 - bare) };
    return contrast({ ...CALM, ...spread }, { ...halved, ...grown });
  };
  const named = (bare: number) => {
    const contrasted = sides(bare);
    const universe = { nameable: contrasted.joined.library, population: 'total' } as const;
    return getName(contrasted, findCulprit(contrasted, GATE, universe)?.fn);
  };
  expect(named(40)).toBe('lib.send');
  expect(named(60)).toBeNull();
});

test('a load that rose by nothing but the function itself asks for no rise of its own', () => {
  // All else costs the same: the load is 1.
  const contrasted = contrast(
    { ...CALM, 'runtime.push lib.send': 100 },
    { ...CALM, 'runtime.push lib.send': 165 },
  );
  const universe = { nameable: contrasted.joined.library, population: 'total' } as const;
  expect(findCulprit(contrasted, 3, universe)).not.toBeNull();
});

describe('two callees that hold the growth of their caller', () => {
  const REST = { 'main serve stock': 300, 'main poll': 600 };
  const sides = (a: number, d: number, further: Stacks = {}) => ({
    ...REST,
    'main serve price a': a,
    'main serve price d': d,
    ...further,
  });

  test('that are one chain of calls are one of them', () => {
    const before = { ...REST, 'main serve price a d': 150, 'main serve price b': 100 };
    const after = { ...REST, 'main serve price a d': 500, 'main serve price b': 300 };
    expect(culprit(before, after)).toMatchObject({ fn: 'price' });
  });

  test('may themselves call one that grew', () => {
    const before = { ...REST, 'main serve price a d': 100, 'main serve price b': 200 };
    const after = { ...REST, 'main serve price a d': 400, 'main serve price b': 450 };
    expect(culprit(before, after)).toMatchObject({ fn: 'd' });
  });

  test('must hold a quarter of it each', () => {
    const left = (value: number) => ({ 'main serve price c': value, 'main serve price e': value });
    expect(culprit(sides(150, 100, left(40)), sides(550, 215, left(88)))).toMatchObject({ fn: 'price' });
  });

  test('must have grown beyond chance each', () => {
    const left = (value: number) => ({ 'main serve price c': value, 'main serve price e': value });
    const hash = (value: number) => ({ 'main serve price hash': value, 'main other hash': 3_000 });
    const before = sides(20, 0, { ...left(40), ...hash(100) });
    expect(culprit(before, sides(320, 0, { ...left(85), ...hash(250) }))).toMatchObject({ fn: 'price' });
  });

  test('must hold four fifths of it together', () => {
    const left = (value: number) => ({ 'main serve price c': value, 'main serve price e': value });
    expect(culprit(sides(200, 100, left(40)), sides(400, 400, left(50)))).toMatchObject({ fn: 'd' });
    expect(culprit(sides(200, 100, left(40)), sides(400, 400, left(140)))).toMatchObject({ fn: 'price' });
  });

  test('their factors must differ by more than chance', () => {
    expect(culprit(sides(16, 8), sides(50, 45))).toMatchObject({ fn: 'price' });
    expect(culprit(sides(30, 8), sides(72, 54))).toMatchObject({ fn: 'price' });
  });

  test('their factors must differ by more than 1.3, however many the samples', () => {
    const tenfold = { 'main serve stock': 3_000, 'main poll': 6_000 };
    expect(culprit(sides(2_000, 1_000, tenfold), sides(4_500, 2_700, tenfold))).toMatchObject({
      fn: 'price',
    });
  });
});

test('a load that fell by a tenth lets a small rise of a large cost be told', () => {
  const before = { 'main poll': 100_000, 'main serve stock': 100_000, 'main read': 100_000 };
  const after = { 'main poll': 112_000, 'main serve stock': 90_000, 'main read': 90_000 };
  expect(culprit(before, after)).toMatchObject({ fn: 'poll' });
});

test('a load beyond all numbers explains nothing', () => {
  const contrasted = contrast({ 'main a': 1e-200, 'main b': 1e-200 }, { 'main a': 1, 'main b': 1e200 });
  expect(loadBeside(contrasted, findUniverse(contrasted), findFunction(contrasted, 'a'))).toBe(1);
});

test('what the mix of requests explains is no culprit', () => {
  const contrasted = contrast(HANDLERS, times(HANDLERS, ' save', 4));
  const universe = findUniverse(contrasted);
  expect(findCulprit(contrasted, GATE, universe)).not.toBeNull();
  expect(findCulprit(contrasted, GATE, universe, findRequests(contrasted))).toBeNull();
});
