import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { readFleet } from '../src/investigation/evidence/fleet.js';
import { MAX_REQUESTS } from '../src/investigation/evidence/requests.js';
import type { Labels } from '../src/sources/source.js';
import { findNearest } from '../src/text/nearest.js';
import { asker, NOW } from './support/ask.js';
import { fleetSource, SINCE } from './support/fleet.js';

// 200 pods, 1,000 services, 100,000 values of a label: every tool's default answer stays small, asks little,
// and finds what is there.

const { source, calls } = fleetSource({ services: 1_000, pods: 200, values: 100_000 });
const iso = (time: number) => new Date(time).toISOString();
const HOUR = 3_600_000;
const times = { from: iso(SINCE), to: iso(NOW) };
const pods = { service: 'checkout-api', ...times };
const paths = { service: 'edge', from: iso(SINCE - HOUR), to: iso(NOW) };

/** Each with the requests that it may take and what of its answer says what was left out. */
const QUESTIONS: readonly (readonly [tool: string, args: object, requests: number, said: RegExp | null])[] = [
  ['list_data_sources', {}, 4, null],
  ['list_services', times, 4, /… 9\d\d more: narrow with selector/],
  ['list_profile_types', pods, 3, null],
  ['list_profile_types', times, 3, null],
  ['list_labels', pods, 8, null],
  ['list_labels', { ...pods, label: 'pod' }, 6, /… 170 more, together \d+\.\d%: ask with a higher limit/],
  ['list_labels', paths, 8, null],
  ['list_labels', { ...paths, label: 'path' }, 6, /… 99970 more, together/],
  ['list_labels', times, 12, null],
  ['summarize_profile', pods, 6, null],
  ['summarize_profile', paths, 6, null],
  ['query_profile', { ...pods, view: 'tree' }, 6, null],
  ['inspect_function', { ...pods, function: 'shop/parse' }, 30, null],
  ['inspect_function', { ...paths, function: 'shop/parse' }, 30, null],
  ['get_timeline', { ...pods, from: iso(SINCE - HOUR), group_by: 'pod' }, 40, /… 1\d\d more values of pod/],
  ['get_timeline', { ...paths, group_by: 'path' }, 40, /… 999\d\d more values of path/],
  ['compare_profiles', { ...pods, profile_type: 'cpu' }, MAX_REQUESTS, null],
  ['compare_profiles', { ...paths, ...times, profile_type: 'cpu' }, MAX_REQUESTS, null],
  ['investigate', pods, MAX_REQUESTS, null],
  ['investigate', { ...paths, ...times }, MAX_REQUESTS, null],
  ['find_query_patterns', {}, 4, null],
];

test.each(QUESTIONS)('%s %o', async (tool, args, requests, expected) => {
  const ask = asker(source);
  calls.length = 0;
  const { text, isError } = await ask(tool, args);
  expect(isError, text).toBe(false);
  expect(encode(text).length).toBeLessThanOrEqual(1_500);
  expect(calls.length).toBeLessThanOrEqual(requests);
  if (expected !== null) expect(text).toMatch(expected);
  const json = await ask(tool, { ...args, format: 'json' });
  expect(json.isError, json.text).toBe(false);
  expect(encode(json.text).length).toBeLessThanOrEqual(10_000);
  JSON.parse(json.text);
});

describe('what is wrong with a name among many', () => {
  test.each([
    ['a service of 1,000', { service: 'checkout-apo', ...times }, '"service":"checkout-api"'],
    ['a label', { service: 'checkout-api', selector: '{versio="v1.5.0"}', ...times }, 'no label versio'],
    [
      'a value of 100,000',
      { service: 'edge', selector: '{path="/v1/orders/0/item/0"}', from: iso(SINCE - HOUR), to: iso(NOW) },
      'There is: /v1/orders/0/items/0',
    ],
  ])('%s', async (_, args, suggestion) => {
    const { text, isError } = await asker(source)('summarize_profile', args);
    expect(isError, text).toBe(false);
    expect(text).toContain(suggestion);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
  });

  test('names that begin otherwise are given up unmeasured where there are very many', () => {
    const many = Array.from({ length: 30_000 }, (_, index) => `other-${index}`);
    expect(findNearest('checkout-apo', [...many, 'checkout-api'])).toEqual(['checkout-api']);
    expect(findNearest('kout-api', [...many, 'checkout-api'])).toEqual(['checkout-api']);
  });
});

describe('200 pods', () => {
  test('what carries a change is found by label, since there are too many pods for a merge each', async () => {
    const { text } = await asker(source)('investigate', { ...pods, format: 'json' });
    expect(JSON.parse(text)).toMatchObject({
      verdict: 'code_regression',
      findings: [{ function: 'shop/parse', label: { name: 'version', value: 'v1.5.0' } }],
    });
  });

  test('costs are those of one profile, and the instances are counted', async () => {
    const { text } = await asker(source)('compare_profiles', {
      ...pods,
      profile_type: 'cpu',
      format: 'json',
    });
    // Ten functions with about 12 samples of 10 ms each; parsing doubles in half of the pods.
    const { total, baseline, coverage } = JSON.parse(text);
    expect(total.profiles).toBeGreaterThan(11_900);
    expect(total.profiles).toBeLessThan(12_100);
    expect(total.per_profile / 1e9).toBeCloseTo(1.26, 1);
    expect(baseline.total.per_profile / 1e9).toBeCloseTo(1.2, 1);
    expect(coverage.instances).toEqual({ stayed: 200, left: 0, arrived: 0 });
  });

  test('twice as many pods at the same cost each are scaling, not load', async () => {
    const grown = fleetSource({ services: 2, pods: 100, values: 0, arriving: 100 });
    const selector = '{version="v1.4.1"}';
    const args = { ...pods, selector, profile_type: 'cpu', format: 'json' };
    const { text } = await asker(grown.source)('compare_profiles', args);
    expect(JSON.parse(text)).toMatchObject({
      verdict: 'scaling',
      coverage: { instances: { stayed: 50, left: 0, arrived: 50 } },
    });
  });
});

test('the label sets of a fleet are read in a time that grows as they do', async () => {
  /** How often a label of a row is looked at. */
  const looks = async (count: number): Promise<number> => {
    let number = 0;
    const rows = Array.from({ length: count }, (_, index): Labels => {
      const row: Record<string, string> = { pod: `pod-${index}`, region: index % 2 === 0 ? 'eu' : 'us' };
      return new Proxy(row, {
        get(target, name) {
          number++;
          return typeof name === 'string' ? target[name] : undefined;
        },
      });
    });
    const labelled = { ...source, labelNames: async () => ['pod', 'region'], series: async () => rows };
    const { signal } = new AbortController();
    const { instances } = await readFleet(labelled, [], { from: 0, to: 1 }, signal);
    expect(instances.size).toBe(count);
    return number;
  };
  expect((await looks(4_000)) / (await looks(1_000))).toBeLessThan(4.5);
});
