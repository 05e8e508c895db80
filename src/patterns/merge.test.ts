import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergePatterns, type PlaceQueries } from './merge.js';
import type { LearnedQuery } from './query.js';
import { validatePatterns } from './validate.js';

const NOW = Date.parse('2026-11-25T00:00:00Z');
const DAY = 86_400_000;
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';

function query(more: Partial<LearnedQuery> = {}): LearnedQuery {
  return {
    sources: ['a'],
    profileTypeId: CPU,
    matchers: [],
    variesBy: [],
    current: {},
    groupBy: [],
    titles: [],
    valueNames: [],
    origin: 'panel',
    ...more,
  };
}

function place(uid: string, daysAgo: number | null, ...queries: LearnedQuery[]): PlaceQueries {
  return {
    place: { uid, title: uid, url: null },
    updated: daysAgo === null ? null : NOW - daysAgo * DAY,
    queries,
  };
}

describe('patterns', () => {
  test('are merged over dashboards, with all the words for them', () => {
    const [pattern, ...others] = mergePatterns(
      [
        place('old', 200, query({ titles: ['CPU'] })),
        place('new', 1, query({ titles: ['Hot', 'CPU'] }), query({ titles: ['Again'] })),
      ],
      NOW,
    );
    expect(others).toEqual([]);
    expect(pattern).toMatchObject({
      titles: ['CPU', 'Again', 'Hot'],
      dashboards: [{ uid: 'new' }, { uid: 'old' }],
      seen: NOW - DAY,
    });
  });

  test('are kept apart by source, type, conditions, open labels and grouping', () => {
    const patterns = mergePatterns(
      [
        place(
          'p',
          1,
          query(),
          query({ sources: ['b'] }),
          query({ sources: [] }),
          query({ profileTypeId: HEAP }),
          query({ matchers: [{ name: 'x', op: '=', value: 'y' }] }),
          query({ variesBy: ['x'] }),
          query({ groupBy: ['x'] }),
        ),
      ],
      NOW,
    );
    expect(patterns.length).toBe(7);
  });

  test('rank by dashboards and their age', () => {
    const patterns = mergePatterns(
      [
        place('a', 1, query({ groupBy: ['often'] }), query({ groupBy: ['once'] })),
        place('b', 1, query({ groupBy: ['often'] })),
        place('c', 200, query({ groupBy: ['old'] })),
        place('d', 1, query({ groupBy: ['hidden'], origin: 'hidden' })),
        place('e', 1, query({ groupBy: ['link'], origin: 'link' })),
        place('f', null, query({ groupBy: ['undated'] })),
      ],
      NOW,
    );
    const order = patterns.map(({ groupBy }) => groupBy[0]);
    expect(order).toEqual(['often', 'once', 'link', 'old', 'hidden', 'undated']);
  });

  test('do not depend on the order in which dashboards were read', () => {
    const places = fc.array(
      fc.record({
        uid: fc.constantFrom('a', 'b', 'c'),
        days: fc.option(fc.nat(400)),
        type: fc.constantFrom(CPU, HEAP, null),
        group: fc.constantFrom('pod', 'zone'),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(places, (drawn) => {
        const all = [...new Map(drawn.map((entry) => [entry.uid, entry])).values()].map((entry) =>
          place(entry.uid, entry.days, query({ profileTypeId: entry.type, groupBy: [entry.group] })),
        );
        const plain = (patterns: ReturnType<typeof mergePatterns>) =>
          patterns.map((pattern) => ({ ...pattern, score: pattern.score.toFixed(9) }));
        expect(plain(mergePatterns([...all].reverse(), NOW))).toEqual(plain(mergePatterns(all, NOW)));
      }),
      { numRuns: 100 },
    );
  });
});

describe('against what a source holds', () => {
  const live = {
    labelNames: ['pod', 'region', 'env'],
    values: new Map([['region', ['eu-central-1', 'us-east-1']]]),
    servicesAndTypes: [
      { service_name: 'checkout', __profile_type__: CPU },
      { service_name: 'search', __profile_type__: `${HEAP}` },
    ],
  };
  const matched = (name: string, op: '=' | '!=' | '=~' | '!~', value: string) => [{ name, op, value }];
  const service = (value: string) => [{ name: 'service_name', op: '=' as const, value }];
  const { signal } = new AbortController();
  const explainFailure = async (more: Partial<LearnedQuery>) =>
    (await validatePatterns(mergePatterns([place('p', 1, query(more))], NOW), live, signal))[0]?.reason;

  test.each<[string, Partial<LearnedQuery>, string | null]>([
    ['all there', { matchers: service('checkout'), groupBy: ['pod'], variesBy: ['service_name'] }, null],
    ['any type', { profileTypeId: null }, null],
    ['a type of six parts elsewhere', { profileTypeId: CPU }, null],
    ['no such type', { profileTypeId: 'a:b:c:d:e' }, 'no service emits this profile type'],
    ['no such label', { matchers: [{ name: 'zone', op: '!=', value: 'x' }] }, 'there is no label zone'],
    ['no such grouping', { groupBy: ['zone'] }, 'there is no label zone'],
    ['no such open label', { variesBy: ['zone'] }, 'there is no label zone'],
    ['no such service', { matchers: service('gone') }, 'no service gone sends profiles'],
    [
      'no service like that',
      { matchers: matched('service_name', '=~', 'cart.*') },
      'no profile has service_name=~"cart.*"',
    ],
    ['services like that', { matchers: matched('service_name', '=~', 'check.*') }, null],
    ['no such value', { matchers: matched('region', '=', 'mars') }, 'no profile has region="mars"'],
    ['no value like that', { matchers: matched('region', '=~', 'ap-.*') }, 'no profile has region=~"ap-.*"'],
    ['values like that', { matchers: matched('region', '=~', 'eu-.*|ap-.*') }, null],
    ['a value that is left out', { matchers: matched('region', '!=', 'mars') }, null],
    ['a condition that holds without the label', { matchers: matched('region', '=~', '|mars') }, null],
    ['a label whose values nobody asked for', { matchers: matched('env', '=', 'mars') }, null],
    ['type of others', { matchers: service('search') }, 'search does not emit this profile type'],
  ])('%s', async (_name, more, reason) => {
    expect(await explainFailure(more)).toBe(reason);
  });

  test('what is out of date comes last', async () => {
    const patterns = mergePatterns(
      [place('a', 1, query({ groupBy: ['zone'] })), place('b', 1, query({ groupBy: ['zone'] }), query())],
      NOW,
    );
    expect((await validatePatterns(patterns, live, signal)).map(({ valid }) => valid)).toEqual([true, false]);
  });

  test('an empty source says nothing', async () => {
    const patterns = mergePatterns([place('a', 1, query())], NOW);
    const nothing = { labelNames: [], servicesAndTypes: [], values: new Map() };
    expect(await validatePatterns(patterns, nothing, signal)).toEqual(patterns);
  });
});
