import { describe, expect, test } from 'vitest';
import { buildProfile } from '../../../../test/support/profiles.js';
import type { Profile } from '../../model.js';
import { joinProfiles, joinSides } from '../join.js';
import type { FunctionCost } from '../side-costs.js';
import { matchRenamed } from './renamed.js';

/** Joins profiles of which so many are the earlier side. */
const joinBefore = (profiles: readonly Profile[], before: number) =>
  joinProfiles(profiles, joinSides(profiles, before));

/** `key caller total`, one function each. */
function side(...rows: string[]): ReadonlyMap<string, FunctionCost> {
  return new Map(
    rows.map((row) => {
      const [key = '', caller = '', total = '0'] = row.split(' ');
      return [key, { total: Number(total), caller: caller === '^' ? '' : caller }];
    }),
  );
}

const pairs = (before: ReturnType<typeof side>, after: ReturnType<typeof side>) =>
  [...matchRenamed(before, after)].map(([later, earlier]) => `${earlier} is ${later}`).sort();

/** Functions that keep their names, so that few names changed. */
const STEADY = ['main ^ 1', 'p main 0.4', 'q main 0.4', 'r main 0.1', 's main 0.1', 't main 0.1'];

describe('matchRenamed', () => {
  test.each([
    [
      'one anonymous function of a file that moved down',
      ['a.js:(anonymous:L#12:C#5) ^ 1', 'a.js:f a.js:(anonymous:L#12:C#5) 1'],
      ['a.js:(anonymous:L#15:C#5) ^ 1', 'a.js:f a.js:(anonymous:L#15:C#5) 1'],
      ['a.js:(anonymous:L#12:C#5) is a.js:(anonymous:L#15:C#5)'],
    ],
    [
      'several of one file keep their order, whatever they cost',
      ['a.js:(anonymous:L#9:C#1) ^ 0.9', 'a.js:(anonymous:L#12:C#1) ^ 0.1'],
      ['a.js:(anonymous:L#19:C#1) ^ 0.1', 'a.js:(anonymous:L#102:C#1) ^ 0.9'],
      [
        'a.js:(anonymous:L#12:C#1) is a.js:(anonymous:L#102:C#1)',
        'a.js:(anonymous:L#9:C#1) is a.js:(anonymous:L#19:C#1)',
      ],
    ],
    [
      'another file is another function',
      ['a.js:(anonymous:L#12:C#5) ^ 0.1', 'main ^ 1', 'x main 0.4'],
      ['b.js:(anonymous:L#12:C#5) ^ 0.1', 'main ^ 1', 'x main 0.4'],
      [],
    ],
    [
      'where one more came, those of about the same cost are the same',
      ['main ^ 1', 'm.f.func1 main 0.6', 'm.f.func2 main 0.1'],
      ['main ^ 1', 'm.f.func3 main 0.55', 'm.f.func4 main 0.11', 'm.f.func5 main 0.01'],
      ['m.f.func1 is m.f.func3', 'm.f.func2 is m.f.func4'],
    ],
    [
      'a number in a name that people gave tells functions apart',
      ['main ^ 1', 'handler1 main 0.4', 'work main 0.4', 'rest main 0.2'],
      ['main ^ 1', 'handler2 main 0.4', 'work main 0.4', 'rest main 0.2'],
      [],
    ],
    [
      'where every name changed, the place in the tree and the rank tell',
      ['a ^ 1', 'b a 0.5', 'c a 0.3', 'd b 0.2'],
      ['p ^ 1', 'q p 0.8', 'r p 0.15', 's q 0.1'],
      ['a is p', 'b is q', 'c is r', 'd is s'],
    ],
    [
      'a new function among new names stays new',
      ['a ^ 1', 'b a 0.9'],
      ['p ^ 1', 'q p 0.55', 'new p 0.4'],
      ['a is p', 'b is q'],
    ],
    [
      'several similar names of the same callers, whatever they cost now',
      ['main ^ 1', 'app.parse main 0.3', 'app.render main 0.2', 'rest main 0.2', 'more main 0.2'],
      ['main ^ 1', 'app.parseAll main 0.6', 'app.renderAll main 0.1', 'rest main 0.2', 'more main 0.2'],
      ['app.parse is app.parseAll', 'app.render is app.renderAll'],
    ],
    [
      'a package under another name',
      [
        'main ^ 1',
        'github.com/a/lib.Read main 0.3',
        'github.com/a/lib.Write main 0.2',
        'x main 0.2',
        'y x 0.2',
      ],
      ['main ^ 1', 'example.org/b.Read main 0.3', 'example.org/b.Write main 0.2', 'x main 0.2', 'y x 0.2'],
      ['github.com/a/lib.Read is example.org/b.Read', 'github.com/a/lib.Write is example.org/b.Write'],
    ],
    [
      'a single similar name stays: it is told as moved',
      ['main ^ 1', 'app.parse main 0.3', 'rest main 0.2', 'more main 0.2'],
      ['main ^ 1', 'app.parseAll main 0.3', 'rest main 0.2', 'more main 0.2'],
      [],
    ],
    [
      'similar names of other callers are others, unless they cost about the same',
      [...STEADY, 'shop.app.parse p 0.2', 'shop.app.render p 0.2', 'shop.app.store p 0.1'],
      [...STEADY, 'shop.app.parseAll q 0.05', 'shop.app.renderAll p 0.2', 'shop.app.storeAll q 0.1'],
      ['shop.app.render is shop.app.renderAll', 'shop.app.store is shop.app.storeAll'],
    ],
    ['nothing changed', ['a ^ 1', 'b a 0.5'], ['a ^ 1', 'b a 0.9'], []],
  ])('%s', (_, before, after, expected) => {
    expect(pairs(side(...before), side(...after))).toEqual(expected);
  });
});

describe('joinProfiles of two sides', () => {
  const build = (name: (fn: string) => string) =>
    buildProfile(
      [[{ name: name('quote') }, { name: name('handle') }], 5],
      [[{ name: name('parse') }, { name: name('handle') }], 3],
    );

  test('hashes of the build: one function each, which is said', () => {
    const joined = joinBefore(
      [build((fn) => `app::${fn}::h1111111111111111`), build((fn) => `app::${fn}::h2222222222222222`)],
      1,
    );
    expect(joined.functions.map(({ name }) => name)).toEqual(['app::handle', 'app::parse', 'app::quote']);
    expect(joined.renamed).toEqual({ functions: 3, changed: 3, unmatched: 0, pairs: [] });
  });

  test('other names altogether: one function each under the later name', () => {
    const joined = joinBefore([build((fn) => fn), build((fn) => `${fn}_v2`)], 1);
    expect(joined.functions.map(({ name }) => name)).toEqual(['handle_v2', 'parse_v2', 'quote_v2']);
    expect(joined.renamed).toEqual({ functions: 3, changed: 3, unmatched: 0, pairs: [] });
  });

  test.each([
    {
      whose: 'of own code are one function each',
      path: 'shop.dev/web',
      file: '/src/web/conn.go',
      functions: 4,
    },
    {
      whose: 'of the standard library stay two functions',
      path: 'net/http',
      file: 'net/http/server.go',
      functions: 6,
    },
  ])('similar names $whose', ({ path, file, functions }) => {
    const calls = (...names: string[]) =>
      buildProfile(
        ...names.map((name): [{ name: string; file: string }[], number] => [
          [
            { name: `${path}.(*conn).${name}`, file },
            { name: 'shop.dev/web.run', file: '/src/web/run.go' },
          ],
          40,
        ]),
        ...['a', 'b', 'c', 'd', 'e'].map((name): [{ name: string; file: string }[], number] => [
          [{ name: `shop.dev/web.${name}`, file: '/src/web/run.go' }],
          1,
        ]),
      );
    const [old, fresh] = [calls('readHeader', 'readBody'), calls('readHeaderLine', 'readBodyLine')];
    const joined = joinBefore([old, old, fresh], 1);
    expect(joined.functions.filter(({ name }) => name.includes('conn')).length + 2).toBe(functions);
  });

  test('numbered functions of the standard library are one function each, as those of own code are', () => {
    const calls = (number: number) =>
      buildProfile(
        [[{ name: `net/http.Serve.func${number}`, file: 'net/http/server.go' }, 'main.run'], 40],
        [[{ name: `main.run.func${number}`, file: '/src/web/run.go' }, 'main.run'], 40],
        ...['a', 'b', 'c', 'd', 'e'].map((name): [{ name: string; file: string }[], number] => [
          [{ name: `shop.dev/web.${name}`, file: '/src/web/run.go' }],
          1,
        ]),
      );
    const names = joinBefore([calls(1), calls(2)], 1).functions.map(({ name }) => name);
    expect(names.filter((name) => /func\d/.test(name))).toEqual(['main.run.func2', 'net/http.Serve.func2']);
  });

  test('some similar names, in some of the instances only: one function each, which is said', () => {
    const calls = (parse: string, render: string) =>
      buildProfile(
        [[{ name: parse }, { name: 'main' }], 40],
        [[{ name: render }, { name: 'main' }], 40],
        ...['a', 'b', 'c', 'd', 'e'].map((name): [{ name: string }[], number] => [
          [{ name }, { name: 'main' }],
          1,
        ]),
      );
    const [old, fresh] = [calls('app.parse', 'app.render'), calls('app.parseAll', 'app.renderAll')];
    const joined = joinBefore([old, old, fresh], 1);
    expect(joined.functions.map(({ name }) => name)).not.toContain('app.parse');
    expect(joined.renamed).toMatchObject({
      changed: 2,
      pairs: [
        ['app.parse', 'app.parseAll'],
        ['app.render', 'app.renderAll'],
      ],
    });
  });

  test('names of a few samples are missing by chance: they are no renaming', () => {
    const calls = (...names: string[]) =>
      buildProfile(
        [[{ name: 'main' }], 40],
        ...names.map((name): [{ name: string }[], number] => [[{ name }, { name: 'main' }], 1]),
      );
    const joined = joinBefore(
      [
        calls('app.parse', 'app.render', 'a', 'b', 'c'),
        calls('app.parseAll', 'app.renderAll', 'a', 'b', 'c'),
      ],
      1,
    );
    expect(joined.functions.map(({ name }) => name)).toContain('app.parse');
    expect(joined.renamed).toBeNull();
  });

  test('names that stayed, and a single side, say nothing', () => {
    expect(joinBefore([build((fn) => fn), build((fn) => fn)], 1).renamed).toBeNull();
    expect(joinProfiles([build((fn) => fn), build((fn) => `${fn}_v2`)])).toMatchObject({ renamed: null });
  });

  test('what is sampled once in a while and seen on one side only is no renamed code', () => {
    const rare = (side: string) =>
      Array.from({ length: 8 }, (_, at) => [[{ name: `${side}${at}` }, { name: 'start' }], 1] as const);
    const side = (name: string, numbered: string) =>
      buildProfile(
        [[{ name: 'quote' }, { name: 'handle' }], 5_000],
        [[{ name: numbered }], 1],
        ...rare(name),
      );
    const joined = joinBefore([side('a', 'app.func1'), side('b', 'app.func2')], 1);
    expect(joined.functions.length).toBeGreaterThan(15);
    expect(joined.renamed).toBeNull();
  });

  test('code that is all new is not renamed code', () => {
    const [before, after] = [
      buildProfile([[{ name: 'a' }], 1]),
      buildProfile([[{ name: 'a' }], 1], [[{ name: 'x' }, { name: 'a' }], 4]),
    ];
    const joined = joinBefore([before, after], 1);
    expect(joined.functions.map(({ name }) => name)).toEqual(['a', 'x']);
    expect(joined.renamed).toBeNull();
  });
});

describe('functions of a bare name', () => {
  const at = (name: string, file: string) => ({ name, file });
  const main = at('main', 'app.py');
  const joinedNames = (before: Profile, after: Profile) =>
    joinSides([before, after], 1).names.functions.map(({ name, file }) => `${name} ${file}`);

  test.each([
    { what: 'in a file that was renamed', was: 'price.py', is: 'pricing.py', one: 'quote pricing.py' },
    { what: 'in a folder that was renamed', was: 'v1/price.py', is: 'v2/price.py', one: 'quote v1/price.py' },
    { what: 'whose file was not known before', was: '', is: 'price.py', one: 'quote price.py' },
    { what: 'whose file is not known since', was: 'price.py', is: '', one: 'quote ' },
  ])('$what are one', ({ was, is, one }) => {
    const side = (file: string) =>
      buildProfile([[main, at('quote', file)], 40], [[main, at('stock', 's.py')], 60]);
    expect(joinedNames(side(was), side(is))).toEqual(['main app.py', one, 'stock s.py']);
    // Whoever reads an answer knows the name.
    expect(joinSides([side(was), side(is)], 1).renamed).toBeNull();
  });

  test('that several files have are matched by their cost', () => {
    const side = (cheap: string, dear: string) =>
      buildProfile([[main, at('get', cheap)], 10], [[main, at('get', dear)], 90]);
    expect(joinedNames(side('a.py', 'b.py'), side('d.py', 'c.py'))).toEqual([
      'get c.py',
      'get d.py',
      'main app.py',
    ]);
    const sides = joinSides([side('a.py', 'b.py'), side('d.py', 'c.py')], 1).names;
    expect(sides.functionOf[0]).toEqual(Uint32Array.of(2, 1, 0));
  });

  test('in one file that was renamed are one, whatever they cost', () => {
    const side = (file: string, value: number) =>
      buildProfile([[main, at('quote', file)], value], [[main, at('stock', 's.py')], 60]);
    const { names } = joinSides([side('price.py', 4), side('pricing.py', 400)], 1);
    expect(names.functions.map(({ name }) => name)).toEqual(['main', 'quote', 'stock']);
  });

  test.each([
    {
      what: 'of which more came than went',
      was: [['a.py', 10]],
      is: [
        ['c.py', 90],
        ['d.py', 10],
      ],
      pairs: 'a.py d.py',
    },
    {
      what: 'of which one had no file',
      was: [
        ['', 10],
        ['a.py', 90],
      ],
      is: [
        ['c.py', 90],
        ['d.py', 10],
      ],
      pairs: ' d.py, a.py c.py',
    },
  ] as const)('$what are matched by their cost', ({ was, is, pairs }) => {
    const side = (files: readonly (readonly [string, number])[]) =>
      buildProfile(...files.map(([file, value]) => [[main, at('get', file)], value] as const), [
        [main, at('stock', 's.py')],
        1000 - files.reduce((sum, [, value]) => sum + value, 0),
      ]);
    const profiles = [side(was), side(is)];
    const { functionOf } = joinSides(profiles, 1).names;
    const [earlier, later] = profiles.map(({ functions }, index) =>
      functions.flatMap(({ name, file }, fn) =>
        name === 'get' ? [{ file, joined: functionOf[index]?.[fn] }] : [],
      ),
    );
    const found = (earlier ?? []).flatMap(({ file, joined }) =>
      (later ?? []).filter((one) => one.joined === joined).map((one) => `${file} ${one.file}`),
    );
    expect(found.sort().join(', ')).toBe(pairs);
  });

  test('that stand on both sides are left apart', () => {
    const both = buildProfile([[main, at('get', 'a.py')], 10], [[main, at('get', 'b.py')], 90]);
    expect(joinedNames(both, both)).toEqual(['get a.py', 'get b.py', 'main app.py']);
  });
});
