import { readFileSync } from 'node:fs';
import { MockAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import type { Matcher, ProfileSource } from '../source.js';
import { createPyroscopeSource } from './source.js';

const ORIGIN = 'http://recorded.test';
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const INUSE = 'memory:inuse_space:bytes:space:bytes';
const START = 1795382040000;
const END = 1795382220000;
const window = { from: 1795377240000, to: 1795384440000 };
const edge: Matcher = { name: 'service_name', op: '=', value: 'edge' };
const { signal } = new AbortController();

interface Sent {
  method: string;
  body: Record<string, unknown>;
}

/** Answer of a server without v2 storage about its features. */
const V1_FEATURES = {
  request: { path: '/capabilities.v1.FeatureFlagsService/GetFeatureFlags' },
  response: { status: 200, headers: {}, body: { featureFlags: [{ name: 'v2StorageLayer' }] } },
};

/** A source whose server gives the recorded answers in turn, and what it was asked. */
function replaying(...exchanges: (string | typeof V1_FEATURES)[]): { source: ProfileSource; sent: Sent[] } {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const sent: Sent[] = [];
  for (const exchange of exchanges) {
    const { request, response } = typeof exchange === 'string' ? recorded(exchange) : exchange;
    agent
      .get(ORIGIN)
      .intercept({ path: request.path, method: 'POST' })
      .reply(({ body, path }) => {
        sent.push({ method: path.split('/').at(-1) ?? '', body: JSON.parse(String(body)) });
        const data = JSON.stringify(response.body);
        return { statusCode: response.status, data, responseOptions: { headers: response.headers } };
      });
  }
  return { source: createPyroscopeSource({ name: 'p', uid: 'p', url: ORIGIN, dispatcher: agent }), sent };
}

function recorded(name: string): typeof V1_FEATURES {
  const url = new URL(`../../../fixtures/recorded/pyroscope/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

describe('labels', () => {
  test('private names are hidden, others are shown whatever their letters', async () => {
    const { source, sent } = replaying('v2-labelnames-utf8');
    expect(await source.labelNames({ matchers: [edge], window }, signal)).toEqual([
      'endpoint',
      'k8s.node.name',
      'namespace',
      'pod',
      'pyroscope_spy',
      'région',
      'service_name',
      'span_name',
      'version',
    ]);
    expect(sent[0]?.body).toEqual({
      start: window.from,
      end: window.to,
      matchers: ['{service_name="edge"}'],
    });
  });

  test('values of a label, and of a private one that is named', async () => {
    const { source, sent } = replaying('v2-labelvalues-service', 'v2-labelvalues-profile-type');
    const query = { matchers: [], window };
    expect(await source.labelValues('service_name', query, signal)).toContain('edge');
    const types = await source.labelValues('__profile_type__', query, signal);
    expect(types).toContain(CPU);
    expect(types).toEqual([...types].sort());
    expect(sent.map(({ body }) => [body.name, body.matchers])).toEqual([
      ['service_name', []],
      ['__profile_type__', []],
    ]);
  });

  test('distinct rows of the named labels', async () => {
    const { source, sent } = replaying(
      'v2-series-pod-node-cap',
      'v2-series-service-type',
      'v2-series-all-labels-cap',
    );
    const query = { matchers: [], window };
    const nodes = await source.series(['pod', 'k8s.node.name'], query, signal);
    expect(nodes[0]).toEqual({ pod: 'checkout-api-0', 'k8s.node.name': 'node-0' });
    expect(sent[0]?.body.labelNames).toEqual(['pod', 'k8s.node.name']);

    const types = await source.series(['service_name', '__profile_type__'], query, signal);
    expect(types).toContainEqual({ service_name: 'edge', __profile_type__: CPU });

    const all = await source.series([], query, signal);
    expect(all.length).toBeGreaterThan(1);
    expect(all.flatMap(Object.keys).filter((name) => name.startsWith('__'))).toEqual([]);
  });

  test.each(['v2-labelnames-empty-window', 'v1-labelnames-no-times'])(
    '%s: nothing is an answer',
    async (name) => {
      expect(await replaying(name).source.labelNames({ matchers: [], window }, signal)).toEqual([]);
    },
  );
});

describe('dataRange', () => {
  test.each([
    ['v2-getprofilestats', { oldest: 1795377540000, newest: 1795382100000 }],
    ['v1-getprofilestats', { oldest: 1795377780000, newest: 1795384386000 }],
    ['dual-getprofilestats', { oldest: 1795377780000, newest: 1795384465805 }],
    ['dual-getprofilestats-oldest-missing', null],
    ['def-getprofilestats-before-first-compaction', null],
    ['mt-stats-empty-tenant', null],
    ['mt-err-stats-two-tenants', null],
  ])('%s', async (name, expected) => {
    expect(await replaying(name).source.dataRange(signal)).toEqual(expected);
  });
});

describe('snapshots', () => {
  const query = { profileTypeId: INUSE, matchers: [edge], window: { from: START + 1, to: END } };

  test('v2: one heatmap of one step; what it says about the time up to its start is left out', async () => {
    const { source, sent } = replaying('v2-heatmap-individual-one-slot');
    expect(await source.snapshots(query, ['pod'], signal)).toEqual([
      { labels: { pod: 'p0' }, profiles: 6 },
      { labels: { pod: 'p1' }, profiles: 6 },
    ]);
    expect(sent).toEqual([
      {
        method: 'SelectHeatmap',
        body: {
          profileTypeID: INUSE,
          labelSelector: '{service_name="edge"}',
          start: START,
          end: END,
          step: 180,
          groupBy: ['pod'],
          queryType: 'HEATMAP_QUERY_TYPE_INDIVIDUAL',
        },
      },
    ]);
  });

  test('the closed window is asked for from the millisecond before it', async () => {
    const { source, sent } = replaying('v2-heatmap-empty');
    expect(await source.snapshots({ ...query, window: { from: START, to: END } }, [], signal)).toEqual([]);
    expect(sent[0]?.body).toMatchObject({ start: START - 1, end: END, step: 180.001 });
  });

  test('v1: sum over average, and the heatmap is not asked for again', async () => {
    const answers = ['v1-instant-inuse-series-sum', 'v1-instant-inuse-series-average'];
    const { source, sent } = replaying('v1-heatmap-501', V1_FEATURES, ...answers, ...answers);
    const expected = [{ labels: {}, profiles: 12 }];
    expect(await source.snapshots(query, [], signal)).toEqual(expected);
    expect(await source.snapshots(query, [], signal)).toEqual(expected);
    const pair = ['SelectSeries', 'SelectSeries'];
    expect(sent.map(({ method }) => method)).toEqual(['SelectHeatmap', 'GetFeatureFlags', ...pair, ...pair]);
    expect(sent[2]?.body).toMatchObject({ start: START, end: END, step: 180 });
    expect(sent.slice(2, 4).map(({ body }) => body.aggregation)).toEqual([
      'TIME_SERIES_AGGREGATION_TYPE_SUM',
      'TIME_SERIES_AGGREGATION_TYPE_AVERAGE',
    ]);
  });

  test('a bad selector is the caller’s, whatever status it comes with', async () => {
    const { source } = replaying('v2-heatmap-bad-selector-500');
    await expect(source.snapshots(query, [], signal)).rejects.toMatchObject({
      kind: 'rejected',
      status: 500,
    });
  });
});

describe('timeSeries', () => {
  const query = { profileTypeId: CPU, matchers: [edge], window: { from: START + 1, to: END } };

  test('an aligned window is one request; the point at its start is left out', async () => {
    const { source, sent } = replaying('v2-heatmap-empty', 'v2-selectseries-aligned-30');
    const [series] = await source.timeSeries(query, { groupBy: [], step: 30 }, signal);
    expect(series?.labels).toEqual({});
    expect(series?.points.map(({ time, value }) => [(time - START) / 1000, value / 1e6])).toEqual([
      [30, 6],
      [60, 24],
      [90, 96],
      [120, 384],
      [150, 1536],
      [180, 6144],
    ]);
    expect(sent[1]?.body).toMatchObject({ start: START, end: END, step: 30 });
  });

  test('groups, heaviest first, cut to the limit here', async () => {
    const { source, sent } = replaying('v2-heatmap-empty', 'v2-selectseries-groupby-pod');
    const series = await source.timeSeries(query, { groupBy: ['pod'], step: 60, limit: 1 }, signal);
    expect(series.map(({ labels, points }) => [labels, points.length])).toEqual([[{ pod: 'p0' }, 3]]);
    expect(sent[1]?.body).not.toHaveProperty('limit');
  });

  test('a refusal for its length of a window that is not too long is passed on, with its words', async () => {
    const { source } = replaying('v2-heatmap-empty', 'def-err-series-max-query-length');
    await expect(source.timeSeries(query, { groupBy: [], step: 180 }, signal)).rejects.toMatchObject({
      kind: 'rejected',
      detail: expect.stringContaining('max_query_length, actual: 25h0m0s, limit: 1d'),
    });
  });
});
