import diagnostics from 'node:diagnostics_channel';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { callTool } from '../src/mcp/call.js';
import { createLog } from '../src/telemetry/log.js';
import { listLabels } from '../src/tools/surface/list_labels.js';
import { listProfileTypes } from '../src/tools/surface/list_profile_types.js';
import { median, timed } from './measure.js';

// A server of ours just started, over the cache that the flags name: asks about the schema, and prints how
// long that took and how many requests went to a profile store. Started by learning.ts.

const WINDOW = { from: '2026-11-20T14:00:00Z', to: '2026-11-20T14:50:00Z' };
const WINDOW_2 = { from: '2026-11-20T14:05:00Z', to: '2026-11-20T14:40:00Z' };
const REPEATS = 200;

let queries = 0;
diagnostics.subscribe('undici:request:create', (message) => {
  if (JSON.stringify(message, ['request', 'path']).includes('/proxy/')) queries++;
});
const environment = await createEnvironment(
  readConfig(process.argv.slice(2), {}),
  createLog('error', console.error),
);
const { signal } = new AbortController();

/** Milliseconds and queries of one call. */
async function askCounted(
  tool: typeof listLabels | typeof listProfileTypes,
  args: object,
): Promise<[number, number]> {
  const before = queries;
  const [{ text, isError }, ms] = await timed(() => callTool(tool, args, environment, signal));
  if (isError) throw new Error(text);
  return [ms, queries - before];
}

const first = await askCounted(listProfileTypes, WINDOW);
// Its code is loaded with its first call, which is no part of the answer from the cache.
await import('../src/tools/list_labels.js');
const labels = await askCounted(listLabels, { service: 'checkout-api', ...WINDOW });
const types = await askCounted(listProfileTypes, { service: 'checkout-api', ...WINDOW });
// Other kept answers, now that the code has run once.
const again = await askCounted(listLabels, { service: 'checkout-api', ...WINDOW_2 });
const times: number[] = [];
const before = queries;
for (let round = 0; round < REPEATS; round++) {
  times.push((await askCounted(listLabels, { service: 'checkout-api', ...WINDOW }))[0]);
}
const remembered = [median(times), queries - before];
process.stdout.write(`${JSON.stringify({ first, labels, types, again, remembered })}\n`);
await environment.context.sources.close();
