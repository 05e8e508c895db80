import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { Pool } from 'undici';
import { createGrafanaClient } from '../src/sources/grafana/client.js';
import { createEnablementFile } from '../src/sources/grafana/enablement.js';
import { createGrafanaSources } from '../src/sources/grafana/sources.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { encodeMergeRequest } from '../src/sources/pyroscope/wire.js';
import type { ProfileSource } from '../src/sources/source.js';
import { queryProfile } from '../src/tools/surface/query_profile.js';
import { summarizeProfile } from '../src/tools/surface/summarize_profile.js';
import { generateProfile } from '../test/support/generate-profile.js';
import { startRealGrafana } from '../test/support/grafana-process.js';
import { type LiveServer, liveServer } from '../test/support/pyroscope.js';
import { alternating, createCaller, median, timed } from './measure.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
/** A server refuses profiles with more different stacks. */
const STACKS_EACH = 5_000;
const SPACING_MS = 15_000;

/** A real Pyroscope with a generated CPU profile of the service `shop`, and how large it is. */
interface LiveStore extends LiveServer {
  nodes: number;
  stacks: number;
  window: { from: number; to: number };
}

/**
 * Starts or takes the real server that the environment names, and pushes a profile of that many nodes in
 * parts.
 */
async function startLiveStore(nodes: number, env: NodeJS.ProcessEnv): Promise<LiveStore | null> {
  const server = await liveServer(env);
  if (server === null) return null;
  const made = generateProfile({ nodes, seed: 1, hotShare: 0.3024, cpuOnly: true });
  const whole = Profile.decode(made.bytes);
  const { sample } = whole;
  const parts = Math.ceil(sample.length / STACKS_EACH);
  const from = Date.now() - parts * SPACING_MS;
  for (let part = 0; part < parts; part++) {
    whole.sample = sample.filter((_, at) => at % parts === part);
    whole.timeNanos = BigInt(from + part * SPACING_MS) * 1_000_000n;
    const labels = Object.entries({ __name__: 'process_cpu', service_name: 'shop', pod: 'a' }).map(
      ([name, value]) => ({ name, value }),
    );
    const rawProfile = gzipSync(whole.encode()).toString('base64');
    const response = await fetch(`${server.url}/push.v1.PusherService/Push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ series: [{ labels, samples: [{ rawProfile }] }] }),
    });
    if (!response.ok) throw new Error(`push failed: ${response.status} ${await response.text()}`);
  }
  return {
    ...server,
    nodes: made.nodes,
    stacks: made.stacks,
    window: { from: from - 1_000, to: from + parts * SPACING_MS },
  };
}

/** A way to the store: straight to the Pyroscope, or through a Grafana in front of it. */
interface Route {
  name: string;
  source: ProfileSource;
  /** Asks for the full profile, or for that of so many call sites a stack, and inflates the answer. */
  askRaw(options?: { callSites?: number | undefined; encoding?: 'gzip' | 'identity' }): Promise<Buffer>;
  close(): Promise<void>;
}

/** Arguments of a tool that asks for all of what is in the store. */
function wholeWindow({ window: { from, to } }: LiveStore) {
  return { service: 'shop', profile_type: 'cpu', from: String(from), to: String(to) };
}

function createAskRaw(
  pool: Pool,
  { from: start, to: end }: LiveStore['window'],
  { base = '', authorization }: { base?: string; authorization?: string } = {},
): Route['askRaw'] {
  return async ({ callSites, encoding = 'gzip' } = {}) => {
    const { body, headers, statusCode } = await pool.request({
      path: `${base}/querier.v1.QuerierService/SelectMergeProfile`,
      method: 'POST',
      headers: {
        'content-type': 'application/proto',
        'accept-encoding': encoding,
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: encodeMergeRequest({
        profileTypeId: CPU,
        labelSelector: '{service_name="shop"}',
        start,
        end,
        ...(callSites === undefined ? {} : { callSites }),
      }),
    });
    const bytes = Buffer.from(await body.bytes());
    if (statusCode !== 200) throw new Error(`the raw request failed: ${statusCode} ${bytes.toString()}`);
    return headers['content-encoding'] === 'gzip' ? promisify(gunzip)(bytes) : bytes;
  };
}

function routeStraight({ url, window }: LiveStore): Route {
  const pool = new Pool(url, { connections: 8 });
  const source = createPyroscopeSource({ name: 'live', uid: 'live', url });
  return {
    name: 'straight',
    source,
    askRaw: createAskRaw(pool, window),
    close: async () => void (await Promise.all([source.close(), pool.close()])),
  };
}

/** Starts the Grafana that the environment names, with the store as data source; null where none is named. */
async function routeThroughGrafana(
  { url, window }: LiveStore,
  { GRAFANA_BIN, GRAFANA_HOME }: NodeJS.ProcessEnv,
): Promise<Route | null> {
  if (!GRAFANA_BIN || !GRAFANA_HOME) return null;
  const grafana = await startRealGrafana(GRAFANA_BIN, GRAFANA_HOME, {});
  await grafana.api('POST', '/api/datasources', {
    name: 'Profiles',
    uid: 'profiles',
    type: 'grafana-pyroscope-datasource',
    access: 'proxy',
    url,
  });
  const state = mkdtempSync(join(tmpdir(), 'state-'));
  const finder = createGrafanaSources({
    client: createGrafanaClient({ url: grafana.url, username: 'admin', password: 'admin' }),
    orgId: null,
    enablement: createEnablementFile(join(state, 'sources.json')),
    declared: ['profiles'],
  });
  const [listed] = await finder.list(AbortSignal.timeout(60_000));
  if (!listed?.source) throw new Error(`Grafana does not list the data source: ${listed?.obstacle?.message}`);
  const pool = new Pool(grafana.url, { connections: 8 });
  return {
    name: 'through Grafana',
    source: listed.source,
    askRaw: createAskRaw(pool, window, {
      base: '/api/datasources/proxy/uid/profiles',
      authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}`,
    }),
    async close() {
      await Promise.all([finder.close(), pool.close()]);
      await grafana.stop();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** A row of raw requests and calls in turn: medians in milliseconds, and their ratio. */
async function writeRow(
  what: string,
  raw: () => Promise<unknown>,
  call: () => Promise<unknown>,
  rounds: { counted: number; warmUp?: number },
): Promise<string> {
  const { rawMs, callMs } = await alternating(raw, call, rounds.counted, rounds.warmUp);
  return `| ${what} | ${rawMs.toFixed(0)} ms | ${callMs.toFixed(0)} ms | **${(callMs / rawMs).toFixed(2)}** |`;
}

/** A call takes a tenth of a second there. */
const SMALL_ROUNDS = 25;

/**
 * Measures `summarize_profile` against a real Pyroscope on this machine, and through a real Grafana where the
 * environment names one, in turn with the raw request as HTTP clients send it, compressed, and in turn with
 * one that is not; null where there is no Pyroscope.
 */
export async function liveFigures(env: NodeJS.ProcessEnv): Promise<string | null> {
  const store = await startLiveStore(100_000, env);
  if (store === null) return null;
  const rows: string[] = [];
  for (const route of [routeStraight(store), await routeThroughGrafana(store, env)]) {
    if (route === null) continue;
    const ask = createCaller(route.source);
    for (const [what, encoding] of [
      ['compressed', 'gzip'],
      ['not compressed', 'identity'],
    ] as const) {
      rows.push(
        await writeRow(
          `${route.name}, ${what}`,
          () => route.askRaw({ encoding }),
          () => ask(summarizeProfile, wholeWindow(store)),
          { counted: SMALL_ROUNDS },
        ),
      );
    }
    await route.close();
  }
  await store.stop();
  return [
    `Medians of ${SMALL_ROUNDS} rounds, load average ${(loadavg()[0] ?? 0).toFixed(1)}.`,
    '',
    '| raw answer | raw request | whole call | call ÷ raw |',
    '| --- | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

const ROUNDS = 5;

/**
 * Measures whole calls against a real Pyroscope, next to the raw request for the full profile; no rows where
 * there is none.
 */
export async function liveRows(nodes: number, env: NodeJS.ProcessEnv): Promise<string[]> {
  const store = await startLiveStore(nodes, env);
  if (store === null) return [];
  const { source, askRaw, close } = routeStraight(store);
  const capped = createPyroscopeSource({
    name: 'live',
    uid: 'live',
    url: store.url,
    maxResponseBytes: 7_000_000,
  });
  const args = wholeWindow(store);
  const row = (what: string, call: () => Promise<unknown>) =>
    writeRow(what, () => askRaw(), call, { counted: ROUNDS, warmUp: 1 });
  const [ask, askCapped] = [createCaller(source), createCaller(capped)];
  const rows = [
    await row('`summarize_profile`, whole', () => ask(summarizeProfile, args)),
    await row('`query_profile` view=top, whole', () => ask(queryProfile, { ...args, limit: 20 })),
    await row('`summarize_profile`, read in part', () => askCapped(summarizeProfile, args)),
    await row('`query_profile` view=top, read in part', () =>
      askCapped(queryProfile, { ...args, limit: 20 }),
    ),
  ];
  for (const callSites of [1, 4]) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) times.push((await timed(() => askRaw({ callSites })))[1]);
    rows.push(
      `| raw request with ${callSites} call site${callSites === 1 ? '' : 's'} a stack | | ${median(times).toFixed(0)} ms | |`,
    );
  }
  await Promise.all([close(), capped.close()]);
  await store.stop();
  return rows;
}
