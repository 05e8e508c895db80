// Changes every decision of the comparison and of sign-in, one at a time, and writes into README.md which of
// the changes no unit test notices.
//
//   npm run mutants                      all folders: hours; a second run repeats only what has changed
//   npm run mutants -- FILE… FOLDER…     some of them; the table keeps what is known of the others
//   npm run mutants -- --survivors FILE… only what survived, by tests that were added since
//   npm run mutants -- --slow FILE…      the same with the tests of many random cases, too
//   npm run mutants -- --table           only the table
//   npm run mutants -- --check           only whether it lacks something
//
// MUTANTS_TESTS names fewer tests, by globs: with `--survivors` quick ones first.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  addRuns,
  dropTimeouts,
  listFaults,
  listMissing,
  listSurvivors,
  makeTable,
  mergeResults,
  readPage,
  readResults,
} from './table.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const RESULTS = '.bench/mutants/results.json';
/** Bytes of source that are changed in one run: some 800 mutants, whose results are kept when it ends. */
const MAX_SOURCE = 50_000;

const COMPARISON = 'src/profile/{compare,contrast}/**/*.test.ts';
const INVESTIGATION = 'src/investigation/**/*.test.ts test/scenes.test.ts';
/** The folders whose files are changed, and the unit tests that may notice it. */
const TESTS = {
  'src/profile/compare': COMPARISON,
  'src/profile/contrast': COMPARISON,
  'src/investigation': INVESTIGATION,
  'src/sign-in': 'src/sign-in/**/*.test.ts',
};

function findSources(name) {
  const full = path.join(root, name);
  if (!statSync(full).isDirectory()) return [name];
  return readdirSync(full).flatMap((entry) => {
    const inner = path.posix.join(name, entry);
    const isSource = entry.endsWith('.ts') && !entry.endsWith('.test.ts');
    return isSource || statSync(path.join(root, inner)).isDirectory() ? findSources(inner) : [];
  });
}

/** Runs of files that the same tests may notice, each no larger than MAX_SOURCE. */
function planRuns(names) {
  const runs = [];
  for (const file of names.flatMap(findSources)) {
    const folder = Object.keys(TESTS).find((candidate) => file.startsWith(`${candidate}/`));
    if (folder === undefined) throw new Error(`${file} lies in none of ${Object.keys(TESTS).join(', ')}.`);
    const { size } = statSync(path.join(root, file));
    const last = runs.at(-1);
    if (last?.folder === folder && last.size + size <= MAX_SOURCE) {
      last.files.push(file);
      last.size += size;
    } else runs.push({ folder, size, files: [file] });
  }
  return runs;
}

function runStryker(tests, args, isSlow = false) {
  const stryker = path.join(root, 'node_modules/.bin/stryker');
  const { status } = spawnSync(stryker, ['run', 'test/mutants/stryker.config.json', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      MUTANTS_TESTS: process.env.MUTANTS_TESTS ?? tests,
      ...(isSlow ? { MUTANTS_SLOW: '1' } : {}),
    },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs all mutants of some files, but those that a test noticed before which has not changed. */
function runAll({ folder, files }) {
  // Once more what was given up after a time: a busy machine looks like a loop without an end.
  dropTimeouts(results, files);
  runStryker(TESTS[folder], ['--incremental', '--incrementalFile', RESULTS, '-m', files.join(',')]);
}

/** Runs what survived in some files once more. */
function runSurvivors({ folder, files }, isSlow) {
  const places = listSurvivors(results, files, root);
  if (places.length === 0) return;
  runStryker(TESTS[folder], ['-m', places.join(',')], isSlow);
  mergeResults(results, path.join(root, '.bench/mutants/last.json'));
}

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const isOnly = (what) => args.includes(what);
const results = path.join(root, RESULTS);
mkdirSync(path.dirname(results), { recursive: true });
if (!isOnly('--table') && !isOnly('--check')) {
  for (const run of planRuns(names.length > 0 ? names : Object.keys(TESTS))) {
    if (isOnly('--survivors') || isOnly('--slow')) runSurvivors(run, isOnly('--slow'));
    else runAll(run);
  }
}
const harmless = JSON.parse(readFileSync(path.join(root, 'test/mutants/harmless.json'), 'utf8'));
const page = path.join(root, 'test/mutants/README.md');
const text = readFileSync(page, 'utf8');
const known = addRuns(readPage(text, root), readResults(results, root));
if (!isOnly('--check')) {
  const missing = listMissing(results, known, Object.keys(TESTS).flatMap(findSources));
  const [before = ''] = text.split('<!-- figures -->');
  writeFileSync(page, `${before}<!-- figures -->\n${makeTable(known, harmless, missing)}`);
}
const faults = listFaults(known, harmless);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);
