import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { frameOwner } from '../../src/profile/code/frames.js';
import { cpu, directoryWith } from '../support/directory.js';
import { listStacks } from '../support/profiles.js';
import { loadCaseFolder, quietHalf } from './case-folder.js';

const signal = new AbortController().signal;
const FIXTURES = path.join(import.meta.dirname, '../../fixtures');
const folders = [
  path.join(FIXTURES, 'demo'),
  ...(await readdir(path.join(FIXTURES, 'incidents')))
    .sort()
    .map((name) => path.join(FIXTURES, 'incidents', name)),
];

test.each(folders)('%s: question, truth and profiles', async (folder) => {
  const incidentCase = await loadCaseFolder(folder);
  const { source, service, windows, truth } = incidentCase;
  const matchers = [{ name: 'service_name', op: '=', value: service } as const];
  expect(windows.baseline.to).toBe(windows.incident.from - 1);
  expect(truth.since === null || truth.since === windows.incident.from).toBe(true);
  const names = new Set<string>();
  for (const window of [windows.baseline, windows.incident]) {
    const types = await source.labelValues('__profile_type__', { matchers, window }, signal);
    for (const profileTypeId of types) {
      const { profile } = await source.profile({ matchers, window, profileTypeId }, signal);
      for (const fn of profile.functions) if (frameOwner(fn) === 'application') names.add(fn.name);
    }
    expect(types.length).toBeGreaterThan(0);
  }
  if (truth.functions.length > 0) expect(truth.functions.some((name) => names.has(name))).toBe(true);
  for (const caller of truth.guiltyCallers) expect(names).toContain(caller);
  if (truth.label !== null) {
    const { name, value } = truth.label;
    expect(await source.labelValues(name, { matchers, window: windows.incident }, signal)).toContain(value);
  }
  await source.close();
});

test('each shipped incident has its verdict', async () => {
  const verdicts = await Promise.all(
    folders.map(async (folder) => {
      const { kind, truth } = await loadCaseFolder(folder);
      return `${kind} ${truth.verdict}`;
    }),
  );
  expect(verdicts).toEqual([
    'a/b code_regression',
    'd leak',
    'g code_regression',
    'i no_change',
    'm code_regression',
  ]);
});

test('the quiet half of a baseline has profiles on both sides and nobody to blame', async () => {
  const incidentCase = await loadCaseFolder(folders[0] ?? '');
  const { windows, truth, source, id } = quietHalf(incidentCase);
  expect([id, truth.verdict, truth.functions]).toEqual([`${incidentCase.id}-quiet`, 'no_change', []]);
  expect(windows.incident.to).toBe(incidentCase.windows.baseline.to);
  const profileTypeId = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
  for (const window of [windows.baseline, windows.incident]) {
    const counts = await source.snapshots({ matchers: [], window, profileTypeId }, [], signal);
    expect(counts).toEqual([{ labels: {}, profiles: 8 }]);
  }
  await source.close();
});

const CASE = {
  id: '99-made-up',
  language: 'go',
  service_name: 'shop',
  windows: { baseline: { from: 0, to: 60 }, incident: { from: 60, to: 120 } },
  truth: {
    verdict: 'load-increase',
    kind: 'h',
    functions: [],
    guilty_caller: null,
    label_culprit: { version: '2' },
    since: 60,
  },
};

test('profiles at offsets are placed after the anchor, and the folder stays as it was', async () => {
  const labels = { service_name: 'shop' };
  const profile = (file: string, at: number) => ({
    file,
    at,
    duration_s: 4,
    type_name: 'process_cpu',
    labels,
  });
  const directory = await directoryWith({
    'case.json': JSON.stringify({ ...CASE, profiles: [profile('p/b.pb', 10), profile('p/i.pb', 60)] }),
    'p/b.pb': cpu({ 'main;before': 2 }),
    'p/i.pb': cpu({ 'main;after': 3 }),
  });
  const t0 = Date.UTC(2027, 0, 1);
  const { source, windows, truth } = await loadCaseFolder(directory, { t0 });
  expect(truth).toEqual({
    verdict: 'load_increase',
    functions: [],
    guiltyCallers: [],
    causes: [],
    acceptedVerdicts: [],
    maintainersWords: [],
    label: { name: 'version', value: '2' },
    since: t0 + 60_000,
  });
  expect(await source.dataRange(signal)).toEqual({ oldest: t0 + 10_000, newest: t0 + 60_000 });
  const merged = async (window: typeof windows.baseline) =>
    listStacks(
      (
        await source.profile(
          { matchers: [], window, profileTypeId: 'process_cpu:samples:count:cpu:nanoseconds' },
          signal,
        )
      ).profile,
    );
  expect(await merged(windows.baseline)).toEqual([[['main', 'before'], 2]]);
  expect(await merged(windows.incident)).toEqual([[['main', 'after'], 3]]);
  await source.close();
  expect((await readdir(directory)).sort()).toEqual(['case.json', 'p']);
  expect(await readFile(path.join(directory, 'p/b.pb'))).toHaveLength(cpu({ 'main;before': 2 }).length);
});

test('a folder without a case is refused', async () => {
  await expect(loadCaseFolder(await directoryWith({ 'readme.txt': 'nothing' }))).rejects.toThrow();
  const bad = { ...CASE, truth: { ...CASE.truth, verdict: 'guilty' } };
  await expect(loadCaseFolder(await directoryWith({ 'case.json': JSON.stringify(bad) }))).rejects.toThrow();
});
