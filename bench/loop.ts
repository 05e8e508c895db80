import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import nodePath from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createFilesSource } from '../src/sources/files/source.js';
import type { Tool } from '../src/tools/define.js';
import { compareProfiles } from '../src/tools/surface/compare_profiles.js';
import { inspectFunction } from '../src/tools/surface/inspect_function.js';
import { investigate } from '../src/tools/surface/investigate.js';
import { queryProfile } from '../src/tools/surface/query_profile.js';
import { summarizeProfile } from '../src/tools/surface/summarize_profile.js';
import { generateProfile } from '../test/support/generate-profile.js';
import { createCaller, median, startUpstream } from './measure.js';

const MINUTE = 60_000;
const SIZES = [100_000, 400_000, 800_000];
const CALLS = 5;
const RESOLUTION_MS = 5;
/** Bytes of the large file, inflated. */
const FILE_BYTES = 100 * 2 ** 20;

const QUESTIONS: readonly (readonly [name: string, tool: Tool, more: object])[] = [
  ['summarize_profile', summarizeProfile, {}],
  ['query_profile view=top', queryProfile, { limit: 20 }],
  ['query_profile view=tree, focus', queryProfile, { view: 'tree', focus: 'mallocgc' }],
  ['inspect_function', inspectFunction, { function: 'runtime.mallocgc' }],
];
/** Asked about as many profiles on either side; of eight the sides are read in four parts each. */
const COMPARISONS: readonly (readonly [name: string, tool: Tool, profiles: number])[] = [
  ['compare_profiles, 2 merges', compareProfiles, 1],
  ['compare_profiles, 12 merges', compareProfiles, 8],
  ['investigate', investigate, 8],
];

/**
 * How long the event loop stands still at most during a call, one row a size and question; the first call
 * apart.
 */
export async function loopRows(): Promise<string[]> {
  const rows: string[] = [];
  for (const nodes of SIZES) {
    const changedAt = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;
    const upstream = await startUpstream(nodes, changedAt, 1);
    const window = {
      from: new Date(changedAt).toISOString(),
      to: new Date(changedAt + 15 * MINUTE).toISOString(),
    };
    const size = nodes.toLocaleString('en');
    for (const [name, tool, more] of QUESTIONS) {
      const args = { service: 'shop', profile_type: 'cpu', ...window, ...more };
      rows.push(await loopRow(size, name, () => upstream.call(tool, args)));
    }
    await upstream.stop();
    for (const [name, tool, profiles] of COMPARISONS) {
      const store = await startUpstream(nodes, changedAt, profiles);
      const type = tool === compareProfiles ? { profile_type: 'cpu' } : {};
      rows.push(await loopRow(size, name, () => store.call(tool, { service: 'shop', ...type, ...window })));
      await store.stop();
    }
  }
  return [...rows, ...(await fileRows())];
}

/** A file of 100 MiB: the samples of a large profile again and again. */
async function fileRows(): Promise<string[]> {
  const directory = await mkdtemp(nodePath.join(tmpdir(), 'large-'));
  const { bytes } = generateProfile({ nodes: 400_000, seed: 1, hotShare: 0.3024 });
  // Repeated messages of a protobuf file add up: repeated fields are joined. What names refer to stays the
  // same.
  const samples = readSamples(bytes);
  const parts: Uint8Array[] = [bytes];
  for (let size = bytes.length; size < FILE_BYTES; size += samples.length) parts.push(samples);
  await writeFile(nodePath.join(directory, 'cpu.pb'), Buffer.concat(parts));
  const rows: string[] = [];
  const source = createFilesSource({ directory });
  const call = createCaller(source);
  for (const [name, tool, more] of QUESTIONS) {
    const args = { profile_type: 'cpu', ...more };
    rows.push(await loopRow('file of 100 MiB', name, () => call(tool, args)));
  }
  await source.close();
  await rm(directory, { recursive: true });
  return rows;
}

/** The samples of a pprof message, as they are. */
function readSamples(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = bytes[at++] ?? 0;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if ((tag & 7) === 2) at += value;
    if (tag >> 3 === 2) parts.push(bytes.subarray(start, at));
  }
  return Buffer.concat(parts);
}

async function loopRow(what: string, name: string, call: () => Promise<unknown>): Promise<string> {
  const measured = async () => {
    const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    loop.enable();
    const started = performance.now();
    await call();
    const ms = performance.now() - started;
    // The last stretch is seen by the next turn of the timer only.
    await new Promise((resolve) => setTimeout(resolve, 4 * RESOLUTION_MS));
    loop.disable();
    return { ms, blocked: Math.max(0, loop.max / 1e6 - RESOLUTION_MS) };
  };
  const first = await measured();
  const later = [];
  for (let round = 0; round < CALLS; round++) later.push(await measured());
  const cells = [
    what,
    name,
    `${median(later.map(({ ms }) => ms)).toFixed(0)} ms`,
    `${first.blocked.toFixed(0)} ms`,
    `**${Math.max(...later.map(({ blocked }) => blocked)).toFixed(0)} ms**`,
  ];
  const row = `| ${cells.join(' | ')} |`;
  process.stderr.write(`${row}\n`);
  return row;
}
