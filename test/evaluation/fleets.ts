import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFigures } from '../support/figures.js';
import { type AskedFleet, askFleet } from './ask-fleet.js';
import { caseFoldersIn, loadCaseFolder } from './case-folder.js';
import { type FleetCase, generateFleet, SCENES } from './generator/fleet-case.js';
import { loadLabFleet } from './lab-fleet.js';
import { type FleetScore, scoreFleet } from './score-fleet.js';
import { markdownTable } from './table.js';

// Judges `investigate` without a service on fleets; exit code 1 when a floor is missed.

const ROOT = new URL('../../../', import.meta.url);
const PAGE = fileURLToPath(new URL('test/evaluation/README.md', ROOT));
const LAB = ['fixtures/demo', 'fixtures/incidents', 'fixtures/captured'].map((name) =>
  fileURLToPath(new URL(name, ROOT)),
);
/** Far from the seeds that the triage was made with. */
const HELD_OUT = 7_000;

/** Smallest shares of what must be found, and the largest of services accused wrongly. */
const FLOORS = { listed: 0.95, rightFunction: 0.9, accused: 0.01, ordered: 0.9 } as const;
/** Largest answers and numbers of requests: those of a fleet up to 22 services, and of a larger one. */
const BOUNDS = { tokens: 1_500, inFlight: 8, small: 22, smallRequests: 60, requests: 120 } as const;

const USAGE = `npm run evaluate:fleets -- [--cases N] [--sizes N,…] [--scenes …] [--from SEED] [--only lab|generated] [--verbose] [--write]
  --cases    fleets of every size and scene (default 5; of 1,000 services a fifth as many)
  --sizes    services of a fleet (default 10,22,50,100,300,1000)
  --scenes   ${SCENES.join(', ')} (default all)
  --from     first seed (default ${HELD_OUT}: held out; hunt for faults from 1 on)
  --only     the shipped incidents joined into one fleet and the quiet half of their baselines, or generated fleets
  --verbose  prints every answer
  --write    writes the table into test/evaluation/README.md`;

interface Result {
  size: number;
  scene: string;
  score: FleetScore;
  asked: AskedFleet;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '5' },
      sizes: { type: 'string', default: '10,22,50,100,300,1000' },
      scenes: { type: 'string', default: SCENES.join(',') },
      from: { type: 'string', default: String(HELD_OUT) },
      only: { type: 'string', default: 'lab,generated' },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const [cases, from] = [Number(values.cases), Number(values.from)];
  const sizes = values.sizes.split(',').map(Number);
  if (!(cases > 0 && from >= 0 && sizes.every((size) => size > 0))) throw new Error(USAGE);
  const results: Result[] = [];
  if (values.only.includes('lab'))
    for (const { scene, isCalm, folders } of await listLabFleets()) {
      const fleet = await loadLabFleet(folders, { isCalm });
      results.push(await judge(fleet, scene, values.verbose));
      await fleet.close();
    }
  if (values.only.includes('generated'))
    for (const size of sizes)
      for (const scene of SCENES.filter((one) => values.scenes.includes(one)))
        for (let at = 0; at < (size >= 1_000 ? Math.ceil(cases / 5) : cases); at++)
          results.push(await judge(await generateFleet(scene, from + at, size), scene, values.verbose));
  const { lines, isReached } = summarise(results);
  const summary = lines.map((line) => `- ${line}`).join('\n');
  const table = formatTable(results);
  console.log(`\n${table}\n\n${summary}`);
  if (values.write) {
    const command = `npm run evaluate:fleets -- --cases ${cases} --sizes ${values.sizes} --from ${from} --write`;
    writeFigures(PAGE, `Made by \`${command}\`.\n\n${summary}\n\n${table}`, 'fleets', 'fleets-end');
  }
  if (!isReached) process.exitCode = 1;
}

/** Verdicts of shipped incidents in which no code is to blame. */
const INNOCENT: readonly string[] = ['no_change', 'load_increase', 'moved'];

/**
 * The shipped incidents in one fleet, the quiet half of their baselines, and both again without each of the
 * innocent ones in turn: a fleet of 22 services may take far fewer requests than one of 23.
 */
async function listLabFleets(): Promise<{ scene: string; isCalm: boolean; folders: string[] }[]> {
  const all = await caseFoldersIn(LAB);
  const cases = await Promise.all(all.map(async (folder) => ({ folder, ...(await loadCaseFolder(folder)) })));
  await Promise.all(cases.map(({ source }) => source.close()));
  const smaller = cases
    .filter(({ truth }) => INNOCENT.includes(truth.verdict))
    .map(({ folder }) => all.filter((other) => other !== folder));
  return [false, true].flatMap((isCalm) =>
    [all, ...smaller].map((folders) => ({ scene: isCalm ? 'lab, quiet half' : 'lab', isCalm, folders })),
  );
}

async function judge(fleet: FleetCase, scene: string, verbose: boolean): Promise<Result> {
  const answer = await askFleet(fleet);
  const score = scoreFleet(fleet, answer);
  if (verbose) console.log(`${answer.text}\n`);
  const { plain, listed, named, rightFunction, innocent, accused } = score;
  console.log(
    `${fleet.id}: ${fleet.services.length} services; listed ${listed} of ${plain}, function right ${rightFunction} of ${named}, ${accused} of ${innocent} accused; ${answer.requests} requests, ${answer.mostInFlight} in flight, ${answer.tokens} tokens, ${answer.ms.toFixed(0)} ms`,
  );
  for (const line of score.wrong) console.log(`  ${line}`);
  return { size: fleet.services.length, scene, score, asked: answer };
}

function addFigures(results: readonly Result[], figureOf: (score: FleetScore) => number): number {
  return results.reduce((sum, { score }) => sum + figureOf(score), 0);
}

function summarise(results: readonly Result[]) {
  const sum = (figureOf: (score: FleetScore) => number) => addFigures(results, figureOf);
  const [plain, named, innocent] = [
    sum((score) => score.plain),
    sum((score) => score.named),
    sum((score) => score.innocent),
  ];
  const services = results.reduce((all, { size }) => all + size, 0);
  const atLeast = (what: string, count: number, of: number, floor: number) => ({
    text: `${what}: ${count} of ${of} (${percent(count, of)}; floor ${100 * floor} %)`,
    isReached: count >= floor * of,
  });
  const accused = sum((score) => score.accused);
  const tokens = Math.max(...results.map(({ asked }) => asked.tokens));
  const overBudget = results.filter(
    ({ asked, size }) =>
      asked.requests > (size <= BOUNDS.small ? BOUNDS.smallRequests : BOUNDS.requests) ||
      asked.mostInFlight > BOUNDS.inFlight,
  );
  const misstated = results.filter(({ asked }) => asked.requests !== asked.data.upstream_requests);
  const checks = [
    atLeast(
      'faults of at least 6 standard errors in the first ten rows',
      sum((score) => score.listed),
      plain,
      FLOORS.listed,
    ),
    atLeast(
      'right function of the guilty',
      sum((score) => score.rightFunction),
      named,
      FLOORS.rightFunction,
    ),
    {
      text: `services falsely accused: ${accused} of ${services}, ${innocent} of them innocent (${percent(accused, services)}; at most ${100 * FLOORS.accused} %)`,
      isReached: accused <= FLOORS.accused * services,
    },
    atLeast(
      'answers with all guilty services before all innocent ones',
      sum((score) => Number(score.ordered)),
      results.length,
      FLOORS.ordered,
    ),
    {
      text: `tokens of an answer: at most ${tokens} (bound ${BOUNDS.tokens})`,
      isReached: tokens <= BOUNDS.tokens,
    },
    {
      text: `answers over ${BOUNDS.smallRequests} requests (up to ${BOUNDS.small} services), ${BOUNDS.requests}, or ${BOUNDS.inFlight} in flight: ${overBudget.length}; ${misstated.length} that state another number`,
      isReached: overBudget.length + misstated.length === 0,
    },
  ];
  return {
    lines: checks.map(({ text, isReached }) => `${isReached ? 'reached' : 'MISSED'}: ${text}`),
    isReached: checks.every(({ isReached }) => isReached),
  };
}

const HEAD = [
  'services and scene',
  'fleets',
  '≥ 6 SE',
  'in the first ten',
  'function right',
  'innocent',
  'accused',
  'ordered',
  'requests, most',
  'tokens, most',
];

function formatTable(results: readonly Result[]): string {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const name = `${result.size.toLocaleString('en')}, ${result.scene}`;
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return markdownTable(
    HEAD,
    [...groups].map(([name, group]) => {
      const sum = (figureOf: (score: FleetScore) => number) => addFigures(group, figureOf);
      return [
        name,
        String(group.length),
        String(sum((score) => score.plain)),
        percent(
          sum((score) => score.listed),
          sum((score) => score.plain),
        ),
        percent(
          sum((score) => score.rightFunction),
          sum((score) => score.named),
        ),
        sum((score) => score.innocent).toLocaleString('en'),
        String(sum((score) => score.accused)),
        `${sum((score) => Number(score.ordered))}`,
        String(Math.max(...group.map(({ asked }) => asked.requests))),
        String(Math.max(...group.map(({ asked }) => asked.tokens))),
      ];
    }),
  );
}

function percent(count: number, of: number): string {
  return of === 0 ? '–' : `${((100 * count) / of).toFixed(1)} %`;
}

await main();
