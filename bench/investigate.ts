import { cpus, loadavg } from 'node:os';
import { createFilesSource } from '../src/sources/files/source.js';
import { investigate } from '../src/tools/surface/investigate.js';
import { createCaller, median, path } from './measure.js';

/** The bundled incident, as `pyroscope-mcp demo` asks about it. */
export const INCIDENT = { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
/** Calls that do not count: the first ones read the files and compile the code. */
const WARM_UP = 40;
const CALLS = 120;

/**
 * Processor time of `investigate` on the bundled incident, with all profiles in memory, and that of a fixed
 * piece of work in turn with it: their ratio is about the same on every machine.
 */
export async function investigateFigures(): Promise<string> {
  const source = createFilesSource({ directory: path('fixtures/demo') });
  const call = createCaller(source);
  const taken = { call: [] as number[], yardstick: [] as number[] };
  for (let round = -WARM_UP; round < CALLS; round++) {
    const callMs = await processorTime(() => call(investigate, INCIDENT));
    const yardstickMs = await processorTime(async () => runYardstick());
    if (round < 0) continue;
    taken.call.push(callMs);
    taken.yardstick.push(yardstickMs);
  }
  await source.close();
  const [callMs, yardstickMs] = [median(taken.call), median(taken.yardstick)];
  return [
    `Medians of ${CALLS} calls on Node ${process.versions.node}, ${cpus().length} cores, load average ${(loadavg()[0] ?? 0).toFixed(1)}.`,
    '',
    '| processor time of `investigate` | of the yardstick | ratio |',
    '| --: | --: | --: |',
    `| ${callMs.toFixed(1)} ms | ${yardstickMs.toFixed(1)} ms | **${(callMs / yardstickMs).toFixed(2)}** |`,
  ].join('\n');
}

/** Processor time of the whole process while some work runs, in milliseconds. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const NAMES = 12_000;

/** Work of the kind that an investigation does: names made, sorted and counted, numbers summed. */
function runYardstick(): number {
  let state = 1;
  const draw = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const names = Array.from(
    { length: NAMES },
    () => `package${draw(40)}/module${draw(40)}.Function${draw(40)}`,
  );
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts.keys()].sort();
  const sums = new Float64Array(sorted.length);
  for (let round = 0; round < 100; round++)
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + ((at * round) % 7);
  return sums.reduce((sum, value) => sum + value, 0);
}
