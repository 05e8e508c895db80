import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { askFiles, fixture, INCIDENT_WINDOW } from './support/ask.js';

// No data is an answer: which of the five reasons holds, what exists instead, and a call that has an answer.

const checkout = askFiles(fixture('demo'));

/** The ready call of an answer, made. */
async function follow(ask: typeof checkout, text: string) {
  const next = /^Next: (\w+) (\{.*\})$/m.exec(text);
  if (next === null) throw new Error(`no ready call in: ${text}`);
  return ask(next[1] ?? '', JSON.parse(next[2] ?? '{}'));
}

/** The tool's own arguments, as a ready call ends with them. */
function repeated(more: Readonly<Record<string, string>>): string {
  return Object.entries(more)
    .map(([name, value]) => `,"${name}":"${value}"`)
    .join('');
}

describe.each([
  ['summarize_profile', {}],
  ['query_profile', { view: 'tree' }],
  ['get_timeline', {}],
  ['get_timeline', { group_by: 'pod' }],
  ['inspect_function', { function: 'coupon.loadPattern' }],
])('%s without data', (tool, more: Readonly<Record<string, string>>) => {
  test('an unknown service: the nearest names', async () => {
    const { text, isError } = await checkout(tool, { ...more, service: 'chekout-api', ...INCIDENT_WINDOW });
    expect(isError).toBe(false);
    expect(text).toBe(
      [
        'No data (unknown service): No service "chekout-api" has sent profiles to "demo".',
        'Window 2026-11-20T14:30:00Z to 2026-11-20T14:45:00Z, source demo.',
        'There is: checkout-api',
        `Next: ${tool} {"service":"checkout-api","from":"2026-11-20T14:30:00Z","to":"2026-11-20T14:45:00Z"${repeated(more)}}`,
      ].join('\n'),
    );
    expect((await follow(checkout, text)).text).toContain(
      tool === 'get_timeline' ? 'cpu has too few parts to tell a change' : 'coupon.loadPattern',
    );
  });

  test('a window outside the data: where the data is', async () => {
    const { text, isError } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      from: '2026-11-19T14:30:00Z',
      to: '2026-11-19T14:45:00Z',
    });
    expect(isError).toBe(false);
    expect(text).toContain(
      'No data (window outside data): checkout-api has no profiles from 2026-11-19T14:30:00Z',
    );
    expect(text).toContain('the newest found are from 2026-11-20T14:43:08Z');
    expect((await follow(checkout, text)).text).toContain('checkout-api: cpu');
  });

  test('a window outside the data, and a type that is in none: the call asks for one that is', async () => {
    const { text } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      profile_type: 'goroutines',
      from: '2026-11-19T14:30:00Z',
      to: '2026-11-19T14:45:00Z',
    });
    expect(text).toContain('the newest found are from 2026-11-20T14:43:08Z, none of them "goroutines".');
    expect((await follow(checkout, text)).text).toContain('checkout-api: cpu');
  });

  test('a window after the data', async () => {
    const { text } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      from: '2026-11-20T14:50:00Z',
      to: 'now',
    });
    expect(text).toContain('No data (window outside data)');
  });

  test('a type that the service does not emit: those that it does', async () => {
    const { text, isError } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      profile_type: 'goroutines',
      ...INCIDENT_WINDOW,
    });
    expect(isError).toBe(false);
    expect(text).toContain(
      'No data (type not emitted): checkout-api emits no "goroutines" profiles in this window.',
    );
    expect(text).toContain('There is: cpu, cpu_samples, alloc, alloc_objects, inuse, inuse_objects');
    expect((await follow(checkout, text)).text).toContain('checkout-api: cpu');
  });

  test('a full type id that the service does not emit', async () => {
    const { text } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      profile_type: 'mutex:delay:nanoseconds:mutex:count',
    });
    expect(text).toContain('No data (type not emitted)');
  });

  test('a matcher that excludes everything: which one, and its values', async () => {
    const { text, isError } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      selector: 'region="us-east-1", pod="checkout-api-7d9f4-x2k8p"',
      ...INCIDENT_WINDOW,
    });
    expect(isError).toBe(false);
    expect(text).toContain(
      'No data (matchers exclude all): The matcher region="us-east-1" excludes everything',
    );
    expect(text).toContain('There is: eu-central-1');
    expect((await follow(checkout, text)).text).toContain('checkout-api: cpu');
  });

  test('a matcher on a label that does not exist', async () => {
    const { text } = await checkout(tool, {
      ...more,
      service: 'checkout-api',
      selector: 'zone="a"',
      ...INCIDENT_WINDOW,
    });
    expect(text).toContain('The matcher zone="a" excludes everything: checkout-api has no label zone.');
    expect(text).toContain('There is: label env, label pod, label region, label service_name, label version');
  });

  test('an empty source', async () => {
    const ask = askFiles(await mkdtemp(path.join(tmpdir(), 'empty-')));
    const { text, isError } = await ask(tool, { ...more, service: 'checkout-api', ...INCIDENT_WINDOW });
    expect(isError).toBe(false);
    expect(text).toMatch(/^No data \(source empty\): The source "empty-\w+" holds no profiles\./);
  });
});

describe.each(['get_timeline', 'inspect_function'])('%s of a function that is not there', (tool) => {
  test('names those like it, and ready calls lead to the nearest', async () => {
    const { text, isError } = await checkout(tool, {
      service: 'checkout-api',
      profile_type: 'cpu',
      function: 'coupon.LoadPatern',
      ...INCIDENT_WINDOW,
    });
    expect(isError).toBe(false);
    expect(text).toContain('No function with any cost here is called "coupon.LoadPatern"');
    expect(text).toContain('Names like it: northwind.dev/checkout/coupon.loadPattern');
    expect((await follow(checkout, text)).text).toContain('coupon.loadPattern validator.go:54');
    const focus = /^Next: query_profile (\{.*\})$/m.exec(text)?.[1] ?? '{}';
    expect((await checkout('query_profile', JSON.parse(focus))).text).toContain('the stacks kept hold 20.5%');
  });

  test('without any like it names the heaviest', async () => {
    const { text } = await checkout(tool, { service: 'checkout-api', function: 'zzzz', ...INCIDENT_WINDOW });
    expect(text).toContain('Heaviest functions by total: net/http.(*conn).serve, ');
    expect((await follow(checkout, text)).text).toContain('functions by total');
  });

  test('as JSON the lists are empty and the reason is a word', async () => {
    const question = { service: 'checkout-api', function: 'zzzz', format: 'json', ...INCIDENT_WINDOW };
    const answer = JSON.parse((await checkout(tool, question)).text);
    expect(answer).toMatchObject({
      scope: { service: 'checkout-api', from: '2026-11-20T14:30:00Z' },
      empty: { reason: 'unknown_function' },
      ...(tool === 'get_timeline'
        ? { onset: null, series: [], spikes: [], gaps: [] }
        : { callers: [], callees: [] }),
      links: [],
    });
  });
});

test('as JSON the reason is a word of a fixed list', async () => {
  const { text } = await checkout('summarize_profile', {
    service: 'nope',
    format: 'json',
    ...INCIDENT_WINDOW,
  });
  expect(JSON.parse(text)).toMatchObject({
    scope: { source: 'demo', service: 'nope', from: '2026-11-20T14:30:00Z' },
    total: { value: 0 },
    coverage: { kept_share: 0, truncated: false },
    empty: { reason: 'unknown_service', instead: ['checkout-api'] },
    links: [],
  });
});

test('a ready call names the service once, wherever the caller did', async () => {
  const { text } = await checkout('summarize_profile', {
    selector: 'service_name="chekout-api",region="us-east-1"',
  });
  expect(text).toContain(
    'Next: summarize_profile {"service":"checkout-api","selector":"{region=\\"us-east-1\\"}"}',
  );
  expect((await follow(checkout, text)).text).toContain('checkout-api: cpu');
});

test.each(['list_services', 'list_profile_types', 'list_labels'])(
  '%s without data says why',
  async (tool) => {
    const { text, isError } = await checkout(tool, {
      from: '2026-11-19T00:00:00Z',
      to: '2026-11-19T01:00:00Z',
    });
    expect(isError).toBe(false);
    expect(text).toContain('No data (window outside data)');
    expect((await follow(checkout, text)).isError).toBe(false);
  },
);
