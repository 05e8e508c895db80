import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Exchange, replay, serveExchange } from '../../../test/support/recorded-exchange.js';
import { UpstreamError, type UpstreamKind } from '../../errors.js';
import * as api from './api.js';
import type { Transport } from './http/transport.js';

/**
 * Promises of a reader of these exchanges, a line for each kind; every exchange falls under exactly
 * one.
 */
type Expectation = keyof typeof EXPECTED_NUMBERS;
const EXPECTED_NUMBERS = {
  /** Error status: UpstreamError with kind, status, code and the innermost message. */
  refusal: 84,
  /** An RPC with a typed function: parsed equal to the recorded body, and the typed result against it. */
  typed: 91,
  /**
   * A pprof, as protojson or binary: parsed equal to the recorded body; its contents are checked in
   * pprof.test.ts.
   */
  pprof: 30,
  /** A gzip body, inflated whatever was asked for. */
  gzip: 3,
  /** Any other JSON: parsed equal to the recorded body. */
  json: 92,
  text: 1,
};

const FOLDER = new URL('../../../fixtures/recorded/pyroscope/', import.meta.url);
const { signal } = new AbortController();

const exchanges = readdirSync(FOLDER)
  .sort()
  .map((file): Exchange => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
const seen = new Map<string, Expectation>();

describe('recorded exchanges', () => {
  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (name, exchange) => {
    const expectation = readExpectation(exchange);
    await CHECKS[expectation](exchange);
    expect(seen.has(name)).toBe(false);
    seen.set(name, expectation);
  });

  test('each was read through exactly one expectation', () => {
    const numbers = Object.fromEntries(Object.keys(EXPECTED_NUMBERS).map((key) => [key, 0]));
    for (const expectation of seen.values()) numbers[expectation] = (numbers[expectation] ?? 0) + 1;
    expect(numbers).toEqual(EXPECTED_NUMBERS);
    expect(seen.size).toBe(301);
  });
});

function readExpectation({ request, response }: Exchange): Expectation {
  if (response.status >= 300) return 'refusal';
  if (response.headers['content-encoding'] === 'gzip') return 'gzip';
  if (response.headers['content-type'] === 'text/plain') return 'text';
  if (TYPED.has(findRpc(request.path))) return 'typed';
  return findRpc(request.path) === 'SelectMergeProfile' || at(response.body, 'pprof') !== undefined
    ? 'pprof'
    : 'json';
}

const CHECKS: Record<Expectation, (exchange: Exchange) => Promise<void>> = {
  async refusal(exchange) {
    const { name, response } = exchange;
    const error = await replay(exchange).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!(error instanceof UpstreamError)) throw new Error(`no UpstreamError: ${String(error)}`);
    expect({ kind: error.kind, status: error.status }).toEqual({
      kind: expectedKind(exchange),
      status: response.status,
    });
    const code = at(response.body, 'code') ?? null;
    const message = INNER_MESSAGES.get(name) ?? at(response.body, 'message') ?? String(response.body).trim();
    expect(error.code).toBe(code);
    expect(error.detail).toBe(
      message === '' ? `HTTP ${response.status} without a message` : capped(String(message)),
    );
  },

  async typed(exchange) {
    const { request, response } = exchange;
    expect(await replay(exchange)).toEqual(response.body);
    const check = TYPED.get(findRpc(request.path));
    if (check === undefined) throw new Error(`no typed function for ${request.path}`);
    await check(exchange);
  },

  async pprof(exchange) {
    const { body, bodyBase64 } = exchange.response;
    const answer = await replay(exchange);
    expect(answer).toEqual(bodyBase64 === undefined ? body : Buffer.from(bodyBase64, 'base64'));
  },

  async gzip(exchange) {
    const answer = await replay(exchange);
    expect(answer).toEqual(
      JSON.parse(String(gunzipSync(Buffer.from(exchange.response.bodyBase64 ?? '', 'base64')))),
    );
    expect(list(at(at(answer, 'flamegraph'), 'names'))[0]).toBe('total');
  },

  async json(exchange) {
    const answer = await replay(exchange);
    expect(answer).toEqual(exchange.response.body);
    expect(typeof answer).toBe('object');
  },

  async text(exchange) {
    const { transport } = serveExchange(exchange);
    const { method, path } = exchange.request;
    expect(String((await transport.send({ method, path, signal })).bytes)).toBe(exchange.response.body);
  },
};

/** Kinds by status; the exceptions are named one by one. */
function expectedKind({ name, response }: Exchange): UpstreamKind | undefined {
  return (
    new Map<string, UpstreamKind>([
      ['v2-diff-timeout', 'timeout'],
      ['v2-err-span-malformed', 'rejected'],
      ['v2-err-trace-malformed', 'rejected'],
      ['v2-sms-profileid-malformed', 'rejected'],
      ['v2-heatmap-bad-selector-500', 'rejected'],
      ['v2-heatmap-no-querytype-500', 'rejected'],
      ['v2-heatmap-mismatch-exemplar-500', 'rejected'],
      ['v2-selectseries-exemplar-span-500', 'not_found'],
    ]).get(name) ??
    new Map<number, UpstreamKind>([
      [400, 'rejected'],
      [401, 'unauthorized'],
      [404, 'not_found'],
      [405, 'not_found'],
      [415, 'rejected'],
      [429, 'overloaded'],
      [500, 'failed'],
      [501, 'not_found'],
      [504, 'timeout'],
    ]).get(response.status)
  );
}

/** The messages that v1 sends as JSON inside JSON. */
const INNER_MESSAGES = new Map([
  ['v1-err-bad-selector', '1:4: parse error: unexpected identifier "b" in label matching, expected string'],
  [
    'v1-err-type-malformed',
    'profile-type selection must be of the form <name>:<sample-type>:<sample-unit>:<period-type>:<period-unit>(:delta), got(1): "cpu"',
  ],
]);

function capped(message: string): string {
  return message.length > 300 ? `${message.slice(0, 299)}…` : message;
}

/** The typed functions against the recorded body, read here by plain means. */
const TYPED = new Map<string, (exchange: Exchange) => Promise<void>>([
  [
    'ProfileTypes',
    async (exchange) => {
      const types = await typed(exchange, (transport, { start, end }) =>
        api.profileTypes(transport, { start, end }, signal),
      );
      expect(types.map(({ id, ...rest }) => ({ ID: id, ...rest }))).toEqual(
        list(at(exchange.response.body, 'profileTypes')),
      );
      for (const { id, name, sampleType, sampleUnit, periodType, periodUnit } of types) {
        expect(id).toBe([name, sampleType, sampleUnit, periodType, periodUnit].join(':'));
      }
    },
  ],
  [
    'LabelNames',
    async (exchange) => {
      const names = await typed(exchange, (transport, range) => api.labelNames(transport, range, signal));
      expect(names).toEqual(list(at(exchange.response.body, 'names')));
    },
  ],
  [
    'LabelValues',
    async (exchange) => {
      const name = String(at(exchange.request.body, 'name'));
      const values = await typed(exchange, (transport, range) =>
        api.labelValues(transport, name, range, signal),
      );
      expect(values).toEqual(list(at(exchange.response.body, 'names')));
    },
  ],
  [
    'Series',
    async (exchange) => {
      const names = list(at(exchange.request.body, 'labelNames')).map(String);
      const series = await typed(exchange, (transport, range) => api.series(transport, names, range, signal));
      expect(series).toEqual(list(at(exchange.response.body, 'labelsSet')).map(listLabels));
    },
  ],
  [
    'GetProfileStats',
    async (exchange) => {
      const stats = await typed(exchange, (transport) => api.profileStats(transport, signal));
      const { body } = exchange.response;
      const time = (name: string) => (at(body, name) === undefined ? null : Number(at(body, name)));
      const expected = {
        dataIngested: at(body, 'dataIngested') === true,
        oldest: time('oldestProfileTime'),
        newest: time('newestProfileTime'),
      };
      expect(stats).toEqual(expected);
    },
  ],
  [
    'SelectSeries',
    async (exchange) => {
      const aggregated = at(exchange.request.body, 'aggregation');
      const aggregation =
        aggregated === undefined
          ? {}
          : { aggregation: String(aggregated).endsWith('AVERAGE') ? ('average' as const) : ('sum' as const) };
      const series = await typed(exchange, (transport, range) =>
        api.selectSeries(transport, { ...range, ...aggregation }, signal),
      );
      const rows = list(at(exchange.response.body, 'series'));
      expect(series.map(({ labels }) => labels)).toEqual(rows.map(listLabels));
      rows.forEach((row, index) => {
        const points = list(at(row, 'points'));
        expect(series[index]?.points.map(({ time }) => String(time))).toEqual(
          points.map((point) => at(point, 'timestamp')),
        );
        expect(sum(series[index]?.points.map(({ value }) => value))).toBe(
          sum(points.map((point) => Number(at(point, 'value') ?? 0))),
        );
      });
    },
  ],
  [
    'SelectHeatmap',
    async (exchange) => {
      const heatmaps = await typed(exchange, (transport, range) =>
        api.selectHeatmap(transport, { ...range, ...exemplarsAsked(exchange) }, signal),
      );
      const rows = list(at(exchange.response.body, 'series'));
      expect(heatmaps.map(({ labels }) => labels)).toEqual(rows.map(listLabels));
      rows.forEach((row, index) => {
        const slots = list(at(row, 'slots')).map((slot) => ({
          time: Number(at(slot, 'timestamp')),
          profiles: sum(list(at(slot, 'counts')).map(Number)),
          exemplars: list(at(slot, 'exemplars')).map((exemplar) => ({
            time: Number(at(exemplar, 'timestamp')),
            value: Number(at(exemplar, 'value')),
            labels: listLabels(exemplar),
            profileId: at(exemplar, 'profileId') ?? null,
            spanId: at(exemplar, 'spanId') ?? null,
            traceId: at(exemplar, 'traceId') ?? null,
          })),
        }));
        expect(heatmaps[index]?.slots).toEqual(slots);
      });
    },
  ],
  [
    'GetFeatureFlags',
    async (exchange) => {
      expect(await typed(exchange, (transport) => api.enabledFeatures(transport, signal))).toEqual(
        new Set(['v2StorageLayer']),
      );
    },
  ],
]);

/** The kind of single profiles that a recorded request for a heatmap asks for. */
function exemplarsAsked({ request }: Exchange): { exemplars?: 'profiles' | 'spans' } {
  const type = at(request.body, 'exemplarType');
  if (type === 'EXEMPLAR_TYPE_SPAN') return { exemplars: 'spans' };
  return type === 'EXEMPLAR_TYPE_INDIVIDUAL' ? { exemplars: 'profiles' } : {};
}

/** Calls a typed function with the recorded arguments and checks that it asked for the same thing. */
async function typed<Result>(
  exchange: Exchange,
  call: (transport: Transport, range: api.SteppedSelection & api.SeriesSelection) => Promise<Result>,
): Promise<Result> {
  const { transport, sent } = serveExchange(exchange);
  const { body } = exchange.request;
  const result = await call(transport, {
    profileTypeId: String(at(body, 'profileTypeID')),
    labelSelector: String(at(body, 'labelSelector')),
    start: Number(at(body, 'start') ?? 0),
    end: Number(at(body, 'end') ?? 0),
    step: Number(at(body, 'step')),
    groupBy: list(at(body, 'groupBy')).map(String),
    matchers: list(at(body, 'matchers')).map(String),
  });
  const request: unknown = JSON.parse(sent.body.toString());
  for (const field of [
    'profileTypeID',
    'labelSelector',
    'start',
    'end',
    'step',
    'name',
    'labelNames',
    'groupBy',
    'aggregation',
  ]) {
    if (at(body, field) !== undefined) expect(at(request, field)).toEqual(at(body, field));
  }
  return result;
}

function findRpc(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function at(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function listLabels(row: unknown): unknown {
  return Object.fromEntries(list(at(row, 'labels')).map((label) => [at(label, 'name'), at(label, 'value')]));
}

function sum(values: readonly number[] = []): number {
  return values.reduce((total, value) => total + value, 0);
}
