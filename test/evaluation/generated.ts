import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFigures } from '../support/figures.js';
import { ALL_KINDS } from './generator/case.js';
import { describeCase } from './generator/describe.js';
import { type Job, listJobs, type Outcome, openCase } from './jobs.js';
import { formatTable, summarise } from './tally.js';
import { spread } from './threads.js';

// Judges `investigate` on generated cases of all kinds and sizes; exit code 1 when a floor is missed.

const PAGE = fileURLToPath(new URL('../../../test/evaluation/README.md', import.meta.url));
/** Far from the seeds that the engine was made with. */
const HELD_OUT = 1_000_000;
const USAGE = `npm run evaluate:generated -- [--cases N] [--kinds ab…] [--from SEED] [--workers N] [--verbose] [--write]
  --cases    of every kind (default 200), ten times as many of h, i, j, q, s, t, v, A, C, F, H and M, four times of u
  --kinds    letters of the kinds to judge (default all)
  --from     first seed (default ${HELD_OUT}: held out; hunt for faults from 1 on)
  --workers  threads (default 2)
  --verbose  describes every case that went wrong, and how
  --write    writes the table into test/evaluation/README.md`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '200' },
      kinds: { type: 'string', default: ALL_KINDS.join('') },
      from: { type: 'string', default: String(HELD_OUT) },
      workers: { type: 'string', default: '2' },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [cases, from, workers] = [values.cases, values.from, values.workers].map(wholeNumber);
  if (cases === undefined || from === undefined || workers === undefined) throw new Error(USAGE);
  const kinds = ALL_KINDS.filter((kind) => values.kinds.includes(kind));
  const jobs = listJobs(kinds, cases, from);
  const outcomes = await spread<Job, Outcome>(new URL('worker.js', import.meta.url), jobs, workers);
  if (values.verbose) for (const { job, outcome } of failures(jobs, outcomes)) describe(job, outcome);
  const table = formatTable(outcomes);
  const { lines, reached } = summarise(outcomes);
  const summary = lines.map((line) => `- ${line}`).join('\n');
  console.log(`${table}\n\n${summary}`);
  if (values.write) {
    const command = `npm run evaluate:generated -- --cases ${cases} --from ${from} --write`;
    const seeds = `${cases} cases of every kind, ${10 * cases} of each innocent one.`;
    writeFigures(PAGE, `Made by \`${command}\`. ${seeds}\n\n${summary}\n\n${table}`);
  }
  if (!reached) process.exitCode = 1;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${text} is not a whole number above 0\n${USAGE}`);
  return value;
}

/** Cases with anything wrong, in the order of the jobs. */
function failures(jobs: readonly Job[], outcomes: readonly Outcome[]): { job: Job; outcome: Outcome }[] {
  return jobs.flatMap((job, at) => {
    const outcome = outcomes[at];
    return outcome === undefined || outcome.wrong.length === 0 ? [] : [{ job, outcome }];
  });
}

function describe(job: Job, { plain, accused, wrong }: Outcome): void {
  const marks = [accused ? 'ACCUSED' : '', plain ? '≥ 6 SE' : ''].filter((mark) => mark !== '');
  console.log(`${describeCase(openCase(job))}\nWRONG ${marks.join(', ')}: ${wrong.join('; ')}\n`);
}

await main();
