import { parseArgs } from 'node:util';
import { TARGETS } from './targets/index.js';

// Tries hostile input for as long as it is told to; exit code 1 where a promise is broken.

const USAGE = `npm run fuzz -- [--seconds N] [--only TEXT] [--seed N]
  --seconds  how long, all targets together; default 60
  --only     targets whose name holds this text
  --seed     the seed of a failure that was printed: its target is tried once with it`;

/** Inputs of one turn: a target gets as many turns as its share of the time allows. */
const TURN = 500;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      only: { type: 'string', default: '' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const seconds = Number(values.seconds);
  const seed = values.seed === undefined ? undefined : Number(values.seed);
  const targets = TARGETS.filter(({ name }) => name.includes(values.only));
  if (values.help || !(seconds > 0) || Number.isNaN(seed) || targets.length === 0) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  for (const target of targets) {
    const opened = await target.open();
    const end = Date.now() + (seconds * 1000) / targets.length;
    let runs = 0;
    let failure: string | null = null;
    do {
      const limitMs = Math.max(1, end - Date.now());
      const outcome = await opened.fuzz({ runs: TURN, limitMs, ...(seed === undefined ? {} : { seed }) });
      runs += outcome.runs;
      failure = outcome.failure;
    } while (failure === null && seed === undefined && Date.now() < end);
    await opened.close();
    console.log(`${failure === null ? 'ok  ' : 'FAIL'} ${target.name}: ${runs} inputs`);
    if (failure === null) continue;
    console.log(failure);
    process.exitCode = 1;
  }
}

await main();
