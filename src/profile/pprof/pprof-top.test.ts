import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { normaliseName } from '../code/names.js';
import type { Profile } from '../model.js';
import { functionTable } from '../tables/table.js';
import { NO_STACK } from './no-stack.js';
import { decodePprof, type PprofFile, pprofToProfile } from './pprof.js';

/** Output of `go tool pprof -top` for a sample type; scripts/check-pprof.mjs writes it. */
interface RecordedTable {
  /** Samples without a stack included. */
  total: number;
  /** Self and total per function name. */
  functions: Record<string, [self: number, total: number]>;
}

const INCIDENTS = [
  { name: 'demo', folder: fixture('demo'), profiles: 48, tables: 144, functions: 14_934 },
  ...[
    { name: '05-notify-goroutines', profiles: 72, tables: 168, functions: 9_468 },
    { name: '08-auth-cpu', profiles: 36, tables: 72, functions: 7_648 },
    { name: '10-georouting-check', profiles: 24, tables: 72, functions: 5_444 },
    { name: '16-storefront-latency', profiles: 48, tables: 96, functions: 7_364 },
  ].map((incident) => ({ ...incident, folder: fixture('incidents', incident.name) })),
];

describe.each(INCIDENTS)('$name: self and total of every function equal go tool pprof -top', (incident) => {
  const folder = path.join(incident.folder, 'profiles');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.pb.gz'))
    .sort();
  const recorded: Record<string, Record<string, RecordedTable>> = JSON.parse(
    gunzipSync(readFileSync(fixture('pprof-top', `${incident.name}.json.gz`))).toString(),
  );
  const compared = { profiles: 0, tables: 0, recorded: 0 };

  test.each(files)('%s', (file) => {
    const pprof = decodePprof(gunzipSync(readFileSync(path.join(folder, file))));
    expect(pprof.raw.dropFrames, 'pprof would drop frames that we keep').toBe(0);
    const ours = Object.fromEntries(
      pprof.sampleTypes.map(({ type }, index) => [type, tableByName(pprof, index)]),
    );
    const theirs = recorded[file] ?? {};
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    for (const [type, { total, functions }] of Object.entries(ours)) {
      expect({ total, functions }).toEqual(unitedInstances(theirs[type], functions));
      compared.recorded += Object.keys(theirs[type]?.functions ?? {}).length;
    }
    compared.profiles++;
    compared.tables += Object.keys(ours).length;
  });

  test('no profile, type or function was skipped', () => {
    expect(Object.keys(recorded).sort()).toEqual(files);
    const { profiles, tables, functions } = incident;
    expect(compared).toEqual({ profiles, tables, recorded: functions });
  });
});

/** Our table as pprof groups it: unnamed functions, which we keep apart by place, put together by name. */
function tableByName(pprof: PprofFile, index: number): RecordedTable {
  const profile = pprofToProfile(pprof, index);
  const table = functionTable(profile);
  const idsByName = new Map<string, number[]>();
  profile.functions.forEach(({ name }, id) => {
    idsByName.set(name, [...(idsByName.get(name) ?? []), id]);
  });
  const functions = new Map<string, [number, number]>();
  for (const [name, ids] of idsByName) {
    const self = ids.reduce((sum, id) => sum + (table.self[id] ?? 0), 0);
    const total = ids.length === 1 ? (table.totals[ids[0] ?? 0] ?? 0) : totalThroughAny(profile, ids);
    // pprof has no row for samples without a stack.
    if (name !== NO_STACK.name && (self !== 0 || total !== 0)) functions.set(name, [self, total]);
  }
  // pprof counts samples without a stack in the total, too.
  const { values } = pprof.samples;
  const types = pprof.sampleTypes.length;
  return {
    total: values.reduce((sum, value, at) => (at % types === index ? sum + value : sum), 0),
    functions: Object.fromEntries(functions),
  };
}

/**
 * The recorded table with the instances of a generic as one function: their self is the sum, their total,
 * which the recorded ones do not tell, ours where it can be right.
 */
function unitedInstances(
  recorded: RecordedTable | undefined,
  ours: RecordedTable['functions'],
): RecordedTable | undefined {
  if (recorded === undefined) return undefined;
  const groups = new Map<string, [string, [number, number]][]>();
  for (const row of Object.entries(recorded.functions)) {
    const normal = normaliseName(row[0]);
    groups.set(normal, [...(groups.get(normal) ?? []), row]);
  }
  const functions = [...groups].map(([normal, rows]): [string, [number, number]] => {
    const [first] = rows;
    if (first !== undefined && rows.length === 1) return first;
    const totals = rows.map(([, [, total]]) => total);
    const sumOfTotals = totals.reduce((sum, total) => sum + total, 0);
    const total = Math.max(Math.max(...totals), Math.min(sumOfTotals, ours[normal]?.[1] ?? 0));
    return [normal, [rows.reduce((sum, [, [self]]) => sum + self, 0), total]];
  });
  return { total: recorded.total, functions: Object.fromEntries(functions) };
}

/** Cost of the stacks that pass through at least one of the functions. */
function totalThroughAny(profile: Profile, ids: readonly number[]): number {
  const { frameFunction, stackFrames, stackStart, values } = profile;
  return values.reduce((sum, value, stack) => {
    const frames = stackFrames.subarray(stackStart[stack], stackStart[stack + 1]);
    return frames.some((frame) => ids.includes(frameFunction[frame] ?? -1)) ? sum + value : sum;
  }, 0);
}
