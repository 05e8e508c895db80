import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createEnvironment, createSources } from '../src/commands/environment.js';
import { parseConfigFile } from '../src/config/file/config-file.js';
import { readConfig } from '../src/config/read.js';
import { profileLink } from '../src/report/links.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createLog } from '../src/telemetry/log.js';
import { createMetrics } from '../src/telemetry/metrics.js';
import { TOOLS } from '../src/tools/index.js';
import { askerIn, demoSource, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { startGrafanaServer, type TestGrafana } from './support/grafana-server.js';
import { readSamples } from './support/metrics.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';

// Several Grafanas and a Pyroscope in one server. The data sources of the Grafanas have the same uid and the
// same name, and two stores are organisations of one Grafana: only the name of the store tells them apart.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SIGNAL = new AbortController().signal;
const TOKENS = { ONE: 'glsa_planted_one', TWO: 'glsa_planted_two', OTHER: 'glsa_planted_other' };
const AUTH_WINDOW = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' };

let checkout: TestPyroscope;
let auth: TestPyroscope;
let grafana: TestGrafana;
let other: TestGrafana;
beforeAll(async () => {
  checkout = await startPyroscopeServer(demoSource());
  auth = await startPyroscopeServer(createFilesSource({ directory: fixture('incidents', '08-auth-cpu') }));
  const dataSource = { uid: 'pyro', name: 'Pyroscope' };
  grafana = await startGrafanaServer({
    tokens: [{ key: TOKENS.ONE }, { key: TOKENS.TWO, orgId: 2 }],
    dataSources: [
      { ...dataSource, id: 1, url: checkout.url, orgId: 1 },
      { ...dataSource, id: 2, url: auth.url, orgId: 2 },
      { uid: 'only', name: 'Only here', id: 3, url: checkout.url, orgId: 1 },
    ],
  });
  other = await startGrafanaServer({
    tokens: [{ key: TOKENS.OTHER }],
    dataSources: [{ ...dataSource, url: auth.url }],
    dashboards: [
      {
        dashboard: {
          uid: 'd',
          title: 'Logins',
          panels: [
            {
              datasource: { type: 'grafana-pyroscope-datasource', uid: 'pyro' },
              targets: [{ profileTypeId: CPU, labelSelector: '{service_name="auth-gateway"}' }],
            },
          ],
        },
      },
    ],
  });
});
afterAll(() => Promise.all([checkout, auth, grafana, other].map((server) => server.close())));

interface Scene {
  /** Stores of the file in place of the usual ones. */
  stores?: string;
  cache?: string;
  state?: string;
}

const org = (name: string, orgId: number) =>
  `  ${name}: {grafana: "${grafana.url}", token: {env: ${orgId === 1 ? 'ONE' : 'TWO'}}, org-id: ${orgId}, enabled-sources: [${orgId === 1 ? 'pyro, only' : 'pyro'}]}\n`;
const second = () => `  other: {grafana: "${other.url}", token: {env: OTHER}, enabled-sources: [pyro]}\n`;
const direct = () => `  direct: {pyroscope: "${checkout.url}"}\n`;
const allStores = () => org('one', 1) + org('two', 2) + second() + direct();

function readScene({ stores = allStores(), cache = 'none', state }: Scene) {
  const directory = state ?? mkdtempSync(path.join(tmpdir(), 'state-'));
  const text = `cache-dir: ${cache}\nstate-dir: ${directory}\nrequest-timeout: 5\nstores:\n${stores}`;
  return readConfig([], TOKENS, parseConfigFile(text, '/config.yaml', TOKENS));
}

async function open(options: Scene = {}) {
  const lines: string[] = [];
  const metrics = createMetrics(TOOLS.map(({ name }) => name));
  const log = createLog('debug', (line) => lines.push(line));
  const environment = await createEnvironment(readScene(options), log, { meter: metrics.meter });
  onTestFinished(() => environment.context.sources.close());
  return { ask: askerIn(environment), environment, metrics, lines };
}

test('each source begins with the name of its store, and the first store has the default', async () => {
  const { ask } = await open();
  const { text } = await ask('list_data_sources');
  expect(text.split('\n').flatMap((line) => /^(\S.*? \(uid .*?\)):/.exec(line)?.[1] ?? [])).toEqual([
    'one/Only here (uid one/only, grafana, enabled, default)',
    'one/Pyroscope (uid one/pyro, grafana, enabled)',
    'two/Pyroscope (uid two/pyro, grafana, enabled)',
    'other/Pyroscope (uid other/pyro, grafana, enabled)',
    'direct (uid direct, pyroscope, enabled)',
  ]);
  expect(text).not.toMatch(/planted/);
});

test.each([
  ['two/pyro', 'two/Pyroscope', 'auth-gateway'],
  ['two/pyroscope', 'two/Pyroscope', 'auth-gateway'],
  ['two', 'two/Pyroscope', 'auth-gateway'],
  ['other/Pyroscope', 'other/Pyroscope', 'auth-gateway'],
  ['one/pyro', 'one/Pyroscope', 'checkout-api'],
  ['only', 'one/Only here', 'checkout-api'],
  ['direct', 'direct', 'checkout-api'],
])('source %s is %s', async (source, name, service) => {
  const { ask } = await open();
  const { text, isError } = await ask('list_services', { ...AUTH_WINDOW, source });
  expect(isError, text).toBe(false);
  expect(text).toContain(name);
  expect(text).toContain(service);
});

test.each([
  ['pyro', 'names a data source in several stores.\nNext: Use one of: one/pyro, two/pyro, other/pyro.'],
  ['Pyroscope', 'names a data source in several stores.'],
  ['two/only', 'There is no data source "two/only".'],
  ['two/nope', 'There is no data source "two/nope".\nNext: Leave `source` out or use one of: one/'],
  ['three/pyro', 'There is no data source "three/pyro".'],
])('source %s is refused', async (source, expected) => {
  const { ask } = await open();
  const { text, isError } = await ask('list_services', { ...AUTH_WINDOW, source });
  expect({ text, isError }).toEqual({ text: expect.stringContaining(expected), isError: true });
});

describe('a store that is down', () => {
  const dead = '  dead: {grafana: "http://127.0.0.1:9", token: {env: OTHER}}\n';

  test('is named, and the others go on', async () => {
    const { ask } = await open({ stores: direct() + dead + second() });
    const list = await ask('list_data_sources');
    expect(list.text).toContain('direct (uid direct, pyroscope, enabled, default)');
    expect(list.text).toContain('other/Pyroscope (uid other/pyro');
    expect(list.text).toMatch(/store dead: /);
    for (const source of [undefined, 'direct', 'other/pyro']) {
      const { isError, text } = await ask('list_services', { ...AUTH_WINDOW, source });
      expect(isError, text).toBe(false);
    }
    const patterns = await ask('find_query_patterns');
    expect(patterns.text).toContain('Not all data sources were asked: unreachable: store dead');
    expect((await ask('list_services', { ...AUTH_WINDOW, source: 'dead/pyro' })).text).toMatch(
      /store dead: /,
    );
  });

  test('is not passed over where a call is about it', async () => {
    const { ask } = await open({ stores: dead + direct() });
    const { text, isError } = await ask('list_services', AUTH_WINDOW);
    expect({ text, isError }).toEqual({ text: expect.stringMatching(/store dead: /), isError: true });
    expect((await ask('list_data_sources')).text).not.toContain('default');
    expect((await ask('list_services', { ...AUTH_WINDOW, source: 'direct' })).isError).toBe(false);
  });
});

describe('a link', () => {
  const link = (orgId: number | null, url = grafana.url) =>
    profileLink(
      { baseUrl: url, orgId, uid: 'pyro', type: 'grafana-pyroscope-datasource', drilldown: false },
      {
        profileTypeId: CPU,
        service: null,
        matchers: [],
        selector: '{}',
        window: { from: Date.parse(AUTH_WINDOW.from), to: Date.parse(AUTH_WINDOW.to) },
      },
    ).url;

  test.each([
    ['by its organisation', () => link(2), 'two/'],
    ['by the other organisation', () => link(1), 'one/'],
    ['by its address', () => link(null, other.url), 'other/'],
    [
      'by the address of a Pyroscope',
      () => `${checkout.url}/?query=${encodeURIComponent(`${CPU}{}`)}&from=now-1h`,
      'direct',
    ],
  ])('leads to its store %s', async (_name, url, expected) => {
    const { ask } = await open();
    const { text } = await ask('list_labels', { url: url() });
    expect(text).toContain(expected);
  });

  test('that may be of two stores is refused, unless the call names the source', async () => {
    const { ask } = await open();
    const { text, isError } = await ask('list_services', { url: link(null) });
    expect({ text, isError }).toEqual({
      text: 'The link may be of several stores: one, two.\nNext: Give `source`, as list_data_sources names it, with the link.',
      isError: true,
    });
    const named = await ask('list_services', { url: link(null), source: 'two/pyro' });
    expect(named.isError, named.text).toBe(false);
    expect(named.text).toContain('auth-gateway');
  });

  test('of a third organisation is refused', async () => {
    const { ask } = await open();
    expect((await ask('list_services', { url: link(3) })).text).toContain('The link is of organisation 3');
  });
});

test('patterns are those of the store’s own dashboards, and the ready call names its source', async () => {
  const { ask, environment } = await open();
  environment.learn();
  const all = await ask('find_query_patterns', { format: 'json' });
  const rows: { source: string; call: { arguments: { source: string } } }[] = JSON.parse(all.text).patterns;
  expect(rows.map(({ source }) => source)).toEqual(['other/Pyroscope']);
  expect(rows.map(({ call }) => call.arguments.source)).toEqual(['other/Pyroscope']);
  const own = await ask('find_query_patterns', { source: 'two/pyro' });
  expect(own.text).not.toContain('Logins');
});

test('what one store is known to have is not taken for another, also from a cache', async () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'cache-'));
  for (let start = 0; start < 2; start++) {
    const { ask } = await open({ cache });
    for (const [source, service] of [
      ['one/pyro', 'checkout-api'],
      ['two/pyro', 'auth-gateway'],
    ] as const) {
      const { text } = await ask('list_services', { ...AUTH_WINDOW, source });
      expect(text).toContain(service);
    }
  }
});

test('requests and pauses are counted by store', async () => {
  const { ask, metrics } = await open();
  await ask('list_services', { ...AUTH_WINDOW, source: 'two/pyro' });
  await ask('list_services', { ...AUTH_WINDOW, source: 'direct' });
  const stores = Object.keys(
    readSamples(await metrics.render(), 'pyroscope_mcp_upstream_requests_total'),
  ).map((labels) => /store=(\w+)/.exec(labels)?.[1]);
  expect(new Set(stores)).toEqual(new Set(['two', 'direct']));

  auth.faults.set({ kind: 'status', status: 503 });
  for (let call = 0; call < 6; call++) {
    await ask('summarize_profile', { ...INCIDENT_WINDOW, service: `s${call}`, source: 'two/pyro' });
  }
  const open_ = readSamples(await metrics.render(), 'pyroscope_mcp_breakers_open');
  expect(open_).toEqual({ 'source=grafana store=two': 1 });
  auth.faults.clear();
});

test('enabling is by store, and organisations of one Grafana are apart', async () => {
  const state = mkdtempSync(path.join(tmpdir(), 'state-'));
  const stores = (org('one', 1) + org('two', 2)).replaceAll(/, enabled-sources: \[.*?\]/g, '');
  const { stores: opened, registry } = await createSources(readScene({ stores, state }));
  onTestFinished(() => registry.close());
  const [one] = opened.flatMap((store) => (store.kind === 'grafana' ? [store.grafana] : []));
  await one?.enable(['one/pyro'], SIGNAL);
  const { sources } = await registry.overview(SIGNAL);
  expect(sources.filter(({ enabled }) => enabled).map(({ uid }) => uid)).toEqual(['one/pyro']);
  await expect(registry.pick('two/pyro', SIGNAL)).rejects.toMatchObject({
    next: 'Only a person can enable it: pyroscope-mcp sources enable two/pyro',
  });
});
