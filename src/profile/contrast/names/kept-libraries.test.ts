import { describe, expect, test } from 'vitest';
import { buildProfile } from '../../../../test/support/profiles.js';
import { joinNames } from '../joined-names.js';

const LIB = './node_modules/marked/lib/marked.cjs';
const BUNDLE = './dist/server.js';

/** A profile as Node's SDK names functions: by file and name. */
const profile = (...functions: readonly (readonly [file: string, name: string])[]) =>
  buildProfile([
    functions.map(([file, name]) => ({ name: `${file}:${name}`, file, startLine: 1, line: 2 })),
    5,
  ]);

/** Whose code the later functions are after some of the earlier ones were found again in the bundle. */
function ownersAfter(
  earlier: readonly (readonly [file: string, name: string])[],
  later: readonly string[],
  { renamed = earlier, ownCode }: { renamed?: typeof earlier; ownCode?: string } = {},
): Record<string, string> {
  const profiles = [profile(...earlier), profile(...later.map((name) => [BUNDLE, name] as const))];
  const renaming = new Map(renamed.map(([file, name]) => [`${file}:${name}`, `${BUNDLE}:${name}`]));
  const own = ownCode === undefined ? {} : { ownCode: { patterns: [ownCode] } };
  const { functions, application, library } = joinNames(
    profiles.map((one) => ({ ...one, ...own })),
    renaming,
  );
  return Object.fromEntries(
    functions.map(({ name }, fn) => [
      name.split(':').at(-1),
      library[fn] === 1 ? 'library' : application[fn] === 1 ? 'own' : 'other',
    ]),
  );
}

describe('what a bundler puts into one file', () => {
  const lex = [LIB, 'lex'] as const;
  const parse = [LIB, 'parse'] as const;
  const page = ['./src/page.js', 'page'] as const;

  test('was a library of the team or own code, and still is', () => {
    expect(ownersAfter([lex, page], ['lex', 'page'])).toEqual({ lex: 'library', page: 'own' });
  });

  test.each([
    { what: 'mostly libraries went to the file', earlier: [lex, parse, page], is: 'library' },
    {
      what: 'as much own code went there',
      earlier: [lex, parse, page, ['./src/a.js', 'a'] as const],
      is: 'own',
    },
    { what: 'a single one went there', earlier: [lex], is: 'own' },
  ])('a function that is not known from before, where $what: $is', ({ earlier, is }) => {
    const later = [...earlier.map(([, name]) => name), 'fresh'];
    expect(ownersAfter(earlier, later)).toMatchObject({ fresh: is });
  });

  test('is own code among libraries, where it was own code', () => {
    const expected = { lex: 'library', parse: 'library', page: 'own' };
    expect(ownersAfter([lex, parse, page], ['lex', 'parse', 'page'])).toEqual(expected);
  });

  test('functions without a file are in no common one', () => {
    const names = ['lex', 'parse', 'fresh'].map((name) => `shop.${name}`);
    const later = buildProfile([['main', ...names.map((name) => ({ name, file: '' }))], 5]);
    const renaming = new Map([lex, parse].map(([file, name]) => [`${file}:${name}`, `shop.${name}`]));
    const { functions, library } = joinNames([profile(lex, parse), later], renaming);
    const libraries = functions.filter((_, fn) => library[fn] === 1).map(({ name }) => name);
    expect(libraries).toEqual(['shop.lex', 'shop.parse']);
  });

  test('is no library any more where the runtime took it in', () => {
    const [file, name] = ['node:internal/deps/undici', 'fetch'];
    const renaming = new Map([['./node_modules/undici/index.js:fetch', `${file}:${name}`]]);
    const profiles = [profile(['./node_modules/undici/index.js', name]), profile([file, name])];
    const { library } = joinNames(profiles, renaming);
    expect([...library]).toEqual([0]);
  });

  test('is own code where the configuration says so', () => {
    expect(ownersAfter([lex, page], ['lex', 'page'], { ownCode: 'dist/' })).toEqual({
      lex: 'own',
      page: 'own',
    });
  });

  test('is told by its file where nothing was found again', () => {
    expect(ownersAfter([lex, parse], ['lex', 'parse', 'fresh'], { renamed: [] })).toMatchObject({
      fresh: 'own',
    });
  });
});
