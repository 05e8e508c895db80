import { afterEach, expect, test } from 'vitest';
import {
  exchange,
  type GrafanaVersion,
  json,
  replay,
  type Stub,
  startStub,
  VERSIONS,
} from '../../../test/support/recorded-grafana.js';
import { createGrafanaClient, type GrafanaClient } from './client.js';
import { createDashboardStore, type DashboardStore } from './dashboards.js';

const SIGNAL = new AbortController().signal;

let stub: Stub;
let client: GrafanaClient;
afterEach(async () => {
  await client.close();
  await stub.close();
});

async function store(answer: Parameters<typeof startStub>[0]): Promise<DashboardStore> {
  stub = await startStub(answer);
  client = createGrafanaClient({ url: stub.url, token: 't' });
  const discovery = {
    pyroscopeSources: [],
    types: new Map(),
    orgId: 1,
    publicUrl: 'https://public.example.com/grafana',
    rootUrl: null,
    version: null,
    namespace: 'org-2',
    drilldown: false,
    restricted: false,
  };
  return createDashboardStore(client, async () => discovery);
}

function recorded(version: GrafanaVersion, ...names: string[]) {
  return store((request, response) => {
    const match = names
      .map((name) => exchange(version, name))
      .find(({ request: { path } }) => path === request.url);
    if (match === undefined) replay(exchange(version, 'unknown dashboard'), response);
    else replay(match, response);
  });
}

test.each(VERSIONS)('the dashboards of a real Grafana %s', async (version) => {
  const dashboards = await store((_, response) => replay(exchange(version, 'search dash-db'), response));
  const refs = await dashboards.search(3, 1000, SIGNAL);
  expect(stub.seen[0]?.path).toBe('/api/search?type=dash-db&limit=1000&page=3');
  expect(refs.length).toBeGreaterThan(0);
  for (const { uid, title, url } of refs) {
    expect(title).not.toBe('');
    expect(url).toBe(`https://public.example.com/grafana/d/${uid}`);
  }
  expect(refs.some(({ folder }) => folder === 'Performance')).toBe(true);
});

test.each(VERSIONS)('one dashboard of a real Grafana %s', async (version) => {
  const [, uid = ''] = /uid\/(.*)$/.exec(exchange(version, 'read back General dashboard').request.path) ?? [];
  const dashboards = await recorded(version, 'read back General dashboard');
  const { model, version: stored, updated } = await dashboards.dashboard(uid, SIGNAL);
  expect(model).toMatchObject({ uid, panels: expect.any(Array) });
  expect(stored).toBe(1);
  expect(updated).toBeGreaterThan(Date.UTC(2020));
  await expect(dashboards.dashboard('nope', SIGNAL)).rejects.toMatchObject({
    kind: 'not_found',
    status: 404,
  });
  await expect(dashboards.libraryPanel('nope', SIGNAL)).rejects.toMatchObject({ status: 404 });
});

test.each([
  ['v2beta1', 200],
  ['dashboard.grafana.app/v2', 200],
  ['v2', 406],
])(
  'a dashboard stored as %s is read in its own form (the old route answers %i)',
  async (apiVersion, status) => {
    const dashboards = await store((request, response) => {
      if (request.url?.startsWith('/apis/') !== true) {
        json(response, { dashboard: { title: 'converted' }, meta: { apiVersion, version: 1 } }, status);
        return;
      }
      const annotations = { 'grafana.app/updatedTimestamp': '2026-11-20T10:00:00Z' };
      json(response, { metadata: { generation: 7, annotations }, spec: { elements: {} } });
    });
    expect(await dashboards.dashboard('a/b', SIGNAL)).toEqual({
      model: { elements: {} },
      version: 7,
      updated: Date.parse('2026-11-20T10:00:00Z'),
    });
    const wanted = apiVersion.split('/').at(-1);
    expect(stub.seen.at(-1)?.path).toBe(
      `/apis/dashboard.grafana.app/${wanted}/namespaces/org-2/dashboards/a%2Fb`,
    );
  },
);

test('the converted form serves where the own one is not allowed', async () => {
  const dashboards = await store((request, response) => {
    if (request.url?.startsWith('/apis/')) json(response, { message: 'no' }, 403);
    else json(response, { dashboard: { title: 'converted' }, meta: { apiVersion: 'v2beta1', version: 4 } });
  });
  expect(await dashboards.dashboard('a', SIGNAL)).toMatchObject({
    model: { title: 'converted' },
    version: 4,
  });
});

test('a library panel is its model', async () => {
  const dashboards = await store((_, response) =>
    json(response, { result: { uid: 'l', model: { targets: [] } } }),
  );
  expect(await dashboards.libraryPanel('l', SIGNAL)).toEqual({ targets: [] });
  expect(stub.seen[0]?.path).toBe('/api/library-elements/l');
});

test('data sources with their settings, from the list or from what the pages need', async () => {
  const tempo = {
    uid: 't',
    name: 'tempo',
    type: 'tempo',
    jsonData: { tracesToProfiles: { datasourceUid: 'p' } },
  };
  let allowed = true;
  const dashboards = await store((request, response) => {
    if (request.url === '/api/datasources')
      json(response, allowed ? [{ ...tempo, url: 'x' }, 5] : {}, allowed ? 200 : 403);
    else json(response, { datasources: { tempo: { ...tempo, basicAuth: 'Basic x' } } });
  });
  expect(await dashboards.dataSources(SIGNAL)).toEqual([tempo]);
  allowed = false;
  expect(await dashboards.dataSources(SIGNAL)).toEqual([tempo]);
});
