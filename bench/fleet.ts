import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { z } from 'zod';
import type { FleetStore, FleetStoreCounts } from './fleet-store.js';
import { median, path, processorMs } from './measure.js';

const SIZES = [22, 100, 1_000];
const ROUNDS = 3;
/** Milliseconds between two looks at the memory of a call. */
const WATCH_MS = 50;

const answerSchema = z.object({
  service_count: z.number(),
  unchanged_count: z.number(),
  not_looked_at: z.array(z.unknown()),
  upstream_requests: z.number(),
});

/**
 * Times `investigate` without a service on generated fleets: each call is a process of its own that asks the
 * test Pyroscope over HTTP. Time and memory include the start of the process.
 */
export async function fleetFigures(): Promise<string> {
  const rows: string[] = [];
  for (const size of SIZES) rows.push(await fleetRow(size));
  return [
    `Medians of ${ROUNDS} calls, memory and requests of the largest; load average of the machine at the end: ${(loadavg()[0] ?? 0).toFixed(1)}.`,
    '',
    '| services | types | call | processor time of the store | requests on the wire | in flight | memory |',
    '| --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

async function fleetRow(size: number): Promise<string> {
  const store = fork(path('.bench/bench/fleet-store.js'), [String(size)]);
  try {
    const [place]: FleetStore[] = await once(store, 'message');
    if (place === undefined) throw new Error('the store has no address');
    const counted = async () => {
      const answer = once(store, 'message');
      store.send('count');
      const [counts]: FleetStoreCounts[] = await answer;
      return counts ?? { requests: 0, mostInFlight: 0 };
    };
    const calls = [];
    const processor: number[] = [];
    const counts: FleetStoreCounts[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await counted();
      const before = processorMs(store);
      calls.push(await investigate(place, size));
      processor.push(processorMs(store) - before);
      counts.push(await counted());
    }
    const cells = [
      size.toLocaleString('en'),
      place.types,
      `**${(median(calls.map(({ ms }) => ms)) / 1000).toFixed(1)} s**`,
      `${(median(processor) / 1000).toFixed(1)} s`,
      Math.max(...counts.map(({ requests }) => requests)),
      Math.max(...counts.map(({ mostInFlight }) => mostInFlight)),
      `${Math.max(...calls.map(({ mebibytes }) => mebibytes))} MiB`,
    ];
    return `| ${cells.join(' | ')} |`;
  } finally {
    store.disconnect();
  }
}

/** Makes one call and tells the time that it takes and the most memory that its process has. */
async function investigate({ url, from, to }: FleetStore, size: number) {
  const iso = (time: number) => new Date(time).toISOString();
  const args = JSON.stringify({ from: iso(from), to: iso(to) });
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      path('bundle/main.js'),
      ...['call', 'investigate', args, '--format', 'json', '--pyroscope-url', url, '--cache-dir', 'none'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let mebibytes = 0;
  const watch = setInterval(() => {
    mebibytes = Math.max(mebibytes, mostResident(child.pid ?? 0));
  }, WATCH_MS);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  clearInterval(watch);
  const text = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`the call ended with ${code}: ${text}`);
  const { service_count: count } = answerSchema.parse(JSON.parse(text));
  if (count !== size) throw new Error(`${count} services, not ${size}`);
  return { ms: performance.now() - started, mebibytes };
}

/** Most resident memory of a process so far, MiB, as the kernel counts it; 0 where it does not. */
function mostResident(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
