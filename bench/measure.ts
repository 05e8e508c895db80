import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import { type CallResult, callTool } from '../src/mcp/call.js';
import { createSchema } from '../src/schema/schema.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { createRegistry } from '../src/sources/registry.js';
import type { ProfileSource } from '../src/sources/source.js';
import { createLog } from '../src/telemetry/log.js';
import type { Tool } from '../src/tools/define.js';

const ROOT = new URL('../../', import.meta.url);

export const ROUNDS = 25;
const WARM_UP = 15;

/** A path below the root of the repository. */
export function path(name: string): string {
  return fileURLToPath(new URL(name, ROOT));
}

/** A store in a process of its own, and how to ask it: raw, and through the product. */
export interface Upstream {
  url: string;
  nodes: number;
  stacks: number;
  /** Bytes of a profile as it comes over the wire. */
  gzip: number;
  /** Fetches one profile and inflates it. */
  raw(): Promise<Uint8Array>;
  /** Asks a tool. @throws Error when it answers with one */
  call(tool: Tool, args: object): Promise<CallResult>;
  stop(): Promise<void>;
}

/** Starts upstream.ts with these arguments. */
export async function startUpstream(...args: number[]): Promise<Upstream> {
  const child = spawn(process.execPath, [path('.bench/bench/upstream.js'), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(child.stdout), 'line');
  const { port, nodes, stacks, gzip }: { port: number; nodes: number; stacks: number; gzip: number } =
    JSON.parse(line);
  const url = `http://127.0.0.1:${port}`;
  const pool = new Pool(url, { connections: 8 });
  const source = createPyroscopeSource({ name: 'bench', uid: 'bench', url });
  const call = createCaller(source);
  return {
    url,
    nodes,
    stacks,
    gzip,
    async raw() {
      const { body } = await pool.request({
        path: '/querier.v1.QuerierService/SelectMergeProfile',
        method: 'POST',
        body: 'x',
      });
      return promisify(gunzip)(await body.bytes());
    },
    call,
    async stop() {
      await source.close();
      await pool.close();
      child.kill();
    },
  };
}

/** Asks tools about one source. @throws Error when one answers with an error */
export function createCaller(source: ProfileSource): (tool: Tool, args: object) => Promise<CallResult> {
  const schema = createSchema(source);
  const environment = {
    context: { sources: createRegistry([{ name: null, source }]), getSchema: () => schema, now: Date.now },
    log: createLog('error', () => {}),
    deadlineMs: 60_000,
  };
  return async (tool, args) => {
    const answer = await callTool(tool, args, environment, new AbortController().signal);
    if (answer.isError) throw new Error(answer.text);
    return answer;
  };
}

/** Medians in milliseconds of two kinds of work that take turns, after some rounds that do not count. */
export async function alternating(
  raw: () => Promise<unknown>,
  call: () => Promise<unknown>,
  rounds = ROUNDS,
  warmUp = WARM_UP,
): Promise<{ rawMs: number; callMs: number }> {
  const times = { raw: [] as number[], call: [] as number[] };
  for (let round = -warmUp; round < rounds; round++) {
    const [, rawMs] = await timed(raw);
    const [, callMs] = await timed(call);
    if (round < 0) continue;
    times.raw.push(rawMs);
    times.call.push(callMs);
  }
  return { rawMs: median(times.raw), callMs: median(times.call) };
}

/** The result of some work and the milliseconds that it took. */
export async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await work();
  return [result, performance.now() - started];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Processor time that a process has taken so far, milliseconds; Linux only. */
export function processorMs({ pid }: { pid?: number | undefined }): number {
  try {
    // After the name in brackets: utime and stime are the 14th and 15th field, in ticks of 10 ms.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process; Linux only. */
export function residentMiB({ pid }: { pid?: number | undefined }): string {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return `${(Number(kib) / 1024).toFixed(0)} MiB`;
  } catch {
    return 'not known here';
  }
}
