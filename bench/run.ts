import { cpus } from 'node:os';
import { Profile } from 'pprof-format';
import { summarizeProfile } from '../src/tools/surface/summarize_profile.js';
import { writeFigures } from '../test/support/figures.js';
import { compareRows } from './compare.js';
import { filesFigures } from './files.js';
import { fleetFigures } from './fleet.js';
import { identityFigures } from './identities.js';
import { INCIDENT, investigateFigures } from './investigate.js';
import { learningSections } from './learning.js';
import { liveFigures, liveRows } from './live.js';
import { loadFigures } from './load.js';
import { loopRows } from './loop.js';
import { alternating, median, path, ROUNDS, startUpstream, timed } from './measure.js';
import { memoryRows } from './memory.js';
import { signInFigures } from './sign-in.js';
import { startFigures } from './starts.js';
import { compareWithBuild } from './turns.js';
import { viewFigures } from './view.js';

// Prints the timings and writes them into bench/README.md. Every figure stands next to the raw work of the
// same run. With the name of a part as argument it runs only that part; `turns DIR` compares this build with
// that of another checkout, and writes nothing.

/** A comparison of large profiles takes a second. */
const COMPARE_ROUNDS = 11;

async function main(): Promise<void> {
  const rows = [];
  for (const nodes of [10_000, 100_000, 800_000]) rows.push(await ownTime(nodes));
  const compared = await compareRows(COMPARE_ROUNDS);
  const learned = await learningSections();
  const table = [
    `Measured by \`npm run bench\` on Node ${process.versions.node}, ${cpus().length} cores; medians of ${ROUNDS} rounds (comparisons: ${COMPARE_ROUNDS}), raw and ours alternating.`,
    '',
    '## Own time of `summarize_profile` beyond the raw upstream request',
    '',
    '"Raw" asks the same server for the same profile and inflates it.',
    '',
    '| nodes | stacks | gzip | raw request | whole call | own time | call ÷ raw | decoding with the pprof library alone |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows,
    '',
    '## Own time of `compare_profiles` beyond the raw upstream requests',
    '',
    '"Raw" asks the same server for as many profiles of the same size, all at once, and inflates them. Two profiles are the two sides',
    'as they are; where there are several profiles on a side, it is read in four parts, here each as large as the whole.',
    '',
    '| nodes of each | stacks | profiles fetched | raw requests | whole call | own time | call ÷ raw | own time per node |',
    '| --: | --: | --: | --: | --: | --: | --: | --: |',
    ...compared,
    '',
    ...learned,
  ].join('\n');
  process.stdout.write(`${table}\n`);
  writeFigures(path('bench/README.md'), table);
}

async function ownTime(nodes: number): Promise<string> {
  const upstream = await startUpstream(nodes);
  const now = Date.now();
  const args = { service: 'shop', profile_type: 'cpu', from: String(now - 900_000), to: String(now) };
  const { rawMs, callMs } = await alternating(upstream.raw, () => upstream.call(summarizeProfile, args));
  // Apart, so that its garbage is not collected on our time.
  const bytes = await upstream.raw();
  const decoding: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    decoding.push((await timed(async () => Profile.decode(bytes)))[1]);
  }
  await upstream.stop();
  const cells = [
    upstream.nodes.toLocaleString('en'),
    upstream.stacks.toLocaleString('en'),
    `${Math.round(upstream.gzip / 1024).toLocaleString('en')} KiB`,
    `${rawMs.toFixed(1)} ms`,
    `${callMs.toFixed(1)} ms`,
    `**${(callMs - rawMs).toFixed(1)} ms**`,
    (callMs / rawMs).toFixed(1),
    `${median(decoding).toFixed(1)} ms`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The parts that can be measured alone, each between marks of its own. */
const PARTS: Readonly<Record<string, () => Promise<string | null>>> = {
  starts: startFigures,
  async loop() {
    return [
      '| nodes | call | whole call | first call: blocked | later calls: blocked |',
      '| --: | --- | --: | --: | --: |',
      ...(await loopRows()),
    ].join('\n');
  },
  async memory() {
    return ['| nodes | calls | now | most |', '| --: | --: | --: | --: |', ...(await memoryRows())].join(
      '\n',
    );
  },
  async large() {
    const rows = await liveRows(800_000, process.env);
    if (rows.length === 0) return null;
    return ['| call | raw request | whole call | call ÷ raw |', '| --- | --: | --: | --: |', ...rows].join(
      '\n',
    );
  },
  live: () => liveFigures(process.env),
  investigate: investigateFigures,
  files: filesFigures,
  load: loadFigures,
  fleet: fleetFigures,
  view: viewFigures,
  'sign-in': signInFigures,
  identities: identityFigures,
};

const [wanted, other] = process.argv.slice(2);
if (wanted === 'turns') {
  if (other === undefined) throw new Error('name the directory of the other checkout, which is built');
  process.stdout.write(`${await compareWithBuild(other, INCIDENT)}\n`);
  process.exit();
}
if (wanted !== undefined && wanted !== 'own' && PARTS[wanted] === undefined) {
  throw new Error(`no part ${wanted}; there are own, ${Object.keys(PARTS).join(', ')}`);
}
if (wanted === undefined || wanted === 'own') await main();
for (const [name, figuresOf] of Object.entries(PARTS)) {
  if (wanted !== undefined && wanted !== name) continue;
  const figures = await figuresOf();
  if (figures === null) continue;
  process.stdout.write(`${figures}\n`);
  writeFigures(path('bench/README.md'), figures, name, `${name} end`);
}
