import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { createMemorySource, type StoredProfile } from './evaluation/generator/memory-source.js';
import { asker, askerIn, createEnvironment, NOW } from './support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from './support/grafana-server.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { createSources } from './support/small-grafana.js';

// Windows over what a server allows in one query (24 h by default): every tool answers as a server without
// limits would.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const INUSE = 'memory:inuse_space:bytes:space:bytes';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SIGNAL = new AbortController().signal;
/** When the incident of two days begins. */
const SINCE = NOW - 2 * DAY;
const iso = (time: number) => new Date(time).toISOString();
const incident = { service: 'shop', from: iso(SINCE), to: iso(NOW) };

/** Six days of three pods; parsing costs twice as much from `SINCE` on. */
function week(): StoredProfile[] {
  const fn = (name: string) => ({
    name: `shop/${name}`,
    file: `${name}.go`,
    startLine: 1,
    isSymbolised: true,
  });
  const names = ['serve', 'parse', 'query', 'render', 'encode', 'log', 'auth', 'cache', 'route', 'price'];
  const paths = names.map((name) => [
    { fn: fn('main'), line: 3 },
    { fn: fn(name), line: 9 },
  ]);
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const profiles: StoredProfile[] = [];
  for (let time = NOW - 6 * DAY; time <= NOW; time += 20 * MINUTE) {
    for (const pod of ['a', 'b', 'c']) {
      const counts = names.map((name) => {
        const mean = name === 'parse' && time >= SINCE ? 24 : 12;
        return Math.max(1, Math.round(mean + 8 * (random() - 0.5)));
      });
      profiles.push({
        time,
        seconds: 10,
        labels: { service_name: 'shop', pod, region: pod === 'a' ? 'eu' : 'us' },
        paths,
        values: new Map([
          [CPU, Float64Array.from(counts, (count) => count * 10_000_000)],
          [INUSE, Float64Array.from(counts, (count) => 2 ** 20 + count)],
        ]),
      });
    }
  }
  return profiles;
}

const memory = createMemorySource('shop-store', week);
/** The profiles as a server that answers windows of any length. */
const whole: ProfileSource = {
  ...memory,
  kind: 'pyroscope',
  isLive: true,
  profile: async (query, signal) => ({
    ...(await memory.profile(query, signal)),
    profiledSeconds: null,
  }),
};

let server: TestPyroscope;
let source: ProfileSource;
beforeAll(async () => {
  server = await startPyroscopeServer(memory, { maxQueryLength: DAY });
  source = createPyroscopeSource({ name: 'shop-store', uid: 'shop-store', url: server.url });
});
afterAll(async () => {
  await source.close();
  await server.close();
});

const QUESTIONS: readonly (readonly [tool: string, args: object])[] = [
  ['list_services', {}],
  ['list_labels', {}],
  ['list_labels', { label: 'pod' }],
  ['list_profile_types', {}],
  ['summarize_profile', { profile_type: 'cpu' }],
  ['summarize_profile', { profile_type: 'inuse' }],
  ['query_profile', { profile_type: 'cpu', view: 'tree' }],
  ['inspect_function', { profile_type: 'cpu', function: 'shop/parse' }],
  ['get_timeline', { profile_type: 'cpu', group_by: 'pod' }],
  ['get_timeline', { profile_type: 'cpu', function: 'shop/parse' }],
  ['compare_profiles', { profile_type: 'cpu' }],
  ['investigate', {}],
];

/** An answer without the number of requests that it took. */
const comparable = (text: string) => text.replace(/"upstream_requests":\d+/, '"upstream_requests":0');

/** The question with its times, as JSON. */
const argumentsFor = (tool: string, args: object) => {
  const { service, ...times } = incident;
  return { ...times, ...(tool === 'list_services' ? {} : { service }), ...args, format: 'json' };
};

describe('48 h are answered as by a server without limits', () => {
  test.each(QUESTIONS)('%s %o', async (tool, args) => {
    server.requests.clear();
    const pieces = await asker(source)(tool, argumentsFor(tool, args));
    const expected = await asker(whole)(tool, argumentsFor(tool, args));
    expect(pieces.isError, pieces.text).toBe(false);
    expect(comparable(pieces.text)).toBe(comparable(expected.text));
    expect(server.requests.mostInFlight()).toBeLessThanOrEqual(8);
    expect(server.requests.count()).toBeLessThanOrEqual(60);
  });

  test('what changed is found', async () => {
    const { text } = await asker(source)('investigate', argumentsFor('investigate', {}));
    expect(JSON.parse(text)).toMatchObject({
      verdict: 'code_regression',
      findings: [{ function: 'shop/parse', file: 'parse.go' }],
      baseline: { from: '2026-11-16T15:00:00Z' },
    });
  });

  test('the requests of an investigation are those that came over the wire', async () => {
    const store = createPyroscopeSource({ name: 'own', uid: 'own', url: server.url });
    await store.labelNames({ matchers: [], window: { from: SINCE, to: NOW } }, SIGNAL);
    server.requests.clear();
    const { text } = await asker(store)('investigate', argumentsFor('investigate', {}));
    const told = Number(/"upstream_requests":(\d+)/.exec(text)?.[1]);
    // A series is asked for in two requests, and of what storage it takes is learned from one.
    expect(server.requests.count()).toBeGreaterThanOrEqual(told);
    expect(server.requests.count()).toBeLessThanOrEqual(told + 12);
    await store.close();
  });
});

const range = z.object({ start: z.coerce.number(), end: z.coerce.number() });

describe.each(['9.4', '12.3'] as const)('through the proxy of Grafana %s', (version) => {
  test('48 h, refused once', async () => {
    const grafana = await startGrafanaServer({
      version,
      dataSources: [{ name: 'shop-store', uid: 'shop-store', url: server.url, isDefault: true }],
    });
    const sources = createSources({ url: grafana.url }, { token: VIEWER_TOKEN });
    try {
      await sources.enable(['shop-store'], SIGNAL);
      const ask = askerIn(createEnvironment([], [], sources));
      server.requests.clear();
      for (const [tool, args] of QUESTIONS.slice(4)) {
        const { text, isError } = await ask(tool, argumentsFor(tool, args));
        const expected = await asker(whole)(tool, argumentsFor(tool, args));
        expect(isError, text).toBe(false);
        const plain = (answer: string) => ({ ...JSON.parse(comparable(answer)), links: [] });
        expect(plain(text)).toEqual(plain(expected.text));
      }
      const long = server.requests.log.filter(({ message }) => {
        const parsed = range.safeParse(message);
        return parsed.success && Number(parsed.data.end) - Number(parsed.data.start) > DAY;
      });
      // The refusal, how far it looks back, and the first one by a uid that 9.4 cuts.
      expect(long.length).toBeLessThanOrEqual(version === '9.4' ? 3 : 2);
    } finally {
      await sources.close();
      await grafana.close();
    }
  });
});

describe('a server that looks back only so far', () => {
  test('an answer about more says what is missing, and so does an empty one', async () => {
    const limits = { maxQueryLength: DAY, maxQueryLookback: 4 * DAY, now: () => NOW };
    const short = await startPyroscopeServer(memory, limits);
    vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
    const store = createPyroscopeSource({ name: 'shop-store', uid: 'shop-store', url: short.url });
    try {
      const note =
        'Note: The store answers only about what is newer than 2026-11-16T15:00:00Z (its lookback limit): older data is missing here.';
      for (const [tool, from, to] of [
        ['summarize_profile', NOW - 5 * DAY, NOW],
        ['get_timeline', NOW - 5 * DAY, NOW],
        ['compare_profiles', NOW - 3 * DAY, NOW],
        ['summarize_profile', NOW - 5 * DAY, NOW - 4.5 * DAY],
      ] as const) {
        const times = { from: iso(from), to: iso(to) };
        const { text, isError } = await asker(store)(tool, {
          service: 'shop',
          profile_type: 'cpu',
          ...times,
        });
        expect(isError, text).toBe(false);
        expect(text).toContain(note);
      }
      const inside = { service: 'shop', profile_type: 'cpu', from: iso(NOW - 2 * DAY), to: iso(NOW - DAY) };
      expect((await asker(store)('summarize_profile', inside)).text).not.toContain('lookback');
    } finally {
      vi.useRealTimers();
      await store.close();
      await short.close();
    }
  });
});
