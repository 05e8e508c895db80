import { describe, expect, test } from 'vitest';
import { buildPart, byName, findFunction, profileFrom } from '../../../test/support/contrast.js';
import { buildProfile } from '../../../test/support/profiles.js';
import { joinKey } from '../code/names.js';
import { joinProfiles } from './join.js';

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

  test('a named function in several files is one, placed where most of the profiles place it', () => {
    const team = buildProfile([[{ name: 'run', file: '/src/app/run.py', line: 3 }], 1]);
    const standard = buildProfile([[{ name: 'run', file: '/usr/lib/python3.12/threading.py', line: 9 }], 1]);
    for (const order of [
      [team, standard, team],
      [standard, team, team],
      [team, team, standard],
    ]) {
      const joined = joinProfiles(order);
      expect(joined.functions).toMatchObject([{ name: 'run', file: '/src/app/run.py' }]);
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
