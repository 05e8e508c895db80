import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemorySource, type StoredProfile } from '../../../test/evaluation/generator/memory-source.js';
import { UpstreamError, UserError } from '../../errors.js';
import { coalesceStacks } from '../../profile/tables/stacks.js';
import type { ProfileSource, SeriesQuery, Window } from '../source.js';
import { cutAlongGrid, cutEvenly, inPieces, MAX_PIECES } from './pieces.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const T0 = Date.parse('2026-11-20T00:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const { signal } = new AbortController();

const PATHS = [
  [{ fn: { name: 'main', file: 'main.go', startLine: 1, isSymbolised: true }, line: 3 }],
  [
    { fn: { name: 'main', file: 'main.go', startLine: 1, isSymbolised: true }, line: 4 },
    { fn: { name: 'work', file: 'work.go', startLine: 7, isSymbolised: true }, line: 9 },
  ],
];

function stored(time: number, pod: string, values: readonly number[]): StoredProfile {
  return {
    time,
    seconds: 10,
    labels: { service_name: 'shop', pod },
    paths: PATHS,
    values: new Map([[CPU, Float64Array.from(values)]]),
  };
}

/** A source that refuses windows over a limit as a server does, and what it was asked. */
function limited(inner: ProfileSource, limit: number, lookback = Number.POSITIVE_INFINITY, now = T0) {
  const askedWindows: Window[] = [];
  const refusals: Window[] = [];
  const check = <Query extends SeriesQuery>(query: Query): Query => {
    const from = Math.max(query.window.from, now - lookback);
    const length = query.window.to - from;
    if (length > limit) {
      refusals.push(query.window);
      const text = `the query time range exceeds the limit (max_query_length, actual: ${length / 1000}s, limit: ${limit / 1000}s)`;
      throw new UpstreamError('rejected', text, { status: 400, code: 'invalid_argument' });
    }
    askedWindows.push(query.window);
    return { ...query, window: { from, to: query.window.to } };
  };
  const source: ProfileSource = {
    ...inner,
    labelNames: async (query, callerSignal) => inner.labelNames(check(query), callerSignal),
    labelValues: async (name, query, callerSignal) => inner.labelValues(name, check(query), callerSignal),
    series: async (names, query, callerSignal) => inner.series(names, check(query), callerSignal),
    profile: async (query, callerSignal) => inner.profile(check(query), callerSignal),
    snapshots: async (query, groupBy, callerSignal) => inner.snapshots(check(query), groupBy, callerSignal),
    timeSeries: async (query, options, callerSignal) => inner.timeSeries(check(query), options, callerSignal),
  };
  return { source, askedWindows, refusals };
}

/** All that a source says about a window. */
async function answers(source: ProfileSource, window: Window, step: number, limit?: number) {
  const query = { profileTypeId: CPU, matchers: [], window };
  const { profile, notes, profiledSeconds } = await source.profile(query, signal);
  const { stackFrames, stackStart, values, frameFunction, frameLine, functions } = coalesceStacks(profile);
  const byPod = ({ labels }: { labels: Readonly<Record<string, string>> }) => labels.pod ?? '';
  return {
    names: await source.labelNames(query, signal),
    pods: await source.labelValues('pod', query, signal),
    rows: await source.series(['service_name', 'pod'], query, signal),
    stacks: Array.from(values, (value, stack) => [
      ...Array.from(stackFrames.subarray(stackStart[stack], stackStart[stack + 1]), (frame) => [
        functions[frameFunction[frame] ?? 0],
        frameLine[frame],
      ]),
      value,
    ]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    notes,
    profiledSeconds,
    counts: (await source.snapshots(query, ['pod'], signal)).sort((a, b) => (byPod(a) < byPod(b) ? -1 : 1)),
    series: await source.timeSeries(
      query,
      { groupBy: ['pod'], step, ...(limit === undefined ? {} : { limit }) },
      signal,
    ),
  };
}

describe('a window split anywhere gives the answer of the whole', () => {
  test('with random profiles, limits, windows and steps', async () => {
    const profile = fc.record({
      at: fc.nat(600),
      pod: fc.constantFrom('a', 'b', 'c'),
      values: fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(profile, { maxLength: 40 }),
        fc.record({
          from: fc.integer({ min: 0, max: 200 }),
          length: fc.integer({ min: 0, max: 400 }),
          longest: fc.integer({ min: 20, max: 300 }),
          step: fc.constantFrom(1, 5, 7, 60, 1000),
          limit: fc.constantFrom(undefined, 1, 2),
        }),
        async (profiles, { from, length, longest, step, limit }) => {
          // On whole seconds, as borders of pieces are: many profiles lie exactly on one.
          const all = profiles.map(({ at, pod, values }) => stored(T0 + at * 1000, pod, values));
          const whole = createMemorySource('whole', () => all);
          const window = { from: T0 + from * 1000, to: T0 + (from + length) * 1000 };
          const { source, askedWindows } = limited(whole, longest * 1000);
          const expected = await answers(whole, window, step, limit);
          expect(await answers(inPieces(source), window, step, limit)).toEqual(expected);
          for (const piece of askedWindows) expect(piece.to - piece.from).toBeLessThanOrEqual(longest * 1000);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the pieces', () => {
  test('follow one another, fill the window and hold one instant less than the limit', () => {
    const ask = fc.record({
      length: fc.integer({ min: 0, max: 5_000_000 }),
      longest: fc.integer({ min: 200_000, max: 4_000_000 }),
      step: fc.integer({ min: 1_000, max: 6_000_000 }),
    });
    fc.assert(
      fc.property(ask, ({ length, longest, step }) => {
        const window = { from: T0, to: T0 + length };
        for (const pieces of [cutEvenly(window, longest), cutAlongGrid(window, step, longest)]) {
          if (pieces.length > MAX_PIECES) continue;
          expect(pieces[0]?.from).toBe(window.from);
          expect(pieces.at(-1)?.to).toBe(window.to);
          pieces.forEach(({ from, to }, at) => {
            expect(to).toBeGreaterThanOrEqual(from);
            expect(to - from).toBeLessThan(longest);
            if (at > 0) expect(from).toBe((pieces[at - 1]?.to ?? 0) + 1);
          });
        }
      }),
    );
  });

  test('of a day each: 48 h in three, since windows are closed', () => {
    const window = { from: T0, to: T0 + 2 * DAY };
    expect(cutEvenly(window, DAY)).toHaveLength(3);
    expect(cutEvenly({ from: T0, to: T0 + 2 * DAY - 1 }, DAY)).toHaveLength(2);
    expect(cutAlongGrid(window, 60_000, DAY).map(({ to }) => (window.to - to) % 60_000)).toEqual([0, 0, 0]);
  });
});

describe('what is learned', () => {
  const source = createMemorySource('m', () => [stored(T0 + HOUR, 'a', [1, 2])]);
  const window = { from: T0, to: T0 + 2 * DAY };
  const query = { profileTypeId: CPU, matchers: [], window };

  test('one refusal is enough; a window within the limit is asked whole', async () => {
    const { source: server, askedWindows, refusals } = limited(source, DAY);
    const split = inPieces(server);
    await split.labelNames(query, signal);
    await split.profile(query, signal);
    await split.labelNames({ matchers: [], window: { from: T0, to: T0 + DAY } }, signal);
    expect(refusals).toHaveLength(1);
    expect(askedWindows).toHaveLength(3 + 3 + 1);
  });

  test('after an hour it is learned anew', async () => {
    const { source: server, refusals } = limited(source, DAY);
    let now = T0;
    const split = inPieces(server, () => now);
    await split.labelNames(query, signal);
    now += HOUR + 1;
    await split.labelNames(query, signal);
    expect(refusals).toHaveLength(2);
  });

  test('a limit that shrank is learned at once', async () => {
    let limit = DAY;
    const split = inPieces({
      ...source,
      labelNames: async (piece, callerSignal) =>
        limited(source, limit).source.labelNames(piece, callerSignal),
    });
    expect(await split.labelNames(query, signal)).toEqual(['pod', 'service_name']);
    limit = 6 * HOUR;
    expect(await split.labelNames(query, signal)).toEqual(['pod', 'service_name']);
  });

  test('a window of more than 32 pieces is refused with the longest that is answered', async () => {
    const { source: server, askedWindows } = limited(source, DAY);
    const month = { matchers: [], window: { from: T0, to: T0 + 40 * DAY } };
    const error = await inPieces(server)
      .labelNames(month, signal)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message:
        'The window of 40 days is too long: the server answers about 24 h at a time, and at most 32 answers are added up.',
      next: 'Use a window of at most 32 days, for example {"from":"2026-11-29T00:00:00Z","to":"2026-12-30T00:00:00Z"}.',
    });
    expect(askedWindows).toHaveLength(0);
    const allowed = { matchers: [], window: { from: Date.parse('2026-11-29T00:00:00Z'), to: T0 + 40 * DAY } };
    expect(await inPieces(server).labelNames(allowed, signal)).toEqual([]);
  });

  test('other failures are passed on, and how far it came where time ran out', async () => {
    const failing = (kind: 'timeout' | 'failed') => {
      const { source: server } = limited(source, DAY);
      let calls = 0;
      return inPieces({
        ...server,
        async labelNames(piece, callerSignal) {
          const names = await server.labelNames(piece, callerSignal);
          if (++calls > 2) throw new UpstreamError(kind, 'no answer within 30 s');
          return names;
        },
      }).labelNames(query, signal);
    };
    await expect(failing('timeout')).rejects.toMatchObject({
      kind: 'timeout',
      detail: 'no answer within 30 s; the window was asked for in 3 pieces, of which 2 were answered',
    });
    await expect(failing('failed')).rejects.toMatchObject({
      kind: 'failed',
      detail: 'no answer within 30 s',
    });
  });

  test('at most 4 pieces are under way, and none is asked for once the caller has gone', async () => {
    const { source: server } = limited(source, HOUR);
    const controller = new AbortController();
    let [running, most, started] = [0, 0, 0];
    const split = inPieces({
      ...server,
      async labelNames(piece, callerSignal) {
        const names = await server.labelNames(piece, callerSignal);
        most = Math.max(most, ++running);
        if (++started === 6) controller.abort(new Error('gone'));
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return names;
      },
    });
    const day = { matchers: [], window: { from: T0, to: T0 + DAY } };
    await expect(split.labelNames(day, controller.signal)).rejects.toThrow('gone');
    expect(most).toBe(4);
    const before = started;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(started).toBe(before);
  });
});

describe('a server that looks back only so far', () => {
  const now = T0 + 10 * DAY;
  const week = 7 * DAY;
  const all = Array.from({ length: 240 }, (_, hour) => stored(T0 + hour * HOUR, 'a', [1, 2]));
  const inner = createMemorySource('m', () => all);
  const query = { profileTypeId: CPU, matchers: [], window: { from: T0, to: now } };

  test('a long window is answered for what it answers about, and its refusal says how far that reaches', async () => {
    const { source, refusals, askedWindows } = limited(inner, DAY, week, now);
    const split = inPieces(source, () => now);
    const { profile } = await split.profile(query, signal);
    expect(refusals).toHaveLength(1);
    expect(askedWindows).toHaveLength(7);
    expect(await split.lookbackLimit?.(signal)).toBe(now - week);
    expect(refusals).toHaveLength(1);
    // The instant of the border itself is left to the margin.
    expect(profile.values.reduce((sum, value) => sum + value, 0)).toBe(3 * (7 * 24 - 1));
  });

  test('it is found out by asking for all of time, once an hour', async () => {
    const { source, refusals } = limited(inner, DAY, week, now);
    const split = inPieces(source, () => now);
    expect(await split.lookbackLimit?.(signal)).toBe(now - week);
    expect(await split.lookbackLimit?.(signal)).toBe(now - week);
    expect(refusals).toHaveLength(1);
  });

  test('a question that it does not answer is not asked again for an hour', async () => {
    let calls = 0;
    const split = inPieces({
      ...inner,
      async labelValues() {
        calls++;
        throw new UpstreamError('failed', 'no');
      },
    });
    expect(await split.lookbackLimit?.(signal)).toBeNull();
    expect(await split.lookbackLimit?.(signal)).toBeNull();
    expect(calls).toBe(1);
  });

  test('a server without limits is asked once an hour, too, and has none', async () => {
    const { source, refusals, askedWindows } = limited(inner, Number.POSITIVE_INFINITY);
    const split = inPieces(source, () => now);
    expect(await split.lookbackLimit?.(signal)).toBeNull();
    expect(await split.lookbackLimit?.(signal)).toBeNull();
    expect([refusals.length, askedWindows.length]).toEqual([0, 1]);
  });
});

describe('what is left of a merge that is too large', () => {
  const source = createMemorySource('m', () => [
    stored(T0 - 30 * HOUR, 'a', [1, 2]),
    stored(T0 - HOUR, 'a', [10, 20]),
  ]);
  const window = { from: T0 - 2 * DAY, to: T0 };
  const query = { profileTypeId: CPU, matchers: [], window };
  const sum = (values: Iterable<number>) => [...values].reduce((all, value) => all + value, 0);

  /** Gives only the leaves of windows that end before the last day. */
  const withReduced = (): ProfileSource => {
    const { source: short } = limited(source, DAY);
    return {
      ...short,
      async reduced(piece, _, callerSignal) {
        const { profile } = await short.profile(piece, callerSignal);
        const isOld = piece.window.to < T0 - DAY;
        return { leaves: profile, callSites: isOld ? 1 : 4, tree: isOld ? null : profile };
      },
    };
  };

  test('is added up over the pieces of a long window, as far as all of them have it', async () => {
    const reduced = await inPieces(withReduced(), () => T0).reduced?.(query, signal, signal);
    expect(sum(reduced?.leaves.values ?? [])).toBe(33);
    expect([reduced?.callSites, reduced?.tree]).toEqual([1, null]);
  });

  test('is as the source gives it where the window is short enough', async () => {
    const today = { ...query, window: { from: T0 - 2 * HOUR, to: T0 } };
    const reduced = await inPieces(withReduced(), () => T0).reduced?.(today, signal, signal);
    expect([reduced?.callSites, sum(reduced?.tree?.values ?? [])]).toEqual([4, 30]);
  });

  test('is missing where the source has whole profiles only', () => {
    expect(inPieces(limited(source, DAY).source, () => T0).reduced).toBeUndefined();
  });
});
