import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decodePprof, pprofToProfile } from '../../src/profile/pprof/pprof.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { fixture, INCIDENT_WINDOW } from './ask.js';
import { generateProfile } from './generate-profile.js';
import { startGrafanaServer, VIEWER_TOKEN } from './grafana-server.js';
import { type PyroscopeServerOptions, startPyroscopeServer, type TestPyroscope } from './pyroscope-server.js';
import { treePaths } from './tree-paths.js';
import type { Fault } from './wire/faults.js';
import { flameGraph, treeBytes } from './wire/flamegraph.js';
import { messageType } from './wire/schema.js';

// Features of the test servers that recorded exchanges do not show: faults, counts, protobuf, truncation.

const window = { from: Date.parse(INCIDENT_WINDOW.from), to: Date.parse(INCIDENT_WINDOW.to) };
const query = { matchers: [], window };
const { signal } = new AbortController();
const closers: (() => Promise<void>)[] = [];
let files: ProfileSource;

beforeAll(() => {
  files = createFilesSource({ directory: fixture('demo') });
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function serve(options: PyroscopeServerOptions = {}): Promise<TestPyroscope> {
  const server = await startPyroscopeServer(files, options);
  closers.push(server.close);
  return server;
}

function client(url: string, more: { token?: string; timeoutMs?: number } = {}): ProfileSource {
  const source = createPyroscopeSource({ name: 'p', uid: 'p', url, maxResponseBytes: 2 ** 20, ...more });
  closers.push(source.close);
  return source;
}

describe('faults', () => {
  const FAULTS: [Fault, string][] = [
    [{ kind: 'hang' }, 'timeout'],
    [{ kind: 'slow', ms: 5000 }, 'timeout'],
    [{ kind: 'reset' }, 'unreachable'],
    [{ kind: 'half' }, 'unreadable'],
    [{ kind: 'garbage' }, 'unreadable'],
    [{ kind: 'endless' }, 'too_large'],
    [{ kind: 'html' }, 'unreadable'],
    [{ kind: 'status', status: 401 }, 'unauthorized'],
    [{ kind: 'status', status: 403 }, 'unauthorized'],
    [{ kind: 'status', status: 429 }, 'overloaded'],
    [{ kind: 'status', status: 500 }, 'failed'],
    [{ kind: 'status', status: 503 }, 'overloaded'],
  ];

  test.each(FAULTS)('%j is what a client calls %s', async (fault, kind) => {
    const server = await serve();
    server.faults.set(fault, { on: 'LabelNames' });
    const source = client(server.url, { timeoutMs: kind === 'timeout' ? 50 : 10_000 });
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind });
  });

  test('one method at a time, so many times', async () => {
    const server = await serve();
    const source = client(server.url);
    server.faults.set({ kind: 'status', status: 503 }, { on: 'LabelNames', times: 1 });
    await source.labelValues('pod', query, signal);
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind: 'overloaded' });
    await source.labelNames(query, signal);
    server.faults.set({ kind: 'status', status: 500 });
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind: 'failed' });
    server.faults.clear();
    await source.labelNames(query, signal);
  });

  test('another content type, and an answer that is only late, are right answers', async () => {
    const server = await serve();
    server.faults.set({ kind: 'content_type', contentType: 'text/plain' });
    const names = await client(server.url).labelNames(query, signal);
    server.faults.set({ kind: 'slow', ms: 5 });
    expect(await client(server.url).labelNames(query, signal)).toEqual(names);
    expect(names).toEqual(await files.labelNames(query, signal));
  });

  test('a store that never ends, or breaks off, does so through Grafana', async () => {
    const server = await serve();
    const grafana = await startGrafanaServer({ dataSources: [{ name: 'a', uid: 'a-b', url: server.url }] });
    closers.push(grafana.close);
    const source = client(`${grafana.url}/api/datasources/proxy/uid/a-b`, { token: VIEWER_TOKEN });
    server.faults.set({ kind: 'endless' });
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind: 'too_large' });
    server.faults.set({ kind: 'half' });
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind: 'unreadable' });
    grafana.faults.set({ kind: 'status', status: 403 }, { on: 'proxy LabelNames' });
    await expect(source.labelNames(query, signal)).rejects.toMatchObject({ kind: 'unauthorized' });
    // The transfer that broke off is sent once more; the endless one and the refused one are not.
    expect(grafana.requests.counts()).toEqual({ 'proxy LabelNames': 4 });
    expect(server.requests.count()).toBe(3);
  });
});

describe('what is counted', () => {
  test('every request with its headers and its message, and how many were open at once', async () => {
    const server = await serve({ authorization: 'Bearer secret' });
    server.faults.set({ kind: 'slow', ms: 20 }, { on: 'LabelValues' });
    const source = client(server.url, { token: 'secret' });
    await Promise.all([1, 2, 3].map(() => source.labelValues('pod', query, signal)));
    await source.profile({ ...query, profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds' }, signal);
    expect(server.requests.mostInFlight()).toBe(3);
    expect(server.requests.counts()).toEqual({ LabelValues: 3, SelectMergeProfile: 1 });
    expect(server.requests.log[3]).toMatchObject({
      method: 'POST',
      path: '/querier.v1.QuerierService/SelectMergeProfile',
      headers: { authorization: 'Bearer secret', 'content-type': 'application/proto' },
      message: { labelSelector: '{}', start: String(window.from) },
    });
    server.requests.clear();
    expect(server.requests.count()).toBe(0);
    await expect(client(server.url).labelNames(query, signal)).rejects.toMatchObject({
      kind: 'unauthorized',
    });
  });
});

describe('protobuf', () => {
  test('answers in the encoding of the request', async () => {
    const server = await serve();
    const type = messageType('types.v1.LabelNamesRequest');
    const body = toBinary(
      type,
      fromBinary(type, Uint8Array.of(0x10, 1, 0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)),
    );
    const response = await fetch(`${server.url}/querier.v1.QuerierService/LabelNames`, {
      method: 'POST',
      headers: { 'content-type': 'application/proto' },
      body: Buffer.from(body),
    });
    expect(response.headers.get('content-type')).toBe('application/proto');
    const answer = fromBinary(
      messageType('types.v1.NamesResponse'),
      new Uint8Array(await response.arrayBuffer()),
    );
    expect(Reflect.get(answer, 'names')).toEqual(expect.arrayContaining(['__name__', 'pod', 'service_name']));
  });
});

describe('truncation', () => {
  const profile = pprofToProfile(decodePprof(generateProfile({ nodes: 20_000, cpuOnly: true }).bytes));
  const countNodes = (paths: readonly string[]) => paths.length - 1;
  const sumSelf = (paths: readonly string[]) =>
    paths.reduce((sum, path) => sum + Number(path.slice(path.lastIndexOf(' ') + 1)), 0);
  const whole = treePaths(treeBytes(profile, 1_048_576));

  test.each([64, 1024, 8192])('to %i nodes: the sum is exact, the rest is in other', (maxNodes) => {
    const paths = treePaths(treeBytes(profile, maxNodes));
    expect(countNodes(paths)).toBeGreaterThanOrEqual(maxNodes);
    expect(countNodes(paths)).toBeLessThan(countNodes(whole));
    expect(paths.some((path) => /;other \d+$/.test(path))).toBe(true);
    expect(sumSelf(paths)).toBe(sumSelf(whole));
    const { total, levels } = flameGraph(profile, maxNodes);
    expect(Number(total)).toBe(sumSelf(whole));
    const drawn = levels.reduce((sum, { values }) => sum + values.length / 4, 0);
    expect(drawn).toBe(paths.length);
  });

  test('what fits is whole', () => {
    expect(whole.some((path) => /;other \d+$/.test(path))).toBe(false);
    expect(sumSelf(whole)).toBe(profile.values.reduce((sum, value) => sum + value, 0));
  });
});
