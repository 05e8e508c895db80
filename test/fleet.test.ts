import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { nearest } from '../src/report/nearest.js';
import { readFleet } from '../src/tools/investigate/fleet.js';
import { MOST_REQUESTS } from '../src/tools/investigate/requests.js';
import { asker, NOW } from './support/ask.js';
import { fleetSource, SINCE } from './support/fleet.js';

// 200 pods, 1,000 services, 100,000 values of a label: every tool's default answer stays small, asks little, and finds
// what is there.

const { source, asked } = fleetSource({ services: 1_000, pods: 200, values: 100_000 });
const iso = (time: number) => new Date(time).toISOString();
const times = { from: iso(SINCE), to: iso(NOW) };
const HOUR = 3_600_000;
const pods = { service: 'checkout-api', ...times };
const paths = { service: 'edge', ...times };
const typo = 'checkout-apo';

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
  [
    'get_timeline',
    { ...paths, from: iso(SINCE - HOUR), group_by: 'path' },
    40,
    /… 999\d\d more values of path/,
  ],
  ['compare_profiles', { ...pods, profile_type: 'cpu' }, MOST_REQUESTS + 10, null],
  ['compare_profiles', { ...paths, profile_type: 'cpu' }, MOST_REQUESTS + 10, null],
  ['investigate', pods, MOST_REQUESTS, null],
  ['investigate', paths, MOST_REQUESTS, null],
  ['find_query_patterns', {}, 4, null],
];

describe.each(QUESTIONS)('%s %o', (tool, args, requests, said) => {
  test('as text', async () => {
    asked.length = 0;
    const { text, isError } = await asker(source)(tool, args);
    expect(isError, text).toBe(false);
    console.log(tool, JSON.stringify(args), asked.length, encode(text).length);
    expect(encode(text).length).toBeLessThanOrEqual(1_500);
    expect(asked.length).toBeLessThanOrEqual(requests);
    if (said !== null) expect(text).toMatch(said);
  });

  test('as JSON', async () => {
    const { text, isError } = await asker(source)(tool, { ...args, format: 'json' });
    expect(isError, text).toBe(false);
    expect(encode(text).length).toBeLessThanOrEqual(10_000);
    JSON.parse(text);
  });
});
