import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEMO } from '../support/process.js';
import { liveServer, pushDirectory, servicesListed } from '../support/pyroscope.js';
import { type Held, startWatched } from '../support/watched-server.js';
import { listFaults, type SoakReport, soak } from './soak.js';
import { spread } from './traffic.js';

// Load for as long as it is told to; exit code 1 where a call failed that should not, or something is left
// behind.

const USAGE = `npm run soak -- [--minutes N] [--agents N] [--url URL]
  --minutes  how long the load lasts, at most 60; default 2.5, after a warm-up of half a minute
  --agents   at once, at most 200; default 50
  --url      a Pyroscope that the demo incident is pushed to and read from; without it PYROSCOPE_BIN is started
             where that is set, else the test server`;

const WARM_UP_MS = 30_000;
const TOKEN = 'soak-0123456789abcdef0123456789abcdef';
/** The last minute that the demo incident has profiles of. */
const DEMO_ENDS = Date.parse('2026-11-20T14:45:00Z');
const MINUTE = 60_000;
const MIB = 2 ** 20;

interface Store {
  url: string;
  /** Milliseconds by which it holds the incident later than it happened. */
  shift: number;
  name: string;
  stop(): void;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2.5' },
      agents: { type: 'string', default: '50' },
      url: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const agents = Number(values.agents);
  const isBounded = minutes > 0 && minutes <= 60 && Number.isInteger(agents) && agents > 0 && agents <= 200;
  if (values.help || !isBounded) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const store = await openStore(values.url);
  const server = await startWatched(
    ['--pyroscope-url', store.url, '--cache-dir', 'none', '--max-calls-per-client', '256'],
    { PYROSCOPE_MCP_HTTP_TOKENS: TOKEN },
  );
  try {
    console.log(
      `${agents} agents, ${minutes} min after ${WARM_UP_MS / 1000} s of warm-up, over ${store.name}`,
    );
    const report = await soak(server, {
      agents,
      token: TOKEN,
      shift: store.shift,
      warmUpMs: WARM_UP_MS,
      loadMs: minutes * MINUTE,
    });
    console.log(summarise(report));
    const faults = listFaults(report);
    for (const fault of faults) console.log(`FAIL ${fault}`);
    console.log(faults.length === 0 ? 'passed' : 'failed');
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    await server.kill();
    store.stop();
  }
}

/** A real Pyroscope with the demo incident as if it had just happened, or the test server. */
async function openStore(url: string | undefined): Promise<Store> {
  const live = await liveServer(url === undefined ? process.env : { PYROSCOPE_TEST_URL: url });
  if (live !== null) {
    const shift = Math.floor((Date.now() - DEMO_ENDS) / MINUTE) * MINUTE;
    await pushDirectory(live.url, DEMO, shift);
    await servicesListed(live.url, ['checkout-api']);
    return { url: live.url, shift, name: `the Pyroscope at ${live.url}`, stop: () => void live.stop() };
  }
  const child = fork(fileURLToPath(new URL('store.js', import.meta.url)), [DEMO]);
  const [started] = await once(child, 'message');
  return { url: String(started), shift: 0, name: 'the test server', stop: () => child.disconnect() };
}

function summarise({ calls, health, looks, base, end, inFlight }: SoakReport): string {
  const names = [...new Set(calls.map(({ name }) => name))].sort();
  const width = Math.max(...names.map(({ length }) => length));
  const failed = calls.filter(({ failure }) => failure !== null);
  const reasons = new Map<string, number>();
  for (const { name, failure } of failed) {
    const reason = `${name}: ${failure}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const held = ({ rss, heapUsed, external, sockets, timers }: Held) =>
    `resident ${mib(rss)}, heap ${mib(heapUsed)}, outside of it ${mib(external)} MiB; ${sockets} connections, ${timers} timers`;
  const step = Math.max(1, Math.ceil(looks.length / 12));
  return [
    `${calls.length} calls, ${failed.length} failed; ${spread(calls.map(({ ms }) => ms))}`,
    ...names.map((name) => {
      const some = calls.filter((call) => call.name === name);
      return `  ${name.padEnd(width)}  ${String(some.length).padStart(6)}  ${spread(some.map(({ ms }) => ms))}`;
    }),
    ...[...reasons].slice(0, 20).map(([reason, count]) => `  failed ${count} times: ${reason}`),
    `/healthz: ${health.length} times, ${spread(health)}, worst ${Math.max(...health).toFixed(0)} ms`,
    `resident memory, MiB: ${looks
      .filter((_, at) => at % step === 0)
      .map(({ rss }) => mib(rss))
      .join(' ')}; most ${mib(Math.max(...looks.map(({ rss }) => rss)))}`,
    `connections: most ${Math.max(...looks.map(({ sockets }) => sockets))}`,
    `before: ${held(base)}`,
    `after:  ${held(end)}; ${inFlight} calls running`,
  ].join('\n');
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}

await main();
// Whatever a client keeps open must not keep the script.
process.exit();
