// Checks self and total of every function in every profile fixture against `go tool pprof -top` (needs Go and
// a build). With --record it writes pprof's tables to fixtures/pprof-top, which the tests compare with on
// machines without Go.
//
// How pprof's table differs from ours, and what is done about it here:
// - pprof groups by function name. We keep unnamed functions apart by file and line; they are put together
//   again, a stack that passes through several of them counting once.
// - pprof rewrites Go type parameters as if they were C++ (`Sum([]uint8) []uint8` loses its parentheses);
//   -symbolize=none keeps the names of the file.
// - pprof counts samples without a stack in its total, though in no row; we have a row for them, which is
//   left out here.
// - pprof drops the frames that a profile declares uninteresting (drop_frames). We do so for files
//   (src/profile/pprof/prune.ts); no fixture has any.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { NO_STACK } from '../dist/profile/pprof/no-stack.js';
import { decodePprof, pprofToProfile } from '../dist/profile/pprof/pprof.js';
import { functionTable } from '../dist/profile/tables/table.js';

const run = promisify(execFile);
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const recorded = path.join(root, 'fixtures', 'pprof-top');
const incidents = [
  'demo',
  ...readdirSync(path.join(root, 'fixtures', 'incidents'))
    .sort()
    .map((name) => `incidents/${name}`),
];

/** pprof's own table of one sample type: `{ total, functions: { name: [self, total] } }`. */
async function pprofTable(file, index, { unit }) {
  const options = ['-top', '-nodecount=0', '-nodefraction=0', '-edgefraction=0', '-symbolize=none'];
  const { stdout } = await run(
    'go',
    ['tool', 'pprof', ...options, `-sample_index=${index}`, `-unit=${unit}`, file],
    { maxBuffer: 2 ** 26 },
  );
  const [head, ...rows] = stdout.slice(stdout.indexOf('Showing nodes accounting for')).trimEnd().split('\n');
  const total = / of (\S+) total$/.exec(head)?.[1];
  if (total === undefined) throw new Error(`unexpected output of pprof for ${file}: ${head}`);
  const functions = new Map();
  for (const row of rows.slice(1)) {
    const cells = /^ *(\S+) +\S+% +\S+% +(\S+) +\S+% {2}(.*?)(?: \((?:partial-)?inline\))?$/.exec(row);
    if (cells === null) throw new Error(`unexpected row of pprof for ${file}: ${row}`);
    const [, self, cumulative, name] = cells;
    if (functions.has(name)) throw new Error(`two rows for ${name} in ${file}`);
    functions.set(name, [integer(self), integer(cumulative)]);
  }
  return { total: integer(total), functions: inOrder(functions) };
}

/** `1234ns` → 1234. */
function integer(text) {
  const digits = /^(-?\d+)[a-zA-Z]*$/.exec(text)?.[1];
  if (digits === undefined || !Number.isSafeInteger(Number(digits)))
    throw new Error(`not a whole number: ${text}`);
  return Number(digits);
}

/** Our table in the same form: unnamed functions put together by name. */
function ourTable(pprof, index) {
  const profile = pprofToProfile(pprof, index);
  const table = functionTable(profile);
  const ids = new Map();
  profile.functions.forEach(({ name }, id) => {
    ids.set(name, [...(ids.get(name) ?? []), id]);
  });
  const functions = new Map();
  for (const [name, same] of ids) {
    const self = same.reduce((sum, id) => sum + table.self[id], 0);
    const total = same.length === 1 ? table.totals[same[0]] : totalThroughAny(profile, new Set(same));
    if (name !== NO_STACK.name && (self !== 0 || total !== 0)) functions.set(name, [self, total]);
  }
  // pprof counts samples without a stack in the total, too.
  const { values } = pprof.samples;
  const types = pprof.sampleTypes.length;
  return {
    total: values.reduce((sum, value, at) => (at % types === index ? sum + value : sum), 0),
    functions: inOrder(functions),
  };
}

/** Cost of the stacks that pass through at least one of the functions. */
function totalThroughAny({ frameFunction, stackFrames, stackStart, values }, ids) {
  return values.reduce((sum, value, stack) => {
    const frames = stackFrames.subarray(stackStart[stack], stackStart[stack + 1]);
    return frames.some((frame) => ids.has(frameFunction[frame])) ? sum + value : sum;
  }, 0);
}

function inOrder(functions) {
  return Object.fromEntries([...functions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every sample type of every profile of an incident: `{ file: { sample_type: table } }`. */
async function readTables(incident, compare) {
  const folder = path.join(root, 'fixtures', incident, 'profiles');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.pb.gz'))
    .sort();
  const tables = {};
  for (const file of files) {
    const pprof = decodePprof(gunzipSync(readFileSync(path.join(folder, file))));
    const all = await Promise.all(
      pprof.sampleTypes.map((type, index) => pprofTable(path.join(folder, file), index, type)),
    );
    tables[file] = Object.fromEntries(pprof.sampleTypes.map(({ type }, index) => [type, all[index]]));
    pprof.sampleTypes.forEach(({ type }, index) => {
      compare(`${file} ${type}`, all[index], ourTable(pprof, index));
    });
  }
  return tables;
}

const record = process.argv.includes('--record');
if (record) {
  rmSync(recorded, { recursive: true, force: true });
  mkdirSync(recorded, { recursive: true });
}
let differences = 0;
for (const incident of incidents) {
  const counts = { tables: 0, functions: 0 };
  const tables = await readTables(incident, (what, theirs, ours) => {
    counts.tables++;
    counts.functions += Object.keys(theirs.functions).length;
    if (JSON.stringify(theirs) === JSON.stringify(ours)) return;
    differences++;
    console.error(`${incident} ${what}: ours differs`);
    for (const name of new Set([...Object.keys(theirs.functions), ...Object.keys(ours.functions)])) {
      const [pprof, own] = [theirs.functions[name], ours.functions[name]];
      if (String(pprof) !== String(own)) console.error(`  ${name}: pprof ${pprof}, ours ${own}`);
    }
    if (theirs.total !== ours.total) console.error(`  total: pprof ${theirs.total}, ours ${ours.total}`);
  });
  if (record) {
    const file = path.join(recorded, `${path.basename(incident)}.json.gz`);
    writeFileSync(file, gzipSync(JSON.stringify(tables), { level: 9 }));
  }
  console.log(`${incident}: ${counts.tables} tables with ${counts.functions} functions`);
}
console.log(differences === 0 ? 'All equal to go tool pprof.' : `${differences} tables differ.`);
process.exitCode = differences === 0 ? 0 : 1;
