import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normaliseName } from '../src/profile/code/names.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../src/sources/source.js';
import { asker, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from './support/grafana-server.js';
import { mergingLocatedOnly } from './support/located.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';

// The files, a Pyroscope that serves them, and that Pyroscope through Grafana give the same whole answer to
// the same question, after names are normalised. test/live does this with real servers.

const TYPES: Readonly<Record<string, readonly string[]>> = {
  '01-checkout-cpu': ['cpu', 'alloc', 'inuse', 'inuse_objects'],
  '05-notify-goroutines': ['cpu', 'alloc', 'inuse', 'goroutines'],
  '08-auth-cpu': ['cpu', 'cpu_samples'],
  '10-georouting-check': ['cpu', 'alloc', 'inuse'],
  '16-storefront-latency': ['wall', 'inuse'],
};
/** Start of the v2 storage of the dual server: within the window, between two profiles. */
const SPLIT = Date.parse(INCIDENT_WINDOW.from) + 400_001;
const ROUTES = ['v1', 'v2', 'dual', 'Grafana 9.4', 'Grafana 12.3'] as const;

describe.each(INCIDENTS)('$name', ({ name, directory, service }) => {
  const files = createFilesSource({ directory });
  const pyroscopes: TestPyroscope[] = [];
  const grafanas: TestGrafana[] = [];
  const urls = new Map<string, string>();

  beforeAll(async () => {
    for (const mode of ['v1', 'v2', 'dual'] as const) {
      const server = await startPyroscopeServer(files, { mode, split: SPLIT });
      pyroscopes.push(server);
      urls.set(mode, server.url);
    }
    const store = { name: 'store', uid: 'store', url: urls.get('v2') ?? '' };
    for (const version of ['9.4', '12.3'] as const) {
      const grafana = await startGrafanaServer({ version, subPath: '/grafana', dataSources: [store] });
      grafanas.push(grafana);
      urls.set(`Grafana ${version}`, `${grafana.url}/api/datasources/proxy/uid/store`);
    }
  });
  afterAll(async () => {
    await Promise.all([...pyroscopes, ...grafanas].map((server) => server.close()));
  });

  /** Through Grafana the first type will do: what is behind it is the same. */
  const questions = (types: readonly string[]): [tool: string, args: object][] => [
    ...types.flatMap((profile_type): [string, object][] => [
      ['summarize_profile', { service, profile_type, limit: 20 }],
      ['query_profile', { service, profile_type, limit: 50 }],
      ['query_profile', { service, profile_type, view: 'tree', limit: 50 }],
    ]),
    ['list_services', {}],
    ['list_profile_types', { service }],
    ['list_labels', { service }],
    ['list_labels', { service, label: 'pod' }],
  ];
  const known = new Map<string, Promise<unknown>>();
  const answerOfFiles = (tool: string, args: object): Promise<unknown> => {
    const key = JSON.stringify([tool, args]);
    const answer = known.get(key) ?? ask(mergingLocatedOnly(files), tool, args);
    known.set(key, answer);
    return answer;
  };

  describe.each(ROUTES)('through %s', (route) => {
    const behindGrafana = route.startsWith('Grafana');
    const types = TYPES[name] ?? [];
    test.each(questions(behindGrafana ? types.slice(0, 1) : types))('%s %j', async (tool, args) => {
      const source = createPyroscopeSource({
        name: 'files',
        uid: 'files',
        url: urls.get(route) ?? '',
        token: behindGrafana ? VIEWER_TOKEN : null,
      });
      expect(await ask(source, tool, args)).toEqual(await answerOfFiles(tool, args));
      await source.close();
    });
  });
});

/** A whole answer that is not an error. */
async function ask(source: ProfileSource, tool: string, args: object): Promise<unknown> {
  const { isError, text } = await asker(source)(tool, { ...args, ...INCIDENT_WINDOW, format: 'json' });
  expect(isError, text).toBe(false);
  return comparable(text);
}

/** An answer without what must differ: source, notes, ready calls. Names are normalised. */
function comparable(text: string): unknown {
  const { scope, next, notes, ...findings } = JSON.parse(text, (_, value) =>
    typeof value === 'string' ? normaliseName(value) : value,
  );
  return { ...findings, type: scope?.profile_type_id };
}
