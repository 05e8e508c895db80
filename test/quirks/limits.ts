import { expect } from 'vitest';
import { lengthRefusal } from '../../src/sources/pyroscope/steps.js';
import { answering, at, body, exchange, members, refusal } from '../support/recorded-client.js';
import { PIECES, type Quirk, refused, SOURCE, STORES, TRANSPORT } from './quirk.js';

// Limits of a server's answers (§1.1, §7 of the reference), and its answers about labels (§3).

const { signal } = new AbortController();
const HOUR = 3_600_000;
const window = { from: 1795377240000, to: 1795384440000 };
const edge = { name: 'service_name', op: '=', value: 'edge' } as const;
const TOO_LONG = [
  'def-err-max-query-length',
  'def-err-labelvalues-max-query-length',
  'def-err-profiletypes-max-query-length',
  'def-err-series-max-query-length',
  'def-err-series-rpc-max-query-length',
];
const CLAMPED = 'def-lookback-clamped-then-length';
const OUTSTANDING = 'v1-err-429-too-many-outstanding';

export const LIMITS: readonly Quirk[] = [
  [
    'a window over max_query_length is refused by every method; the two durations are spelled in two ways',
    TOO_LONG,
    async () => {
      for (const name of TOO_LONG)
        expect(lengthRefusal(await refusal(name))).toEqual({ actual: 25 * HOUR, limit: 24 * HOUR });
    },
  ],
  [
    'exactly the limit passes',
    ['def-ok-exactly-24h'],
    [STORES, 'the longest window that it allows is counted whole'],
  ],
  [
    'longer windows are asked in pieces that share no instant: windows are closed',
    TOO_LONG,
    [PIECES, 'with random profiles, limits, windows and steps'],
  ],
  ['in every storage mode', TOO_LONG, [STORES, '%s: in pieces as without a limit']],
  [
    'what lies before max_query_lookback is empty, without a word',
    ['def-empty-beyond-lookback'],
    () => expect(at(body('def-empty-beyond-lookback'), 'flamegraph', 'names')).toEqual(['total']),
  ],
  [
    'but the length in a refusal is what is left after it was cut off',
    [CLAMPED],
    async () => {
      const { start, end } = Object(exchange(CLAMPED).request.body);
      expect(end - start).toBe(30 * 24 * HOUR);
      expect(lengthRefusal(await refusal(CLAMPED))).toEqual({ actual: 604_260_981, limit: 24 * HOUR });
    },
  ],
  [
    'which gives the lookback away',
    [CLAMPED],
    [PIECES, 'it is found out by asking for all of time, once an hour'],
  ],
  [
    'v1 refuses more than 100 requests of a tenant at once, without Retry-After',
    [OUTSTANDING],
    async () => {
      await refused([OUTSTANDING], 'overloaded', 'too many outstanding');
      expect(exchange(OUTSTANDING).response.headers).not.toHaveProperty('retry-after');
    },
  ],
  [
    'so no more than 8 are under way',
    [OUTSTANDING],
    [TRANSPORT, 'never more than 8 requests at once, over connections that are kept'],
  ],
];

export const LABELS: readonly Quirk[] = [
  [
    'private labels are listed among the others',
    ['v2-labelnames-utf8', 'v1-labelnames'],
    [SOURCE, 'private names are hidden, others are shown whatever their letters'],
  ],
  [
    '__session_id__ is dropped at ingest',
    ['v2-labelvalues-session', 'v1-labelvalues-session'],
    () => {
      for (const name of ['v2-labelvalues-session', 'v1-labelvalues-session']) expect(body(name)).toEqual({});
    },
  ],
  [
    'span_id and trace_id are no labels of series, other labels of samples are',
    ['v2-labelvalues-span_id', 'v2-labelvalues-trace_id', 'v2-labelvalues-span_name'],
    () => {
      for (const name of ['v2-labelvalues-span_id', 'v2-labelvalues-trace_id'])
        expect(body(name)).toEqual({});
      expect(members('v2-labelvalues-span_name')).toEqual(['names']);
    },
  ],
  [
    'label methods without times are refused by v2 and dual and empty in v1; so times are always sent',
    ['v2-labelnames-no-times-400', 'dual-err-no-times', 'v1-labelnames-no-times'],
    async () => {
      await refused(['v2-labelnames-no-times-400', 'dual-err-no-times'], 'rejected', 'missing time range');
      expect(body('v1-labelnames-no-times')).toEqual({});
      const { source, sent } = answering('v2-labelnames-utf8');
      await source.labelNames({ matchers: [edge], window }, signal);
      expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({ start: window.from, end: window.to });
    },
  ],
  [
    'a series without a grouping label has none in its row',
    ['v2-selectseries-groupby-missing-label', 'v2-selectseries-groupby-endpoint'],
    () =>
      expect(at(body('v2-selectseries-groupby-missing-label'), 'series', 0, 'labels')).toEqual([
        { name: 'pod', value: 'p0' },
      ]),
  ],
  [
    'GetProfileStats lags, and may be empty though there is data',
    [
      'def-getprofilestats-before-first-compaction',
      'mt-getprofilestats-before-first-compaction',
      'dual-new-tenant-getprofilestats',
    ],
    async () => {
      for (const name of ['def-getprofilestats-before-first-compaction', 'dual-new-tenant-getprofilestats'])
        expect(await answering(name).source.dataRange(signal)).toBeNull();
    },
  ],
  [
    'in dual mode it leaves out the oldest time',
    ['dual-getprofilestats-oldest-missing'],
    async () => {
      expect(at(body('dual-getprofilestats-oldest-missing'), 'oldestProfileTime')).toBeUndefined();
      const { source } = answering('dual-getprofilestats-oldest-missing');
      expect(await source.dataRange(signal)).toBeNull();
    },
  ],
  [
    'it refuses two tenants',
    ['mt-err-stats-two-tenants'],
    async () => expect(await answering('mt-err-stats-two-tenants').source.dataRange(signal)).toBeNull(),
  ],
];
