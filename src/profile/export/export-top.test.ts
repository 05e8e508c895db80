import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture, INCIDENTS } from '../../../test/support/ask.js';
import { decodePprof, type PprofFile, pprofToProfile } from '../pprof/pprof.js';
import { encodeProfile } from './encode.js';

/** Tables of `go tool pprof -top` by sample type; scripts/check-pprof.mjs writes them. */
type RecordedTables = Record<string, { total: number; functions: Record<string, [number, number]> }>;

const HEAD = { program: 'p', periodType: null, from: 0, to: 1, comments: [], exporter: 'x', divisor: 1 };

describe.each(INCIDENTS)('$name: an exported profile has the table of go tool pprof -top', (incident) => {
  const folder = path.join(incident.directory, 'profiles');
  const files = readdirSync(folder).filter((file) => file.endsWith('.pb.gz'));
  const recordedName = path.basename(incident.directory);
  const recorded: Record<string, RecordedTables> = JSON.parse(
    gunzipSync(readFileSync(fixture('pprof-top', `${recordedName}.json.gz`))).toString(),
  );

  test.each(files.sort())('%s', (file) => {
    const pprof = decodePprof(gunzipSync(readFileSync(path.join(folder, file))));
    const tables = Object.fromEntries(
      pprof.sampleTypes.map(({ type }, index) => {
        const profile = pprofToProfile(pprof, index, { isApart: true });
        const { bytes, total } = encodeProfile(profile, HEAD, 'pprof');
        return [type, { total, functions: listRows(decodePprof(bytes)) }];
      }),
    );
    expect(tables).toEqual(recorded[file]);
  });
});

/** Self and total by name as pprof counts them: a stack counts once for each of its names. */
function listRows({
  functions: table,
  strings,
  samples,
  locations,
}: PprofFile): Record<string, [self: number, total: number]> {
  const functions = new Map(table.map(({ id, name }) => [Number(id), strings[name] ?? '']));
  const rows = new Map<string, [number, number]>();
  samples.values.forEach((value, sample) => {
    const names = Array.from(
      samples.locations.subarray(samples.starts[sample], samples.starts[sample + 1]),
      (location) => functions.get(Number(locations.functionIds[locations.starts[location] ?? 0])) ?? '',
    );
    for (const name of new Set(names)) {
      const [self, total] = rows.get(name) ?? [0, 0];
      rows.set(name, [self + (name === names[0] ? value : 0), total + value]);
    }
  });
  return Object.fromEntries(rows);
}
