// Reads the table of `go tool pprof -top` (needs Go).
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** pprof's own table of one sample type: `{ total, functions: { name: [self, total] } }`. */
export async function pprofTable(file, { index, unit, options = [] }) {
  const whole = ['-top', '-nodecount=0', '-nodefraction=0', '-edgefraction=0'];
  const { stdout } = await run(
    'go',
    ['tool', 'pprof', ...whole, ...options, `-sample_index=${index}`, `-unit=${unit}`, file],
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

/** A map as an object with its keys in order. */
export function inOrder(functions) {
  return Object.fromEntries([...functions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Prints how two tables differ. */
export function printDifferences(theirs, ours) {
  for (const name of new Set([...Object.keys(theirs.functions), ...Object.keys(ours.functions)])) {
    const [pprof, own] = [theirs.functions[name], ours.functions[name]];
    if (String(pprof) !== String(own)) console.error(`  ${name}: pprof ${pprof}, ours ${own}`);
  }
  if (theirs.total !== ours.total) console.error(`  total: pprof ${theirs.total}, ours ${ours.total}`);
}
