// Checks self and total of every function in every profile fixture against `go tool pprof -top` (needs Go and a
// build). With --record it writes pprof's tables to fixtures/pprof-top, which the tests compare with on machines
// without Go.
//
// How pprof's table differs from ours, and what is done about it here:
// - pprof groups by function name. We keep unnamed functions apart by file and line; they are put together again, a
//   stack that passes through several of them counting once.
// - pprof rewrites Go type parameters as if they were C++ (`Sum([]uint8) []uint8` loses its parentheses);
//   -symbolize=none keeps the names of the file.
// - pprof counts samples without a stack in its total, though in no row; we leave them out, as Pyroscope does. The
//   totals are compared with those samples added.
// - pprof drops the frames that a profile declares uninteresting (drop_frames). We do not, and no fixture has any.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodePprof, pprofToProfile } from '../dist/profile/pprof.js';
import { functionTable } from '../dist/profile/table.js';

const AT_ONCE = 4;
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
  const functions = {};
  for (const row of rows.slice(1)) {
    const cells = /^ *(\S+) +\S+% +\S+% +(\S+) +\S+% {2}(.*?)(?: \((?:partial-)?inline\))?$/.exec(row);
    if (cells === null) throw new Error(`unexpected row of pprof for ${file}: ${row}`);
    const [, self, cumulative, name] = cells;
    if (name in functions) throw new Error(`two rows for ${name} in ${file}`);
    functions[name] = [integer(self), integer(cumulative)];
  }
  return { total: integer(total), functions };
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
  const idsOf = Map.groupBy
    ? Map.groupBy(profile.functions.keys(), (id) => profile.functions[id].name)
    : groupIds(profile.functions);
  const functions = {};
  for (const [name, ids] of idsOf) {
    const self = ids.reduce((sum, id) => sum + table.self[id], 0);
    const total = ids.length === 1 ? table.totals[ids[0]] : totalThroughAny(profile, new Set(ids));
    if (self !== 0 || total !== 0) functions[name] = [self, total];
  }
  return { total: table.total + stacklessValue(pprof, index), functions };
}
