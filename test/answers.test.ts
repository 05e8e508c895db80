import { readFileSync } from 'node:fs';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { askFiles, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';

// Whole answers, as an agent reads them, in test/answers/. Read a change of one as the agent would.

const TYPES: Readonly<Record<string, readonly string[]>> = {
  '01-checkout-cpu': ['cpu', 'cpu_samples', 'alloc', 'alloc_objects', 'inuse', 'inuse_objects'],
  '05-notify-goroutines': [
    'cpu',
    'cpu_samples',
    'alloc',
    'alloc_objects',
    'inuse',
    'inuse_objects',
    'goroutines',
  ],
  '08-auth-cpu': ['cpu', 'cpu_samples'],
  '10-georouting-check': ['cpu', 'cpu_samples', 'alloc', 'alloc_objects', 'inuse', 'inuse_objects'],
  '16-storefront-latency': ['wall', 'wall_samples', 'inuse', 'inuse_objects'],
};
/** Members of the total in every answer about profiles. */
const TOTAL = ['value', 'unit', 'rate', 'rate_unit', 'instances', 'samples'];
/** The types whose answers are kept as snapshots; the others are only held to the budget. */
const KEPT = ['cpu', 'alloc', 'inuse', 'goroutines', 'wall'];

describe.each(INCIDENTS)('$name', ({ name, directory, service }) => {
  const ask = askFiles(directory);
  const question = { service, ...INCIDENT_WINDOW };

  test.each(TYPES[name] ?? [])('summarize_profile %s', async (type) => {
    const { text, isError } = await ask('summarize_profile', { ...question, profile_type: type });
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    if (KEPT.includes(type)) await expect(text).toMatchFileSnapshot(`answers/${name}.${type}.txt`);
  });

  test('investigate', async () => {
    const { text, isError } = await ask('investigate', question);
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    await expect(text).toMatchFileSnapshot(`answers/investigate.${name}.txt`);
  });

  test.each(TYPES[name] ?? [])('compare_profiles %s', async (type) => {
    const { text, isError } = await ask('compare_profiles', { ...question, profile_type: type });
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    if (KEPT.includes(type))
      await expect(text).toMatchFileSnapshot(`answers/compare_profiles.${name}.${type}.txt`);
  });

  test.each([
    ['query_profile', { ...question }],
    ['query_profile', { ...question, sort: 'total' }],
    ['query_profile', { ...question, view: 'tree' }],
    ['list_services', {}],
    ['list_profile_types', { service }],
    ['list_labels', { service }],
    ['list_labels', { service, label: 'pod' }],
    ['list_data_sources', {}],
  ])('%s %j stays within 1,500 tokens', async (tool, args) => {
    const { text, isError } = await ask(tool, args);
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
  });

  test('every JSON answer about profiles says what was measured', async () => {
    const summary = JSON.parse((await ask('summarize_profile', { ...question, format: 'json' })).text);
    const called = { function: summary.top_functions[0].function };
    const answers = [
      ['investigate', {}],
      ['compare_profiles', {}],
      ['query_profile', {}],
      ['query_profile', { view: 'tree' }],
      ['get_timeline', {}],
      ['get_timeline', called],
      ['inspect_function', called],
    ] as const;
    for (const [tool, more] of answers) {
      const answer = JSON.parse((await ask(tool, { ...question, ...more, format: 'json' })).text);
      expect(Object.keys(answer.scope), tool).toEqual(Object.keys(summary.scope));
      expect(Object.keys(answer.total), tool).toEqual(expect.arrayContaining(TOTAL));
      expect(answer, tool).toMatchObject({
        total: { unit: answer.scope.unit, value: expect.any(Number) },
        coverage: { kept_share: expect.any(Number), truncated: false },
        notes: expect.any(Array),
        next: expect.any(Array),
        links: [],
      });
    }
  });

  test('the same question gives the same bytes', async () => {
    const again = askFiles(directory);
    for (const tool of ['summarize_profile', 'compare_profiles', 'investigate']) {
      for (const format of ['text', 'json']) {
        expect((await again(tool, { ...question, format })).text).toBe(
          (await ask(tool, { ...question, format })).text,
        );
      }
    }
  });

  test('shares are those of the truth file', async () => {
    const { metrics } = truthSchema.parse(JSON.parse(readFileSync(`${directory}/truth.json`, 'utf8'))).truth;
    for (const metric of metrics.filter(({ mode, label }) => mode === 'cum' && label === undefined)) {
      const [fn = ''] = metric.functions;
      const { text } = await ask('query_profile', {
        ...question,
        profile_type: metric.sample,
        focus: `^${fn.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`,
        format: 'json',
      });
      const { coverage } = viewSchema.parse(JSON.parse(text));
      expect([fn, coverage.kept_share]).toEqual([fn, expect.closeTo(metric.incident_share, 3)]);
    }
  });
});

const truthSchema = z.object({
  truth: z.object({
    metrics: z.array(
      z.object({
        sample: z.string(),
        mode: z.string(),
        functions: z.array(z.string()),
        label: z.unknown().optional(),
        incident_share: z.number(),
      }),
    ),
  }),
});
const viewSchema = z.object({ coverage: z.object({ kept_share: z.number() }) });

/** From the baseline on: what a question about time asks for. */
const FROM_BASELINE = { from: '2026-11-20T14:00:00Z', to: INCIDENT_WINDOW.to };

describe.each<
  [incident: string, views: readonly [tool: string, args: Readonly<Record<string, string>>, name: string][]]
>([
  [
    '01-checkout-cpu',
    [
      ['get_timeline', { profile_type: 'cpu', ...FROM_BASELINE }, 'cpu'],
      ['get_timeline', { profile_type: 'cpu', function: 'coupon.loadPattern', ...FROM_BASELINE }, 'function'],
      ['get_timeline', { profile_type: 'alloc', group_by: 'region', ...FROM_BASELINE }, 'alloc-region'],
      ['get_timeline', { profile_type: 'cpu', ...INCIDENT_WINDOW }, 'short'],
      [
        'inspect_function',
        { profile_type: 'cpu', function: 'coupon.loadPattern', ...INCIDENT_WINDOW },
        'own',
      ],
      [
        'inspect_function',
        { profile_type: 'cpu', function: 'runtime.mallocgc', ...INCIDENT_WINDOW },
        'runtime',
      ],
    ],
  ],
  [
    '05-notify-goroutines',
    [
      ['get_timeline', { profile_type: 'goroutines' }, 'goroutines'],
      ['get_timeline', { profile_type: 'inuse', group_by: 'pod', ...FROM_BASELINE }, 'inuse-pod'],
      [
        'inspect_function',
        { profile_type: 'goroutines', function: 'reportReceipt', ...INCIDENT_WINDOW },
        'blocked',
      ],
    ],
  ],
  [
    '08-auth-cpu',
    [
      ['get_timeline', { profile_type: 'cpu', group_by: 'version', ...FROM_BASELINE }, 'cpu-version'],
      ['get_timeline', { profile_type: 'cpu', function: 'derive', ...FROM_BASELINE }, 'function'],
      ['inspect_function', { profile_type: 'cpu', function: 'derive', ...INCIDENT_WINDOW }, 'canary'],
    ],
  ],
  [
    '10-georouting-check',
    [
      ['get_timeline', { profile_type: 'cpu', ...FROM_BASELINE }, 'cpu'],
      ['get_timeline', { profile_type: 'cpu', function: 'Haversine', ...FROM_BASELINE }, 'function'],
      ['inspect_function', { profile_type: 'cpu', function: 'Haversine', ...FROM_BASELINE }, 'calm'],
    ],
  ],
  [
    '16-storefront-latency',
    [
      ['get_timeline', { profile_type: 'wall', function: 'formatMoney', ...FROM_BASELINE }, 'function'],
      ['get_timeline', { profile_type: 'wall', group_by: 'region', ...FROM_BASELINE }, 'wall-region'],
      [
        'inspect_function',
        { profile_type: 'wall', function: '(anonymous) views/page.js:19', ...INCIDENT_WINDOW },
        'unnamed',
      ],
    ],
  ],
])('views of %s', (incident, views) => {
  const example = INCIDENTS.find(({ name }) => name === incident) ?? INCIDENTS[0];
  const ask = askFiles(example.directory);

  test.each(views)('%s %j', async (tool, args, name) => {
    const { text, isError } = await ask(tool, { service: example.service, ...args });
    expect(isError).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    await expect(text).toMatchFileSnapshot(`answers/${tool}.${incident.slice(0, 2)}-${name}.txt`);
    const again = await askFiles(example.directory)(tool, { service: example.service, ...args });
    expect(again.text).toBe(text);
    for (const [, nextTool = '', nextArgs = ''] of text.matchAll(/^Next: (\w+) (\{.*\})$/gm)) {
      expect(await ask(nextTool, JSON.parse(nextArgs))).toMatchObject({ isError: false });
    }
  });
});

describe('closer looks', () => {
  const checkout = askFiles(INCIDENTS[0].directory);
  const question = { service: 'checkout-api', ...INCIDENT_WINDOW };

  test.each([
    ['query_profile.top', 'query_profile', { ...question }],
    ['query_profile.total', 'query_profile', { ...question, sort: 'total', limit: 15 }],
    ['query_profile.tree', 'query_profile', { ...question, view: 'tree' }],
    [
      'query_profile.tree-focus',
      'query_profile',
      { ...question, view: 'tree', focus: 'coupon\\.loadPattern' },
    ],
    ['query_profile.focus', 'query_profile', { ...question, focus: 'regexp', ignore: 'mallocgc' }],
    ['query_profile.no-match', 'query_profile', { ...question, focus: 'LoadPatern' }],
    ['list_services', 'list_services', {}],
    ['list_profile_types', 'list_profile_types', { service: 'checkout-api' }],
    ['list_labels', 'list_labels', { service: 'checkout-api' }],
    ['list_labels.values', 'list_labels', { service: 'checkout-api', label: 'region' }],
    ['list_data_sources', 'list_data_sources', {}],
  ])('%s', async (name, tool, args) => {
    const { text, isError } = await checkout(tool, args);
    expect(isError).toBe(false);
    await expect(text).toMatchFileSnapshot(`answers/${name}.txt`);
  });
});
