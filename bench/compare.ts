import diagnostics from 'node:diagnostics_channel';
import { compareProfiles } from '../src/tools/surface/compare_profiles.js';
import { alternating, startUpstream } from './measure.js';

const MINUTE = 60_000;
const SIZES = [10_000, 100_000, 400_000];
/** Profiles on either side: one is read as it is; of eight the sides are read in four parts each. */
const PROFILES = [1, 8];

/** Own time of `compare_profiles`, one row a size and number of profiles. */
export async function compareRows(rounds: number): Promise<string[]> {
  const rows: string[] = [];
  for (const profiles of PROFILES) {
    for (const nodes of SIZES) rows.push(await compareRow(nodes, profiles, rounds));
  }
  return rows;
}

async function compareRow(nodes: number, profiles: number, rounds: number): Promise<string> {
  const changedAt = Math.floor(Date.now() / MINUTE) * MINUTE - 30 * MINUTE;
  const upstream = await startUpstream(nodes, changedAt, profiles);
  const args = {
    service: 'shop',
    profile_type: 'cpu',
    from: new Date(changedAt).toISOString(),
    to: new Date(changedAt + 15 * MINUTE).toISOString(),
  };
  const call = () => upstream.call(compareProfiles, args);
  const { text } = await call();
  if (!text.includes('code_regression')) throw new Error(`the change was not found:\n${text}`);
  const merges = await runMerges(call);
  const raw = () => Promise.all(Array.from({ length: merges }, upstream.raw));
  const { rawMs, callMs } = await alternating(raw, call, rounds);
  await upstream.stop();
  const cells = [
    upstream.nodes.toLocaleString('en'),
    upstream.stacks.toLocaleString('en'),
    String(merges),
    `${rawMs.toFixed(1)} ms`,
    `${callMs.toFixed(1)} ms`,
    `**${(callMs - rawMs).toFixed(1)} ms**`,
    (callMs / rawMs).toFixed(1),
    `${(((callMs - rawMs) / merges / upstream.nodes) * 1e6).toFixed(0)} ns`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** How many profiles a call fetches. */
async function runMerges(call: () => Promise<unknown>): Promise<number> {
  let merges = 0;
  const count = (message: unknown) => {
    if (JSON.stringify(message, ['request', 'path']).includes('SelectMergeProfile')) merges++;
  };
  diagnostics.subscribe('undici:request:create', count);
  await call();
  diagnostics.unsubscribe('undici:request:create', count);
  return merges;
}
