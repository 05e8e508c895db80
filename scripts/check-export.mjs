// Checks exported profiles of every fixture against `go tool pprof -top` (needs Go and a build): for each
// service and profile type of a directory the merged profile of all times is exported, and self and total of
// every function must be those of our own table. pprof reads the file with its usual options, so that names
// which it would change show as well.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NO_STACK } from '../dist/profile/pprof/no-stack.js';
import { functionTable } from '../dist/profile/tables/table.js';
import { exportProfile } from '../dist/query/export/export-profile.js';
import { createSchema } from '../dist/schema/schema.js';
import { createFilesSource } from '../dist/sources/files/source.js';
import { createRegistry } from '../dist/sources/registry.js';
import { inOrder, pprofTable, printDifferences } from './pprof-top.mjs';

const fixtures = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'fixtures');
const directories = [
  'demo',
  ...['incidents', 'captured', 'field'].flatMap((folder) =>
    readdirSync(path.join(fixtures, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`)
      .sort(),
  ),
];
const signal = new AbortController().signal;

/** Our own table by name: a stack counts once for each name that it passes through. */
function ourTable({ functions, frameFunction, stackFrames, stackStart, values }, divisor) {
  const rows = new Map();
  let all = 0;
  values.forEach((value, stack) => {
    all += value;
    const frames = stackFrames.subarray(stackStart[stack], stackStart[stack + 1]);
    const names = Array.from(frames, (frame) => functions[frameFunction[frame]].name);
    for (const name of new Set(names)) {
      if (name === NO_STACK.name) continue;
      const [self, total] = rows.get(name) ?? [0, 0];
      rows.set(name, [self + (name === names[0] ? value : 0), total + value]);
    }
  });
  const exact = [...rows].map(([name, row]) => [name, row.map((value) => value / divisor)]);
  return { total: all / divisor, functions: exact };
}

/** The rows that differ by more than their stacks can be rounded: nothing where no value is divided. */
function differences(theirs, ours, stacks) {
  const room =
    Number.isInteger(ours.total) && ours.functions.every(([, row]) => row.every(Number.isInteger))
      ? 0
      : stacks;
  const isNear = (a, b) => Math.abs((a ?? 0) - b) <= room;
  const own = new Map(ours.functions);
  const missing = Object.keys(theirs.functions).filter((name) => !own.has(name));
  const wrong = ours.functions
    .filter(([name, [self, total]]) => {
      const [theirSelf, theirTotal] = theirs.functions[name] ?? [0, 0];
      return !isNear(theirSelf, self) || !isNear(theirTotal, total);
    })
    .map(([name]) => name);
  return [...missing, ...wrong, ...(isNear(theirs.total, ours.total) ? [] : ['(total)'])];
}

const counts = { profiles: 0, functions: 0, refused: 0, differing: 0 };
const scratch = mkdtempSync(path.join(tmpdir(), 'export-'));
try {
  for (const directory of directories) {
    const source = createFilesSource({ directory: path.join(fixtures, directory) });
    const range = await source.dataRange(signal);
    if (range === null) continue;
    const window = { from: range.oldest, to: range.newest };
    const schema = createSchema(source);
    const context = {
      sources: createRegistry([{ name: null, source }]),
      getSchema: () => schema,
      now: Date.now,
      signal,
    };
    for (const labels of await source.series(
      ['service_name', '__profile_type__'],
      { matchers: [], window },
      signal,
    )) {
      const { service_name: service, __profile_type__: profileTypeId } = labels;
      const what = `${directory}, ${service ?? 'no service'}, ${profileTypeId}`;
      const args = {
        ...(service === undefined ? {} : { service }),
        profile_type: profileTypeId,
        from: String(window.from),
        to: String(window.to),
        format: 'pprof',
        pgo: false,
      };
      const exported = await exportProfile(args, context).catch((error) => {
        if (error.name !== 'UserError') throw error;
        counts.refused++;
        console.log(`${what}: not exported: ${error.message}`);
        return null;
      });
      if (exported === null) continue;
      const matchers = service === undefined ? [] : [{ name: 'service_name', op: '=', value: service }];
      const query = { profileTypeId, matchers, window, isApart: true };
      const { profile } = await source.profile(query, signal);
      const divided = /mean of (\d+) snapshots/.exec(exported.notes.join(' '))?.[1];
      const file = path.join(scratch, 'profile.pb.gz');
      writeFileSync(file, exported.bytes);
      const unit = profileTypeId.split(':')[2];
      const theirs = await pprofTable(file, { index: 0, unit });
      const ours = ourTable(profile, Number(divided ?? 1));
      // The table of our answers, where functions with the same normal name are one: no cost may get lost.
      const united = functionTable((await source.profile({ ...query, isApart: false }, signal)).profile);
      const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
      const wrong = differences(theirs, ours, profile.values.length);
      if (sum(united.self) !== sum(profile.values)) wrong.push('(sum of our answers)');
      counts.profiles++;
      counts.functions += Object.keys(theirs.functions).length;
      if (wrong.length === 0) continue;
      counts.differing++;
      console.error(`${what}: ours differs in ${wrong.length} rows: ${wrong.slice(0, 5).join(', ')}`);
      printDifferences(theirs, { total: ours.total, functions: inOrder(new Map(ours.functions)) });
    }
    await source.close();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(
  `${counts.profiles} exported profiles with ${counts.functions} functions; ${counts.refused} refused; ` +
    `${counts.differing === 0 ? 'all equal to go tool pprof.' : `${counts.differing} differ.`}`,
);
process.exitCode = counts.differing === 0 ? 0 : 1;
