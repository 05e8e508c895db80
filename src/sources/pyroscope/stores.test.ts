import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { MockAgent } from 'undici';
import { describe, expect, test, vi } from 'vitest';
import {
  type Ask,
  computeHeatmap,
  computeSeries,
  type Event,
  halves,
  type Model,
  type Row,
} from '../../../test/support/store-model.js';
import { createPyroscopeSource } from './source.js';
import { stepSeconds } from './steps.js';

const ORIGIN = 'http://model.test';
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const T0 = 1795382040000;
const { signal } = new AbortController();
const PODS = ['p0', 'p1', 'p2'];

function serve(model: Model) {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const methods: string[] = [];
  const answer = (status: number, body: object) => ({ statusCode: status, data: JSON.stringify(body) });
  agent
    .get(ORIGIN)
    .intercept({ path: () => true, method: 'POST' })
    .reply(({ path, body }) => {
      const method = path.split('/').at(-1) ?? '';
      const ask: Ask = JSON.parse(String(body));
      methods.push(method);
      if (ask.end - ask.start > (model.maxLength ?? Number.POSITIVE_INFINITY)) {
        const [actual, limit] = [ask.end - ask.start, model.maxLength ?? 0];
        const message = `the query time range exceeds the limit (max_query_length, actual: ${actual}ms, limit: ${limit}ms)`;
        return answer(400, { code: 'invalid_argument', message });
      }
      if (method === 'GetFeatureFlags') {
        return answer(200, { featureFlags: [{ name: 'v2StorageLayer', enabled: model.mode !== 'v1' }] });
      }
      if (method === 'SelectSeries') return answer(200, { series: computeSeries(model, ask) });
      if (halves(model, ask).some(({ store, start, end }) => store === 'v2' && start >= end)) {
        return answer(400, {
          code: 'invalid_argument',
          message: 'start time must be before end time, got …',
        });
      }
      const heatmap = computeHeatmap(model, ask);
      return heatmap === null ? answer(501, { code: 'unimplemented' }) : answer(200, { series: heatmap });
    })
    .persist();
  const source = createPyroscopeSource({ name: 'p', uid: 'p', url: ORIGIN, dispatcher: agent });
  return { source, methods };
}

const query = (from: number, to: number) => ({ profileTypeId: CPU, matchers: [], window: { from, to } });

function truth(events: readonly Event[], from: number, to: number) {
  const inWindow = events.filter(({ time }) => time >= from && time <= to);
  const byPod = new Map<string, { profiles: number; value: number }>();
  for (const { pod, value } of inWindow) {
    const known = byPod.get(pod) ?? { profiles: 0, value: 0 };
    byPod.set(pod, { profiles: known.profiles + 1, value: known.value + value });
  }
  return byPod;
}

/** The 13 profiles of the recorded service `edge`. */
const EDGE: readonly Event[] = Array.from({ length: 13 }, (_, index) => ({
  time: T0 + index * 15_000,
  value: 1e6 * 2 ** index,
  pod: index % 2 === 0 ? 'p0' : 'p1',
}));

describe('the model', () => {
  test.each([
    'aligned-15',
    'aligned-30',
    'before-60',
    'from+15-30',
    'groupby-pod',
    'huge-step',
    'odd-7.5',
    'offset7-30',
    'single-step',
    'tail-beyond-last-step',
    'tail-lost',
    'tiny-step',
    'agg-average',
  ])('answers like a v2 server: selectseries-%s', (name) => {
    expectRecorded(`v2-selectseries-${name}`, { mode: 'v2', events: EDGE, split: 0 });
  });

  test.each(['agg-sum', 'agg-average'])('answers like a v1 server: selectseries-%s', (name) => {
    expectRecorded(`v1-selectseries-${name}`, { mode: 'v1', events: EDGE, split: 0 });
  });

  test.each(['individual-inuse', 'individual-one-slot'])('counts like a v2 server: heatmap-%s', (name) => {
    const { request, response } = recorded(`v2-heatmap-${name}`);
    const counts = (rows: Row[] | null | undefined) =>
      rows?.map((row) => [
        row.labels ?? null,
        row.slots?.map((slot) => [slot.timestamp, slot.counts.reduce((sum, count) => sum + count, 0)]),
      ]);
    expect(counts(computeHeatmap({ mode: 'v2', events: EDGE, split: 0 }, request.body))).toEqual(
      counts(response.body.series),
    );
  });

  function expectRecorded(name: string, model: Model): void {
    const { request, response } = recorded(name);
    expect(computeSeries(model, request.body)).toEqual(response.body.series);
  }

  function recorded(name: string): { request: { body: Ask }; response: { body: { series: Row[] } } } {
    const url = new URL(`../../../fixtures/recorded/pyroscope/${name}.json`, import.meta.url);
    return JSON.parse(readFileSync(url, 'utf8'));
  }
});

const RANGE = 405_000;
/** Half of the instants lie on round seconds, where windows, steps and profiles meet. */
const offset = fc.oneof(
  fc.nat(RANGE),
  fc.nat(RANGE / 15_000).map((steps) => steps * 15_000),
);
const scenario = fc
  .record({
    mode: fc.constantFrom('v1' as const, 'v2' as const, 'dual' as const),
    // Instances that are told apart take no two profiles within a second.
    events: fc.uniqueArray(
      fc.record({
        time: offset.map((milliseconds) => T0 + milliseconds),
        value: fc.integer({ min: 1, max: 999 }),
        pod: fc.constantFrom(...PODS),
      }),
      { maxLength: 30, selector: ({ time, pod }) => `${Math.floor(time / 2000)} ${pod}` },
    ),
    oldest: fc.nat(),
    from: offset,
    length: fc.oneof(offset, fc.nat(1500)).map((milliseconds) => milliseconds + 10),
    closed: fc.boolean(),
    step: fc.oneof(
      fc.constantFrom(1, 15, 60, 7.5, 1000),
      fc.integer({ min: 1000, max: 90_000 }).map((ms) => ms / 1000),
    ),
  })
  .map(({ oldest, from, length, closed, ...rest }) => {
    const split = rest.events[oldest % Math.max(1, rest.events.length)]?.time ?? T0;
    return { ...rest, split, from: T0 + from + (closed ? 0 : 1), to: T0 + from + length };
  })
  // Requests cannot distinguish the storages where a window ends within two milliseconds after the split.
  .filter(({ split, to }) => to <= split || to > split + 2);

describe('whatever the storage', () => {
  test('snapshots are the profiles of the closed window', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ from, to, ...model }) => {
        const counts = await serve(model).source.snapshots(query(from, to), ['pod'], signal);
        const expected = [...truth(model.events, from, to)].map(([pod, { profiles }]): [string, number] => [
          pod,
          profiles,
        ]);
        expect(new Map(counts.map(({ labels, profiles }) => [labels.pod, profiles]))).toEqual(
          new Map(expected),
        );
      }),
      { numRuns: 400 },
    );
  });

  test('a timeline sums up to the closed window, each point from its own step', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ from, to, step, ...model }) => {
        const { source } = serve(model);
        const series = await source.timeSeries(query(from, to), { groupBy: ['pod'], step }, signal);
        const stepMs = step * 1000;
        const expected = new Map<string, Map<number, number>>();
        const first = to - (Math.max(1, Math.ceil((to - from) / stepMs)) - 1) * stepMs;
        for (const { time, value, pod } of model.events) {
          if (time < from || time > to) continue;
          const point = Math.max(first, to - Math.floor((to - time) / stepMs) * stepMs);
          const points = expected.get(pod) ?? new Map<number, number>();
          expected.set(pod, points.set(point, (points.get(point) ?? 0) + value));
        }
        const byPod = series.map(({ labels, points }): [string | undefined, Map<number, number>] => [
          labels.pod,
          new Map(points.map(({ time, value }) => [time, value])),
        ]);
        expect(new Map(byPod)).toEqual(expected);
        const totals = series.map(({ points }) => points.reduce((sum, { value }) => sum + value, 0));
        expect(totals).toEqual([...totals].sort((a, b) => b - a));
      }),
      { numRuns: 400 },
    );
  });
});

describe('a window that starts exactly on the oldest v2 profile, or next to it', () => {
  const split = T0 + 60_000;
  const before = { time: split - 1, value: 16, pod: 'p0' };
  const events = [
    before,
    ...[0, 1, 2, 15_000].map((after, at) => ({ time: split + after, value: 2 ** at, pod: `p${at % 3}` })),
  ];
  const model: Model = { mode: 'dual', events, split };
  const to = T0 + 120_000;

  test.each([-1, 0, 1, 2, 3])('%i ms after it', async (after) => {
    const { source } = serve(model);
    const expected = [...truth(events, split + after, to)];
    // The second time it is known where the storage begins.
    for (let round = 0; round < 2; round++) {
      const counts = await source.snapshots(query(split + after, to), ['pod'], signal);
      expect(new Map(counts.map(({ labels, profiles }) => [labels.pod, profiles]))).toEqual(
        new Map(expected.map(([pod, { profiles }]) => [pod, profiles])),
      );
      const series = await source.timeSeries(
        query(split + after, to),
        { groupBy: ['pod'], step: 7.5 },
        signal,
      );
      const sums = series.map(({ labels, points }): [string | undefined, number] => [
        labels.pod,
        points.reduce((sum, { value }) => sum + value, 0),
      ]);
      expect(new Map(sums)).toEqual(new Map(expected.map(([pod, { value }]) => [pod, value])));
    }
  });
});

describe('what is remembered', () => {
  const split = T0 + 60_000;
  const dual: Model = { mode: 'dual', events: EDGE, split };

  test('v2: one request, and one to learn that a timeline may start there', async () => {
    const { source, methods } = serve({ ...dual, mode: 'v2' });
    await source.snapshots(query(T0, T0 + 90_000), [], signal);
    await source.snapshots(query(T0 + 1000, T0 + 90_000), [], signal);
    await source.timeSeries(query(T0 + 1, T0 + 90_000), { groupBy: [], step: 15 }, signal);
    expect(methods).toEqual(['SelectHeatmap', 'SelectHeatmap', 'SelectSeries']);
    await source.timeSeries(query(T0 - 1, T0 + 90_000), { groupBy: [], step: 15 }, signal);
    expect(methods.slice(3)).toEqual(['SelectHeatmap', 'SelectSeries', 'SelectSeries']);
  });

  test('dual: where the v2 storage begins is looked for once a minute; later windows are asked as they are', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { source, methods } = serve(dual);
      const count = async (from: number) => {
        methods.length = 0;
        const [row] = await source.snapshots(query(from, T0 + 180_000), [], signal);
        return [row?.profiles, methods.length];
      };
      const [profiles, requests] = await count(T0);
      expect(profiles).toBe(13);
      expect(requests).toBeGreaterThan(10);
      // The halves: sum and average from v1, a heatmap from v2.
      expect(await count(T0)).toEqual([13, 3]);
      expect(await count(split + 15_000)).toEqual([8, 1]);
      vi.advanceTimersByTime(61_000);
      expect((await count(T0))[1]).toBe(requests);
    } finally {
      vi.useRealTimers();
    }
  });

  test('several timelines at once learn once for all, in every mode', async () => {
    for (const mode of ['v1', 'v2', 'dual'] as const) {
      const timeline = { groupBy: [], step: 15 };
      const alone = serve({ ...dual, mode });
      await alone.source.timeSeries(query(T0, T0 + 90_000), timeline, signal);
      const learnt = alone.methods.filter((name) => name !== 'SelectSeries');
      const { source, methods } = serve({ ...dual, mode });
      const series = await Promise.all(
        [1, 2, 3].map(() => source.timeSeries(query(T0, T0 + 90_000), timeline, signal)),
      );
      expect(methods.filter((name) => name !== 'SelectSeries')).toEqual(learnt);
      expect(series[1]).toEqual(series[0]);
      expect(series[2]).toEqual(series[0]);
    }
  });

  test('dual: a beginning that has moved since is looked for again', async () => {
    const model = { ...dual };
    const { source } = serve(model);
    await source.snapshots(query(T0, T0 + 180_000), [], signal);
    Object.assign(model, { split: split + 30_000 });
    const [row] = await source.snapshots(query(T0, T0 + 180_000), [], signal);
    expect(row?.profiles).toBe(13);
  });
});

describe('limits of the server', () => {
  const day = 86_400_000;
  const model: Model = { mode: 'v2', events: EDGE, split: 0, maxLength: day };

  test('the longest window that it allows is counted whole', async () => {
    const { source } = serve(model);
    const whole = query(T0, T0 + day);
    expect(await source.snapshots(whole, [], signal)).toEqual([{ labels: {}, profiles: 13 }]);
    const [series] = await source.timeSeries(whole, { groupBy: [], step: 86_400 }, signal);
    expect(series?.points).toEqual([{ time: T0 + day, value: 8_191_000_000 }]);
  });

  test('a longer one is counted whole, too, in pieces', async () => {
    const { source, methods } = serve(model);
    const longer = query(T0, T0 + day + 1);
    expect(await source.snapshots(longer, [], signal)).toEqual([{ labels: {}, profiles: 13 }]);
    // The requests are a refusal and two pieces.
    expect(methods).toEqual(['SelectHeatmap', 'SelectHeatmap', 'SelectHeatmap']);
    const [series] = await source.timeSeries(longer, { groupBy: [], step: 90_000 }, signal);
    expect(series?.points).toEqual([{ time: T0 + day + 1, value: 8_191_000_000 }]);
  });

  test.each(['v1', 'v2', 'dual'] as const)('%s: in pieces as without a limit', async (mode) => {
    const second = 1_000;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          from: fc.integer({ min: 0, max: 90 }),
          length: fc.integer({ min: 1, max: 120 }),
          longest: fc.integer({ min: 10, max: 100 }),
          step: fc.constantFrom(5, 15, 40, 400),
        }),
        async ({ from, length, longest, step }) => {
          const whole: Model = { mode, events: EDGE, split: T0 + 75 * second };
          const question = query(T0 + from * second, T0 + (from + length) * second);
          const answers = async (variant: Model) => {
            const { source } = serve(variant);
            return {
              counts: await source.snapshots(question, ['pod'], signal),
              series: await source.timeSeries(question, { groupBy: ['pod'], step }, signal),
            };
          };
          expect(await answers({ ...whole, maxLength: longest * second })).toEqual(await answers(whole));
        },
      ),
      {
        numRuns: 40,
        // Pieces that meet on the stamp of the oldest v2 profile.
        examples: [[{ from: 1, length: 103, longest: 11, step: 40 }]],
      },
    );
  });

  test('steps arrive as the milliseconds that were meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 * day }), (milliseconds) => {
        const seconds = stepSeconds(milliseconds);
        expect(Math.trunc(Math.trunc(seconds * 1e9) / 1e6)).toBe(milliseconds);
        expect(seconds).toBeCloseTo(milliseconds / 1000, 6);
      }),
      { numRuns: 2000 },
    );
  });
});
