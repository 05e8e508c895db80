import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeFigures } from '../../support/figures.js';
import { KINDS, type Kind } from '../generator/case.js';
import { SIZES } from '../jobs.js';
import { markdownTable, quantile } from '../table.js';
import { spread } from '../threads.js';
import { type GateJob, type GateResult, GUILTY, INNOCENT, PAIRS, type Pair } from './jobs.js';

// Judges the gate on generated pairs; exit code 1 where it misses or accuses more than it may.

const PAGE = fileURLToPath(new URL('../../../../test/evaluation/README.md', import.meta.url));
/** Far from the seeds that the engine and the gate were made with. */
const HELD_OUT = 7_000_000;
/**
 * Maximum share of changes that the gate misses, of a size that it claims to see, and of calm pairs accused.
 */
const BOUNDS = { missed: 0.05, accused: 0.01 } as const;
const USAGE = `npm run evaluate:gate -- [--cases N] [--kinds ab…] [--from SEED] [--workers N] [--verbose] [--write]
  --cases    of every kind and pair (default 200), five times as many of ${INNOCENT.join(', ')}
  --kinds    letters of the kinds to judge (default ${[...GUILTY, ...INNOCENT].join('')})
  --from     first seed (default ${HELD_OUT})
  --workers  threads (default 2)
  --verbose  names every pair that was missed or accused
  --write    writes the table into test/evaluation/README.md`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '200' },
      kinds: { type: 'string', default: [...GUILTY, ...INNOCENT].join('') },
      from: { type: 'string', default: String(HELD_OUT) },
      workers: { type: 'string', default: '2' },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const [cases, from, workers] = [values.cases, values.from, values.workers].map(Number);
  if (!(cases !== undefined && cases > 0 && from !== undefined && workers !== undefined && workers > 0))
    throw new Error(USAGE);
  const kinds = KINDS.filter((kind) => values.kinds.includes(kind));
  const jobs = PAIRS.flatMap((pair) =>
    kinds.flatMap((kind) =>
      Array.from({ length: INNOCENT.includes(kind) ? 5 * cases : cases }, (_, index): GateJob => {
        return { kind, pair, seed: from + index };
      }),
    ),
  );
  const judged = await spread<GateJob, GateResult | null>(
    new URL('worker.js', import.meta.url),
    jobs,
    workers,
  );
  const results = judged.filter((result) => result !== null);
  if (values.verbose) for (const result of results.filter(isWrong)) console.log(JSON.stringify(result));
  const { lines, isReached } = summarise(results, judged.length - results.length);
  const summary = lines.map((line) => `- ${line}`).join('\n');
  const table = formatTable(results);
  console.log(`${table}\n\n${summary}`);
  if (values.write) {
    const command = `npm run evaluate:gate -- --cases ${cases} --from ${from} --write`;
    writeFigures(PAGE, `Made by \`${command}\`.\n\n${summary}\n\n${table}`, 'gate', 'gate-end');
  }
  if (!isReached) process.exitCode = 1;
}

const isGuilty = ({ kind }: GateResult) => GUILTY.includes(kind);
const isFound = ({ outcome }: GateResult) => outcome === 'found';
const isMissed = ({ found: kinds }: GateResult) => !kinds.includes('regression');

function isWrong(result: GateResult): boolean {
  return isGuilty(result) ? isMissed(result) : isFound(result);
}

function summarise(results: readonly GateResult[], invisible: number) {
  const checks = PAIRS.flatMap((pair) => {
    const ofPair = results.filter((result) => result.pair === pair);
    const [guilty, calm] = [ofPair.filter(isGuilty), ofPair.filter((result) => !isGuilty(result))];
    const missed = guilty.filter(isMissed).length;
    return [
      {
        text: `${pair}: changes of the size that the gate says it can see, missed: ${missed} of ${guilty.length} (${percent(missed, guilty.length)}; at most 5 %)`,
        isReached: missed <= BOUNDS.missed * guilty.length,
      },
      ...INNOCENT.flatMap((kind) => {
        const of = calm.filter((result) => result.kind === kind);
        const accused = of.filter(isFound).length;
        if (of.length === 0) return [];
        return [
          {
            text: `${pair}: false alarms of (${kind}): ${accused} of ${of.length} (${percent(accused, of.length)}; at most 1 %)`,
            isReached: accused <= BOUNDS.accused * of.length,
          },
        ];
      }),
    ];
  });
  const left = `${invisible} guilty pairs left out, in which the gate says that it would see no growth of the culprit`;
  return {
    lines: [...checks.map(({ text, isReached }) => `${isReached ? 'reached' : 'MISSED'}: ${text}`), left],
    isReached: checks.every(({ isReached }) => isReached),
  };
}

const HEAD = [
  'pair and kind',
  'samples',
  'pairs',
  'planted, points',
  'missed',
  'false alarms',
  'cannot say',
  'sees, points',
];

function formatTable(results: readonly GateResult[]): string {
  const rows = PAIRS.flatMap((pair) =>
    [...GUILTY, ...INNOCENT].flatMap((kind) =>
      SIZES.flatMap(({ name }) => buildRow(pair, kind, name, results)),
    ),
  );
  return markdownTable(HEAD, rows);
}

function buildRow(pair: Pair, kind: Kind, size: string, results: readonly GateResult[]): string[][] {
  const group = results.filter(
    (result) => result.pair === pair && result.kind === kind && result.size === size,
  );
  if (group.length === 0) return [];
  const middle = (values: readonly number[]) => (100 * quantile(values, 0.5)).toFixed(1);
  const isOfGuilty = GUILTY.includes(kind);
  return [
    [
      `${pair}, (${kind})`,
      size,
      String(group.length),
      isOfGuilty ? middle(group.flatMap(({ planted }) => planted?.growth ?? [])) : '–',
      isOfGuilty ? percent(group.filter(isMissed).length, group.length) : '–',
      isOfGuilty ? '–' : String(group.filter(isFound).length),
      percent(group.filter(({ outcome }) => outcome === 'unknown').length, group.length),
      middle(group.flatMap(({ sees }) => sees ?? [])),
    ],
  ];
}

function percent(count: number, of: number): string {
  return of === 0 ? '–' : `${((100 * count) / of).toFixed(1)} %`;
}

await main();
