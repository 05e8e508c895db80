// Checks self and total of every function in every profile fixture against `go tool pprof -top` (needs Go and
// a build). With --record it writes pprof's tables to fixtures/pprof-top, which the tests compare with on
// machines without Go.
//
// How pprof's table differs from ours, and what is done about it here:
// - pprof groups by function name. We keep unnamed functions apart by file and line; they are put together
//   again, a stack that passes through several of them counting once.
// - We put the instances of a generic function into one row; here they stay apart, as in an exported profile.
// - pprof rewrites Go type parameters as if they were C++ (`Sum([]uint8) []uint8` loses its parentheses);
//   -symbolize=none keeps the names of the file.
// - pprof counts samples without a stack in its total, though in no row; we have a row for them, which is
//   left out here.
// - pprof drops the frames that a profile declares uninteresting (drop_frames). We do so for files
//   (src/profile/pprof/prune.ts); no fixture has any.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { NO_STACK } from '../dist/profile/pprof/no-stack.js';
import { decodePprof, pprofToProfile } from '../dist/profile/pprof/pprof.js';
import { functionTable } from '../dist/profile/tables/table.js';
import { inOrder, pprofTable, printDifferences } from './pprof-top.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const recorded = path.join(root, 'fixtures', 'pprof-top');
const incidents = [
  'demo',
  ...readdirSync(path.join(root, 'fixtures', 'incidents'))
    .sort()
    .map((name) => `incidents/${name}`),
];

/** Our table in the same form: unnamed functions put together by name. */
function ourTable(pprof, index) {
  const profile = pprofToProfile(pprof, index, { isApart: true });
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
      pprof.sampleTypes.map((type, index) =>
        pprofTable(path.join(folder, file), { index, unit: type.unit, options: ['-symbolize=none'] }),
      ),
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
    printDifferences(theirs, ours);
  });
  if (record) {
    const file = path.join(recorded, `${path.basename(incident)}.json.gz`);
    writeFileSync(file, gzipSync(JSON.stringify(tables), { level: 9 }));
  }
  console.log(`${incident}: ${counts.tables} tables with ${counts.functions} functions`);
}
console.log(differences === 0 ? 'All equal to go tool pprof.' : `${differences} tables differ.`);
process.exitCode = differences === 0 ? 0 : 1;
