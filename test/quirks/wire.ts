import { expect } from 'vitest';
import { answering, at, body, members } from '../support/recorded-client.js';
import { type Quirk, REPLAY, refused, SOURCE, TRANSPORT } from './quirk.js';

// Requests, answers and refusals as they travel, and who is asked (§1, §8 of the reference).

const { signal } = new AbortController();
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const edge = { name: 'service_name', op: '=', value: 'edge' } as const;
const IDS = ['v2-err-span-malformed', 'v2-err-trace-malformed', 'v2-sms-profileid-malformed'];
const HEATMAPS = [
  'v2-heatmap-bad-selector-500',
  'v2-heatmap-no-querytype-500',
  'v2-heatmap-mismatch-exemplar-500',
];
const ENUMS = ['v2-sms-edge-unknown-enum-string-ignored', 'v2-sms-edge-unknown-enum-number-ignored'];
const NO_RPC = ['v2-err-unknown-rpc', 'v2-err-unknown-service', 'v2-err-get'];
const NO_TYPE = ['v2-err-content-type-none', 'v2-err-content-type-text', 'v2-err-accept-malformed'];
const NO_TENANT = ['mt-err-no-header', 'mt-err-empty-tenant', 'mt-err-bad-tenant'];

export const WIRE: readonly Quirk[] = [
  [
    'the field is spelled profileTypeID; any other spelling is ignored without a word',
    ['v2-err-profileTypeId-misspelled', 'v2-selectseries-aligned-30'],
    async () => {
      const { source, sent } = answering('v2-heatmap-empty', 'v2-selectseries-aligned-30');
      const window = { from: 1795382040001, to: 1795382220000 };
      const query = { profileTypeId: CPU, matchers: [edge], window };
      await source.timeSeries(query, { groupBy: [], step: 30 }, signal);
      for (const { body: requestBody } of sent) expect(JSON.parse(requestBody).profileTypeID).toBe(CPU);
      await refused(['v2-err-profileTypeId-misspelled'], 'rejected', 'got(1): ""');
    },
  ],
  [
    'unknown fields and enum values are ignored: the member of the answer tells the format',
    ['v2-ok-unknown-json-field', ...ENUMS],
    () => {
      for (const name of ENUMS) expect(members(name)).toEqual(['flamegraph']);
    },
  ],
  [
    'int64 comes as a text, zero values not at all',
    ['v2-selectseries-aligned-30', 'v1-selectseries-callsite-zzz'],
    [REPLAY, '%s'],
  ],
  [
    'an empty answer is {}',
    ['v2-labelnames-empty-window', 'v1-labelnames-no-times'],
    [SOURCE, '%s: nothing is an answer'],
  ],
  [
    'label names with dots or accents are hidden unless a header asks for them',
    ['v2-labelnames', 'v2-labelnames-utf8', 'v2-series-pod-node', 'v2-series-pod-node-cap'],
    () => {
      const shows = (name: string) => JSON.stringify(body(name)).includes('k8s.node.name');
      expect(['v2-labelnames', 'v2-series-pod-node'].map(shows)).toEqual([false, false]);
      expect(['v2-labelnames-utf8', 'v2-series-pod-node-cap'].map(shows)).toEqual([true, true]);
    },
  ],
  [
    'that header is sent with every request',
    ['v2-labelnames-utf8'],
    [TRANSPORT, 'headers, prefix, body and credentials'],
  ],
  [
    'gzip comes even where it was not asked for',
    ['v2-ok-gzip-request'],
    [TRANSPORT, 'gzip is inflated even when the server was not asked'],
  ],
  [
    'errors of the HTTP layer are text, or empty',
    [...NO_RPC, ...NO_TYPE],
    async () => {
      await refused(NO_RPC, 'not_found');
      await refused(NO_TYPE, 'rejected');
    },
  ],
  [
    'an error of Diff carries its real code before the message',
    ['v2-diff-timeout', 'v2-diff-bad-id-400'],
    () => refused(['v2-diff-timeout'], 'timeout'),
  ],
  [
    'what is wrong about a request may come as 500',
    [...IDS, ...HEATMAPS],
    () => refused([...IDS, ...HEATMAPS], 'rejected'),
  ],
  [
    'the server’s own deadline is 504 with advice',
    ['v2-err-timeout-1ms'],
    () => refused(['v2-err-timeout-1ms'], 'timeout', 'decrease the duration'),
  ],
  [
    'a tenant that is missing or misspelled is 401; one without data is empty',
    [...NO_TENANT, 'mt-empty-other-tenant', 'mt-ok-two-tenants'],
    async () => {
      await refused(NO_TENANT, 'unauthorized');
      expect(at(body('mt-empty-other-tenant'), 'flamegraph', 'names')).toEqual(['total']);
      expect(at(body('mt-ok-two-tenants'), 'flamegraph', 'total')).toBe('8191000000');
    },
  ],
];
