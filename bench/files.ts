import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import nodePath from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { Pool } from 'undici';
import { path, processorMs, timed } from './measure.js';
import { type ProfileDirectory, writeProfileDirectory } from './profile-directory.js';

const TOKEN = 'bench-0123456789abcdef0123456789abcdef';
const CALLS = 50;
/** Each pair of calls, one of each service, is about a window that lies so much earlier, milliseconds. */
const SHIFT_MS = 15_000;

/** On a machine that others use the directory may take longer to read than a call usually has. */
const SETTINGS = ['--call-timeout', '600'];
/**
 * A call that waited 20 s for a place is refused and asked again after so long, as `Retry-After` says,
 * milliseconds.
 */
const RETRY_MS = 5_000;

interface Outcome {
  /** Text of the answer, or why there is none. */
  text: string;
  hasFailed: boolean;
  /** How often it was refused because others had all places, before it was answered. */
  refused: number;
}

/**
 * `investigate` over a directory of 61 MB: the first call of a process, the same once more, and fifty
 * different ones at once over HTTP with the default limits, whose answers are then asked for one after the
 * other.
 */
export async function filesFigures(): Promise<string> {
  const directory = await mkdtemp(nodePath.join(tmpdir(), 'profiles-'));
  try {
    const written = await writeProfileDirectory(directory);
    const alone = await withServer(directory, async (ask, server) => {
      const [first, firstMs] = await timed(() => ask(buildArguments(written, 0)));
      const firstProcessorMs = processorMs(server);
      const firstPeak = peakMiB(server);
      const [again, againMs] = await timed(() => ask(buildArguments(written, 0)));
      const isEqual = !first.hasFailed && first.text === again.text;
      return { firstMs, firstProcessorMs, firstPeak, againMs, isEqual };
    });
    const together = await withServer(directory, async (ask, server) => {
      const all = Array.from({ length: CALLS }, (_, call) => buildArguments(written, call));
      const [atOnce, ms] = await timed(() => Promise.all(all.map((args) => ask(args))));
      const peak = peakMiB(server);
      let equal = 0;
      for (const [call, args] of all.entries()) {
        const answer = await ask(args);
        if (!answer.hasFailed && answer.text === atOnce[call]?.text) equal++;
      }
      const failures = atOnce.filter(({ hasFailed }) => hasFailed);
      for (const { text } of new Set(failures)) process.stderr.write(`failed: ${text.slice(0, 300)}\n`);
      const refused = atOnce.filter((answer) => answer.refused > 0).length;
      return { ms, peak, equal, failed: failures.length, refused, peakAfter: peakMiB(server) };
    });
    return [
      `${written.files.toLocaleString('en')} files, ${(written.bytes / 1e6).toFixed(1)} MB; Node ${process.versions.node}, load average ${loadavg()[0]?.toFixed(1)}.`,
      '',
      '| `investigate` | whole time | processor time | peak resident memory | failed | asked again after a wait of 20 s for a place | answers equal |',
      '| --- | --: | --: | --: | --: | --: | --: |',
      `| the first call, which reads the directory | ${seconds(alone.firstMs)} | ${seconds(alone.firstProcessorMs)} | ${alone.firstPeak} MiB | ${alone.isEqual ? 0 : '**1**'} | 0 | |`,
      `| the call repeated | ${seconds(alone.againMs)} | | | | | ${alone.isEqual ? 'yes' : '**no**'} |`,
      `| ${CALLS} different calls at once, the first of a process | ${seconds(together.ms)} | | **${together.peak} MiB** | **${together.failed}** | ${together.refused} | |`,
      `| the same, one after the other | | | ${together.peakAfter} MiB | | | **${together.equal} of ${CALLS}** |`,
    ].join('\n');
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The questions of fifty people: two services, each about windows that lie apart. */
function buildArguments({ services, incident }: ProfileDirectory, call: number): object {
  const shift = SHIFT_MS * Math.floor(call / services.length);
  return {
    service: services[call % services.length],
    from: new Date(incident.from - shift).toISOString(),
    to: new Date(incident.to - shift).toISOString(),
  };
}

/** Starts the server as a user would, with one token and the default limits. */
async function withServer<T>(
  directory: string,
  measure: (ask: (args: object) => Promise<Outcome>, server: ChildProcess) => Promise<T>,
): Promise<T> {
  const server = spawn(
    process.execPath,
    [path('bundle/main.js'), '--http', '0', '--profiles', directory, '--cache-dir', 'none', ...SETTINGS],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PYROSCOPE_MCP_HTTP_TOKENS: TOKEN } },
  );
  const [line] = await once(createInterface(server.stderr), 'line');
  const url = new URL(/serves MCP at (\S+)/.exec(String(line))?.[1] ?? '');
  const pool = new Pool(url.origin, { connections: CALLS, headersTimeout: 600_000, bodyTimeout: 600_000 });
  try {
    return await measure((args) => investigate(pool, args), server);
  } finally {
    server.kill('SIGKILL');
    await pool.destroy();
  }
}

async function investigate(pool: Pool, args: object, refused = 0): Promise<Outcome> {
  const { statusCode, body } = await pool.request({
    path: '/mcp',
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'investigate', arguments: args },
    }),
  });
  // While the answer takes long, lines are sent that keep the connection open.
  const text = (await body.text()).replaceAll(/^: keepalive\n\n/gm, '');
  if (statusCode === 503) {
    await setTimeout(RETRY_MS);
    return investigate(pool, args, refused + 1);
  }
  return { text, hasFailed: statusCode !== 200 || text.includes('"isError":true'), refused };
}

/** Most resident memory of a process so far, MiB, as the kernel counts it; Linux only. */
function peakMiB({ pid }: ChildProcess): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
