import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import type { FunctionCost } from '../side-costs.js';
import { cutStem, isAlike, isExpected, isOtherName, matchRenamed, mayBeRenamed } from './renamed.js';

/** `key caller total`, one function each; `^` is no caller. */
function side(...rows: string[]): ReadonlyMap<string, FunctionCost> {
  return new Map(
    rows.map((row) => {
      const [key = '', caller = '', total = '0'] = row.split(' ');
      return [key, { total: Number(total), caller: caller === '^' ? '' : caller }];
    }),
  );
}
const pairs = (...args: Parameters<typeof matchRenamed>) =>
  [...matchRenamed(...args)].map(([later, earlier]) => `${earlier} is ${later}`).sort();

/** Functions that keep their names, so that few names changed. */
const STEADY = [
  'main ^ 1',
  'p main 0.4',
  'q main 0.4',
  'r main 0.1',
  's main 0.1',
  't main 0.1',
  'u main 0.1',
];

describe('numbers that compilers give, and folders of releases', () => {
  test.each([
    ['main.run.func12', 'main.run.func#'],
    ['a.js:(anonymous:L#12:C#5)', 'a.js:(anonymous:L##:C##)'],
    ['App.lambda$call$7', 'App.lambda$call$#'],
    ['run.func1.func2', 'run.func#.func#'],
    ['v2.Load', 'v2.Load'],
    ['Load', 'Load'],
    ['<module>\0releases/41/app.py\0', '<module>\0app.py\0'],
    ['<lambda>\0C:\\shop\\new\\app.py\x0012', '<lambda>\0app.py\0#'],
    ['<module>\0app.py\0', '<module>\0app.py\0'],
    ['old/Load', 'old/Load'],
  ])('%s', (key, stem) => {
    expect(cutStem(key)).toBe(stem);
  });

  test('names that differ by these alone are no other names', () => {
    expect(isOtherName('run.func1', 'run.func2')).toBe(false);
    expect(isOtherName('run.func1', 'walk.func1')).toBe(true);
    expect(isOtherName('v1.Load', 'v2.Load')).toBe(true);
    expect(isOtherName('<module>\0old/app.py\0', '<module>\0new/app.py\0')).toBe(false);
    expect(isOtherName('<module>\0old/app.py\0', '<module>\0new/job.py\0')).toBe(true);
  });

  test('a module of another folder is the one that went from there', () => {
    const before = side(...STEADY, '<module>\0old/app.py\0 ^ 1');
    const after = side(...STEADY, '<module>\0new/app.py\0 ^ 1', '<module>\0new/job.py\0 ^ 0.5');
    expect([...matchRenamed(before, after)]).toEqual([['<module>\0new/app.py\0', '<module>\0old/app.py\0']]);
  });
});

describe('numbered functions of one place', () => {
  test('as many as before: in the order of their numbers, not of their digits, whatever they cost', () => {
    expect(
      pairs(
        side(...STEADY, 'm.func10 main 0.3', 'm.func9 main 0.1', 'm.func100 main 0.2'),
        side(...STEADY, 'm.func2 main 0.2', 'm.func11 main 0.3', 'm.func3 main 0.1'),
      ),
    ).toEqual(['m.func10 is m.func3', 'm.func100 is m.func11', 'm.func9 is m.func2']);
  });

  test('by the first number that differs', () => {
    const at = (line: number, column: number) => `a.js:(anonymous:L#${line}:C#${column}) main 0.1`;
    expect(
      pairs(side(...STEADY, at(7, 20), at(7, 3), at(5, 99)), side(...STEADY, at(8, 30), at(8, 4), at(6, 50))),
    ).toEqual([
      'a.js:(anonymous:L#5:C#99) is a.js:(anonymous:L#6:C#50)',
      'a.js:(anonymous:L#7:C#20) is a.js:(anonymous:L#8:C#30)',
      'a.js:(anonymous:L#7:C#3) is a.js:(anonymous:L#8:C#4)',
    ]);
    expect(pairs(side(...STEADY, at(7, 20), at(7, 3)), side(...STEADY, at(8, 4), at(8, 30)))).toEqual([
      'a.js:(anonymous:L#7:C#20) is a.js:(anonymous:L#8:C#30)',
      'a.js:(anonymous:L#7:C#3) is a.js:(anonymous:L#8:C#4)',
    ]);
  });

  test('more or fewer than before: those of about the same cost, twice or half of it at the most', () => {
    expect(
      pairs(
        side(...STEADY, 'm.func1 main 0.4', 'm.func2 main 0.1'),
        side(...STEADY, 'm.func4 main 0.05', 'm.func5 main 0.8', 'm.func6 main 0.01'),
      ),
    ).toEqual(['m.func1 is m.func5', 'm.func2 is m.func4']);
    expect(
      pairs(
        side(...STEADY, 'm.func1 main 0.4', 'm.func2 main 0.1'),
        side(...STEADY, 'm.func4 main 0.049', 'm.func5 main 0.81', 'm.func6 main 0.01'),
      ),
    ).toEqual([]);
  });

  test('of several with the same cost the first by name', () => {
    expect(
      pairs(
        side(...STEADY, 'm.func3 main 0.1', 'm.func1 main 0.1'),
        side(...STEADY, 'm.func9 main 0.1', 'm.func8 main 0.1', 'm.func7 main 0.1'),
      ),
    ).toEqual(['m.func1 is m.func7', 'm.func3 is m.func8']);
    expect(
      pairs(
        side(...STEADY, 'm.func1 main 0.1', 'm.func3 main 0.1'),
        side(...STEADY, 'm.func7 main 0.1', 'm.func9 main 0.1', 'm.func8 main 0.1'),
      ),
    ).toEqual(['m.func1 is m.func7', 'm.func3 is m.func8']);
  });
});

describe('where most names changed, what the same function calls', () => {
  const all = (...rows: string[]) => side('main ^ 1', ...rows);
  test('as many as before: by the rank of their cost, whatever it is', () => {
    expect(pairs(all('a main 0.6', 'b main 0.1'), all('x main 0.05', 'y main 0.2'))).toEqual([
      'a is y',
      'b is x',
    ]);
  });

  test('one more than before: those of about the same cost', () => {
    expect(pairs(all('a main 0.6', 'b main 0.1'), all('x main 0.05', 'y main 0.29', 'z main 0.2'))).toEqual([
      'b is z',
    ]);
  });

  test('what was found leads to what it calls', () => {
    expect(pairs(all('a main 0.6', 'b a 0.3', 'c b 0.2'), all('x main 0.6', 'y x 0.3', 'z y 0.2'))).toEqual([
      'a is x',
      'b is y',
      'c is z',
    ]);
  });

  test('half of the functions that cost something are most of them', () => {
    expect(pairs(all('a main 0.6'), all('x main 0.6'))).toEqual(['a is x']);
    expect(pairs(all('a main 0.6', 'b main 0.1'), all('x main 0.6', 'b main 0.1'))).toEqual([]);
    // Those that cost next to nothing do not count, and tell nothing alone.
    expect(pairs(side('a ^ 0.004'), side('x ^ 0.004'))).toEqual([]);
    expect(pairs(all('a main 0.6', 'b main 0.004'), all('x main 0.6', 'b main 0.004'))).toEqual(['a is x']);
  });

  test('nothing is paired below a function that is on one side only, or on none', () => {
    expect(pairs(all('lost main 0.6', 'a lost 0.6'), all('x lost 0.6'))).toEqual([]);
    expect(pairs(all('a lost 0.6'), all('x lost 0.6'))).toEqual([]);
    expect(pairs(side('gone ^ 0.01', 'a gone 0.6'), side('new ^ 0.9', 'other ^ 0.5', 'x lost 0.6'))).toEqual(
      [],
    );
  });
});

describe('similar names', () => {
  const BEFORE = [...STEADY, 'cart.loadItems main 0.1', 'cart.saveItems main 0.1'];
  const AFTER = [...STEADY, 'cart.loadItemsFast main 0.1', 'cart.saveItemsFast main 0.1'];
  const BOTH = ['cart.loadItems is cart.loadItemsFast', 'cart.saveItems is cart.saveItemsFast'];

  test('two of them, below the same caller', () => {
    expect(pairs(side(...BEFORE), side(...AFTER))).toEqual(BOTH);
    expect(pairs(side(...BEFORE.slice(0, -1)), side(...AFTER.slice(0, -1)))).toEqual([]);
  });

  test('each of them is taken once, the most similar first', () => {
    const rows = (...names: string[]) => side(...STEADY, ...names.map((name) => `cart.${name} main 0.1`));
    expect(
      pairs(rows('loadItems', 'saveItems'), rows('loadItemsFast', 'loadItemsSlowNow', 'saveItemsFast')),
    ).toEqual(BOTH);
    expect(
      pairs(rows('loadItems', 'loadItemsSlowOnes', 'saveItems'), rows('loadItemsFast', 'saveItemsFast')),
    ).toEqual(BOTH);
  });

  test('a name that is taken is free for no other, so that this one finds its own', () => {
    const rows = (...names: string[]) => side(...STEADY, ...names.map((name) => `cart.${name} main 0.1`));
    expect(pairs(rows('loadItems', 'saveItemsSlow'), rows('loadItemsSlow', 'saveItemsFast'))).toEqual([
      'cart.loadItems is cart.loadItemsSlow',
      'cart.saveItemsSlow is cart.saveItemsFast',
    ]);
  });

  test('what they call goes by a similar name, too, whatever it costs', () => {
    expect(
      pairs(
        side(...BEFORE, 'cart.readItem cart.loadItems 0.02'),
        side(...AFTER, 'cart.readItemFast cart.loadItemsFast 0.09'),
      ),
    ).toEqual([BOTH[0], 'cart.readItem is cart.readItemFast', BOTH[1]]);
  });

  test('they take in others of a tenth of the cost, but none that cost less', () => {
    const small = (name: string, total: number) => `cart.${name} main ${total}`;
    expect(
      pairs(
        side(...BEFORE, small('readItems', 0.0005), small('dropItems', 0.0004)),
        side(...AFTER, small('readItemsFast', 0.0005), small('dropItemsFast', 0.0004)),
      ),
    ).toEqual([BOTH[0], 'cart.readItems is cart.readItemsFast', BOTH[1]]);
  });

  test.each([
    { what: 'cost a tenth on both sides', was: 0.0005, is: 0.0005, taken: true },
    { what: 'cost less before', was: 0.0004, is: 0.0005, taken: false },
    { what: 'cost less since', was: 0.0005, is: 0.0004, taken: false },
  ])('others that $what are taken in: $taken', ({ was, is, taken }) => {
    expect(
      pairs(side(...BEFORE, `cart.readItems main ${was}`), side(...AFTER, `cart.readItemsFast main ${is}`)),
    ).toEqual(taken ? [BOTH[0], 'cart.readItems is cart.readItemsFast', BOTH[1]] : BOTH);
  });

  test('those that are taken in later take no name that is taken', () => {
    const small = (name: string) => `cart.${name} main 0.001`;
    expect(pairs(side(...BEFORE, small('loadItemsSlow')), side(...AFTER))).toEqual(BOTH);
    expect(pairs(side(...BEFORE), side(...AFTER, small('loadItemsSlow')))).toEqual(BOTH);
  });

  test('a function that may be missing by chance tells nothing of the others', () => {
    const samples = (count: number) => ({ before: count, after: count });
    const isApart = () => false;
    expect(pairs(side(...BEFORE), side(...AFTER), isApart, samples(50))).toEqual(BOTH);
    expect(pairs(side(...BEFORE), side(...AFTER), isApart, samples(49))).toEqual([]);
    expect(pairs(side(...BEFORE), side(...AFTER), isApart, { before: 50, after: 49 })).toEqual([]);
    expect(pairs(side(...BEFORE), side(...AFTER), isApart, { before: 49, after: 50 })).toEqual([]);
  });

  test('an old name that is still there may be that of instances of the old build', () => {
    const still = [...AFTER, 'cart.loadItems main 0.05', 'cart.saveItems main 0.05'];
    expect(pairs(side(...BEFORE), side(...still))).toEqual([]);
    expect(pairs(side(...BEFORE), side(...still), () => true)).toEqual(BOTH);
  });

  test.each([
    { what: 'alike, at twice the cost', similarity: 0.6, before: 0.1, after: 0.2, is: true },
    { what: 'alike, at half of it', similarity: 0.6, before: 0.2, after: 0.1, is: true },
    { what: 'at more', similarity: 0.9, before: 0.1, after: 0.21, is: false },
    { what: 'at less', similarity: 0.9, before: 0.21, after: 0.1, is: false },
    { what: 'less alike', similarity: 0.59, before: 0.1, after: 0.1, is: false },
  ])('the caller may be another one: $what: $is', ({ similarity, before, after, is }) => {
    expect(isAlike({ later: 'a', earlier: 'b', similarity }, before, after)).toBe(is);
  });

  test.each([
    { what: 'half a hundredth, five samples', total: 0.005, samples: 1_000, is: true },
    { what: 'four samples', total: 0.005, samples: 800, is: false },
    { what: 'less, however many samples', total: 0.0049, samples: 1e9, is: false },
  ])('a function would be seen on the other side: $what: $is', ({ total, samples, is }) => {
    expect(isExpected(total, samples)).toBe(is);
  });
});

describe('whether names may have changed', () => {
  const named = (...sides: readonly Stacks[]) => {
    const profiles = sides.map(profileFrom);
    return { profiles, keysOf: profiles.map(({ functions }) => functions.map(({ name }) => name)) };
  };
  const steady = { 'main p': 100, 'main q': 100, 'main r': 100, 'main s': 100, 'main t': 100 };
  test.each<{ what: string; before: Stacks; after: Stacks; is: boolean }>([
    { what: 'nothing is there since', before: { main: 1 }, after: {}, is: false },
    { what: 'none came', before: { ...steady, 'main old': 100 }, after: steady, is: false },
    { what: 'half of them', before: { 'main a': 1 }, after: { 'main b': 1 }, is: true },
    {
      what: 'half of the earlier ones, but fewer of the later ones',
      before: { 'main a': 1 },
      after: { 'main b': 1, 'main main': 1, 'main c': 0 },
      is: true,
    },
    {
      what: 'fewer of either',
      before: { 'main a': 1, 'main p': 1 },
      after: { 'main b': 1, 'main p': 1 },
      is: false,
    },
    { what: 'all came, but none went', before: { main: 1 }, after: { 'main a': 1, 'main b': 1 }, is: false },
    {
      what: 'most went, but few came',
      before: { 'main p a': 1, 'main p b': 1, 'main p c': 1, 'main p d': 1 },
      after: { 'main p x': 1 },
      is: false,
    },
    {
      what: 'most came, but few went',
      before: { ...steady, 'main old': 1 },
      after: {
        ...steady,
        ...{ 'main a': 1, 'main b': 1, 'main c': 1, 'main d': 1, 'main e': 1, 'main f': 1 },
      },
      is: false,
    },
    {
      what: 'a numbered one',
      before: { ...steady, 'main f.func1': 1 },
      after: { ...steady, 'main f.func2': 1, 'main n': 1 },
      is: true,
    },
    {
      what: 'two similar ones',
      before: { ...steady, 'main x.loadAll': 100, 'main x.saveAll': 100 },
      after: { ...steady, 'main x.loadAllNow': 100, 'main x.saveAllNow': 100 },
      is: true,
    },
    {
      what: 'a similar one and another',
      before: { ...steady, 'main x.loadAll': 100, 'main x.saveAll': 100 },
      after: { ...steady, 'main x.loadAllNow': 100, 'main other': 100 },
      is: false,
    },
    {
      what: 'two similar ones that cost next to nothing',
      before: { ...steady, 'main x.loadAll': 1, 'main x.saveAll': 1 },
      after: { ...steady, 'main x.loadAllNow': 1, 'main x.saveAllNow': 1 },
      is: false,
    },
    {
      what: 'two similar ones of which one costs next to nothing',
      before: { ...steady, 'main x.loadAll': 100, 'main x.saveAll': 100 },
      after: { ...steady, 'main x.loadAllNow': 100, 'main x.saveAllNow': 1 },
      is: false,
    },
    {
      what: 'two similar ones of half a hundredth each',
      before: {
        'main p': 198,
        'main q': 198,
        'main r': 198,
        'main s': 198,
        'main t': 198,
        'main x.loadAll': 5,
        'main x.saveAll': 5,
      },
      after: {
        'main p': 198,
        'main q': 198,
        'main r': 198,
        'main s': 198,
        'main t': 198,
        'main x.loadAllNow': 5,
        'main x.saveAllNow': 5,
      },
      is: true,
    },
  ])('$what: $is', ({ before, after, is }) => {
    expect(mayBeRenamed(named(before), named(after))).toBe(is);
  });
});
