import { readdirSync, readFileSync } from 'node:fs';
import { fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf';
import { MockAgent } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { decodePprof, pprofToProfile } from '../src/profile/pprof/pprof.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { directoryWith } from './support/directory.js';
import { listStacks } from './support/profiles.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';
import { pprofOfJson } from './support/recorded-store.js';
import { type Exchange, readBody, recordedBytes, replay } from './support/replay.js';
import { CPU, encodeSpanService, planSpans, SERVICE, SLOW, UNSAMPLED } from './support/span-service.js';
import { treePaths } from './support/tree-paths.js';
import { messageType } from './support/wire/schema.js';

// Questions about single requests, as real servers answered them: the newest with v2 and v1 storage, and
// 2.1.2, which ignores what it does not know. All held the profiles of `span-service.ts`.

/** Start of the first profile on the recorded servers. */
const START = 1_795_955_640_000;
const FOLDER = new URL('../fixtures/recorded/requests/', import.meta.url);
const ORIGIN = 'http://recorded.test';
const SERVERS = { v2: {}, v1: { mode: 'v1' }, v21: { version: 2.1 } } as const;
const QUERY = {
  profileTypeId: CPU,
  matchers: [{ name: 'service_name', op: '=' as const, value: SERVICE }],
  window: { from: START, to: START + 200_000 },
};
const { signal } = new AbortController();
const slow = planSpans().spans.find(({ span }) => span === SLOW);
const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

function readExchange(name: string): Exchange {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

/** A source whose server gives the recorded answers of a question in turn. */
function openRecorded(question: string): { source: ProfileSource; sent: () => number } {
  const agent = new MockAgent();
  agent.disableNetConnect();
  let sent = 0;
  const pattern = new RegExp(`^${question}(?:-\\d+)?$`);
  for (const name of names.filter((candidate) => pattern.test(candidate))) {
    const exchange = readExchange(name);
    agent
      .get(ORIGIN)
      .intercept({ path: exchange.request.path, method: 'POST' })
      .reply((received) => {
        const { body, bodyBase64 } = exchange.request;
        const asked =
          received.body instanceof Uint8Array
            ? Buffer.from(received.body).toString('base64')
            : JSON.parse(String(received.body));
        expect(asked).toEqual(bodyBase64 ?? body);
        sent++;
        const { status, headers } = exchange.response;
        return { statusCode: status, data: recordedBytes(exchange), responseOptions: { headers } };
      });
  }
  const source = createPyroscopeSource({ name: 'p', uid: 'p', url: ORIGIN, dispatcher: agent });
  onTestFinished(() => source.close());
  return { source, sent: () => sent };
}

async function readStacks(source: ProfileSource, kind: 'span' | 'trace' | 'profile', id: string) {
  const { profile, isNamesOnly = false } = await source.profile(
    { ...QUERY, only: { kind, ids: [id] } },
    signal,
  );
  return { stacks: sumStacks(listStacks(profile)), isNamesOnly };
}

function sumStacks(rows: readonly [string[], number][]): Record<string, number> {
  const stacks: Record<string, number> = {};
  for (const [frames, value] of rows) stacks[frames.join(';')] = (stacks[frames.join(';')] ?? 0) + value;
  return stacks;
}

describe('our client', () => {
  test.each([
    ['v2', 1, false],
    ['v1', 2, true],
    ['v21', 2, true],
  ] as const)('reads a span of %s in %i requests', async (server, requests, isNamesOnly) => {
    const { source, sent } = openRecorded(`${server}-span`);
    expect(await readStacks(source, 'span', SLOW)).toEqual({ stacks: slow?.stacks, isNamesOnly });
    expect(sent()).toBe(requests);
  });

  test.each(['v2', 'v1', 'v21'])('finds nothing of a span without samples in %s', async (server) => {
    const { source } = openRecorded(`${server}-span-without-samples`);
    expect((await readStacks(source, 'span', UNSAMPLED)).stacks).toEqual({});
  });

  test('reads a trace of v2; v1 refuses, and an older server that ignores the id is found out', async () => {
    const id = slow?.trace ?? '';
    expect(await readStacks(openRecorded('v2-trace').source, 'trace', id)).toEqual({
      stacks: slow?.stacks,
      isNamesOnly: false,
    });
    for (const server of ['v1', 'v21'])
      await expect(readStacks(openRecorded(`${server}-trace`).source, 'trace', id)).rejects.toThrow(
        'This server cannot select samples by trace id: that needs Pyroscope 2.2 or later with v2 storage',
      );
  });

  test('finds no unknown profile in v2; v1, which ignores the id, is found out', async () => {
    const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
    for (const server of ['v2', 'v21'])
      expect((await readStacks(openRecorded(`${server}-profile`).source, 'profile', id)).stacks).toEqual({});
    await expect(readStacks(openRecorded('v1-profile').source, 'profile', id)).rejects.toThrow(
      'cannot select samples by profile id',
    );
  });

  test.each(['v2', 'v21'])('lists the heaviest profiles and spans of %s', async (server) => {
    const profiles = await openRecorded(`${server}-heaviest-profiles`).source.exemplars?.(
      QUERY,
      'profiles',
      signal,
    );
    expect({ rows: profiles?.rows.length, counted: profiles?.counted }).toEqual({ rows: 8, counted: 8 });
    expect(profiles?.rows[0]).toMatchObject({
      time: START + 60_000,
      labels: { pod: 'web-0', service_name: SERVICE },
    });
    const spans = await openRecorded(`${server}-heaviest-spans`).source.exemplars?.(QUERY, 'spans', signal);
    expect(spans?.counted).toBe(98);
    expect(spans?.rows[0]).toEqual({
      time: START + 60_000,
      value: 3_030_000_000,
      labels: { pod: 'web-0', service_name: SERVICE, span_name: 'POST /pay' },
      profileId: null,
      spanId: SLOW,
      traceId: server === 'v2' ? slow?.trace : null,
    });
  });

  test.each(['profiles', 'spans'] as const)('says that v1 lists no %s', async (kind) => {
    await expect(openRecorded(`v1-heaviest-${kind}`).source.exemplars?.(QUERY, kind, signal)).rejects.toThrow(
      `This server lists no single ${kind}: that needs Pyroscope 1.19 or later with v2 storage`,
    );
  });
});

describe('the test server answers as the real one', () => {
  test.each(names)('%s', async (name) => {
    const exchange = readExchange(name);
    const kind = name.split('-')[0] as keyof typeof SERVERS;
    const directory = await directoryWith(encodeSpanService(START));
    const server = await startPyroscopeServer(createFilesSource({ directory }), {
      now: () => START + 600_000,
      ...SERVERS[kind],
    });
    onTestFinished(() => server.close());
    const headers = { ...exchange.request.headers, 'Accept-Encoding': 'identity' };
    const answer = await replay(server.url, { request: { ...exchange.request, headers } });
    expect(answer.status).toBe(exchange.response.status);
    const recorded = recordedBytes(exchange);
    const path = exchange.request.path;
    if (answer.headers['content-type'] === 'application/proto')
      expect(readMerge(path, answer.bytes)).toEqual(readMerge(path, recorded));
    else expect(comparable(readBody(answer.bytes))).toEqual(comparable(readBody(recorded)));
  });
});

/** The stacks of an answer in protobuf, or the root of a flame graph. */
function readMerge(path: string, bytes: Buffer): unknown {
  if (path.endsWith('SelectMergeProfile')) return sumStacks(listStacks(pprofToProfile(decodePprof(bytes))));
  const type = messageType('querier.v1.SelectMergeStacktracesResponse');
  const answer = toJson(type, fromBinary(type, bytes));
  const { pprof, flamegraph } = answerSchema.parse(answer);
  if (flamegraph !== undefined) return flamegraph.total;
  const json = pprof?.profile;
  if (json === undefined) return {};
  return sumStacks(listStacks(pprofToProfile(decodePprof(pprofOfJson(json as JsonValue)))));
}

const answerSchema = z.object({
  pprof: z.object({ profile: z.unknown() }).optional(),
  flamegraph: z.object({ total: z.string().optional() }).optional(),
});
/** The flags of features without their texts for people. */
const flagsSchema = z.object({
  featureFlags: z.array(z.object({ name: z.string(), enabled: z.boolean().default(false) })),
});
const heatmapSchema = z.object({
  series: z.array(
    z.object({
      labels: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
      slots: z.array(
        z.object({
          timestamp: z.string(),
          yMin: z.array(z.number()),
          counts: z.array(z.number()),
          exemplars: z
            .array(
              z.object({
                timestamp: z.string(),
                value: z.string(),
                spanId: z.string().optional(),
                labels: z.array(z.object({ name: z.string(), value: z.string() })),
              }),
            )
            .default([]),
        }),
      ),
    }),
  ),
});

/** An answer without the order of siblings and labels, and without ids of profiles and traces. */
function comparable(body: unknown): unknown {
  const tree: unknown = Reflect.get(Object(body), 'tree');
  if (typeof tree === 'string') return treePaths(Buffer.from(tree, 'base64'));
  const flags = flagsSchema.safeParse(body);
  if (flags.success) return flags.data;
  const heatmap = heatmapSchema.safeParse(body);
  if (!heatmap.success) return body;
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return heatmap.data.series
    .map(({ labels, slots }) => ({
      labels,
      slots: slots.map((slot) => ({
        ...slot,
        exemplars: slot.exemplars
          .map((row) => ({ ...row, labels: row.labels.toSorted(byName) }))
          .sort((a, b) => Number(a.value) - Number(b.value)),
      })),
    }))
    .sort((a, b) => (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1));
}
