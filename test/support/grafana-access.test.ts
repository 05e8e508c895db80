import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { fixture } from './ask.js';
import {
  type GrafanaServerOptions,
  startGrafanaServer,
  type TestGrafana,
  VIEWER_TOKEN,
} from './grafana-server.js';
import { startPyroscopeServer, type TestPyroscope } from './pyroscope-server.js';

// Who may see what on the test Grafana, and what reaches the store behind it.

const LABEL_NAMES = '/querier.v1.QuerierService/LabelNames';
const closers: (() => Promise<void>)[] = [];
let files: ProfileSource;

beforeAll(() => {
  files = createFilesSource({ directory: fixture('demo') });
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function serve(
  options: GrafanaServerOptions = {},
): Promise<{ grafana: TestGrafana; store: TestPyroscope }> {
  const store = await startPyroscopeServer(files);
  const sources = ['a', 'my-pyro-1'].map((uid) => ({ name: `source ${uid}`, uid, url: store.url }));
  const grafana = await startGrafanaServer({ dataSources: sources, ...options });
  closers.push(store.close, grafana.close);
  return { grafana, store };
}

async function get(
  grafana: TestGrafana,
  path: string,
  headers: Record<string, string> = bearer(VIEWER_TOKEN),
) {
  const response = await fetch(`${grafana.url}${path}`, { headers, redirect: 'manual' });
  const body: unknown = await response.json().catch(() => null);
  return { status: response.status, body };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function post(grafana: TestGrafana, uid: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${grafana.url}/api/datasources/proxy/uid/${uid}${LABEL_NAMES}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(VIEWER_TOKEN), ...headers },
    body: '{"start":"1","end":"2"}',
  });
}

describe('permissions', () => {
  const restricted = {
    tokens: [
      { key: 'query-only', permissions: { 'datasources:query': ['datasources:uid:a'] } },
      { key: 'one', permissions: { 'datasources:read': ['datasources:uid:a'] } },
      { key: 'folder', permissions: { 'dashboards:read': ['folders:uid:open'] } },
    ],
    dashboards: [
      { dashboard: { uid: 'd1', title: 'One' }, folder: { uid: 'open', title: 'Open' } },
      { dashboard: { uid: 'd2', title: 'Two' } },
    ],
  };

  test('a token that may query but not read is refused the list and finds its sources in the settings', async () => {
    const { grafana } = await serve(restricted);
    expect(await get(grafana, '/api/datasources', bearer('query-only'))).toMatchObject({
      status: 403,
      body: { title: 'Access denied', message: expect.stringContaining('datasources:read') },
    });
    const { body } = await get(grafana, '/api/frontend/settings', bearer('query-only'));
    expect(body).toMatchObject({ datasources: { 'source a': { uid: 'a' } } });
    expect(JSON.stringify(body)).not.toContain('my-pyro-1');
  });

  test('a list holds what may be read; a query needs a permission of its own', async () => {
    const { grafana, store } = await serve(restricted);
    const { body } = await get(grafana, '/api/datasources', bearer('one'));
    expect(body).toMatchObject([{ uid: 'a' }]);
    const refused = await post(grafana, 'a', bearer('one'));
    expect(refused.status).toBe(403);
    expect(store.requests.count()).toBe(0);
    expect((await get(grafana, '/api/access-control/user/permissions', bearer('one'))).body).toEqual({
      'datasources:read': ['datasources:uid:a'],
    });
  });

  test('dashboards by folder', async () => {
    const { grafana } = await serve(restricted);
    expect((await get(grafana, '/api/search?type=dash-db', bearer('folder'))).body).toMatchObject([
      { uid: 'd1' },
    ]);
    expect((await get(grafana, '/api/dashboards/uid/d2', bearer('folder'))).status).toBe(403);
  });

  test('anonymous visitors, other organisations, users', async () => {
    const { grafana } = await serve({
      anonymous: true,
      tokens: [{ key: 'second', orgId: 2 }],
      users: [{ login: 'u', password: 'p', orgIds: [1, 2] }],
    });
    grafana.state.dataSources.push({ name: 'two', uid: 'two', url: 'http://127.0.0.1:9', orgId: 2 });
    const uids = async (headers: Record<string, string>) => {
      const { body } = await get(grafana, '/api/datasources', headers);
      return Array.isArray(body) ? body.map((source: unknown) => Reflect.get(Object(source), 'uid')) : body;
    };
    const user = { authorization: `Basic ${Buffer.from('u:p').toString('base64')}` };
    expect(await uids({})).toEqual(['a', 'my-pyro-1']);
    expect(await uids(bearer('second'))).toEqual(['two']);
    expect(await uids(user)).toEqual(['a', 'my-pyro-1']);
    expect(await uids({ ...user, 'x-grafana-org-id': '2' })).toEqual(['two']);
  });
});

describe('the proxy', () => {
  test.each([
    ['9.4', '/-pyro-1/querier.v1.QuerierService/LabelNames', 404],
    ['12.3', LABEL_NAMES, 200],
  ] as const)('%s: a uid with a hyphen leads to %s', async (version, path, status) => {
    const { grafana, store } = await serve({ version });
    expect((await post(grafana, 'my-pyro-1')).status).toBe(status);
    expect(store.requests.log.map((seen) => seen.path)).toEqual([path]);
    const byNumber = await fetch(`${grafana.url}/api/datasources/proxy/2${LABEL_NAMES}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(VIEWER_TOKEN) },
      body: '{"start":"1","end":"2"}',
    });
    expect(byNumber.status).toBe(200);
  });

  test('credentials for Grafana and cookies end there; those of the data source are added', async () => {
    const { grafana, store } = await serve();
    Object.assign(grafana.state.dataSources[0] ?? {}, {
      basicAuth: { user: 'u1', password: 'pw1' },
      headers: { 'X-Scope-OrgID': 'tenant-7' },
    });
    await post(grafana, 'a', { cookie: 'grafana_session=zz', 'x-scope-orgid': 'evil', 'x-foo': 'bar' });
    const { headers } = store.requests.log[0] ?? { headers: {} };
    expect(headers).toMatchObject({
      authorization: 'Basic dTE6cHcx',
      'x-scope-orgid': 'tenant-7',
      'x-foo': 'bar',
      'user-agent': 'Grafana/12.3.3',
    });
    expect(headers).not.toHaveProperty('cookie');
    expect(JSON.stringify(headers)).not.toContain(VIEWER_TOKEN);
  });

  test('a store that refuses the credentials of the data source is a 400 of Grafana', async () => {
    const { grafana, store } = await serve();
    store.faults.set({ kind: 'status', status: 401 });
    const response = await post(grafana, 'a');
    expect([response.status, await response.text()]).toEqual([400, 'Authentication to data source failed']);
  });

  test('a store that is late is a 504 without a body', async () => {
    const { grafana, store } = await serve({ proxyTimeoutMs: 20 });
    store.faults.set({ kind: 'hang' });
    const response = await post(grafana, 'a');
    expect([response.status, await response.text()]).toEqual([504, '']);
  });

  test('sources come and go while it runs', async () => {
    const { grafana } = await serve();
    grafana.state.dataSources.splice(0, 1);
    expect((await post(grafana, 'a')).status).toBe(404);
    expect((await get(grafana, '/api/datasources')).body).toMatchObject([{ uid: 'my-pyro-1' }]);
  });
});

describe('dashboards of the Kubernetes-like API', () => {
  const stored = { apiVersion: 'v2beta1', spec: { title: 'New', elements: {} } };
  const dashboards = [{ dashboard: { uid: 'n', title: 'New', panels: [] }, stored }];
  const path = '/apis/dashboard.grafana.app';

  test('name the version they are stored in, and are whole in it', async () => {
    const { grafana } = await serve({ dashboards });
    expect((await get(grafana, `${path}/v1beta1/namespaces/default/dashboards/n`)).body).toMatchObject({
      spec: { title: 'New', panels: [] },
      status: { conversion: { storedVersion: 'v2beta1' } },
    });
    expect((await get(grafana, `${path}/v2beta1/namespaces/default/dashboards/n`)).body).toMatchObject({
      spec: stored.spec,
    });
    expect((await get(grafana, path)).body).toMatchObject({ kind: 'APIGroup' });
  });

  test('are not there in 9.4', async () => {
    const { grafana } = await serve({ dashboards, version: '9.4' });
    expect((await get(grafana, path)).status).toBe(404);
  });
});
