import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { json } from '../../../test/support/recorded-grafana.js';
import {
  dataSource,
  PYROSCOPE,
  type Scene,
  type SmallGrafana,
  startSmallGrafana,
} from '../../../test/support/small-grafana.js';
import { createGrafanaClient, type GrafanaClient } from './client.js';
import { discover } from './discovery.js';

let grafana: SmallGrafana;
let client: GrafanaClient;
afterEach(async () => {
  await client.close();
  await grafana.close();
});

async function look(scene: Partial<Scene>, orgId: number | null = null) {
  grafana = await startSmallGrafana(scene);
  client = createGrafanaClient({ url: grafana.url, token: 't' });
  return discover(client, { orgId, signal: new AbortController().signal });
}

const SETTINGS = {
  appUrl: 'https://public.example.com/grafana/',
  buildInfo: { version: '12.3.3' },
  namespace: 'org-3',
  apps: { 'grafana-pyroscope-app': {} },
  datasources: {
    '-- Grafana --': { id: -1, uid: 'grafana', name: '-- Grafana --', type: 'datasource' },
    '-- Mixed --': { id: 1, uid: '-- Mixed --', name: '-- Mixed --', type: 'datasource' },
    prom: { id: 2, uid: 'p', name: 'prom', type: 'prometheus' },
    direct: {
      id: 4,
      uid: 'd',
      type: 'phlare',
      access: 'direct',
      basicAuth: 'Basic cGxhbnRlZA==',
      url: 'http://inner',
    },
  },
};

test('both names of the type are found; the marked one comes first, then the default, then by name', async () => {
  const discovery = await look({
    sources: [
      dataSource(1, 'z', { name: 'a-plain' }),
      dataSource(2, 'y', { name: 'b-default', isDefault: true }),
      dataSource(3, 'x', { name: 'c-marked', jsonData: { overridesDefault: true } }),
      dataSource(4, 'w', { name: 'a-old', type: 'phlare' }),
      dataSource(5, 'v', { type: 'prometheus' }),
      dataSource(6, 'u', { type: 'pyroscope-datasource' }),
    ],
    settings: SETTINGS,
  });
  expect(discovery.pyroscopeSources.map(({ uid }) => uid)).toEqual(['x', 'y', 'w', 'z']);
  expect(discovery.types.get('v')).toBe('prometheus');
  expect(discovery).toMatchObject({
    orgId: 1,
    publicUrl: 'https://public.example.com/grafana',
    version: '12.3.3',
    namespace: 'org-3',
    drilldown: true,
    restricted: false,
  });
  expect(grafana.seen).toHaveLength(2);
});

test('a uid that two types share is of ours', async () => {
  const discovery = await look({ sources: [dataSource(1, 'a'), dataSource(2, 'a', { type: 'prometheus' })] });
  expect(discovery.types.get('a')).toBe(PYROSCOPE);
  expect(discovery.pyroscopeSources).toHaveLength(1);
});

test.each([403, 404, 400, 500])('where the list answers %i the settings are read instead', async (status) => {
  const discovery = await look({
    settings: SETTINGS,
    override: (path, response) => {
      if (path !== '/api/datasources') return false;
      json(response, { message: 'no' }, status);
      return true;
    },
  });
  expect(discovery.pyroscopeSources).toEqual([
    { uid: 'd', id: 4, name: 'direct', type: 'phlare', isDefault: false, overridesDefault: false },
  ]);
  expect([...discovery.types.keys()].sort()).toEqual(['d', 'p']);
  expect(discovery).toMatchObject({ restricted: true, orgId: 3 });
  expect(inspect(discovery, { depth: 9 })).not.toMatch(/cGxhbnRlZA|inner/);
});

test('wrong credentials are final', async () => {
  const refused = look({
    override: (path, response) => {
      json(response, { message: 'Invalid API key', messageId: 'api-key.invalid' }, path === '' ? 500 : 401);
      return true;
    },
  });
  await expect(refused).rejects.toMatchObject({ kind: 'unauthorized' });
});

test('neither list allowed: the reason is that of the list', async () => {
  const refused = look({
    override: (_, response) => {
      json(response, { message: 'Permissions needed: datasources:read', accessErrorId: 'ACE1' }, 403);
      return true;
    },
  });
  await expect(refused).rejects.toMatchObject({
    advice: { what: expect.stringContaining('datasources:read (ACE1)') },
  });
});

describe('what may be missing', () => {
  test('the settings: then links use the configured address', async () => {
    const discovery = await look({
      sources: [dataSource(1, 'a')],
      override: (path, response) => {
        if (path !== '/api/frontend/settings') return false;
        response.writeHead(500).end();
        return true;
      },
    });
    expect(discovery).toMatchObject({ publicUrl: grafana.url, drilldown: false, version: null, orgId: 1 });
  });

  test.each([
    ['https://grafana.example.com/', 'https://grafana.example.com'],
    ['http://localhost:3000/', null],
    ['http://127.0.0.1:3000/grafana/', null],
    ['', null],
  ])('with the root_url %j links lead to %j, or to the configured address', async (appUrl, publicUrl) => {
    const discovery = await look({ settings: { appUrl } });
    expect(discovery.publicUrl).toBe(publicUrl ?? grafana.url);
  });

  test.each([
    ['default', null, 1],
    ['org-7', null, 7],
    ['stacks-12', null, 1],
    ['strange', 9, 9],
    ['strange', null, 1],
  ])('the organisation of namespace %s with %s configured is %i', async (namespace, configured, orgId) => {
    const discovery = await look({ settings: { namespace } }, configured);
    expect(discovery.orgId).toBe(orgId);
  });

  test.each<[string, unknown]>([
    ['no list', { message: 'x' }],
    ['rows that are none', [null, 1, 'x', {}, { uid: 5 }, { uid: '', name: 'a', type: PYROSCOPE }]],
  ])('%s is nothing found', async (_name, body) => {
    const discovery = await look({
      override: (path, response) => {
        if (path !== '/api/datasources') return false;
        json(response, body);
        return true;
      },
    });
    expect(discovery.pyroscopeSources).toEqual([]);
  });
});
