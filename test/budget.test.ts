import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { asker, fixture, INCIDENT_WINDOW } from './support/ask.js';

const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** A fleet made up: many pods, or many services, each with its cost. */
function fleet(label: string, names: readonly string[]): ProfileSource {
  return {
    ...createFilesSource({ directory: fixture('demo'), name: 'fleet' }),
    labelNames: async () => ['service_name', label],
    labelValues: async (name) =>
      name === '__profile_type__' ? [TYPE] : name === label ? [...names] : ['checkout-api'],
    series: async () => names.map((name) => ({ service_name: name, __profile_type__: TYPE })),
    timeSeries: async (query, { groupBy }) =>
      names.map((name, index) => ({
        labels: groupBy.length === 0 ? {} : { [label]: name },
        points: [{ time: query.window.to, value: names.length - index }],
      })),
  };
}

const numbered = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test('200 values of a label stay within the budget, and what is left out is said', async () => {
  const ask = asker(fleet('pod', numbered('checkout-api-7d9f4c8b5', 200)));
  const { text } = await ask('list_labels', { service: 'checkout-api', label: 'pod', ...INCIDENT_WINDOW });
  expect(encode(text).length).toBeLessThanOrEqual(1_500);
  expect(text).toContain('200 values of pod');
  expect(text).toMatch(/… 170 more, together \d+\.\d%: ask with a higher limit/);
});

test('all 200 values when asked for, below 10,000 tokens', async () => {
  const ask = asker(fleet('pod', numbered('checkout-api-7d9f4c8b5', 200)));
  const { text } = await ask('list_labels', {
    service: 'checkout-api',
    label: 'pod',
    limit: 1000,
    ...INCIDENT_WINDOW,
  });
  expect(text).toContain('checkout-api-7d9f4c8b5-199');
  expect(encode(text).length).toBeLessThanOrEqual(10_000);
});

test.each(['text', 'json'])('1,000 services as %s', async (format) => {
  const ask = asker(fleet('service_name', numbered('team-with-a-long-name/service', 1_000)));
  const { text } = await ask('list_services', { ...INCIDENT_WINDOW, format });
  expect(encode(text).length).toBeLessThanOrEqual(format === 'text' ? 2_500 : 10_000);
  expect(text).toMatch(/\d+ more/);
  if (format === 'json') JSON.parse(text);
});

test.each(['text', 'json'])('the largest answers as %s stay below 10,000 tokens', async (format) => {
  const ask = asker(createFilesSource({ directory: fixture('demo') }));
  const question = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW, format };
  for (const [tool, args] of [
    ['summarize_profile', { ...question, limit: 100 }],
    ['query_profile', { ...question, limit: 200 }],
    ['query_profile', { ...question, limit: 200, view: 'tree' }],
  ] as const) {
    const { text, isError } = await ask(tool, args);
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(10_000);
    if (format === 'json') JSON.parse(text);
  }
});

describe('a timeline of 300 pods', () => {
  /** The profiles of one pod, told as those of 300; each a little cheaper than the one before. */
  const inner = createFilesSource({ directory: fixture('incidents', '10-georouting-check') });
  const pods = numbered('geo-routing-7d9f4c8b5-with-a-long-name', 300);
  const many: ProfileSource = {
    ...inner,
    snapshots: async (...args) =>
      (await inner.snapshots(...args)).flatMap(({ profiles }) =>
        pods.map((pod) => ({ labels: { pod }, profiles })),
      ),
    timeSeries: async (...args) =>
      (await inner.timeSeries(...args)).flatMap(({ points }) =>
        pods.map((pod, index) => ({
          labels: { pod },
          points: points.map(({ time, value }) => ({ time, value: value - index * 1_000_000 })),
        })),
      ),
  };
  const question = {
    service: 'geo-routing',
    profile_type: 'cpu',
    group_by: 'pod',
    ...INCIDENT_WINDOW,
    from: '2026-11-20T14:00:00Z',
  };

  test('as text says how many are left out', async () => {
    const { text, isError } = await asker(many)('get_timeline', question);
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    expect(text).toContain('… 292 more values of pod, which changed less: narrow with selector');
  });

  test('as JSON stays below 10,000 tokens', async () => {
    const { text } = await asker(many)('get_timeline', { ...question, format: 'json' });
    expect(encode(text).length).toBeLessThanOrEqual(10_000);
    expect(JSON.parse(text)).toMatchObject({ series_count: 300, onset: null });
  });
});
