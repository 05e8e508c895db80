import { setTimeout as pause } from 'node:timers/promises';
import { type AgentCall, runAgents } from '../../bench/agents.js';
import { parseMetrics } from '../support/metrics.js';
import type { Held, WatchedServer } from '../support/watched-server.js';
import { type Target, trafficTo } from './traffic.js';

const MIB = 2 ** 20;
/**
 * Maximum growth of the heap and its external buffers over the load, both measured after a collection. A leak
 * of a kilobyte in every call would exceed it within a minute of fifty agents. Measured without a leak: up to
 * 4 MiB, since what is remembered of windows goes on to fill up to its bound.
 */
const HEAP_MARGIN = 8 * MIB;
/** Maximum growth of resident memory, which the allocator returns late and in large pieces. */
const RSS_MARGIN = 64 * MIB;
/** Connections that may stay open: those to one store. */
const KEPT_SOCKETS = 8;
/** Timers that may be there more than before: of caches and of connections. */
const TIMER_MARGIN = 8;
/** How long connections and timers may take to end. */
const SETTLE_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
const HEALTH_EVERY_MS = 250;

export interface SoakOptions extends Omit<Target, 'url' | 'connections'> {
  agents: number;
  warmUpMs: number;
  loadMs: number;
}

export interface SoakReport {
  /** Calls of the load, and failed calls of the warm-up. */
  calls: AgentCall[];
  /** How long `/healthz` took each time, milliseconds. */
  health: number[];
  /** Why it did not answer. */
  unwell: string[];
  /** While the load went on. */
  looks: Held[];
  /** Warm and idle before the load, and idle after it; after a collection. */
  base: Held;
  end: Held;
  /** Calls that the server counts as running, at the end. */
  inFlight: number;
  /** Lines of its log that must not be there. */
  complaints: string[];
}

/**
 * Lets agents work for a while, watches the server meanwhile, and lets both come to rest before and
 * afterwards.
 */
export async function soak(server: WatchedServer, options: SoakOptions): Promise<SoakReport> {
  const { agents, warmUpMs, loadMs } = options;
  const target: Target = { ...options, url: server.url, connections: agents };
  const warmUp = trafficTo(target);
  const before = await runAgents(agents, warmUpMs, warmUp.names, warmUp.work);
  await warmUp.close();
  const base = await rest(server, null);

  const traffic = trafficTo(target);
  const running = new AbortController();
  const health: number[] = [];
  const unwell: string[] = [];
  const looks: Held[] = [];
  const watches = [
    every(HEALTH_EVERY_MS, running.signal, () =>
      traffic.health().then(
        (ms) => void health.push(ms),
        (error: unknown) => void unwell.push(String(error)),
      ),
    ),
    every(LOOK_EVERY_MS, running.signal, async () => void looks.push(await server.look())),
  ];
  const calls = await runAgents(agents, loadMs, traffic.names, traffic.work);
  running.abort();
  await Promise.all(watches);
  await traffic.close();
  const end = await rest(server, base);
  return {
    calls: [...before.filter(({ failure }) => failure !== null), ...calls],
    health,
    unwell,
    looks,
    base,
    end,
    inFlight: await callsInFlight(server.url, options.token),
    complaints: listComplaints(server.program.stderr()),
  };
}

/** Why a run does not pass; empty for one that does. */
export function listFaults({ calls, health, unwell, base, end, inFlight, complaints }: SoakReport): string[] {
  const failed = calls.filter(({ failure }) => failure !== null);
  const mib = (bytes: number) => (bytes / MIB).toFixed(1);
  const memory = ({ heapUsed, external }: Held) => heapUsed + external;
  const grown = memory(end) - memory(base);
  const perCall = `${(grown / 1024 / Math.max(1, calls.length)).toFixed(2)} KiB a call`;
  return [
    ...(calls.length === 0 ? ['no call was made'] : []),
    ...(failed.length === 0 ? [] : [`${failed.length} calls failed`]),
    ...(health.length === 0 ? ['/healthz never answered'] : []),
    ...unwell.slice(0, 3),
    ...(grown <= HEAP_MARGIN
      ? []
      : [`heap and buffers grew from ${mib(memory(base))} to ${mib(memory(end))} MiB: ${perCall}`]),
    ...(end.rss - base.rss <= RSS_MARGIN
      ? []
      : [`resident memory grew from ${mib(base.rss)} to ${mib(end.rss)} MiB`]),
    ...(end.sockets <= KEPT_SOCKETS ? [] : [`${end.sockets} connections are left open`]),
    ...(end.timers <= base.timers + TIMER_MARGIN
      ? []
      : [`${end.timers} timers are left, from ${base.timers}`]),
    ...(inFlight === 0 ? [] : [`${inFlight} calls are counted as running`]),
    ...complaints.slice(0, 3).map((line) => `the log says: ${line}`),
  ];
}

/** Waits until connections and timers have ended, and returns what the process still holds. */
async function rest(server: WatchedServer, base: Held | null): Promise<Held> {
  const end = Date.now() + SETTLE_MS;
  for (;;) {
    const held = await server.collect();
    const timers = base === null ? held.timers : base.timers + TIMER_MARGIN;
    if ((held.sockets <= KEPT_SOCKETS && held.timers <= timers) || Date.now() > end) return held;
    await pause(500);
  }
}

/**
 * Errors and warnings of Node.js, such as of listeners that pile up; what is logged at `warn` is the store's.
 */
function listComplaints(stderr: string): string[] {
  return stderr.split('\n').filter((line) => /Warning: |"level":"error"|Uncaught|Unhandled/.test(line));
}

async function callsInFlight(url: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL('/metrics', url), { headers });
  return parseMetrics(await answer.text()).get('pyroscope_mcp_calls_in_flight') ?? Number.NaN;
}

async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(ms, undefined, { signal }).catch(() => {});
  }
}
