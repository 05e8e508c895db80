import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { CallEnvironment } from '../src/mcp/call.js';
import { createAskedBook } from '../src/patterns/asked/book.js';
import { createPatternBook } from '../src/patterns/book.js';
import type { KeptRows } from '../src/schema/rows.js';
import { createFilesSource } from '../src/sources/files/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { askerIn, createEnvironment, demoSource, fixture, INCIDENT_WINDOW, NOW } from './support/ask.js';
import { dashboardStore } from './support/dashboards.js';

// Calls of our own that were followed up, as find_query_patterns offers them, and what is kept of them.

const CHECKOUT = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const DAY = 86_400_000;

/** An agent in a process that remembers, and the rows that it keeps. */
function remembering(
  sources: readonly ProfileSource[] = [demoSource()],
  getPatterns?: CallEnvironment['context']['getPatterns'],
) {
  const stored = new Map<string, string>();
  const clock = { now: NOW };
  const failures: unknown[] = [];
  const rows: KeptRows = {
    read: async () => new Map(stored),
    async change(changeOf) {
      const { put, drop } = changeOf(new Map(stored));
      for (const name of drop) stored.delete(name);
      for (const [name, text] of put) stored.set(name, text);
    },
  };
  const asked = createAskedBook({
    now: () => clock.now,
    findSource: async (name) => sources.find((source) => source.name === name) ?? null,
    getRows: () => rows,
    onFailure: (error) => failures.push(error),
  });
  const plain = createEnvironment(sources, [], undefined, getPatterns);
  const environment = { ...plain, context: { ...plain.context, asked, now: () => clock.now } };
  const call = askerIn(environment);
  return {
    clock,
    stored,
    failures,
    asked,
    async ask(tool: string, args: object = {}) {
      const result = await call(tool, args);
      await asked.settled();
      return result;
    },
    /** Rows as they are kept. */
    kept: () => [...stored.values()].map((text) => JSON.parse(text)),
  };
}

describe('what is remembered', () => {
  const row = {
    service: 'checkout-api',
    type: CPU,
    conditions: [],
    group_by: [],
    days: [Math.floor(NOW / DAY)],
  };

  test.each<[string, [string, object], [string, object], object[]]>([
    [
      'a summary, then a function of it',
      ['summarize_profile', CHECKOUT],
      ['inspect_function', { ...CHECKOUT, function: 'loadPattern' }],
      [row],
    ],
    ['a table, then a timeline', ['query_profile', CHECKOUT], ['get_timeline', CHECKOUT], [row]],
    [
      'a timeline by label, then a comparison',
      ['get_timeline', { ...CHECKOUT, group_by: 'pod' }],
      ['compare_profiles', CHECKOUT],
      [{ ...row, group_by: ['pod'] }],
    ],
    [
      'a triage, then one of its types',
      ['investigate', { service: 'checkout-api', ...INCIDENT_WINDOW }],
      ['summarize_profile', CHECKOUT],
      [row],
    ],
    [
      'two services',
      ['summarize_profile', CHECKOUT],
      ['summarize_profile', { ...CHECKOUT, service: 'nope' }],
      [],
    ],
    [
      'two types',
      ['summarize_profile', CHECKOUT],
      ['summarize_profile', { ...CHECKOUT, profile_type: 'inuse' }],
      [],
    ],
    [
      'the same call again',
      ['summarize_profile', CHECKOUT],
      ['summarize_profile', { ...CHECKOUT, format: 'json' }],
      [],
    ],
    [
      'no data, then data',
      ['summarize_profile', { ...CHECKOUT, from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' }],
      ['summarize_profile', CHECKOUT],
      [],
    ],
    [
      'an error, then data',
      ['query_profile', { ...CHECKOUT, focus: '(' }],
      ['summarize_profile', CHECKOUT],
      [],
    ],
    ['lists', ['list_services', {}], ['list_labels', { service: 'checkout-api' }], []],
  ])('%s', async (_what, [first, firstArgs], [second, secondArgs], expected) => {
    const { ask, kept, failures } = remembering();
    await ask(first, firstArgs);
    expect(kept()).toEqual([]);
    await ask(second, secondArgs);
    expect(kept()).toEqual(expected);
    expect(failures).toEqual([]);
  });

  test('is never a value, a time or an id', async () => {
    const { ask, stored } = remembering();
    const { clock } = { clock: NOW };
    const pods = await ask('list_labels', { service: 'checkout-api', label: 'pod', format: 'json' });
    const [pod = ''] = z
      .object({ values: z.array(z.object({ value: z.string() })) })
      .parse(JSON.parse(pods.text))
      .values.map(({ value }) => value);
    const narrowed = { ...CHECKOUT, selector: `{pod="${pod}", region!="user-4711", zone=~"|secret.*"}` };
    await ask('summarize_profile', narrowed);
    await ask('query_profile', { ...narrowed, focus: 'loadPattern' });
    const texts = [...stored].flat().join('\n');
    expect(JSON.parse([...stored.values()][0] ?? '')).toEqual({
      ...row,
      conditions: [
        ['pod', '='],
        ['region', '!='],
        ['zone', '=~'],
      ],
    });
    for (const value of [pod, 'user-4711', 'secret', 'loadPattern', '14:30', String(clock)])
      expect(texts).not.toContain(value);
  });

  test('of a day or of many, once each', async () => {
    const { ask, kept, clock } = remembering();
    for (let day = 0; day < 3; day++) {
      await ask('summarize_profile', CHECKOUT);
      await ask('query_profile', CHECKOUT);
      await ask('get_timeline', CHECKOUT);
      clock.now += DAY;
    }
    expect(kept()).toHaveLength(1);
    expect(kept()[0].days).toHaveLength(3);
  });

  test.each<[string, (source: ProfileSource) => KeptRows]>([
    [
      'fails',
      () => ({
        read: () => Promise.reject(new Error('down')),
        change: () => Promise.reject(new Error('down')),
      }),
    ],
    ['hangs', () => ({ read: () => new Promise(() => {}), change: () => new Promise(() => {}) })],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
  ])('a place that %s changes no answer and ends no call', async (how, getRows) => {
    const source = demoSource();
    const asked = createAskedBook({
      now: () => NOW,
      findSource: async () => source,
      getRows,
      onFailure: () => {},
    });
    const environment = createEnvironment([source]);
    const ask = askerIn({ ...environment, context: { ...environment.context, asked } });
    const plain = askerIn(createEnvironment([demoSource()]));
    for (const tool of ['summarize_profile', 'query_profile', 'get_timeline'])
      expect(await ask(tool, CHECKOUT)).toEqual(await plain(tool, CHECKOUT));
    // A place that cannot even be opened is none of a source that answers, either.
    if (how !== 'throws') expect((await ask('find_query_patterns')).isError).toBe(false);
  });
});

const answerSchema = z.object({
  patterns: z.array(
    z.object({
      profile_type_id: z.string().nullable(),
      selector: z.string(),
      varies_by: z.array(z.string()),
      group_by: z.array(z.string()),
      learned_from: z.enum(['dashboards', 'calls']),
      days: z.number().optional(),
      valid: z.boolean().nullable(),
      call: z.object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()) }).nullable(),
    }),
  ),
});
type Agent = ReturnType<typeof remembering>;
const getPatterns = async ({ ask }: Pick<Agent, 'ask'>, args: object = {}) => {
  const { text, isError } = await ask('find_query_patterns', { ...args, format: 'json' });
  expect(isError).toBe(false);
  return answerSchema.parse(JSON.parse(text)).patterns;
};
const work = async ({ ask }: Pick<Agent, 'ask'>) => {
  await ask('summarize_profile', { ...CHECKOUT, selector: 'pod=~".+"' });
  await ask('get_timeline', { ...CHECKOUT, group_by: 'pod' });
  await ask('inspect_function', { ...CHECKOUT, function: 'loadPattern' });
};

describe('find_query_patterns', () => {
  test('offers them without a Grafana, each with a call that has an answer', async () => {
    const agent = remembering();
    await work(agent);
    const { text } = await agent.ask('find_query_patterns');
    await expect(text).toMatchFileSnapshot('answers/find_query_patterns.asked.txt');
    const patterns = await getPatterns(agent);
    expect(patterns).toMatchObject([
      { learned_from: 'calls', days: 1, valid: true, group_by: [], varies_by: ['pod'] },
      { learned_from: 'calls', days: 1, valid: true, group_by: ['pod'], varies_by: [] },
    ]);
    for (const { call } of patterns) {
      const { text: answer, isError } = await agent.ask(call?.tool ?? '', call?.arguments ?? {});
      expect([isError, answer]).toEqual([false, expect.stringContaining('checkout-api')]);
    }
  });

  test('offers them beside those of the dashboards, marked, and an equal one once', async () => {
    const sources = [createFilesSource({ directory: fixture('demo'), uid: 'pyro-prod-eu' })];
    const book = createPatternBook(dashboardStore({}), { now: () => NOW });
    const agent = remembering(sources, () => book);
    const before = await getPatterns(agent, { limit: 50 });
    expect(before.every(({ learned_from: origin }) => origin === 'dashboards')).toBe(true);
    await work(agent);
    const { text } = await agent.ask('find_query_patterns', { service: 'checkout-api' });
    await expect(text).toMatchFileSnapshot('answers/find_query_patterns.asked-and-dashboards.txt');
    const after = await getPatterns(agent, { limit: 50 });
    const [ours, theirs] = [true, false].map((isOurs) =>
      after.filter(({ learned_from: origin }) => (origin === 'calls') === isOurs),
    );
    expect(theirs).toEqual(before);
    expect(ours?.length).toBeGreaterThan(0);
    const buildKey = ({
      profile_type_id: type,
      selector,
      varies_by: labels,
      group_by: by,
    }: (typeof after)[number]) => JSON.stringify([type, selector, labels, by]);
    expect(ours?.filter((one) => before.map(buildKey).includes(buildKey(one)))).toEqual([]);
  });

  test('finds them by service and by words', async () => {
    const agent = remembering();
    await work(agent);
    expect(await getPatterns(agent, { service: 'checkout-api' })).toHaveLength(2);
    expect(await getPatterns(agent, { service: 'cart' })).toHaveLength(0);
    expect(await getPatterns(agent, { words: 'cpu pod' })).toHaveLength(2);
    expect(await getPatterns(agent, { words: 'kafka' })).toHaveLength(0);
  });

  test('says of one whose service is gone that it is out of date', async () => {
    const agent = remembering();
    agent.stored.set(
      'gone',
      JSON.stringify({
        service: 'gone',
        type: CPU,
        conditions: [],
        group_by: [],
        days: [Math.floor(NOW / DAY)],
      }),
    );
    const { text } = await agent.ask('find_query_patterns');
    expect(text).toContain('out of date: no service gone sends profiles');
  });

  test('asks a source nothing where nothing is remembered', async () => {
    let asked = 0;
    const demo = demoSource();
    const counting: ProfileSource = {
      ...demo,
      labelNames(...args) {
        asked++;
        return demo.labelNames(...args);
      },
    };
    const { ask } = remembering([counting]);
    expect((await ask('find_query_patterns')).text).toMatch(
      /^No query patterns: .*not behind one; and from calls that are followed up, of which there are none yet\.\n/,
    );
    expect(asked).toBe(0);
  });
});
