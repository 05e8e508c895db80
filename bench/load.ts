import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import { TOOL_CALLS } from '../test/support/tool-arguments.js';
import { type AgentCall, runAgents, type Work } from './agents.js';
import {
  buildArguments,
  CALLS,
  type Recordings,
  recordCalls,
  recordingKey,
  SITUATIONS,
  type Situation,
} from './incidents.js';
import { type Figures, loadTables } from './load-table.js';
import { path, processorMs, residentMiB } from './measure.js';

export const AGENTS = 50;
const ROUNDS = 3;
const ROUND_MS = 10_000;
const WARM_UP_MS = 4_000;
/** As many as the server has in flight towards one store. */
const IN_FLIGHT = 8;
const TOKEN = 'bench-0123456789abcdef0123456789abcdef';

/**
 * Lets fifty agents call at once over HTTP, with one token and no setting, against the test Pyroscope. The
 * reference is as many agents that send equal requests to the store directly, with as many in flight. The two
 * take turns, in each situation.
 */
export async function loadFigures(): Promise<string> {
  const store = fork(path('.bench/bench/load-store.js'), [path('fixtures/demo')]);
  const [storeUrl]: string[] = await once(store, 'message');
  if (storeUrl === undefined) throw new Error('the store has no address');
  const recordings = await recordCalls(storeUrl, AGENTS);
  const server = spawn(
    process.execPath,
    [path('bundle/main.js'), '--http', '0', '--pyroscope-url', storeUrl, '--cache-dir', 'none'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PYROSCOPE_MCP_HTTP_TOKENS: TOKEN } },
  );
  try {
    const [line] = await once(createInterface(server.stderr), 'line');
    const url = new URL(/serves MCP at (\S+)/.exec(String(line))?.[1] ?? '');
    const pools = {
      ours: new Pool(url.origin, { connections: AGENTS }),
      raw: new Pool(storeUrl, { connections: IN_FLIGHT }),
    };
    const figures: Figures[] = [];
    for (const situation of SITUATIONS) {
      figures.push(await measure(situation, { store, server, recordings, pools }));
    }
    return loadTables(figures, recordings, {
      agents: AGENTS,
      rounds: ROUNDS,
      roundMs: ROUND_MS,
      memory: residentMiB(server),
    });
  } finally {
    server.kill('SIGKILL');
    store.disconnect();
  }
}

interface Parts {
  store: ChildProcess;
  server: ChildProcess;
  recordings: Recordings;
  pools: { ours: Pool; raw: Pool };
}

async function measure(situation: Situation, parts: Parts): Promise<Figures> {
  const { store, server, recordings, pools } = parts;
  const works = { raw: replay(pools.raw, recordings, situation), ours: callThrough(pools.ours, situation) };
  const figures: Figures = {
    title: situation.title,
    raw: { calls: [], requests: 0, storeMs: 0, serverMs: 0 },
    ours: { calls: [], requests: 0, storeMs: 0, serverMs: 0 },
    load: 0,
  };
  const run = async (side: 'raw' | 'ours', ms: number): Promise<AgentCall[]> => {
    await countAsked(store);
    const [storeMs, serverMs] = [processorMs(store), processorMs(server)];
    const calls = await runAgents(AGENTS, ms, CALLS, works[side]);
    figures[side].storeMs += processorMs(store) - storeMs;
    figures[side].serverMs += processorMs(server) - serverMs;
    figures[side].requests += await countAsked(store);
    return calls;
  };
  await run('raw', WARM_UP_MS);
  await run('ours', WARM_UP_MS);
  for (const side of ['raw', 'ours'] as const)
    Object.assign(figures[side], { requests: 0, storeMs: 0, serverMs: 0 });
  for (let round = 0; round < ROUNDS; round++) {
    figures.raw.calls.push(...(await run('raw', ROUND_MS)));
    figures.ours.calls.push(...(await run('ours', ROUND_MS)));
  }
  figures.load = loadavg()[0] ?? Number.NaN;
  return figures;
}

/** How many requests the store got since the last time. */
export async function countAsked(store: ChildProcess): Promise<number> {
  const answer = once(store, 'message');
  store.send('count');
  const [count]: number[] = await answer;
  return count ?? 0;
}

/**
 * Calls a tool over HTTP: every second agent in the protocol of 2026-07-28, the others in the older one.
 * @param findToken gives the token of an agent
 */
export function callThrough(
  pool: Pool,
  { computeShift, isAlwaysNew }: Situation,
  findToken: (agent: number) => string = () => TOKEN,
): Work {
  let made = 0;
  return async (name, agent) => {
    const isModern = agent % 2 === 0;
    made++;
    const shiftMs = computeShift(agent) + (isAlwaysNew ? made : 0);
    const { statusCode, body } = await pool.request({
      path: '/mcp',
      method: 'POST',
      headers: {
        authorization: `Bearer ${findToken(agent)}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(isModern
          ? { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name }
          : {}),
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: buildArguments(name, shiftMs), ...(isModern ? { _meta: MODERN } : {}) },
      }),
    });
    const text = await body.text();
    if (statusCode !== 200) return `${name}: status ${statusCode}: ${text.slice(0, 300)}`;
    // The answer over another window is not known word by word.
    const holds = shiftMs === 0 ? JSON.stringify(TOOL_CALLS[name]?.holds).slice(1, -1) : '"content":';
    return text.includes(holds) && !text.includes('"isError":true') ? null : `${name}: ${text.slice(0, 300)}`;
  };
}

const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/**
 * Sends the requests of a call as the call sends them: a round when the one before it is answered, all of a
 * round at once. Inflates the answers and does nothing else with them.
 */
function replay(pool: Pool, recordings: Recordings, situation: Situation): Work {
  return async (name, agent) => {
    for (const round of recordings.get(recordingKey(name, situation.computeShift(agent))) ?? []) {
      const sent = round.map(async ({ method, path: requestPath, headers, body }) => {
        const answer = await pool.request({
          method: method === 'GET' ? 'GET' : 'POST',
          path: requestPath,
          headers,
          body,
        });
        const bytes = await answer.body.bytes();
        if (answer.headers['content-encoding'] === 'gzip') await promisify(gunzip)(bytes);
        return answer.statusCode;
      });
      const bad = (await Promise.all(sent)).find((status) => status !== 200);
      if (bad !== undefined) return `${name}: status ${bad}`;
    }
    return null;
  };
}
