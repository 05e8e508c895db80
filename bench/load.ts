import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import { TOOL_CALLS } from '../test/support/tool-arguments.js';
import { type AgentCall, percentile, runAgents } from './agents.js';
import type { Recorded } from './load-store.js';
import { path } from './measure.js';

const AGENTS = 50;
const ROUNDS = 3;
const ROUND_MS = 15_000;
const WARM_UP_MS = 5_000;
/** As many as the server has in flight towards one store. */
const IN_FLIGHT = 8;
const TOKEN = 'bench-0123456789abcdef0123456789abcdef';

/** What an agent does in an incident, in this order. */
const CALLS = [
  'list_services',
  'investigate',
  'inspect_function',
  'summarize_profile',
  'get_timeline',
  'compare_profiles',
  'query_profile',
  'list_labels',
] as const;

/**
 * Fifty agents at once over HTTP, with one token and no setting, against the test Pyroscope; beside it the same requests to
 * the store without us, by as many agents, with as many in flight. The two take turns.
 */
export async function loadFigures(): Promise<string> {
  const store = fork(path('.bench/bench/load-store.js'), [path('fixtures/demo')]);
  const [storeUrl]: string[] = await once(store, 'message');
  if (storeUrl === undefined) throw new Error('the store has no address');
  const server = spawn(
    process.execPath,
    [path('dist/main.js'), '--http', '0', '--pyroscope-url', storeUrl, '--cache-dir', 'none'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PYROSCOPE_MCP_HTTP_TOKENS: TOKEN } },
  );
  try {
    const [line] = await once(createInterface(server.stderr), 'line');
    const url = new URL(/serves MCP at (\S+)/.exec(String(line))?.[1] ?? '');
    const ours = callThrough(new Pool(url.origin, { connections: AGENTS }));
    const recorded = await recordCalls(ours, store);
    const raw = replay(new Pool(storeUrl, { connections: IN_FLIGHT }), recorded);

    const calls = { raw: [] as AgentCall[], ours: [] as AgentCall[] };
    await runAgents(AGENTS, WARM_UP_MS, CALLS, raw);
    await runAgents(AGENTS, WARM_UP_MS, CALLS, ours);
    for (let round = 0; round < ROUNDS; round++) {
      calls.raw.push(...(await runAgents(AGENTS, ROUND_MS, CALLS, raw)));
      calls.ours.push(...(await runAgents(AGENTS, ROUND_MS, CALLS, ours)));
    }
    return table(calls, recorded, residentMiB(server));
  } finally {
    server.kill('SIGKILL');
    store.disconnect();
  }
}

type Work = (name: string, agent: number) => Promise<string | null>;

/** Calls a tool over HTTP: every second agent in the protocol of 2026-07-28, the others in the older one. */
function callThrough(pool: Pool): Work {
  return async (name, agent) => {
    const modern = agent % 2 === 0;
    const { statusCode, body } = await pool.request({
      path: '/mcp',
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(modern
          ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name }
          : {}),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: TOOL_CALLS[name]?.arguments, ...(modern ? { _meta: MODERN } : {}) },
      }),
    });
    const text = await body.text();
    if (statusCode !== 200) return `${name}: status ${statusCode}: ${text.slice(0, 300)}`;
    const holds = JSON.stringify(TOOL_CALLS[name]?.holds).slice(1, -1);
    return text.includes(holds) && !text.includes('"isError":true') ? null : `${name}: ${text.slice(0, 300)}`;
  };
}

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** What each call asks the store for, once the schema is known. */
async function recordCalls(call: Work, store: ChildProcess): Promise<Map<string, Recorded[]>> {
  const taken = async (): Promise<Recorded[]> => {
    const answer = once(store, 'message');
    store.send('take');
    const [asked]: Recorded[][] = await answer;
    return asked ?? [];
  };
  const recorded = new Map<string, Recorded[]>();
  for (const name of CALLS) {
    for (let round = 0; round < 2; round++) {
      await taken();
      const failure = await call(name, round);
      if (failure !== null) throw new Error(failure);
      recorded.set(name, await taken());
    }
  }
  return recorded;
}

/** Sends the requests of a call all at once, which is the quickest that can be done with them, and inflates the answers. */
function replay(pool: Pool, recorded: ReadonlyMap<string, Recorded[]>): Work {
  return async (name) => {
    const sent = (recorded.get(name) ?? []).map(async ({ method, path: asked, headers, body }) => {
      const answer = await pool.request({
        method: method === 'GET' ? 'GET' : 'POST',
        path: asked,
        headers,
        body: method === 'GET' ? null : Buffer.from(body, 'base64'),
      });
      const bytes = await answer.body.bytes();
      if (answer.headers['content-encoding'] === 'gzip') await promisify(gunzip)(bytes);
      return answer.statusCode;
    });
    const bad = (await Promise.all(sent)).find((status) => status !== 200);
    return bad === undefined ? null : `${name}: status ${bad}`;
  };
}

function table(
  calls: { raw: AgentCall[]; ours: AgentCall[] },
  recorded: ReadonlyMap<string, Recorded[]>,
  memory: string,
): string {
  const row = (title: string, requests: string, of: (call: AgentCall) => boolean) => {
    const [raw, ours] = [calls.raw.filter(of), calls.ours.filter(of)].map((some) => some.map(({ ms }) => ms));
    if (raw === undefined || ours === undefined) return '';
    const asks = requests !== '0';
    const cells = [
      title,
      requests,
      ours.length.toLocaleString('en'),
      ...[0.5, 0.99].flatMap((share) => [
        asks ? `${percentile(raw, share).toFixed(0)} ms` : '',
        `${percentile(ours, share).toFixed(0)} ms`,
      ]),
      asks ? `**${(percentile(ours, 0.99) / percentile(raw, 0.99)).toFixed(2)}**` : '',
    ];
    return `| ${cells.join(' | ')} |`;
  };
  const failures = [calls.raw, calls.ours].map((some) => some.filter(({ failure }) => failure !== null));
  const rates = [calls.raw, calls.ours].map((some) =>
    (some.length / ((ROUNDS * ROUND_MS) / 1000)).toFixed(1),
  );
  return [
    `${AGENTS} agents at once, one call after the other without a pause, ${ROUNDS} times ${ROUND_MS / 1000} s each, raw and ours in turns, on`,
    `Node ${process.versions.node}. Failed calls: **${failures[1]?.length}** (raw: ${failures[0]?.length}). Calls in a second: raw ${rates[0]}, ours ${rates[1]}. Memory of the`,
    `server at the end: ${memory}; load average of the machine then, ${cpus().length} cores: ${loadavg()[0]?.toFixed(1)}.`,
    '',
    '| call | requests to the store | calls | raw p50 | p50 | raw p99 | p99 | p99 ÷ raw |',
    '| --- | --: | --: | --: | --: | --: | --: | --: |',
    ...CALLS.map((name) =>
      row(`\`${name}\``, String(recorded.get(name)?.length), (call) => call.name === name),
    ),
    row('all', '', () => true),
    ...(failures[1] ?? []).slice(0, 3).map(({ failure }) => `\nFailed: ${failure}`),
  ].join('\n');
}

/** What a process has in memory; Linux only. */
function residentMiB({ pid }: ChildProcess): string {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return `${(Number(kib) / 1024).toFixed(0)} MiB`;
  } catch {
    return 'not known here';
  }
}
