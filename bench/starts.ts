import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { median, path, processorMs, timed } from './measure.js';

const STARTS = 11;
/** Time between the list of tools and the first call of an agent that thinks, milliseconds. */
const THINKING_MS = 2_000;
const LATER_CALLS = 5;
/** Data sources and dashboards of the Grafana. */
const GRAFANA = ['50', '200'];

/** Wall and processor time, milliseconds. */
interface Times {
  wall: number[];
  processor: number[];
}

/** Time from the start of a process to its list of tools, and of its first call, as rows of the page. */
export async function startFigures(): Promise<string> {
  return [
    '| what | ms | ÷ `node -e 0` | processor time, ms | ÷ `node -e 0` |',
    '| --- | --: | --: | --: | --: |',
    ...(await coldStarts()),
    '',
    '| first call of a process, `summarize_profile` through a Grafana | first | later | first − 2 × later |',
    '| --- | --: | --: | --: |',
    ...(await firstCalls()),
  ].join('\n');
}

async function coldStarts(): Promise<string[]> {
  const kinds = {
    '`node -e 0`': null,
    'to the `tools/list` answer, files source': ['bundle/main.js', '--profiles', path('fixtures/demo')],
    'to the `tools/list` answer, Pyroscope source': [
      'bundle/main.js',
      '--pyroscope-url',
      'http://127.0.0.1:9',
    ],
    'the same without recorded answers (plain build)': ['dist/main.js', '--profiles', path('fixtures/demo')],
  };
  const times = new Map(
    Object.keys(kinds).map((name): [string, Times] => [name, { wall: [], processor: [] }]),
  );
  for (let round = 0; round < STARTS; round++) {
    for (const [name, args] of Object.entries(kinds)) {
      const { wall, processor } = args === null ? await startBare() : await startUntilListed(args);
      times.get(name)?.wall.push(wall);
      times.get(name)?.processor.push(processor);
    }
  }
  const [bare] = times.values();
  return [...times].map(([name, { wall, processor }]) => {
    const cells = [wall, processor].flatMap((values, at) => {
      const base = median((at === 0 ? bare?.wall : bare?.processor) ?? []);
      return [median(values).toFixed(0), `**${(median(values) / base).toFixed(2)}**`];
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
}

async function startBare(): Promise<{ wall: number; processor: number }> {
  const script = 'const {user,system}=process.cpuUsage();console.log((user+system)/1000)';
  const [{ stdout }, wall] = await timed(async () => spawnSync(process.execPath, ['-e', script]));
  return { wall, processor: Number(stdout) };
}

async function startUntilListed(args: readonly string[]): Promise<{ wall: number; processor: number }> {
  const started = performance.now();
  const session = startSession(args);
  await session.list();
  const wall = performance.now() - started;
  const processor = processorMs(session.child);
  await session.end();
  return { wall, processor };
}

async function firstCalls(): Promise<string[]> {
  const grafana = spawn(process.execPath, [path('.bench/bench/grafana.js'), ...GRAFANA], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(grafana.stdout), 'line');
  const { url, token } = z.object({ url: z.string(), token: z.string() }).parse(JSON.parse(line));
  const rows: string[] = [];
  for (const [name, thinkingMs] of [
    [`${THINKING_MS / 1000} s after the list of tools`, THINKING_MS],
    ['at once', 0],
  ] as const) {
    const first: number[] = [];
    const later: number[] = [];
    for (let round = 0; round < STARTS; round++) {
      const flags = ['--grafana-url', url, '--grafana-token', token, '--enabled-sources', 'source0'];
      const session = startSession(['bundle/main.js', ...flags, '--cache-dir', 'none']);
      await session.list();
      await setTimeout(thinkingMs);
      for (let call = 0; call <= LATER_CALLS; call++) {
        const [, ms] = await timed(() => session.call('summarize_profile', chooseWindow(call)));
        (call === 0 ? first : later).push(ms);
      }
      await session.end();
    }
    const [a, b] = [median(first), median(later)];
    rows.push(
      `| ${[name, `${a.toFixed(0)} ms`, `${b.toFixed(0)} ms`, `**${(a - 2 * b).toFixed(0)} ms**`].join(' | ')} |`,
    );
  }
  grafana.kill();
  return rows;
}

/** A window that no other call of a process asks for. */
function chooseWindow(call: number) {
  const minute = (at: number) => `2026-11-20T14:${String(at).padStart(2, '0')}:00Z`;
  return { service: 'checkout-api', profile_type: 'cpu', from: minute(20 + call), to: minute(45 + call) };
}

/** Starts a program that serves over stdio in the older protocol. */
function startSession([main = '', ...args]: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [path(main), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('a session without pipes');
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  let id = 0;
  const send = (message: object) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const ask = async (method: string, params?: object) => {
    send({ id: ++id, method, ...(params === undefined ? {} : { params }) });
    return JSON.parse(String((await lines.next()).value));
  };
  return {
    child,
    async list() {
      const clientInfo = { name: 'bench', version: '1' };
      await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
      send({ method: 'notifications/initialized' });
      await ask('tools/list');
    },
    async call(name: string, args: object) {
      const { result } = await ask('tools/call', { name, arguments: args });
      if (result?.isError !== undefined && result.isError !== false) throw new Error(JSON.stringify(result));
    },
    async end() {
      stdin.end();
      await once(child, 'exit');
    },
  };
}
