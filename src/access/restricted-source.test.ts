import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOW } from '../../test/support/ask.js';
import { TEAMS, TYPE, teamsSource } from '../../test/support/two-teams.js';
import { totalValue } from '../profile/model.js';
import { createPyroscopeSource } from '../sources/pyroscope/source.js';
import type { Matcher, ProfileSource } from '../sources/source.js';
import { restrictSource } from './restricted-source.js';

const ALPHA: readonly Matcher[] = [{ name: 'namespace', op: '=', value: 'alpha' }];
const WINDOW = { from: NOW - 3_600_000, to: NOW };
const SIGNAL = new AbortController().signal;

/** Everything that a source answers to some matchers, as one text. */
async function askEverything(source: ProfileSource, matchers: readonly Matcher[]): Promise<string> {
  const query = { matchers, window: WINDOW };
  const profileQuery = { ...query, profileTypeId: TYPE };
  const answers = await Promise.all([
    source.labelNames(query, SIGNAL),
    ...['service_name', 'namespace', 'pod', 'beta_label', '__profile_type__'].map((name) =>
      source.labelValues(name, query, SIGNAL),
    ),
    source.series([], query, SIGNAL),
    source.series(['service_name', 'namespace'], query, SIGNAL),
    source.profile(profileQuery, SIGNAL).then(({ profile }) => profile.functions),
    source
      .profile({ ...profileQuery, only: { kind: 'trace', ids: ['0'.repeat(32)] } }, SIGNAL)
      .then(({ profile }) => profile.functions),
    source.exemplars?.(profileQuery, 'profiles', SIGNAL),
    source.exemplars?.(profileQuery, 'spans', SIGNAL),
    source.snapshots(profileQuery, ['namespace', 'pod'], SIGNAL),
    source.timeSeries(profileQuery, { groupBy: ['namespace', 'service_name'], step: 60 }, SIGNAL),
    source.dataRange(SIGNAL),
    source.problems(SIGNAL),
  ]);
  return JSON.stringify(answers);
}

const matcher: fc.Arbitrary<Matcher> = fc.record({
  name: fc.constantFrom('namespace', 'service_name', 'pod', 'beta_label', 'none'),
  op: fc.constantFrom('=', '!=', '=~', '!~'),
  value: fc.constantFrom(
    ...[
      '',
      'alpha',
      'beta',
      '.*',
      '.+',
      'alpha|beta',
      '(alpha|beta).*',
      '.*-api',
      'shared',
      '^$|beta',
      'b.*',
    ],
    ...['beta"} or {namespace="beta', 'beta",namespace="beta'],
  ),
});

describe('a restricted source', () => {
  const whole = teamsSource();
  const restricted = restrictSource(whole, ALPHA);

  test('shows what is allowed', async () => {
    expect(await restricted.labelValues('service_name', { matchers: [], window: WINDOW }, SIGNAL)).toEqual([
      'alpha-api',
      'shared',
    ]);
    const query = { matchers: [], window: WINDOW, profileTypeId: TYPE };
    const [part, all] = await Promise.all([restricted.profile(query, SIGNAL), whole.profile(query, SIGNAL)]);
    expect(totalValue(part.profile)).toBe(totalValue(all.profile) / 2);
  });

  test('shows nothing else, whatever the matchers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(matcher, { maxLength: 3 }), async (matchers) => {
        expect(await askEverything(restricted, matchers)).not.toContain('beta');
      }),
      { numRuns: 30 },
    );
  });

  test('narrows what it is given and never replaces it', async () => {
    const query = { matchers: [{ name: 'namespace', op: '=', value: 'beta' } as const], window: WINDOW };
    expect(await restricted.labelValues('service_name', query, SIGNAL)).toEqual([]);
    const twice = restrictSource(restricted, query.matchers);
    expect(await twice.labelNames({ matchers: [], window: WINDOW }, SIGNAL)).toEqual([]);
  });

  test('is the source itself without matchers', () => {
    expect(restrictSource(whole, [])).toBe(whole);
  });

  test('has all methods of a source but those that nobody wrote down', () => {
    const server = createPyroscopeSource({
      name: 'store',
      uid: 'store',
      url: 'http://127.0.0.1:9',
      owner: { origin: 'o', org: null, source: 's', credential: async () => [] },
    });
    const left = Object.keys(server).filter((name) => !(name in restrictSource(server, ALPHA)));
    expect(left).toEqual([]);
  });
});

test('the owner of a part shares no cache entry with the whole or with another part', () => {
  const owner = { origin: 'o', org: null, source: 's', credential: async () => [] };
  const source: ProfileSource = { ...teamsSource(TEAMS), owner };
  const parts = [
    source,
    restrictSource(source, ALPHA),
    restrictSource(source, [{ name: 'namespace', op: '=', value: 'beta' }]),
    restrictSource(source, [{ name: 'namespace', op: '!=', value: 'alpha' }]),
    restrictSource(restrictSource(source, ALPHA), [{ name: 'pod', op: '=', value: 'a' }]),
  ].map((part) => part.owner?.part);
  expect(parts[0]).toBeUndefined();
  expect(new Set(parts).size).toBe(parts.length);
  expect(restrictSource(source, [...ALPHA, ...ALPHA]).owner?.part).toBe(parts[1]);
});
