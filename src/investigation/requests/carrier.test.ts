import { describe, expect, test } from 'vitest';
import { buildFinding } from '../../../test/support/finding.js';
import { toLens } from '../../../test/support/type-ids.js';
import type { Finding } from '../../profile/compare/finding.js';
import type { Exemplar, ExemplarKind, ProfileQuery, ProfileSource } from '../../sources/source.js';
import type { Requests } from '../evidence/requests.js';
import { findCarrier } from './carrier.js';

const SPAN = '0000000000000abc';
const PROFILE = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const WINDOW = { from: Date.parse('2026-11-20T14:30:00Z'), to: Date.parse('2026-11-20T14:45:00Z') };
const { signal } = new AbortController();
const POD = { name: 'pod', value: 'web-0', shareAfter: 0.9, shareOthers: 0, also: [] };

const exemplar = (fields: Partial<Exemplar>): Exemplar => ({
  time: WINDOW.from,
  value: 0,
  labels: { pod: 'web-0' },
  profileId: null,
  spanId: null,
  traceId: null,
  ...fields,
});

/** Cost per profile rose from 100 to 150 ns in 20 profiles: by 1,000 ns in all. */
async function find(
  fields: Partial<Finding>,
  span: number | null,
  more: {
    exemplars?: ProfileSource['exemplars'];
    findings?: readonly Finding[];
    totals?: { before: number; after: number };
    left?: number;
    main?: 'cpu' | 'wall';
  } = {},
) {
  const asked: [ExemplarKind, ProfileQuery][] = [];
  const source = {
    exemplars: async (query: ProfileQuery, kind: ExemplarKind) => {
      asked.push([kind, query]);
      const spans = span === null ? [] : [exemplar({ spanId: SPAN, value: span })];
      const rows = kind === 'spans' ? spans : [exemplar({ profileId: PROFILE, value: 400 })];
      return { rows, counted: rows.length, notes: [] };
    },
    ...more,
  } as unknown as ProfileSource;
  const report = {
    findings: more.findings ?? [buildFinding(fields)],
    main: toLens(more.main ?? 'cpu').type,
    totals: more.totals ?? { before: 100, after: 150 },
    counts: { before: { profiles: 40, samples: 1 }, after: { profiles: 20, samples: 1 }, instances: null },
    window: WINDOW,
    callScope: { service: 'shop' },
  } as unknown as Parameters<typeof findCarrier>[0];
  const carrier = await findCarrier(
    report,
    { source, matchers: [], requests: { left: more.left ?? 9 } as Requests },
    'cpu',
    { signal },
  );
  return { ...carrier, asked };
}

describe('a change in one instance or for a short time', () => {
  test.each<[string, Partial<Finding>, number | null, string | null]>([
    ['half of the growth in one span of one pod', { label: POD }, 500, 'compare_profiles'],
    ['less than half: the heaviest profile of the pod', { label: POD }, 499, 'summarize_profile'],
    ['no spans: the heaviest profile of the pod', { label: POD }, null, 'summarize_profile'],
    ['a burst of one span', { until: WINDOW.to }, 500, 'compare_profiles'],
    ['a burst of many spans', { until: WINDOW.to }, 499, null],
    [
      'one risen instance of several',
      { instances: { label: 'pod', risen: ['web-0'], all: 3 } },
      500,
      'compare_profiles',
    ],
    ['two risen instances', { instances: { label: 'pod', risen: ['web-0', 'web-1'], all: 3 } }, 500, null],
    ['the only instance there is', { instances: { label: 'pod', risen: ['web-0'], all: 1 } }, 500, null],
    ['a label that is no instance', { label: { ...POD, name: 'region' } }, 500, null],
    ['a label with further values', { label: { ...POD, also: ['web-1'] } }, 500, null],
    ['all instances, for good', {}, 500, null],
  ])('%s', async (_, fields, span, tool) => {
    const { next, notes } = await find(fields, span);
    expect(next.map((call) => call.tool)).toEqual(tool === null ? [] : [tool]);
    expect(notes).toHaveLength(tool === null ? 0 : 1);
  });

  test('a change of all instances that lasts takes no request', async () => {
    expect((await find({}, 500)).asked).toEqual([]);
    expect((await find({}, 500, { findings: [] })).asked).toEqual([]);
    expect((await find({ label: POD, type: toLens('inuse').type }, 500)).asked).toEqual([]);
  });

  test('without a request left there is none', async () => {
    const { asked, next } = await find({ label: POD }, 500, { left: 0 });
    expect({ asked, next }).toEqual({ asked: [], next: [] });
  });

  test('it is looked for in the instance that carries the change', async () => {
    const { asked, next } = await find({ label: POD }, 499);
    expect(asked.map(([kind, { matchers }]) => [kind, matchers])).toEqual([
      ['spans', [{ name: 'pod', op: '=', value: 'web-0' }]],
      ['profiles', [{ name: 'pod', op: '=', value: 'web-0' }]],
    ]);
    expect(next[0]?.arguments).toEqual({
      service: 'shop',
      profile_type: 'cpu',
      from: '2026-11-20T14:30:00Z',
      to: '2026-11-20T14:45:00Z',
      profile_id: PROFILE,
    });
  });

  test('where the whole did not grow, no request carries it', async () => {
    const { next } = await find({ label: POD }, 5_000, { totals: { before: 150, after: 150 } });
    expect(next.map(({ tool }) => tool)).toEqual(['summarize_profile']);
  });

  test('no profile is the heaviest of those of wall-clock time: threads wait in each', async () => {
    const wall = { label: POD, type: toLens('wall').type };
    expect((await find(wall, 499, { main: 'wall' })).next).toEqual([]);
    const { next } = await find(wall, 500, { main: 'wall' });
    expect(next.map(({ tool }) => tool)).toEqual(['compare_profiles']);
  });

  test('a store that lists none leaves the answer as it is', async () => {
    const { next, notes } = await find({ label: POD }, null, { exemplars: undefined });
    expect({ next, notes }).toEqual({ next: [], notes: [] });
  });
});
