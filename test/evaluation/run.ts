import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { caseFoldersIn, loadCaseFolder, pushCase, quietHalf } from './case-folder.js';
import { type Judged, judge } from './score.js';
import { markdownTable } from './table.js';

// Judges `investigate` on case folders: one row per case and per quiet half; exit code 1 when anything is
// wrong.

const ROOT = new URL('../../../', import.meta.url);
const SHIPPED = ['fixtures/demo', 'fixtures/incidents', 'fixtures/captured'].map((name) =>
  fileURLToPath(new URL(name, ROOT)),
);
const USAGE = `npm run evaluate -- [DIR…] [--url URL [--push]] [--t0 TIME] [--verbose]
  DIR        a case folder (with case.json or truth.json), or a folder of such folders; default: the shipped ones
  --url      a Pyroscope that the cases were pushed to; it is only asked
  --push     push them to it first, each as a service named after the case; it must take profiles of the last two hours
  --t0       the time of offset 0 there, as ISO 8601; with --push by default an hour and a half ago
  --verbose  prints every answer`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      push: { type: 'boolean', default: false },
      t0: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const { url, push } = values;
  const t0 = values.t0 === undefined ? (push ? someTimeAgo() : undefined) : Date.parse(values.t0);
  if (Number.isNaN(t0)) throw new Error(`--t0 ${values.t0} is not a time\n${USAGE}`);
  if (push && url === undefined) throw new Error(`--push needs --url\n${USAGE}`);
  const server = url === undefined ? null : serverAt(url);
  const judged: Judged[] = [];
  for (const folder of await caseFoldersIn(positionals.length > 0 ? positionals : SHIPPED)) {
    const pushed =
      push && url !== undefined && t0 !== undefined ? { service: await pushCase(url, folder, t0) } : {};
    const incidentCase = await loadCaseFolder(folder, {
      ...pushed,
      ...(t0 === undefined ? {} : { t0 }),
      ...(server === null ? {} : { source: server }),
    });
    for (const variant of [incidentCase, quietHalf(incidentCase)]) {
      const result = await judge(variant);
      judged.push(result);
      if (values.verbose) console.log(`${variant.id}\n${result.answer.text}\n`);
    }
    if (server === null) await incidentCase.source.close();
  }
  await server?.close();
  report(judged);
}

/** Whole minutes, long enough ago that a case of three quarters of an hour lies in the past. */
function someTimeAgo(): number {
  return Math.floor((Date.now() - 90 * 60_000) / 60_000) * 60_000;
}

function serverAt(url: string): ProfileSource {
  return createPyroscopeSource({ name: 'evaluation', uid: 'evaluation', url });
}

function report(judged: readonly Judged[]): void {
  const mark = (right: boolean) => (right ? 'ok' : 'WRONG');
  const rows = judged.map(({ incident, answer, score }) => [
    incident.id,
    answer.data.verdict,
    mark(score.verdict),
    answer.data.findings[0]?.function ?? '-',
    mark(score.function),
    mark(score.label),
    mark(score.onset),
    String(answer.tokens),
    String(answer.requests),
    ...(answer.http > 0 ? [String(answer.http)] : []),
    answer.ms.toFixed(0),
  ]);
  const http = judged.some(({ answer }) => answer.http > 0) ? ['http'] : [];
  const head = ['case', 'verdict', '', 'first function', '', 'label', 'onset', 'tokens', 'requests'];
  console.log(markdownTable([...head, ...http, 'ms'], rows));
  const wrong = judged.filter(({ score }) => score.wrong.length > 0);
  for (const { incident, score } of wrong) console.log(`${incident.id}: ${score.wrong.join('; ')}`);
  const accused = judged.filter(({ score }) => score.accused).length;
  console.log(
    `${judged.length - wrong.length} of ${judged.length} right; ${accused} falsely accused; ` +
      `at most ${Math.max(0, ...judged.map(({ answer }) => answer.tokens))} tokens, ` +
      `${Math.max(0, ...judged.map(({ answer }) => answer.requests))} requests, ` +
      `${Math.max(0, ...judged.map(({ answer }) => answer.mostInFlight))} in flight`,
  );
  if (wrong.length > 0 || judged.length === 0) process.exitCode = 1;
}

await main();
