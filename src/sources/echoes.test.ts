import fc from 'fast-check';
import { Profile } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { pprofBytes } from '../../test/support/profiles.js';
import { decodePprof, pprofToProfile } from '../profile/pprof/pprof.js';
import { readTree } from '../profile/tables/stack-tree.js';
import { listEchoes, nameCleaner, parseWithoutEchoes } from './echoes.js';

const SECRETS = ['glsa_secret+/token==_1', 'p&ss "w<rd>/ö'];
const echoes = listEchoes(SECRETS);
const clean = nameCleaner(echoes);

describe('a name', () => {
  test('without a secret stays as it is', () => {
    for (const name of ['', 'checkout-api', 'glsa_secret', 'github.com/x/y.(*T).Method[...]', 'Bearer']) {
      expect(clean(name)).toBe(name);
    }
  });

  test('keeps what surrounds a secret, and every spelling has a placeholder of its own', () => {
    const spellings = [...new Set(echoes.map(({ spelling }) => spelling))];
    const names = spellings.map((spelling) => clean(`pod-${spelling}-a`));
    expect(new Set(names).size).toBe(spellings.length);
    for (const name of names) expect(name).toMatch(/^pod-\[redacted-\d+\]-a$/);
  });

  test('has the same placeholder in every process with the same secrets', () => {
    expect(clean(`a ${SECRETS[0]}`)).toBe('a [redacted-1]');
    expect(nameCleaner(listEchoes([...SECRETS, 'another-one-behind']))(`a ${SECRETS[1]}`)).toBe(
      clean(`a ${SECRETS[1]}`),
    );
  });

  test('is not taken apart by a short word that is a password as well', () => {
    expect(nameCleaner(listEchoes(['admin', 'Bearer admin']))('admin-api')).toBe('admin-api');
    expect(nameCleaner(listEchoes(['admin', 'Bearer admin']))('x Bearer admin')).not.toContain('admin');
  });
});

describe('JSON', () => {
  test.each([
    ['a text', '"Bearer glsa_secret+/token==_1"'],
    ['a name of a member', '{"glsa_secret+/token==_1":1}'],
    ['an escape that hides it', '["\\u0067lsa_secret+\\/token==_1"]'],
    ['JSON in JSON', JSON.stringify({ a: JSON.stringify({ b: [SECRETS[1]] }) })],
    ['a member called like the prototype', '{"__proto__":"glsa_secret+/token==_1"}'],
    ['much that is nested', `${'['.repeat(50_000)}"glsa_secret+/token==_1"${']'.repeat(50_000)}`],
  ])('%s holds none afterwards', (_name, json) => {
    const value = parseWithoutEchoes(json, echoes);
    let at: unknown = value;
    while (Array.isArray(at)) [at] = at;
    expect(JSON.stringify(at)).toMatch(/\[redacted-\d+\]/);
    expect(JSON.stringify(at)).not.toMatch(/glsa_secret|p&ss/);
    expect(Object.getPrototypeOf(Object(at)) === null || Reflect.get({}, 'polluted') === undefined).toBe(
      true,
    );
  });

  test('without a secret is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseWithoutEchoes(json, echoes)).toEqual(JSON.parse(json));
      }),
    );
  });

  test('members whose names held different spellings stay apart', () => {
    const json = JSON.stringify(Object.fromEntries(echoes.map(({ spelling }, index) => [spelling, index])));
    expect(Object.values(Object(parseWithoutEchoes(json, echoes))).sort()).toEqual(
      echoes.map((_, index) => index).sort(),
    );
  });
});

test('no name of a profile holds one: function, file, type, unit', () => {
  // A slash would end the type in the notation of the test.
  const token = 'glsa_secret+token==_1';
  const bytes = pprofBytes({
    types: [`cpu ${token}/nanoseconds ${token}`],
    periodType: 'cpu/nanoseconds',
    stacks: [
      { frames: [{ name: `f ${token}`, file: `${token}.go`, line: 1 }], values: [1] },
      { frames: [{ name: `f ${encodeURIComponent(token)}`, file: 'x.go', line: 1 }], values: [2] },
    ],
  });
  expect(Profile.decode(bytes).stringTable.strings.join()).toContain(token);
  const profile = pprofToProfile(decodePprof(bytes, nameCleaner(listEchoes([token]))));
  expect(JSON.stringify(profile)).not.toMatch(/glsa_secret/);
  expect(profile.functions.map(({ name }) => name)).toEqual(['f [redacted-1]', 'f [redacted-2]']);
});

test('no node of a call tree holds one', () => {
  const name = Buffer.from(`main ${SECRETS[0]}`);
  // Per node: length of its name, name, own cost, number of callees; the root has no name.
  const tree = Buffer.from([0, 0, 1, name.length, ...name, 7, 0]);
  expect(readTree(tree, clean)).toEqual([{ names: ['main [redacted-1]'], value: 7 }]);
});
