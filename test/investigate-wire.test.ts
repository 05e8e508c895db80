import { describe, expect, test } from 'vitest';
import { normaliseName } from '../src/profile/code/names.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { asker, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';
import { mergingLocatedOnly } from './support/located.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';

// An investigation over Pyroscope's wire format has the same answer in every storage mode, with few requests.

const SPLIT = Date.parse('2026-11-20T14:20:00Z');

/** Pyroscope strips type parameters; v1 storage lists no single profiles. */
function normalised(text: string, mode: string): unknown {
  const isListed = (row: unknown) => /The heaviest profile of|"profile_id"/.test(JSON.stringify(row));
  // How many requests it takes may depend on how many different values a merge holds.
  return JSON.parse(text, (key, value) => {
    if (key === 'upstream_requests') return undefined;
    if (mode === 'v1' && (key === 'notes' || key === 'next') && Array.isArray(value))
      return value.filter((row) => !isListed(row));
    return typeof value === 'string' ? normaliseName(value) : value;
  });
}

/** Answers of the files by incident and tool: they are the same for every storage. */
const answersOfFiles = new Map<string, ReturnType<ReturnType<typeof asker>>>();

describe.each(['v1', 'v2', 'dual'] as const)('storage mode %s', (mode) => {
  test.each(INCIDENTS)('$name', async ({ name, directory, service }) => {
    const files = createFilesSource({ directory, name: 'same' });
    const server = await startPyroscopeServer(files, { mode, ...(mode === 'dual' ? { split: SPLIT } : {}) });
    const source = createPyroscopeSource({
      name: 'same',
      uid: 'same',
      url: server.url,
      token: null,
      username: null,
      password: null,
      tenant: null,
    });
    try {
      for (const tool of ['investigate', 'compare_profiles']) {
        const args = { service, ...INCIDENT_WINDOW, format: 'json' };
        const key = `${name} ${tool}`;
        const answer = answersOfFiles.get(key) ?? asker(mergingLocatedOnly(files))(tool, args);
        answersOfFiles.set(key, answer);
        const [here, there] = [await answer, await asker(source)(tool, args)];
        // In dual mode the border of the storages is found once, by bisection, and a series is asked for in
        // pieces.
        const sideRequests =
          server.requests.count('SelectHeatmap') + server.requests.count('GetFeatureFlags');
        expect(server.requests.count() - sideRequests).toBeLessThanOrEqual(mode === 'dual' ? 60 : 40);
        // Two more are for the heaviest span and profile of an instance that carries the change.
        expect(sideRequests).toBeLessThanOrEqual(mode === 'dual' ? 30 : 4);
        expect(server.requests.mostInFlight()).toBeLessThanOrEqual(8);
        server.requests.clear();
        expect(there.isError).toBe(false);
        expect(normalised(there.text, mode)).toEqual(normalised(here.text, mode));
      }
    } finally {
      await source.close();
      await server.close();
      await files.close();
    }
  });
});
