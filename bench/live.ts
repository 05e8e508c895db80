import { loadavg } from 'node:os';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { Pool } from 'undici';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { encodeMergeRequest } from '../src/sources/pyroscope/wire.js';
import { queryProfile } from '../src/tools/surface/query_profile.js';
import { summarizeProfile } from '../src/tools/surface/summarize_profile.js';
import { generateProfile } from '../test/support/generate-profile.js';
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

/** Asks for the full profile, or for that of so many call sites a stack, and inflates the answer. */
async function askRaw(
  pool: Pool,
  { window: { from: start, to: end } }: LiveStore,
  { callSites, encoding = 'gzip' }: { callSites?: number | undefined; encoding?: 'gzip' | 'identity' } = {},
): Promise<Buffer> {
  const { body, headers } = await pool.request({
    path: '/querier.v1.QuerierService/SelectMergeProfile',
    method: 'POST',
    headers: { 'content-type': 'application/proto', 'accept-encoding': encoding },
    body: encodeMergeRequest({
      profileTypeId: CPU,
      labelSelector: '{service_name="shop"}',
      start,
      end,
      ...(callSites === undefined ? {} : { callSites }),
    }),
  });
  const bytes = Buffer.from(await body.bytes());
  return headers['content-encoding'] === 'gzip' ? promisify(gunzip)(bytes) : bytes;
}

/** A call takes a tenth of a second there. */
const SMALL_ROUNDS = 25;

/**
 * Measures `summarize_profile` against a real Pyroscope on this machine, in turn with the raw request as HTTP
 * clients send it, compressed, and in turn with one that is not; null where there is none.
 */
export async function liveFigures(env: NodeJS.ProcessEnv): Promise<string | null> {
  const store = await startLiveStore(100_000, env);
  if (store === null) return null;
  const pool = new Pool(store.url, { connections: 8 });
  const source = createPyroscopeSource({ name: 'live', uid: 'live', url: store.url });
  const ask = createCaller(source);
  const args = {
    service: 'shop',
    profile_type: 'cpu',
    from: String(store.window.from),
    to: String(store.window.to),
  };
  const rows: string[] = [];
  for (const [what, encoding] of [
    ['compressed', 'gzip'],
    ['not compressed', 'identity'],
  ] as const) {
    const { rawMs, callMs } = await alternating(
      () => askRaw(pool, store, { encoding }),
      () => ask(summarizeProfile, args),
      SMALL_ROUNDS,
    );
    rows.push(
      `| ${what} | ${rawMs.toFixed(0)} ms | ${callMs.toFixed(0)} ms | **${(callMs / rawMs).toFixed(2)}** |`,
    );
  }
  await Promise.all([source.close(), pool.close()]);
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
  const { from: start, to: end } = store.window;
  const pool = new Pool(store.url, { connections: 8 });
  const raw = (callSites?: number) => askRaw(pool, store, { callSites });
  const source = createPyroscopeSource({ name: 'live', uid: 'live', url: store.url });
  const capped = createPyroscopeSource({
    name: 'live',
    uid: 'live',
    url: store.url,
    maxResponseBytes: 7_000_000,
  });
  const args = { service: 'shop', profile_type: 'cpu', from: String(start), to: String(end) };
  const row = async (what: string, call: () => Promise<unknown>) => {
    const { rawMs, callMs } = await alternating(() => raw(), call, ROUNDS, 1);
    return `| ${what} | ${rawMs.toFixed(0)} ms | ${callMs.toFixed(0)} ms | **${(callMs / rawMs).toFixed(2)}** |`;
  };
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
    for (let round = 0; round < ROUNDS; round++) times.push((await timed(() => raw(callSites)))[1]);
    rows.push(
      `| raw request with ${callSites} call site${callSites === 1 ? '' : 's'} a stack | | ${median(times).toFixed(0)} ms | |`,
    );
  }
  await Promise.all([source.close(), capped.close(), pool.close()]);
  await store.stop();
  return rows;
}
