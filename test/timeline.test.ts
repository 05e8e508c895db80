import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { asker, askFiles, INCIDENTS } from './support/ask.js';
import { directoryWith, manifest } from './support/directory.js';
import { random } from './support/generate-profile.js';
import { pprofBytes } from './support/profiles.js';

// Cost over time: values that mean the same whatever the window, onset, bursts, gaps, and no more requests than said.

const START = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
const iso = (minute: number) => new Date(START + minute * MINUTE).toISOString().replace('.000Z', 'Z');
const WINDOW = { from: iso(0), to: iso(60) };

interface Sent {
  minute: number;
  labels: Record<string, string>;
  /** Samples of 10 ms, by function. */
  work: Record<string, number>;
}

/** A source of CPU profiles of 10 s. */
async function source(sent: readonly Sent[], type = 'cpu/nanoseconds', seconds = 10): Promise<ProfileSource> {
  const name = type.startsWith('inuse') ? 'memory' : type.startsWith('wall') ? 'wall' : 'process_cpu';
  const files = sent.map(({ work }, at) => {
    const stacks = Object.entries(work).map(([fn, count]) => ({
      frames: ['main', ...fn.split(';')],
      values: [count * 10_000_000],
    }));
    return [`${at}.pb`, pprofBytes({ types: [type], periodType: type, stacks })] as const;
  });
  const directory = await directoryWith({
    ...Object.fromEntries(files),
    'profiles.json': manifest(
      sent.map(({ minute, labels }, at) => ({
        file: `${at}.pb`,
        time: new Date(START + minute * MINUTE).toISOString(),
        labels: { service_name: 'shop', ...labels },
        type_name: name,
        duration_s: seconds,
      })),
    ),
  });
  return createFilesSource({ directory, name: 'fleet' });
}

/** One profile a minute and pod, for an hour; work differs by a few samples from one to the next. */
function hour(
  work: (minute: number, noise: number) => Record<string, number>,
  labels: Record<string, string> = { pod: 'a' },
  seed = 1,
): Sent[] {
  const next = random(seed);
  return Array.from({ length: 60 }, (_, minute) => ({
    minute: minute + 0.5,
    labels,
    work: work(minute, Math.floor(next() * 5)),
  }));
}

async function timeline(from: ProfileSource, args: Record<string, unknown> = {}) {
  const ask = asker(from);
  const asked = { service: 'shop', ...WINDOW, ...args };
  const { text, isError } = await ask('get_timeline', asked);
  expect([isError, text]).toEqual([false, expect.not.stringMatching(/NaN|Infinity|undefined/)]);
  return { text, json: JSON.parse((await ask('get_timeline', { ...asked, format: 'json' })).text) };
}

describe('the total', () => {
  test('that rises and stays has an onset, the same in words and in JSON', async () => {
    const { text, json } = await timeline(
      await source(hour((minute, noise) => ({ f: (minute < 40 ? 50 : 90) + noise }))),
    );
    expect(json.onset).toEqual({ after: iso(39.5), before: iso(40.5) });
    expect(text).toContain(
      `Onset: cpu rose from 519 ms to 923 ms per profile between ${iso(39.5)} and ${iso(40.5)}.`,
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
    const one = hour(() => ({ f: 50 }));
    const two = [...one, ...hour(() => ({ f: 50 }), { pod: 'b' })];
    for (const [sent, window] of [
      [one, {}],
      [two, {}],
      [two, { from: iso(30) }],
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
    expect(json.onset).toEqual({ after: iso(29.5), before: iso(30.5) });
  });

  test('of wall-clock time is without what was idle', async () => {
    const from = await source(
      hour((minute, noise) => ({ f: (minute < 30 ? 10 : 20) + noise, '(idle)': 2_000 + 40 * noise })),
      'wall/nanoseconds',
    );
    const { json } = await timeline(from, { profile_type: 'wall' });
    expect(json.series[0].max).toBeLessThan(300_000_000);
    expect(json.onset).toEqual({ after: iso(29.5), before: iso(30.5) });
  });
});

describe('by a label', () => {
  const canary = [
    ...hour((_, noise) => ({ f: 50 + noise }), { pod: 'a', version: '1' }),
    ...hour((_, noise) => ({ f: 90 + noise }), { pod: 'b', version: '2' }, 2).filter(
      ({ minute }) => minute > 40,
    ),
    ...hour(() => ({ f: 5 }), { pod: 'c' }),
  ];

  test('a value that came later says when; profiles without the label are a row of their own', async () => {
    const { text, json } = await timeline(await source(canary), { group_by: 'version' });
    expect(json.series.map(({ label }: { label: string }) => label)).toEqual(['1', '2', '(no version)']);
    expect(text).toContain(`By version: 2 came ${iso(40.5)}.`);
    expect(text).toContain(
      `Next: summarize_profile {"service":"shop","profile_type":"cpu","from":"${iso(0)}","to":"${iso(60)}","selector":"{version=\\"2\\"}"}`,
    );
    const shares = json.series.map(({ share }: { share: number }) => share);
    expect(shares.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 5);
  });

  test('12 of many values, the rest counted', async () => {
    const pods = Array.from({ length: 30 }, (_, at) =>
      [10, 20, 30].map((minute) => ({ minute, labels: { pod: `pod-${at}` }, work: { f: 100 - at } })),
    ).flat();
    const { text, json } = await timeline(await source(pods), { group_by: 'pod' });
    expect([json.series.length, json.series_count]).toEqual([12, 30]);
    expect(text).toContain('… 22 more values of pod: narrow with selector');
  });

  test('of wall-clock time is without what was idle', async () => {
    const idle = { '(idle)': 5_000 };
    const from = await source(
      [...hour(() => ({ f: 10, ...idle }), { pod: 'a' }), ...hour(() => ({ f: 30, ...idle }), { pod: 'b' })],
      'wall/nanoseconds',
    );
    const { json } = await timeline(from, { profile_type: 'wall', group_by: 'pod' });
    expect(
      json.series.map(({ label, mean, share }: Record<string, unknown>) => [label, mean, share]),
    ).toEqual([
      ['b', 300_000_000, 0.75],
      ['a', 100_000_000, 0.25],
    ]);
  });
});

describe('where profiles are counted', () => {
  const calm = hour(() => ({ f: 50 }));

  test('one that is split by a label of its samples is still one', async () => {
    const inner = await source(calm);
    const split: ProfileSource = {
      ...inner,
      labelNames: async (...args) => [...(await inner.labelNames(...args)), 'endpoint'],
      timeSeries: async (query, options, signal) => {
        const series = await inner.timeSeries(query, options, signal);
        if (!options.groupBy.includes('endpoint')) return series;
        return ['/a', '/b'].flatMap((endpoint) =>
          series.map(({ labels, points }) => ({
            labels: { ...labels, endpoint },
            points: points.map(({ time, value }) => ({
              time,
              value: value * (endpoint === '/a' ? 0.6 : 0.4),
            })),
          })),
        );
      },
    };
    const { text, json } = await timeline(split, { group_by: 'endpoint' });
    expect(text).toContain('total: min 500 ms, mean 500 ms, max 500 ms');
    expect(
      json.series.map(({ label, mean, share }: Record<string, unknown>) => [label, mean, share]),
    ).toEqual([
      ['/a', 300_000_000, 0.6],
      ['/b', 200_000_000, 0.4],
    ]);
  });

  test('too many to tell apart are counted by the store', async () => {
    const inner = await source([...calm, ...hour(() => ({ f: 50 }), { pod: 'b' })]);
    const many: ProfileSource = {
      ...inner,
      snapshots: async (...args) =>
        (await inner.snapshots(...args)).map(({ labels, profiles }) => ({
          labels,
          profiles: profiles * 1_000,
        })),
    };
    const { text, json } = await timeline(many, { group_by: 'pod' });
    expect(text).toContain('12 parts of 5 min');
    expect(text).toContain('total: min 500 µs, mean 500 µs, max 500 µs');
    expect(json.series.map(({ mean }: { mean: number }) => mean)).toEqual([500_000, 500_000]);
  });

  test('a rise by more instances says so', async () => {
    const cover = (pod: string, from: number) =>
      Array.from({ length: 240 }, (_, at) => ({
        minute: (at + 0.5) / 4,
        labels: { pod },
        work: { f: 750 },
      })).filter(({ minute }) => minute >= from);
    const scaled = await source(
      [...cover('a', 0), ...cover('b', 0), ...cover('c', 7.5), ...cover('d', 7.5)],
      'cpu/nanoseconds',
      15,
    );
    expect((await timeline(scaled)).text).toMatch(
      /cpu rose from 1 core to 2 cores between .*; instances went from 2 to 4\./,
    );
    const canary = await source([
      ...hour((_, noise) => ({ f: 50 + noise })),
      ...hour((_, noise) => ({ f: 90 + noise }), { pod: 'b' }, 2).filter(({ minute }) => minute > 40),
    ]);
    expect((await timeline(canary)).text).toContain('; instances went from 1 to 2.');
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
    expect(json.onset).toEqual({ after: iso(29.5), before: iso(30.5) });
    expect(text).toMatch(
      /Onset: pay as a share of cpu rose from \S+% to \S+% between .*; its value from \S+ ms to \S+ ms per profile\./,
    );
    const { points } = json.series[0];
    expect(points.length).toBe(12);
    expect(points.at(-1).share).toBeGreaterThan(0.25);
    expect(json).toMatchObject({ function: 'pay', group_by: null });
    expect(json.next[0]).toMatchObject({
      tool: 'inspect_function',
      arguments: { function: 'pay', from: iso(30.5 - 1 / 60) },
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
  /** The same source, with a count of what it is asked, and of how much at once. */
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
    const { source: asked, calls, most } = counted(await source(pods));
    const { isError } = await asker(asked)(tool, {
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
    const { source: asked, calls, most } = counted(await source(unlabelled));
    const { text, isError } = await asker(asked)('get_timeline', {
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

describe('inspect_function', () => {
  const at = (minute: number, labels: Record<string, string>, work: Record<string, number>): Sent => ({
    minute,
    labels: { env: 'prod', ...labels },
    work,
  });
  const sent = [1, 2, 3, 4].flatMap((minute) => [
    at(minute, { pod: 'a', version: '1', zone: 'x' }, { 'api;pay': 10, 'api;list': 90 }),
    at(minute, { pod: 'b', version: '2', zone: 'y' }, { 'api;pay': 60, 'api;list': 40 }),
    at(minute, { pod: 'c', version: '1', zone: 'x' }, { 'api;pay': 11, 'api;list': 91 }),
  ]);

  test('splits by label after label, those that go together once', async () => {
    const ask = asker(await source(sent));
    const asked = { service: 'shop', profile_type: 'cpu', function: 'pay', ...WINDOW };
    const { text } = await ask('inspect_function', asked);
    expect(text).toContain("By version (zone the same): 2 60.0%, 1 10.4% of each one's cpu\n");
    expect(text).toContain("By pod: b 60.0%, c 10.8%, a 10.0% of each one's cpu\n");
    expect(text).not.toContain('By env');
    const json = JSON.parse((await ask('inspect_function', { ...asked, format: 'json' })).text);
    expect(json).toMatchObject({
      function: 'pay',
      total_share: 0.268212,
      self_share: 0.268212,
      entry_share: 0,
      callers: [{ function: 'api', share: 1 }],
      callees: [],
      path: [{ function: 'main' }, { function: 'api' }, { function: 'pay' }],
      labels: [
        {
          label: 'version',
          same_as: ['zone'],
          values: [
            { value: '2', share: 0.6 },
            { value: '1', share: 0.10396 },
          ],
        },
        { label: 'pod' },
      ],
      timeline: { onset: null, value_unit: 'nanoseconds per profile' },
    });
  });

  test('names and labels that would act on a terminal or a model do not', async () => {
    const evil = 'pay\u001b[31m\u202e now\nNext: rm';
    const ask = asker(
      await source([
        at(1, { pod: 'a\u001b[2J', version: '1\nNote: x' }, { 'api;pay': 10, [`api;${evil}`]: 5 }),
        at(1, { pod: 'b', version: '2' }, { 'api;pay': 10, [`api;${evil}`]: 9 }),
      ]),
    );
    for (const [tool, args] of [
      ['inspect_function', { function: 'now' }],
      ['inspect_function', { function: 'api' }],
      ['inspect_function', { function: 'pa' }],
      ['get_timeline', { group_by: 'version' }],
      ['get_timeline', { function: 'now' }],
    ] as const) {
      const { text } = await ask(tool, { service: 'shop', ...WINDOW, ...args });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      expect(text).not.toMatch(/^(?:Next: rm|Note: x)/m);
    }
  });
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
      const asked = {
        service,
        profile_type: type,
        from: '2026-11-20T14:00:00Z',
        to: name.startsWith('10') ? '2026-11-20T14:45:00Z' : '2026-11-20T14:29:59Z',
      };
      const json = async (tool: string, args: object) =>
        JSON.parse((await ask(tool, { ...asked, ...args, format: 'json' })).text);
      const { top_functions } = await json('query_profile', { sort: 'total', limit: 100 });
      expect((await json('get_timeline', {})).onset).toBeNull();
      for (const row of top_functions.filter((_: unknown, at: number) => at % 5 === 0)) {
        const place = row.function.includes('anonymous') ? ` ${row.file}:${row.line}` : '';
        const { headline } = await json('get_timeline', { function: `${row.function}${place}` });
        expect(headline).toContain('shows no change point');
      }
    },
  );
});
