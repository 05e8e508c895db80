import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { caseFoldersIn, loadCaseFolder, quietHalf } from './case-folder.js';
import { type Judged, judge } from './score.js';
import { markdownTable } from './table.js';

// Judges `investigate` on case folders: one row per case and per quiet half; exit code 1 when anything is wrong.

const ROOT = new URL('../../../', import.meta.url);
const SHIPPED = ['fixtures/demo', 'fixtures/incidents', 'fixtures/captured'].map((name) =>
  fileURLToPath(new URL(name, ROOT)),
);
const USAGE = `npm run evaluate -- [DIR…] [--url URL] [--t0 TIME] [--verbose]
  DIR        a case folder (with case.json or truth.json), or a folder of such folders; default: the shipped ones
  --url      a Pyroscope that the cases were pushed to; it is only asked
  --t0       the time of offset 0 there, as ISO 8601
  --verbose  prints every answer`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      t0: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const t0 = values.t0 === undefined ? undefined : Date.parse(values.t0);
  if (Number.isNaN(t0)) throw new Error(`--t0 ${values.t0} is not a time\n${USAGE}`);
  const server = values.url === undefined ? null : serverAt(values.url);
  const judged: Judged[] = [];
  for (const folder of await caseFoldersIn(positionals.length > 0 ? positionals : SHIPPED)) {
    const found = await loadCaseFolder(folder, {
      ...(t0 === undefined ? {} : { t0 }),
      ...(server === null ? {} : { source: server }),
    });
    for (const one of [found, quietHalf(found)]) {
      const result = await judge(one);
      judged.push(result);
      if (values.verbose) console.log(`${one.id}\n${result.asked.text}\n`);
    }
    if (server === null) await found.source.close();
  }
  await server?.close();
  report(judged);
}

function serverAt(url: string): ProfileSource {
  return createPyroscopeSource({ name: 'evaluation', uid: 'evaluation', url });
}

function report(judged: readonly Judged[]): void {
  const mark = (right: boolean) => (right ? 'ok' : 'WRONG');
  const rows = judged.map(({ found, asked, score }) => [
    found.id,
    asked.data.verdict,
    mark(score.verdict),
    asked.data.findings[0]?.function ?? '-',
    mark(score.function),
    mark(score.label),
    mark(score.onset),
    String(asked.tokens),
    String(asked.requests),
    ...(asked.http > 0 ? [String(asked.http)] : []),
    asked.ms.toFixed(0),
  ]);
  const http = judged.some(({ asked }) => asked.http > 0) ? ['http'] : [];
  const head = ['case', 'verdict', '', 'first function', '', 'label', 'onset', 'tokens', 'requests'];
  console.log(markdownTable([...head, ...http, 'ms'], rows));
  const wrong = judged.filter(({ score }) => score.wrong.length > 0);
  for (const { found, score } of wrong) console.log(`${found.id}: ${score.wrong.join('; ')}`);
  const accused = judged.filter(({ score }) => score.accused).length;
  console.log(
    `${judged.length - wrong.length} of ${judged.length} right; ${accused} falsely accused; ` +
      `at most ${Math.max(0, ...judged.map(({ asked }) => asked.tokens))} tokens, ` +
      `${Math.max(0, ...judged.map(({ asked }) => asked.requests))} requests, ` +
      `${Math.max(0, ...judged.map(({ asked }) => asked.mostInFlight))} in flight`,
  );
  if (wrong.length > 0 || judged.length === 0) process.exitCode = 1;
}

await main();
