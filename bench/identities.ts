import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { type AgentCall, percentile, runAgents } from './agents.js';
import { CALLS, SITUATIONS, type Situation } from './incidents.js';
import { AGENTS, callThrough, countAsked } from './load.js';
import { path, processorMs, residentMiB } from './measure.js';

const IDENTITIES = 10;
const ROUNDS = 4;
const ROUND_MS = 6_000;
const WARM_UP_MS = 3_000;

interface Side {
  calls: AgentCall[];
  requests: number;
  serverMs: number;
}

/** The token of an identity; the first one is that of all agents of the other side. */
const makeToken = (identity: number) => `bench-${identity}-0123456789abcdef0123456789abcdef`;

/**
 * Lets fifty agents of ten identities call, in turns with fifty of one. Each identity has enforced matchers
 * of its own, which select everything, so that all answers are equal and none may be shared.
 */
export async function identityFigures(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-identities-'));
  const tokens = join(directory, 'tokens');
  const lines = Array.from(
    { length: IDENTITIES + 1 },
    (_, identity) => `${makeToken(identity)} matchers={service_name!="not-of-identity-${identity}"}`,
  );
  await writeFile(tokens, lines.join('\n'));
  const store = fork(path('.bench/bench/load-store.js'), [path('fixtures/demo')]);
  const [storeUrl]: string[] = await once(store, 'message');
  if (storeUrl === undefined) throw new Error('the store has no address');
  const server = spawn(
    process.execPath,
    [
      path('bundle/main.js'),
      ...['--http', '0', '--pyroscope-url', storeUrl, '--cache-dir', 'none', '--http-token-file', tokens],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const findToken = {
    one: () => makeToken(0),
    ten: (agent: number) => makeToken(1 + (agent % IDENTITIES)),
  };
  const rows: string[] = [];
  const failures: string[] = [];
  try {
    const [line] = await once(createInterface(server.stderr), 'line');
    const { origin } = new URL(/serves MCP at (\S+)/.exec(String(line))?.[1] ?? '');
    const pool = new Pool(origin, { connections: AGENTS });
    for (const situation of SITUATIONS) {
      const sides = await measure(situation);
      rows.push(writeRow(situation, sides));
      failures.push(
        ...Object.values(sides).flatMap(({ calls }) => calls.flatMap(({ failure }) => failure ?? [])),
      );
    }
    await pool.close();
    return [
      `${AGENTS} agents at once, one call after the other without a pause, ${ROUNDS} times ${ROUND_MS / 1000} s each, one identity and ${IDENTITIES} in turns, on`,
      `Node ${process.versions.node}, ${cpus().length} cores. Failed calls: **${failures.length}**. Memory of the server at the end: ${residentMiB(server)}.`,
      'Pairs are one identity, ten; requests and processor time are for one call on average.',
      '',
      '| situation | calls in a second | requests to the store | processor time of the server | its ratio | median | median ÷ median | p99 | load average |',
      '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
      ...rows,
      ...failures.slice(0, 3).map((failure) => `\nFailed: ${failure}`),
    ].join('\n');

    async function measure(of: Situation): Promise<Record<'one' | 'ten', Side>> {
      const sides = {
        one: { calls: [], requests: 0, serverMs: 0 } as Side,
        ten: { calls: [], requests: 0, serverMs: 0 } as Side,
      };
      const run = async (side: 'one' | 'ten', ms: number) => {
        await countAsked(store);
        const before = processorMs(server);
        const calls = await runAgents(AGENTS, ms, CALLS, callThrough(pool, of, findToken[side]));
        return { calls, serverMs: processorMs(server) - before, requests: await countAsked(store) };
      };
      for (const side of ['one', 'ten'] as const) await run(side, WARM_UP_MS);
      for (let round = 0; round < ROUNDS; round++) {
        for (const side of ['one', 'ten'] as const) {
          const { calls, serverMs, requests } = await run(side, ROUND_MS);
          sides[side].calls.push(...calls);
          sides[side].serverMs += serverMs;
          sides[side].requests += requests;
        }
      }
      return sides;
    }
  } finally {
    server.kill('SIGKILL');
    store.disconnect();
    await rm(directory, { recursive: true, force: true });
  }
}

function writeRow({ title }: Situation, { one, ten }: Record<'one' | 'ten', Side>): string {
  const seconds = (ROUNDS * ROUND_MS) / 1000;
  const rate = ({ calls }: Side) => calls.length / seconds;
  const each = ({ calls }: Side, sum: number) => sum / calls.length;
  const at = ({ calls }: Side, share: number) =>
    percentile(
      calls.map(({ ms }) => ms),
      share,
    );
  const cells = [
    title,
    `${rate(one).toFixed(1)}, ${rate(ten).toFixed(1)}`,
    `${each(one, one.requests).toFixed(1)}, ${each(ten, ten.requests).toFixed(1)}`,
    `${each(one, one.serverMs).toFixed(1)}, ${each(ten, ten.serverMs).toFixed(1)} ms`,
    `**${(each(ten, ten.serverMs) / each(one, one.serverMs)).toFixed(2)}**`,
    `${at(one, 0.5).toFixed(0)}, ${at(ten, 0.5).toFixed(0)} ms`,
    `**${(at(ten, 0.5) / at(one, 0.5)).toFixed(2)}**`,
    `${at(one, 0.99).toFixed(0)}, ${at(ten, 0.99).toFixed(0)} ms`,
    (loadavg()[0] ?? Number.NaN).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}
