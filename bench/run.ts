import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Profile } from 'pprof-format';
import { Pool } from 'undici';
import { createLog } from '../src/log.js';
import { callTool } from '../src/mcp/call.js';
import { createSchema } from '../src/schema/schema.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { createRegistry } from '../src/sources/registry.js';
import { summarizeProfile } from '../src/tools/summarize_profile.js';

// Prints the timings and writes them into bench/README.md. Every figure stands beside the same raw work in one run.

const ROOT = new URL('../../', import.meta.url);
const path = (name: string) => fileURLToPath(new URL(name, ROOT));
const ROUNDS = 25;
const WARM_UP = 15;
const STARTS = 10;

interface Upstream {
  port: number;
  nodes: number;
  stacks: number;
  raw: number;
  gzip: number;
}

async function main(): Promise<void> {
  const own = [];
  for (const nodes of [10_000, 100_000, 800_000]) own.push(await ownTime(nodes));
  const start = await coldStart();
  const table = [
    `Measured by \`npm run bench\` on Node ${process.versions.node}, ${cpus().length} cores; medians of ${ROUNDS} rounds (starts: ${STARTS}), raw and ours alternating.`,
    '',
    '## Own time of `summarize_profile` beyond the raw upstream request',
    '',
    '"Raw" asks the same server for the same profile and inflates it.',
    '',
    '| nodes | stacks | gzip | raw request | whole call | own time | call ÷ raw | decoding with the pprof library alone |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
    ...own,
    '',
    '## Cold start',
    '',
    '| what | ms | ÷ `node -e 0` |',
    '| --- | --: | --: |',
    ...start,
  ].join('\n');
  process.stdout.write(`${table}\n`);
  const page = path('bench/README.md');
  const text = readFileSync(page, 'utf8');
  writeFileSync(
    page,
    text.replace(/<!-- figures -->[\s\S]*<!-- end -->/, `<!-- figures -->\n${table}\n<!-- end -->`),
  );
}

async function ownTime(nodes: number): Promise<string> {
  const child = spawn(process.execPath, [path('.bench/bench/upstream.js'), String(nodes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const upstream: Upstream = JSON.parse(line);
  const url = `http://127.0.0.1:${upstream.port}`;
  const pool = new Pool(url, { connections: 8 });
  const source = createPyroscopeSource({ name: 'bench', uid: 'bench', url });
  const schema = createSchema(source);
  const environment = {
    context: { sources: createRegistry([source]), schemaOf: () => schema, now: Date.now },
    log: createLog('error', () => {}),
    deadlineMs: 60_000,
  };
  const raw = async () => {
    const { body } = await pool.request({
      path: '/querier.v1.QuerierService/SelectMergeProfile',
      method: 'POST',
      body: 'x',
    });
    return promisify(gunzip)(await body.bytes());
  };
  const now = Date.now();
  const args = { service: 'shop', profile_type: 'cpu', from: String(now - 900_000), to: String(now) };
  const call = () => callTool(summarizeProfile, args, environment, new AbortController().signal);
  const times = { raw: [] as number[], decode: [] as number[], call: [] as number[] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const [, rawMs] = await timed(raw);
    const [answer, callMs] = await timed(call);
    if (answer.isError) throw new Error(answer.text);
    if (round < 0) continue;
    times.raw.push(rawMs);
    times.call.push(callMs);
  }
  // Apart, so that its garbage is not collected on our time.
  const bytes = await raw();
  for (let round = 0; round < ROUNDS; round++) {
    times.decode.push((await timed(async () => Profile.decode(bytes)))[1]);
  }
  await source.close();
  await pool.close();
  child.kill();
  const [rawMs, decodeMs, callMs] = [median(times.raw), median(times.decode), median(times.call)];
  const cells = [
    upstream.nodes.toLocaleString('en'),
    upstream.stacks.toLocaleString('en'),
    `${Math.round(upstream.gzip / 1024).toLocaleString('en')} KiB`,
    `${rawMs.toFixed(1)} ms`,
    `${callMs.toFixed(1)} ms`,
    `**${(callMs - rawMs).toFixed(1)} ms**`,
    (callMs / rawMs).toFixed(1),
    `${decodeMs.toFixed(1)} ms`,
  ];
  return `| ${cells.join(' | ')} |`;
}

async function coldStart(): Promise<string[]> {
  const bare: number[] = [];
  const files: number[] = [];
  const server: number[] = [];
  for (let round = 0; round < STARTS; round++) {
    bare.push((await timed(async () => spawnSync(process.execPath, ['-e', '0'])))[1]);
    files.push(await timeToToolsList(['--profiles', path('fixtures/demo')]));
    server.push(await timeToToolsList(['--pyroscope-url', 'http://127.0.0.1:9']));
  }
  const row = (what: string, ms: number) =>
    `| ${what} | ${ms.toFixed(0)} | ${(ms / median(bare)).toFixed(1)} |`;
  return [
    row('`node -e 0`', median(bare)),
    row('to the `tools/list` answer, files source', median(files)),
    row('to the `tools/list` answer, Pyroscope source', median(server)),
  ];
}

/** From the start of the process to the answer, over stdio in the older protocol: two round trips. */
async function timeToToolsList(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [path('dist/main.js'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'bench', version: '1' };
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
  });
  for await (const line of createInterface(child.stdout)) {
    const { id } = JSON.parse(line);
    if (id === 2) break;
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/list' });
  }
  const ms = performance.now() - started;
  child.stdin.end();
  await once(child, 'exit');
  return ms;
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await work();
  return [result, performance.now() - started];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
