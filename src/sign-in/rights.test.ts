import { describe, expect, test } from 'vitest';
import { type FakeProvider, makeKey, openFakeSignIn, sign } from '../../test/support/identity-provider.js';
import type { Identity } from '../access/identity.js';
import type { OAuthSettings } from '../config/oauth/read.js';
import type { TokenRefused } from './refused.js';

const KEY = await makeKey('one');
const RSA = await makeKey('rsa', 'RS256');

const open = (settings: Partial<OAuthSettings> = {}, arrange?: (provider: FakeProvider) => void) =>
  openFakeSignIn({ keys: [KEY.publicKey, RSA.publicKey], settings, arrange });

describe('rights', () => {
  const rightsFor = async (claims: Record<string, unknown>, settings: Partial<OAuthSettings>) => {
    const { signIn } = await open(settings);
    return signIn.identify(await sign(KEY, claims)).then(
      ({ rights }: Identity) => rights,
      (error: TokenRefused) => `${error.kind}: ${error.message}`,
    );
  };

  test.each<[unknown, readonly string[] | null]>([
    [
      ['b', 'a', 'b'],
      ['a', 'b'],
    ],
    ['a', ['a']],
    [[], []],
    [['*'], null],
    ['*', null],
    [['a', '*'], null],
    [['a*'], ['a*']],
  ])('sources %j', async (value, sources) => {
    expect(await rightsFor({ pyroscope: value }, { sourcesClaim: 'pyroscope' })).toMatchObject({ sources });
  });

  test.each([
    undefined,
    null,
    7,
    true,
    '',
    ' ',
    ['a', 7],
    ['a', ''],
    { a: true },
    [['a']],
    Array(501).fill('a'),
  ])('sources %j are refused', async (value) => {
    const refused = await rightsFor({ pyroscope: value }, { sourcesClaim: 'pyroscope' });
    expect(refused).toMatch(/^rights: The token does not tell the rights .*--oauth-sources-claim\.$/);
  });

  test('a claim in a claim, and one whose name has dots', async () => {
    const claims = { realm: { sources: ['a'] }, 'https://example.com/sources': ['b'] };
    expect(await rightsFor(claims, { sourcesClaim: 'realm.sources' })).toMatchObject({ sources: ['a'] });
    const dotted = await rightsFor(claims, { sourcesClaim: 'https://example.com/sources' });
    expect(dotted).toMatchObject({ sources: ['b'] });
    expect(await rightsFor(claims, { sourcesClaim: 'constructor.name' })).toMatch(/is missing/);
    expect(await rightsFor(claims, { sourcesClaim: 'realm.more.sources' })).toMatch(/is missing/);
    const flat = { realm: null, name: 'text' };
    expect(await rightsFor(flat, { sourcesClaim: 'realm.sources' })).toMatch(/is missing/);
    expect(await rightsFor(flat, { sourcesClaim: 'name.length' })).toMatch(/is missing/);
    expect(await rightsFor(flat, { sourcesClaim: 'realm' })).toMatch(/is not a list of names/);
  });

  test('five hundred values are read, and no more', async () => {
    const many = Array.from({ length: 500 }, (_, index) => `s${index}`);
    expect(await rightsFor({ s: many }, { sourcesClaim: 's' })).toMatchObject({ sources: [...many].sort() });
    expect(await rightsFor({ s: [...many, 'x'] }, { sourcesClaim: 's' })).toMatch(/not a list of names/);
  });

  test.each<[unknown, object]>([
    ['team-a', { name: 'namespace', op: '=', value: 'team-a' }],
    [['team-a'], { name: 'namespace', op: '=', value: 'team-a' }],
    [['b', 'a', 'b'], { name: 'namespace', op: '=~', value: 'a|b' }],
    [['a.*', '(b|c)'], { name: 'namespace', op: '=~', value: '\\(b\\|c\\)|a\\.\\*' }],
    [['*'], { name: 'namespace', op: '=', value: '*' }],
  ])('matchers of %j', async (value, matcher) => {
    const settings = { matchers: [{ label: 'namespace', claim: 'groups' }] };
    expect(await rightsFor({ groups: value }, settings)).toMatchObject({ matchers: [matcher] });
  });

  test.each([undefined, null, 7, '', [''], ['a', null], { a: 1 }, []])(
    'matchers of %j are refused',
    async (value) => {
      const settings = { matchers: [{ label: 'namespace', claim: 'groups' }] };
      expect(await rightsFor({ groups: value }, settings)).toMatch(/^rights: .*"groups"/);
    },
  );

  test('several matchers, each of its claim', async () => {
    const matchers = [
      { label: 'namespace', claim: 'groups' },
      { label: 'region', claim: 'zone' },
    ];
    const rights = await rightsFor({ groups: ['a'], zone: 'eu' }, { matchers });
    expect(rights).toMatchObject({
      matchers: [
        { name: 'namespace', op: '=', value: 'a' },
        { name: 'region', op: '=', value: 'eu' },
      ],
    });
    expect(await rightsFor({ groups: ['a'] }, { matchers })).toMatch(/"zone"/);
  });
});
