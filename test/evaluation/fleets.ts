import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { askFleet } from './ask-fleet.js';
import { caseFoldersIn } from './case-folder.js';
import { type FleetCase, generateFleet, SCENES } from './generator/fleet-case.js';
import { loadLabFleet } from './lab-fleet.js';
import { type FleetScore, scoreFleet } from './score-fleet.js';

// Judges `investigate` without a service on fleets; exit code 1 when a floor is missed.

const ROOT = new URL('../../../', import.meta.url);
const LAB = ['fixtures/demo', 'fixtures/incidents', 'fixtures/captured'].map((name) =>
  fileURLToPath(new URL(name, ROOT)),
);

const USAGE = `npm run evaluate:fleets -- [--cases N] [--sizes N,…] [--scenes …] [--from SEED] [--lab] [--verbose]
  --cases    fleets of every size and scene (default 3)
  --sizes    services of a fleet (default 10,22,50,100)
  --scenes   ${SCENES.join(', ')} (default all)
  --from     first seed (default 7000: held out; hunt for faults from 1 on)
  --lab      the shipped incidents joined into one fleet instead, and the quiet half of their baselines
  --verbose  prints every answer`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '3' },
      sizes: { type: 'string', default: '10,22,50,100' },
      scenes: { type: 'string', default: SCENES.join(',') },
      from: { type: 'string', default: '7000' },
      lab: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (values.lab) {
    const folders = await caseFoldersIn(LAB);
    for (const isCalm of [false, true]) {
      const fleet = await loadLabFleet(folders, { isCalm });
      await judge(fleet, values.verbose);
      await fleet.close();
    }
    return;
  }
  const sums = { plain: 0, listed: 0, right: 0, innocent: 0, accused: 0, ordered: 0, fleets: 0 };
  for (const size of values.sizes.split(',').map(Number))
    for (const scene of SCENES.filter((one) => values.scenes.includes(one)))
      for (let at = 0; at < Number(values.cases); at++) {
        const score = await judge(await generateFleet(scene, Number(values.from) + at, size), values.verbose);
        sums.plain += score.plain;
        sums.listed += score.listed;
        sums.right += score.rightFunction;
        sums.innocent += score.innocent;
        sums.accused += score.accused;
        sums.ordered += Number(score.ordered);
        sums.fleets++;
      }
  console.log(
    `${sums.fleets} fleets: listed ${sums.listed} of ${sums.plain}, function right ${sums.right}, accused ${sums.accused} of ${sums.innocent}, ordered ${sums.ordered}`,
  );
}

async function judge(fleet: FleetCase, verbose: boolean): Promise<FleetScore> {
  const asked = await askFleet(fleet);
  const score = scoreFleet(fleet, asked);
  if (verbose) console.log(`${asked.text}\n`);
  const { plain, listed, rightFunction, innocent, accused, ordered, wrong } = score;
  console.log(
    `${fleet.id}: ${fleet.services.length} services; listed ${listed} of ${plain}, function right ${rightFunction}, ${accused} of ${innocent} accused, ${ordered ? 'ordered' : 'NOT ORDERED'}; ${asked.requests} requests, ${asked.mostInFlight} in flight, ${asked.tokens} tokens, ${asked.ms.toFixed(0)} ms`,
  );
  for (const line of wrong) console.log(`  ${line}`);
  return score;
}

await main();
