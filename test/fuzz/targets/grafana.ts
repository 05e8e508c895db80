import fc from 'fast-check';
import { createPatternBook } from '../../../src/patterns/book.js';
import { extractQueries } from '../../../src/patterns/extract.js';
import { learnFrom } from '../../../src/patterns/learn.js';
import { createGrafanaClient } from '../../../src/sources/grafana/client.js';
import { discover } from '../../../src/sources/grafana/discovery.js';
import { askerIn, createEnvironment, demoSource, NOW } from '../../support/ask.js';
import {
  dashboardModel,
  dashboardNames,
  dashboardSources,
  dashboardStore,
  libraryModels,
} from '../../support/dashboards.js';
import { createSources, dataSource, startSmallGrafana } from '../../support/small-grafana.js';
import { changedJson, jsonChanges, jsonText, nastyJson, nastyText } from '../arbitraries.js';
import { answersOrRefuses, expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

const change = fc.oneof(
  { weight: 8, arbitrary: jsonChanges.map((changes) => ({ changes })) },
  { weight: 1, arbitrary: nastyJson.map((json) => ({ json })) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function changed(original: unknown, how: Change): unknown {
  return 'json' in how ? how.json : changedJson(original, how.changes);
}

const SOURCES = [
  dataSource(1, 'aaa', { isDefault: true, url: 'http://internal:4040' }),
  dataSource(2, 'b-b.b', { type: 'phlare', jsonData: { overridesDefault: true } }),
  dataSource(3, 'ccc', { type: 'tempo', jsonData: { tracesToProfiles: { datasourceUid: 'aaa' } } }),
];
const SETTINGS = {
  appUrl: 'http://grafana.example.com/',
  namespace: 'org-2',
  buildInfo: { version: '12.3.3' },
  apps: { 'grafana-pyroscope-app': {} },
  datasources: Object.fromEntries(SOURCES.map((source) => [source.name, source])),
};

export const GRAFANA: readonly Target[] = [
  defineTarget('dashboards of every version of their model', 800, async () => {
    const models = new Map(dashboardNames.map((name) => [name, dashboardModel(name)]));
    const surroundings = { sources: dashboardSources, library: libraryModels };
    return {
      input: fc.tuple(fc.constantFrom(...dashboardNames), change),
      check([name, how]) {
        const model: unknown = JSON.parse(jsonText(changed(models.get(name), how)));
        extractQueries(model, surroundings);
        learnFrom(model, surroundings);
      },
    };
  }),
  defineTarget('library panels and trace sources, as find_query_patterns tells of them', 100, async () => {
    const source = demoSource();
    return {
      input: fc.tuple(change, change, fc.constantFrom(...dashboardNames), nastyText),
      async check([panel, sources, name, title]) {
        const parse = (value: unknown): unknown => JSON.parse(jsonText(value));
        const store = dashboardStore({
          search: async () => [
            { uid: name, title, url: `/d/${title}`, folder: title, version: '1', updated: NOW },
            { uid: title, title, url: null, folder: null, version: null, updated: null },
          ],
          dashboard: async () => ({
            model: parse(changed(dashboardModel(name), panel)),
            version: 1,
            updated: NOW,
          }),
          libraryPanel: async () => parse(changed([...libraryModels.values()][0], panel)),
          dataSources: async () =>
            dashboardSources.map((row) => ({ ...row, jsonData: parse(changed(row.jsonData, sources)) })),
        });
        const book = createPatternBook(store, { now: () => NOW });
        const ask = askerIn(createEnvironment([source], [], undefined, () => book));
        for (const format of ['text', 'json']) expectAnswer(await ask('find_query_patterns', { format }));
        book.close();
        if (book.learned().failure !== null) throw new Error(`the scan failed: ${book.learned().failure}`);
      },
      close: () => source.close(),
    };
  }),
  defineTarget('data sources and settings of a Grafana', 150, async () => {
    let spoil: (path: string, healthy: unknown) => string | null = () => null;
    const grafana = await startSmallGrafana({
      sources: SOURCES,
      settings: SETTINGS,
      override(path, response) {
        const body = spoil(path, path === '/api/datasources' ? SOURCES : SETTINGS);
        if (body !== null) response.writeHead(200, { 'content-type': 'application/json' }).end(body);
        return body !== null;
      },
    });
    return {
      input: fc.tuple(
        fc.constantFrom(
          '/api/datasources',
          '/api/frontend/settings',
          '/api/search',
          '/api/access-control/',
          '/health',
        ),
        change,
      ),
      async check([which, how]) {
        spoil = (path, healthy) => (path.includes(which) ? jsonText(changed(healthy, how)) : null);
        const client = createGrafanaClient({ url: grafana.url, token: 'glsa_planted_0123456789' });
        await answersOrRefuses(() => discover(client, { orgId: null, signal: new AbortController().signal }));
        await client.close();
        const finder = createSources(grafana, { declared: ['aaa', 'b-b.b'] });
        const ask = askerIn(createEnvironment([], [], finder));
        expectAnswer(await ask('list_data_sources', {}));
        expectAnswer(await ask('list_services', { from: 'now-1h', format: 'json' }));
        await finder.close();
      },
      close: grafana.close,
    };
  }),
];
