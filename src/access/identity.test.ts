import { describe, expect, test } from 'vitest';
import type { Matcher } from '../sources/source.js';
import { type GrafanaCredential, type Rights, rightsKey, SERVER_RIGHTS } from './identity.js';

function credential(key: string, orgId: number | null = null): GrafanaCredential {
  return { key, orgId, headers: async () => ({}) };
}

const TEAM: Matcher = { name: 'namespace', op: '=', value: 'team-a' };
const REGION: Matcher = { name: 'region', op: '=', value: 'eu' };

const DIFFERENT: readonly [name: string, rights: Partial<Rights>][] = [
  ['the server itself', {}],
  ['a credential', { grafana: credential('a') }],
  ['another credential', { grafana: credential('b') }],
  ['an organisation', { grafana: credential('a', 1) }],
  ['another organisation', { grafana: credential('a', 2) }],
  ['no source', { sources: [] }],
  ['a source', { sources: ['one'] }],
  ['two sources', { sources: ['one', 'two'] }],
  ['a source whose name looks like two', { sources: ['one","two'] }],
  ['a matcher', { matchers: [TEAM] }],
  ['a matcher of another label', { matchers: [{ ...TEAM, name: 'team' }] }],
  ['a matcher with another operator', { matchers: [{ ...TEAM, op: '!=' }] }],
  ['a matcher of another value', { matchers: [{ ...TEAM, value: 'team-b' }] }],
  ['two matchers', { matchers: [TEAM, REGION] }],
  ['a source and a matcher', { sources: ['one'], matchers: [TEAM] }],
];

const EQUAL: readonly [name: string, a: Partial<Rights>, b: Partial<Rights>][] = [
  ['sources in another order', { sources: ['one', 'two'] }, { sources: ['two', 'one'] }],
  ['a source named twice', { sources: ['one'] }, { sources: ['one', 'one'] }],
  ['matchers in another order', { matchers: [TEAM, REGION] }, { matchers: [REGION, TEAM] }],
  ['a matcher named twice', { matchers: [TEAM] }, { matchers: [TEAM, { ...TEAM }] }],
  ['a credential read twice', { grafana: credential('a', 1) }, { grafana: credential('a', 1) }],
];

describe('the key of rights', () => {
  test('differs for different rights', () => {
    const keys = new Map(
      DIFFERENT.map(([name, rights]) => [rightsKey({ ...SERVER_RIGHTS, ...rights }), name]),
    );
    expect([...keys.values()]).toEqual(DIFFERENT.map(([name]) => name));
  });

  test.each(EQUAL)('is equal for %s', (_name, a, b) => {
    expect(rightsKey({ ...SERVER_RIGHTS, ...a })).toBe(rightsKey({ ...SERVER_RIGHTS, ...b }));
  });

  test('shows nothing of the rights', () => {
    const key = rightsKey({ grafana: credential('planted'), sources: ['planted'], matchers: [TEAM] });
    expect(key).toMatch(/^[\w-]{43}$/);
  });
});
