import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { path, startUpstream } from './measure.js';

/** Calls after which the memory is read. */
const MARKS = [100, 500, 1_000];
/** Nodes of the profiles that the calls are about, in turn. */
const SIZES = [10_000, 50_000, 100_000];
const TOOLS = [
  ['summarize_profile', {}],
  ['query_profile', { view: 'top' }],
  ['query_profile', { view: 'tree' }],
] as const;

/**
 * Resident memory of the real server over stdio after so many calls, one row a mark. Linux only: elsewhere no
 * rows.
 */
export async function memoryRows(): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const stores = [];
  for (const nodes of SIZES) stores.push(await startUpstream(nodes));
  const rows = new Map<number, string>();
  for (const [at, store] of stores.entries()) {
    const marks = await residentAfter(store.url, MARKS);
    for (const mark of marks) {
      const cells = [SIZES[at]?.toLocaleString('en'), mark.calls, `${mark.now} MiB`, `${mark.most} MiB`];
      rows.set(rows.size, `| ${cells.join(' | ')} |`);
    }
    await store.stop();
  }
  return [...rows.values()];
}

async function residentAfter(url: string, marks: readonly number[]) {
  const child = spawn(
    process.execPath,
    [path('bundle/main.js'), '--pyroscope-url', url, '--cache-dir', 'none'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (message: object) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    return JSON.parse(String((await lines.next()).value));
  };
  const clientInfo = { name: 'bench', version: '1' };
  await ask({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
  });
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  const readings: { calls: number; now: number; most: number }[] = [];
  for (let call = 1; call <= Math.max(...marks); call++) {
    const [name, more] = TOOLS[call % TOOLS.length] ?? TOOLS[0];
    const now = Date.now();
    const args = { service: 'shop', profile_type: 'cpu', from: String(now - 900_000), to: String(now) };
    const { result } = await ask({
      id: call,
      method: 'tools/call',
      params: { name, arguments: { ...args, ...more } },
    });
    if (result?.isError !== false && result?.isError !== undefined) throw new Error(JSON.stringify(result));
    if (marks.includes(call)) readings.push({ calls: call, ...resident(child.pid ?? 0) });
  }
  child.stdin.end();
  await once(child, 'exit');
  return readings;
}

/** Resident memory now and at most, MiB, as the kernel counts it. */
function resident(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return { now: of('VmRSS'), most: of('VmHWM') };
}
