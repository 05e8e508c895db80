import { describe, expect, test } from 'vitest';
import { buildPart, byName, findFunction, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { buildProfile } from '../../../test/support/profiles.js';
import { joinKey } from '../code/names.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { joinAlone, joinProfiles } from './join.js';

const names = (profiles: Parameters<typeof joinProfiles>[0]) =>
  joinProfiles(profiles).functions.map(({ name }) => name);

describe('joinProfiles', () => {
  test('a function has one number in all profiles, and each profile its own frames', () => {
    const joined = joinProfiles([profileFrom({ 'main price': 3 }), profileFrom({ 'main stock price': 5 })]);
    expect(joined.functions.map(({ name }) => name)).toEqual(['main', 'price', 'stock']);
    const costs = joined.parts.map((_, part) => byName(joined, buildPart(joined, part).costs.totals));
    expect(costs).toEqual([
      { main: 3, price: 3 },
      { main: 5, price: 5, stock: 5 },
    ]);
  });

  test('no profiles, and profiles without stacks', () => {
    expect(joinProfiles([])).toMatchObject({
      functions: [],
      application: new Uint8Array(),
      parts: [],
      renamed: null,
    });
    expect(joinProfiles([buildProfile(), profileFrom({ main: 1 })])).toMatchObject({
      functions: [{ name: 'main' }],
      parts: [{ frameFunction: new Uint32Array() }, { frameFunction: Uint32Array.of(0) }],
    });
  });

  test('Go type parameters do not tell functions apart: Pyroscope strips them', () => {
    const full = profileFrom({ 'main slices.SortFunc[go.shape.[]int]': 1 });
    const cut = profileFrom({ 'main slices.SortFunc': 2 });
    expect(names([full, cut])).toHaveLength(2);
    // Two instantiations within one profile are one function, too.
    expect(names([profileFrom({ 'f[go.shape.int]': 1, 'f[go.shape.string]': 1 })])).toHaveLength(1);
  });

  test('unnamed functions are one where file and start line agree', () => {
    const at = (file: string, startLine: number) =>
      buildProfile([[{ name: '(anonymous)', file, startLine, line: startLine + 1 }], 1]);
    expect(names([at('a.js', 1), at('a.js', 1)])).toHaveLength(1);
    expect(names([at('a.js', 1), at('a.js', 9)])).toHaveLength(2);
    expect(names([at('a.js', 1), at('b.js', 1)])).toHaveLength(2);
  });

  test('a function of one class name in several files is one, placed where most of the profiles place it', () => {
    const team = buildProfile([[{ name: 'Job.run', file: '/src/app/run.py', line: 3 }], 1]);
    const standard = buildProfile([
      [{ name: 'Job.run', file: '/usr/lib/python3.12/threading.py', line: 9 }],
      1,
    ]);
    for (const order of [
      [team, standard, team],
      [standard, team, team],
      [team, team, standard],
    ]) {
      const joined = joinProfiles(order);
      expect(joined.functions).toMatchObject([{ name: 'Job.run', file: '/src/app/run.py' }]);
      expect(joined.application).toEqual(Uint8Array.of(1));
      // A frame that is not the team's in one profile stays so, even if its name is the team's in others.
      expect(joined.parts.map(({ frameApplication }) => frameApplication[0])).toEqual(
        order.map((profile) => (profile === team ? 1 : 0)),
      );
    }
  });

  test('the order of profiles, stacks and functions changes no number', () => {
    const [a, b] = [{ 'main price lib.parse': 1, 'main stock': 2 }, { 'boot zip': 3 }] as const;
    const order = names([profileFrom(a), profileFrom(b)]);
    const turned = Object.fromEntries(Object.entries(a).reverse());
    expect(names([profileFrom(b), profileFrom(turned)])).toEqual(order);
  });

  test("frames of an own function in a library's file are not own code", () => {
    const profile = buildProfile(
      [[{ name: 'shop.Get', file: '/src/shop/get.go', line: 1 }], 5],
      [[{ name: 'shop.Get', file: '/go/pkg/mod/lib@v1.0.0/get.go', line: 1 }], 1],
    );
    const joined = joinProfiles([profile]);
    const { costs } = buildPart(joined, 0);
    expect([costs.application, costs.charged[findFunction({ joined }, 'shop.Get')]]).toEqual([5, 5]);
  });
});

test('the key of a named function is its normalised name, whatever the file', () => {
  const at = { file: 'x.go', startLine: 3, isSymbolised: true };
  expect(joinKey({ ...at, name: 'f[go.shape.int]' })).toBe(
    joinKey({ name: 'f', file: '', startLine: 0, isSymbolised: true }),
  );
  expect(joinKey({ ...at, name: '<lambda>' })).not.toBe(joinKey({ ...at, name: '<lambda>', startLine: 4 }));
});

test('own code, libraries, and what is neither', () => {
  const joined = joinProfiles([profileFrom({ 'runtime.main serve lib.parse': 1 })]);
  const list = (flags: Uint8Array) =>
    joined.functions.filter((_, fn) => flags[fn] === 1).map(({ name }) => name);
  expect([joined.application, joined.library].map(list)).toEqual([['serve'], ['lib.parse']]);
});

describe('a function that profiles place differently', () => {
  const place = (file: string, startLine: number) =>
    buildProfile([[{ name: 'Job.run', file, startLine, line: startLine + 1 }], 1]);
  test.each([
    {
      what: 'most profiles decide',
      places: [place('/b.py', 1), place('/a.py', 1), place('/b.py', 1)],
      at: '/b.py:1',
    },
    { what: 'then a known file', places: [place('', 1), place('/a.py', 9)], at: '/a.py:9' },
    { what: 'then the first of the files', places: [place('/b.py', 1), place('/a.py', 9)], at: '/a.py:9' },
    { what: 'then the first of the lines', places: [place('/a.py', 30), place('/a.py', 4)], at: '/a.py:4' },
    {
      what: 'the same file at other lines is another place',
      places: [place('/a.py', 4), place('/b.py', 1), place('/a.py', 30), place('/b.py', 1)],
      at: '/b.py:1',
    },
  ])('$what', ({ places, at }) => {
    for (const order of [places, places.toReversed()]) {
      const [info] = joinProfiles(order).functions;
      expect(`${info?.file}:${info?.startLine}`).toBe(at);
    }
  });

  test('then the first of its names, whatever its line', () => {
    const named = (name: string, startLine: number) =>
      buildProfile([[{ name, file: '/a.go', startLine, line: startLine + 1 }], 1]);
    const places = [named('f[go.shape.string]', 4), named('f[go.shape.int]', 30)];
    for (const order of [places, places.toReversed()])
      expect(joinProfiles(order).functions).toMatchObject([{ startLine: 30 }]);
  });

  test('each profile judges its own place where that is another one', () => {
    const team = buildProfile([[{ name: 'Job.run', file: '/src/app/run.py', line: 3 }], 1]);
    const standard = buildProfile([
      [{ name: 'Job.run', file: '/usr/lib/python3.12/threading.py', line: 9 }],
      1,
    ]);
    const joined = joinProfiles([standard, standard, team]);
    expect(joined.application).toEqual(Uint8Array.of(0));
    expect(joined.parts.map(({ frameApplication }) => frameApplication[0])).toEqual([0, 0, 1]);
  });

  test('other names of it: the first by text where they share none', () => {
    const names = (order: readonly string[]) =>
      joinProfiles(order.map((name) => profileFrom({ [`main ${name}`]: 1 }))).functions.map(
        ({ name }) => name,
      );
    const shared = names(['f[go.shape.int]', 'f[go.shape.string]']);
    expect(names(['f[go.shape.string]', 'f[go.shape.int]'])).toEqual(shared);
    expect(shared).toHaveLength(2);
  });
});

test('a stack without frames is below no entry point', () => {
  const profile = profileFrom({ 'runtime.main serve': 2, 'runtime.main runtime.poll': 98 });
  const { stackStart, values } = profile;
  const empty = {
    ...profile,
    stackStart: Uint32Array.of(...stackStart, stackStart.at(-1) ?? 0),
    values: Float64Array.of(...values, 100),
  };
  const { functions, serving } = joinProfiles([empty]);
  expect(functions.filter((_, fn) => serving[fn] === 1).map(({ name }) => name)).toEqual(['runtime.main']);
});

describe('entry points below which own code runs', () => {
  const listServing = (...sides: readonly Stacks[]) => {
    const { functions, serving } = joinProfiles(sides.map(profileFrom));
    return functions.filter((_, fn) => serving[fn] === 1).map(({ name }) => name);
  };
  test.each<{ what: string; sides: Stacks[]; serving: string[] }>([
    {
      what: 'own code is 2 % of what runs below one',
      sides: [{ 'runtime.main serve': 2, 'runtime.main runtime.poll': 98 }],
      serving: ['runtime.main'],
    },
    {
      what: 'all of it together',
      sides: [{ 'runtime.main serve': 1, 'runtime.main poll': 1, 'runtime.main runtime.poll': 98 }],
      serving: ['runtime.main'],
    },
    {
      what: 'less than 2 %',
      sides: [{ 'runtime.main serve': 19, 'runtime.main runtime.poll': 981 }],
      serving: [],
    },
    { what: 'own code that is one itself', sides: [{ poll: 1 }], serving: ['poll'] },
    {
      what: 'each by what runs below it',
      sides: [
        { 'runtime.main lib.http serve lib.parse': 5, 'runtime.gc runtime.sweep': 9, 'lib.pool work': 3 },
      ],
      serving: ['lib.pool', 'runtime.main'],
    },
    {
      what: 'all parts together',
      sides: [{ 'runtime.main serve': 4 }, { 'runtime.main': 100 }, { 'runtime.main runtime.poll': 96 }],
      serving: ['runtime.main'],
    },
    {
      what: 'all parts together: less than 2 %',
      sides: [{ 'runtime.main serve': 4 }, { 'runtime.main': 100 }, { 'runtime.main runtime.poll': 97 }],
      serving: [],
    },
    {
      what: 'own code counts once in a stack',
      sides: [{ 'runtime.main serve serve': 1, 'runtime.main': 98 }],
      serving: [],
    },
    {
      what: 'what a function calls elsewhere is not below an entry point',
      sides: [{ 'runtime.main runtime.work': 9, 'lib.pool runtime.main serve': 9 }],
      serving: ['lib.pool'],
    },
    { what: 'nothing runs', sides: [{}], serving: [] },
  ])('$what', ({ sides, serving }) => {
    expect(listServing(...sides)).toEqual(serving);
  });

  test('a stack without frames has none', () => {
    const builder = new ProfileBuilder('cpu', 'nanoseconds');
    builder.endStack(3);
    expect(joinProfiles([builder.build(), profileFrom({ 'runtime.a': 1 })]).serving).toEqual(
      Uint8Array.of(0),
    );
  });

  test('a profile over its own functions', () => {
    const profile = profileFrom({ 'runtime.main serve lib.parse': 5, 'runtime.gc': 9 });
    const { part, serving } = joinAlone(profile);
    const getName = (fn: number) => profile.functions[fn]?.name;
    expect(profile.functions.map((_, fn) => getName(fn)).filter((_, fn) => serving[fn] === 1)).toEqual([
      'runtime.main',
    ]);
    expect(part.profile).toBe(profile);
    expect(part.frameFunction).toBe(profile.frameFunction);
    const own = [...part.frameFunction].filter((_, frame) => part.frameApplication[frame] === 1);
    expect(own.map(getName)).toEqual(['serve']);
  });
});
