import { describe, expect, test } from 'vitest';
import type { ProfileSource } from '../src/sources/source.js';
import { asker, askFiles, INCIDENTS } from './support/ask.js';
import { hour, iso, MINUTE, START, source, timeline, WINDOW } from './support/hour.js';

// Cost over time: values that mean the same whatever the window, onset, bursts, gaps, and no more requests
// than said.

/** A time on the day of the profiles. */
const on = (time: string) => `2026-11-20T${time}Z`;

describe('the total', () => {
  test('that rises and stays has an onset, the same in words and in JSON', async () => {
    const { text, json } = await timeline(
      await source(hour((minute, noise) => ({ f: (minute < 40 ? 50 : 90) + noise }))),
    );
    expect(json.onset).toEqual({ after: on('12:39:23'), before: on('12:40:59') });
    expect(text).toContain(
      `Onset: cpu rose from 519 ms to 923 ms per profile between ${on('12:39:23')} and ${on('12:40:59')}.`,
    );
    expect(text).toContain('No spikes. No gaps.');
    expect(json).toMatchObject({
      spikes: [],
      gaps: [],
      value_unit: 'nanoseconds per profile',
      group_by: null,
    });
    expect(json.series).toHaveLength(1);
    expect(json.series[0].points[0]).toEqual({
      from: iso(0),
      to: expect.any(String),
      value: expect.any(Number),
      share: null,
    });
    expect(json.series[0].points.at(-1).to).toBe(iso(60));
  });

  test('an onset within a part is not placed beside it', async () => {
    for (const start of [41, 42, 43]) {
      const { json } = await timeline(
        await source(hour((minute, noise) => ({ f: (minute < start ? 50 : 90) + noise }))),
      );
      expect(Date.parse(json.onset.after)).toBeLessThanOrEqual(START + (start - 0.5) * MINUTE);
      expect(Date.parse(json.onset.before)).toBeGreaterThanOrEqual(START + (start + 0.5) * MINUTE);
      expect(Date.parse(json.onset.before) - Date.parse(json.onset.after)).toBeLessThanOrEqual(5 * MINUTE);
    }
  });

  test('that stays has none', async () => {
    const { text, json } = await timeline(await source(hour((_, noise) => ({ f: 50 + noise }))));
    expect(json.onset).toBeNull();
    expect(text).toContain('Onset: cpu shows no change point.');
  });

  test('a burst is no onset, but a spike with its times', async () => {
    const burst = (minute: number) => minute >= 20 && minute < 25;
    const { text, json } = await timeline(
      await source(hour((minute, noise) => ({ f: (burst(minute) ? 200 : 50) + noise }))),
    );
    expect(json.onset).toBeNull();
    expect(text).toMatch(/Onset: cpu shows a burst to 2\.0\d s from \S+ to \S+, else 5\d\d ms per profile\./);
    expect(json.spikes).toEqual([
      { label: 'total', from: iso(20.5), to: iso(24.5), value: expect.any(Number) },
    ]);
  });

  test('a stretch without profiles is a gap, and no fall', async () => {
    const all = hour((_, noise) => ({ f: 50 + noise })).filter(({ minute }) => minute < 20 || minute > 30);
    const { text, json } = await timeline(await source(all));
    expect(json.gaps).toEqual([{ from: iso(19.5), to: iso(30.5) }]);
    expect(json.onset).toBeNull();
    expect(
      json.series[0].points.filter(({ value }: { value: unknown }) => value === null).length,
    ).toBeGreaterThan(2);
    expect(text).toContain(`Gaps: from ${iso(19.5)} to ${iso(30.5)}.`);
    expect(text).toContain('·');
  });

  test('is per profile: two pods, or a longer window, change no value', async () => {
    const onePod = hour(() => ({ f: 50 }));
    const twoPods = [...onePod, ...hour(() => ({ f: 50 }), { pod: 'b' })];
    for (const [sent, window] of [
      [onePod, {}],
      [twoPods, {}],
      [twoPods, { from: iso(30) }],
    ] as const) {
      const { json } = await timeline(await source(sent), window);
      expect(json.series[0]).toMatchObject({ min: 500_000_000, mean: 500_000_000, max: 500_000_000 });
    }
  });

  test('is a rate where the profiles cover the window', async () => {
    const cover = (pod: string) =>
      Array.from({ length: 240 }, (_, at) => ({
        minute: (at + 0.5) / 4,
        labels: { pod },
        work: { f: at < 160 ? 750 : 1_500 },
      }));
    const from = await source([...cover('a'), ...cover('b')], 'cpu/nanoseconds', 15);
    const { text, json } = await timeline(from);
    expect(json.value_unit).toBe('cores');
    expect(text).toMatch(/Onset: cpu rose from 1 core to 2 cores between/);
    expect(json.series[0].points[0].value).toBeCloseTo(1, 1);
  });

  test('of live heap is the mean snapshot', async () => {
    const from = await source(
      hour((minute) => ({ f: minute < 30 ? 1 : 3 })),
      'inuse_space/bytes',
    );
    const { json } = await timeline(from, { profile_type: 'inuse' });
    expect(json.value_unit).toBe('bytes per snapshot');
    expect(json.series[0]).toMatchObject({ min: 10_000_000, max: 30_000_000 });
    expect(json.onset).toEqual({ after: on('12:29:22'), before: on('12:30:58') });
  });

  test('of wall-clock time is without what was idle', async () => {
    const from = await source(
      hour((minute, noise) => ({ f: (minute < 30 ? 10 : 20) + noise, '(idle)': 2_000 + 40 * noise })),
      'wall/nanoseconds',
    );
    const { json } = await timeline(from, { profile_type: 'wall' });
    expect(json.series[0].max).toBeLessThan(300_000_000);
    expect(json.onset).toEqual({ after: on('12:29:23'), before: on('12:31:22') });
  });
});

test.each([
  ['of one instant', iso(0.5), iso(0.5)],
  ['of one second', iso(0.5), new Date(START + 31_000).toISOString()],
  ['of a day', new Date(START - 1_380 * MINUTE).toISOString(), iso(60)],
])('a window %s', async (_what, from, to) => {
  const sent = await source(hour(() => ({ f: 50 })));
  for (const args of [{}, { group_by: 'pod' }, { function: 'f' }]) {
    const { json } = await timeline(sent, { from, to, ...args });
    expect(json.series[0]).toMatchObject({ min: 500_000_000, max: 500_000_000 });
    expect(json.onset).toBeNull();
  }
});

describe('a function', () => {
  const grown = hour((minute, noise) => ({
    'api;pay': minute < 30 ? noise : 40 + noise,
    'api;list': 100 + noise,
  }));

  test('its share over time, and its value', async () => {
    const { text, json } = await timeline(await source(grown), { function: 'pay' });
    expect(json.onset).toEqual({ after: on('12:28:27'), before: on('12:32:52') });
    expect(text).toMatch(
      /Onset: pay as a share of cpu rose from \S+% to \S+% between .*; its value from \S+ ms to \S+ ms per profile\./,
    );
    const { points } = json.series[0];
    expect(points.length).toBe(12);
    expect(points.at(-1).share).toBeGreaterThan(0.25);
    expect(json).toMatchObject({ function: 'pay', group_by: null });
    expect(json.next[0]).toMatchObject({
      tool: 'inspect_function',
      arguments: { function: 'pay', from: on('12:32:51') },
    });
  });

  test('is not moved by load', async () => {
    const load = hour((minute) => ({ pay: minute < 30 ? 20 : 60, list: minute < 30 ? 80 : 240 }));
    const { json } = await timeline(await source(load), { function: 'pay' });
    expect(json.onset).toBeNull();
    expect(json.series[0].points.every(({ share }: { share: number }) => share === 0.2)).toBe(true);
  });
});

describe('requests', () => {
  /** Wraps a source and counts its requests, and how many run in parallel. */
  function counted(inner: ProfileSource) {
    const calls: Record<string, number> = {};
    let [running, most] = [0, 0];
    const count =
      <A extends unknown[], R>(name: string, ask: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        calls[name] = (calls[name] ?? 0) + 1;
        most = Math.max(most, ++running);
        try {
          // Lets what was started meanwhile run, too.
          await new Promise((resolve) => setImmediate(resolve));
          return await ask(...args);
        } finally {
          running--;
        }
      };
    const source: ProfileSource = {
      ...inner,
      profile: count('profile', inner.profile),
      snapshots: count('snapshots', inner.snapshots),
      timeSeries: count('timeSeries', inner.timeSeries),
      series: count('series', inner.series),
    };
    return { source, calls, most: () => most };
  }
  const pods = ['a', 'b', 'c'].flatMap((pod, at) =>
    hour(() => ({ f: 50, g: 50 + at }), { pod, version: pod }),
  );

  test.each<[string, Record<string, unknown>, Record<string, number>]>([
    ['get_timeline', {}, { profile: 1, snapshots: 1, timeSeries: 1 }],
    ['get_timeline', { group_by: 'pod' }, { profile: 1, snapshots: 1, timeSeries: 1 }],
    ['get_timeline', { function: 'f' }, { profile: 13, snapshots: 1, timeSeries: 1 }],
    ['inspect_function', { function: 'f' }, { profile: 10, snapshots: 1, timeSeries: 1, series: 1 }],
  ])('%s %j', async (tool, args, expected) => {
    const { source: counting, calls, most } = counted(await source(pods));
    const { isError } = await asker(counting)(tool, {
      service: 'shop',
      profile_type: 'cpu',
      ...WINDOW,
      ...args,
    });
    expect([isError, calls]).toEqual([false, expected]);
    expect(most()).toBeLessThanOrEqual(4);
  });

  test('where profiles cannot be told apart, each part is counted', async () => {
    const unlabelled = [...hour(() => ({ f: 50 }), {}), ...hour(() => ({ f: 70 }), {})];
    const { source: counting, calls, most } = counted(await source(unlabelled));
    const { text, isError } = await asker(counting)('get_timeline', {
      service: 'shop',
      profile_type: 'cpu',
      ...WINDOW,
    });
    expect(isError).toBe(false);
    expect(text).toContain('total: min 600 ms, mean 600 ms, max 600 ms');
    expect(calls).toEqual({ profile: 1, snapshots: 13, timeSeries: 1 });
    expect(most()).toBeLessThanOrEqual(4);
  });
});

test('a function whose share stays while its value changes says so', async () => {
  const { text, json } = await timeline(
    await source(hour((minute, noise) => ({ f: (minute < 40 ? 50 : 900) + noise }))),
    { function: 'f' },
  );
  expect(json.onset).toBeNull();
  expect(json.value_onset).toEqual({ after: on('12:39:29'), before: on('12:42:11') });
  expect(text).toMatch(
    /Onset: f .*as a share of cpu shows no change point; its value rose from 5\d\d ms to \S+ s per profile between /,
  );
});

test('nothing is called a spike that is lower than what came to stay', async () => {
  const { json } = await timeline(
    await source(hour((minute, noise) => ({ f: (minute < 40 ? (minute === 10 ? 100 : 20) : 900) + noise }))),
  );
  expect(json.onset).not.toBeNull();
  expect(json.spikes).toEqual([]);
});

const CALM: Readonly<Record<string, readonly string[]>> = {
  '05-notify-goroutines': ['cpu', 'alloc', 'inuse', 'goroutines'],
  '08-auth-cpu': ['cpu'],
  '16-storefront-latency': ['wall', 'inuse'],
};

describe.each(INCIDENTS)('while nothing happened in $name', ({ name, directory, service }) => {
  test.each(CALM[name] ?? ['cpu', 'alloc', 'inuse'])(
    'no function of %s is said to have changed',
    async (type) => {
      const ask = askFiles(directory);
      const question = {
        service,
        profile_type: type,
        from: '2026-11-20T14:00:00Z',
        to: name.startsWith('10') ? '2026-11-20T14:45:00Z' : '2026-11-20T14:29:59Z',
      };
      const json = async (tool: string, args: object) =>
        JSON.parse((await ask(tool, { ...question, ...args, format: 'json' })).text);
      const { top_functions } = await json('query_profile', { sort: 'total', limit: 100 });
      expect((await json('get_timeline', {})).onset).toBeNull();
      for (const row of top_functions.filter((_: unknown, at: number) => at % 5 === 0)) {
        // Anonymous functions and bare names may stand in several files.
        const isBare = !/[./:]/.test(row.function) && row.file !== null;
        const place = isBare || row.function.includes('anonymous') ? ` ${row.file}:${row.line}` : '';
        const { headline } = await json('get_timeline', { function: `${row.function}${place}` });
        expect(headline).toContain('shows no change point');
      }
    },
  );
});
