import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFilesSource } from '../../src/sources/files/source.js';
import { loadCaseFolder, manifestIn } from './case-folder.js';
import type { FleetCase } from './generator/fleet-case.js';

/**
 * Joins incidents of the same windows into one fleet: each is a service with the name of its case.
 *
 * @param isCalm whether the later half of the baselines is asked about instead, in which nothing happened
 */
export async function loadLabFleet(
  folders: readonly string[],
  { isCalm = false } = {},
): Promise<FleetCase & { close(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'fleet-'));
  const profiles: object[] = [];
  const cases = [];
  for (const folder of folders) {
    const incidentCase = await loadCaseFolder(folder);
    cases.push(incidentCase);
    await incidentCase.source.close();
    const place = path.basename(folder);
    await cp(folder, path.join(directory, place), { recursive: true });
    for (const { file, labels, ...entry } of await manifestIn(folder))
      profiles.push({
        ...entry,
        file: path.join(place, file),
        labels: { ...labels, service_name: incidentCase.id },
      });
  }
  await writeFile(path.join(directory, 'profiles.json'), JSON.stringify({ profiles }));
  const source = createFilesSource({ directory, name: 'lab' });
  const [first] = cases;
  if (first === undefined) throw new Error('no case folders');
  const { from, to } = first.windows.baseline;
  const middle = Math.round((from + to) / 2);
  return {
    id: isCalm ? 'lab-calm' : 'lab',
    windows: isCalm ? { baseline: { from, to: middle - 1 }, incident: { from: middle, to } } : first.windows,
    services: cases.map(({ id, truth, kind }) => ({
      service: id,
      kind,
      truth: isCalm
        ? { verdict: 'no_change' as const, functions: [], guiltyCallers: [], label: null, since: null }
        : truth,
      isVictim: false,
      errors: isCalm || truth.functions.length === 0 ? 0 : Number.POSITIVE_INFINITY,
    })),
    source,
    async close() {
      await source.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
