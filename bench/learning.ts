import { type ChildProcess, spawn } from 'node:child_process';
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Pool } from 'undici';
import { z } from 'zod';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { callTool } from '../src/mcp/call.js';
import { createPatternBook } from '../src/patterns/book.js';
import { createGrafanaClient } from '../src/sources/grafana/client.js';
import { createEnablementFile } from '../src/sources/grafana/enablement.js';
import { createGrafanaSources, type GrafanaSources } from '../src/sources/grafana/sources.js';
import { createLog } from '../src/telemetry/log.js';
import { listLabels } from '../src/tools/surface/list_labels.js';
import { realRedis, startRedis, type TestRedis } from '../test/support/redis.js';
import { alternating, median, path, timed } from './measure.js';

const SOURCES = 50;
/** The one that is enabled. */
const SOURCE = 'source0';
const DASHBOARDS = 1_000;
const STARTS = 7;
const WINDOW = { from: '2026-11-20T14:00:00Z', to: '2026-11-20T14:50:00Z' };
const never = () => new AbortController().signal;

/** Discovery, the scan of dashboards, and answers from the schema cache, as sections of the page. */
export async function learningSections(): Promise<string[]> {
  const grafana = await startGrafana();
  try {
    return [...(await discoverySection(grafana)), ...(await cacheSection(grafana))];
  } finally {
    grafana.child.kill();
  }
}

interface Grafana {
  url: string;
  token: string;
  child: ChildProcess;
}

async function startGrafana(): Promise<Grafana> {
  const child = spawn(process.execPath, [path('.bench/bench/grafana.js'), `${SOURCES}`, `${DASHBOARDS}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { ...z.object({ url: z.string(), token: z.string() }).parse(JSON.parse(line)), child };
}

async function discoverySection({ url, token }: Grafana): Promise<string[]> {
  const open = () =>
    createGrafanaSources({
      client: createGrafanaClient({ url, token }),
      orgId: null,
      enablement: createEnablementFile(join(tmpdir(), 'there-is-no-such-file.json')),
      declared: [SOURCE],
    });
  const discovery = async () => {
    const sources = open();
    const { pyroscopeSources: discovered } = await sources.discovery(never());
    if (discovered.length !== SOURCES * 0.8) throw new Error(`${discovered.length} data sources were found`);
    await sources.close();
  };
  const raw = async () => {
    const pool = new Pool(url, { connections: 2 });
    const headers = { authorization: `Bearer ${token}` };
    const read = async (at: string) => {
      const { body } = await pool.request({ path: at, method: 'GET', headers });
      return body.json();
    };
    await Promise.all([read('/api/datasources'), read('/api/frontend/settings')]);
    await pool.close();
  };
  const { rawMs, callMs } = await alternating(raw, discovery);
  const sources = open();
  const scan = await scanned(sources, await createReader({ url, token }));
  await sources.close();
  return [
    `## A Grafana with ${SOURCES} data sources and ${DASHBOARDS.toLocaleString('en')} dashboards`,
    '',
    'Ten panels a dashboard, three of them with profiles. "Raw" makes the same requests and parses the answers. While the first',
    'scan of dashboards runs, `list_labels` is asked again and again in the same process.',
    '',
    '| what | requests | raw | ours |',
    '| --- | --: | --: | --: |',
    `| discovery, connections opened again | 2 | ${rawMs.toFixed(1)} ms | **${callMs.toFixed(1)} ms** |`,
    `| first scan: ${scan.read} dashboards read, ${scan.left} left for the next; at most ${scan.inFlight} requests at once | ${scan.requests} | – | ${scan.ms.toFixed(0)} ms |`,
    `| \`list_labels\` meanwhile, ${scan.answers.toLocaleString('en')} times: median, 99th percentile | 0 | – | ${scan.median.toFixed(2)} ms, ${scan.p99.toFixed(1)} ms |`,
    `| all dashboards, scan after scan | ${scan.allRequests} | – | ${scan.allMs.toFixed(0)} ms |`,
    `| heap for what was learned of them | – | – | ${(scan.heap / 2 ** 20).toFixed(1)} MiB |`,
    '',
  ];
}

/** Measures the scans of all dashboards; a reader runs during the first one. */
async function scanned(sources: GrafanaSources, reader: Reader) {
  await sources.discovery(never());
  let [requests, open, inFlight, clock] = [0, 0, 0, Date.now()];
  const begins = () => {
    requests++;
    open++;
    inFlight = Math.max(inFlight, open);
  };
  const ends = () => {
    open--;
  };
  const heapBefore = heapUsed();
  diagnostics.subscribe('undici:request:create', begins);
  diagnostics.subscribe('undici:request:trailers', ends);
  const book = createPatternBook(sources.dashboards, { now: () => clock });
  const [first, ms] = await timed(() => reader.during(book.read(never(), 60_000)));
  const firstRequests = requests;
  let [last, allMs] = [first, ms];
  while ((last.progress?.left ?? 0) > 0) {
    clock += 61_000;
    const [next, nextMs] = await timed(() => book.read(never(), 60_000));
    [last, allMs] = [next, allMs + nextMs];
  }
  diagnostics.unsubscribe('undici:request:create', begins);
  diagnostics.unsubscribe('undici:request:trailers', ends);
  if (last.progress?.done !== DASHBOARDS) throw new Error(`read ${JSON.stringify(last.progress)}`);
  const heap = heapUsed() - heapBefore;
  await reader.close();
  const times = reader.times.sort((a, b) => a - b);
  return {
    ms,
    allMs,
    inFlight,
    requests: firstRequests,
    allRequests: requests,
    read: first.progress?.done ?? 0,
    left: first.progress?.left ?? 0,
    heap,
    answers: times.length,
    median: median(times),
    p99: times[Math.floor(times.length * 0.99)] ?? 0,
  };
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

type Reader = Awaited<ReturnType<typeof createReader>>;

/** Asks about the schema as long as something else goes on. */
async function createReader({ url, token }: Pick<Grafana, 'url' | 'token'>) {
  const flags = ['--grafana-url', url, '--grafana-token', token, '--enabled-sources', SOURCE];
  const config = readConfig([...flags, '--cache-dir', 'none'], {});
  const environment = await createEnvironment(config, createLog('error', console.error));
  const ask = async () => {
    const args = { service: 'checkout-api', ...WINDOW };
    const { text, isError } = await callTool(listLabels, args, environment, never());
    if (isError) throw new Error(text);
  };
  await ask();
  const times: number[] = [];
  return {
    times,
    async during<T>(work: Promise<T>): Promise<T> {
      let isGoing = true;
      void work.finally(() => {
        isGoing = false;
      });
      while (isGoing) {
        times.push((await timed(ask))[1]);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return work;
    },
    close: () => environment.context.sources.close(),
  };
}

const measured = z.tuple([z.number(), z.number()]);
const startSchema = z.object({
  first: measured,
  labels: measured,
  types: measured,
  again: measured,
  remembered: measured,
});
type Start = z.output<typeof startSchema>;

/** Starts warm.ts over a cache. */
async function startWarm({ url, token }: Grafana, cache: readonly string[]): Promise<Start> {
  const flags = ['--grafana-url', url, '--grafana-token', token, '--enabled-sources', SOURCE, ...cache];
  const child = spawn(process.execPath, [path('.bench/bench/warm.js'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[line]] = await Promise.all([once(createInterface(child.stdout), 'line'), once(child, 'exit')]);
  return startSchema.parse(JSON.parse(line));
}

async function cacheSection(grafana: Grafana): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const redis = realRedis().own ? await startRedis() : null;
  try {
    const places: [string, string[]][] = [
      ['disk', ['--cache-dir', directory]],
      ...(redis === null ? [] : [['Redis', ['--cache-url', redis.url]] as [string, string[]]]),
    ];
    const rows: string[] = [];
    for (const [name, flags] of places) {
      await startWarm(grafana, flags);
      const starts: Start[] = [];
      for (let round = 0; round < STARTS; round++) starts.push(await startWarm(grafana, flags));
      rows.push(...cacheRows(name, starts));
    }
    if (redis !== null) rows.push(...(await brokenRows(grafana, redis)));
    return [
      '## Questions about the schema from the cache',
      '',
      `Through the Grafana above, of a server that was just started over a cache that another one filled; ${STARTS} starts.`,
      'The first question of a process also loads the code for Grafana and the cache, and looks for data sources (2 requests).',
      'Requests are those to the profile store. A Redis that hangs or is gone: one start each.',
      '',
      '| what | cache | requests | median, ms | fastest, ms |',
      '| --- | --- | --: | --: | --: |',
      ...rows,
      '',
    ];
  } finally {
    await redis?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function cacheRows(name: string, starts: readonly Start[]): string[] {
  const row = (what: string, figures: readonly (readonly [ms: number, requests: number])[]) => {
    const requests = Math.max(...figures.map(([, made]) => made));
    const times = figures.map(([ms]) => ms);
    return `| ${what} | ${name} | ${requests} | ${median(times).toFixed(2)} | ${Math.min(...times).toFixed(2)} |`;
  };
  return [
    row(
      'first question of a process',
      starts.map(({ first }) => first),
    ),
    row(
      '`list_labels`, kept: of seven questions, its code run for the first time',
      starts.map(({ labels }) => labels),
    ),
    row(
      '`list_profile_types`, kept: of one question',
      starts.map(({ types }) => types),
    ),
    row(
      '`list_labels`, kept: of seven questions, its code run before',
      starts.map(({ again }) => again),
    ),
    row(
      '`list_labels`, remembered by the process',
      starts.map(({ remembered }) => remembered),
    ),
  ];
}

/** A server that starts while the Redis hangs, and while it is gone. */
async function brokenRows(grafana: Grafana, redis: TestRedis): Promise<string[]> {
  const flags = ['--cache-url', redis.url];
  const broken = async (what: string): Promise<string[]> => {
    const { first, labels, types } = await startWarm(grafana, flags);
    const slowest = Math.max(labels[0], types[0]);
    return [
      `| first question, ${what} | Redis | ${first[1]} | ${first[0].toFixed(0)} | |`,
      `| further questions, ${what}: the slowest | Redis | ${Math.max(labels[1], types[1])} | ${slowest.toFixed(1)} | |`,
    ];
  };
  redis.hang(true);
  const hanging = await broken('while it hangs');
  redis.hang(false);
  await redis.kill();
  return [...hanging, ...(await broken('while it is gone'))];
}
