import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPatternBook } from '../src/patterns/book.js';
import { asker, askerIn, createEnvironment, demoSource, INCIDENT_WINDOW } from './support/ask.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from './support/grafana-server.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { createSources } from './support/small-grafana.js';

// Connect, discover, enable, ask: through a test Grafana of each version to a test Pyroscope, with whole
// answers.

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SIGNAL = new AbortController().signal;
const files = demoSource();
let pyroscope: TestPyroscope;
beforeAll(async () => {
  pyroscope = await startPyroscopeServer(files);
});
afterAll(() => pyroscope.close());

describe.each(['9.4', '12.3'] as const)('Grafana %s', (version) => {
  let grafana: TestGrafana;
  beforeAll(async () => {
    grafana = await startGrafanaServer({
      version,
      subPath: '/grafana',
      dataSources: [
        { name: 'prom', uid: 'prom', url: pyroscope.url, type: 'prometheus' },
        { name: 'main', uid: 'my-pyro-1', url: pyroscope.url, isDefault: true },
        { name: 'other', uid: 'other', url: 'http://127.0.0.1:9' },
        ...Array.from({ length: 50 }, (_, index) => ({
          name: `n${index}`,
          uid: `u${index}`,
          url: pyroscope.url,
        })),
      ],
    });
  });
  afterAll(() => grafana.close());

  const connect = () => {
    const sources = createSources({ url: grafana.url }, { token: VIEWER_TOKEN });
    return { sources, ask: askerIn(createEnvironment([], [], sources)) };
  };

  test('from nothing to an answer, equal to that of the files', async () => {
    pyroscope.requests.clear();
    const { sources, ask } = connect();
    expect((await ask('list_services', INCIDENT_WINDOW)).text).toContain(
      'pyroscope-mcp sources enable my-pyro-1',
    );
    expect(pyroscope.requests.log).toEqual([]);
    await sources.enable(['my-pyro-1'], SIGNAL);
    for (const [tool, args] of [
      ['summarize_profile', { service: 'checkout-api', profile_type: 'cpu' }],
      ['list_services', {}],
      ['investigate', { service: 'checkout-api' }],
    ] as const) {
      const throughGrafana = await ask(tool, { ...args, ...INCIDENT_WINDOW });
      const direct = await asker(files)(tool, { ...args, ...INCIDENT_WINDOW });
      expect(throughGrafana.isError, throughGrafana.text).toBe(false);
      const comparable = (text: string) =>
        text.replace(/source \w+|^(?:Note|Next|Open in).*$|\d+ upstream requests\./gm, '').trimEnd();
      expect(comparable(throughGrafana.text)).toBe(comparable(direct.text));
    }
    expect((await sources.health('my-pyro-1', SIGNAL)).ok).toBe(true);
    await sources.close();
  });

  test('every answer about the source ends with one link that a person can open', async () => {
    grafana.state.dashboards.push({
      dashboard: {
        uid: 'checkout',
        title: 'Checkout',
        panels: [{ targets: [{ profileTypeId: CPU, labelSelector: '{service_name="checkout-api"}' }] }],
      },
    });
    const sources = createSources({ url: grafana.url }, { token: VIEWER_TOKEN });
    await sources.enable(['my-pyro-1'], SIGNAL);
    const book = createPatternBook(sources.dashboards, { now: Date.now });
    const ask = askerIn(createEnvironment([], [], sources, () => book));
    for (const [tool, args] of [
      ['list_services', {}],
      ['list_services', { selector: '{region="eu"}' }],
      ['list_profile_types', {}],
      ['list_labels', { service: 'checkout-api' }],
      ['list_labels', { label: 'service_name' }],
      ['list_labels', { service: 'nobody' }],
      ['summarize_profile', { service: 'checkout-api' }],
      ['summarize_profile', { service: 'nobody' }],
      ['get_timeline', { service: 'checkout-api' }],
      ['compare_profiles', { service: 'checkout-api' }],
      ['compare_profiles', { service: 'checkout-api', baseline_selector: '{pod="gone"}' }],
      ['investigate', { service: 'nobody' }],
      ['find_query_patterns', {}],
    ] as const) {
      const window = tool === 'find_query_patterns' ? {} : INCIDENT_WINDOW;
      const { text, isError } = await ask(tool, { source: 'main', ...args, ...window });
      expect(isError, text).toBe(false);
      const links = text.split('\n').filter((line) => line.startsWith('Open in '));
      expect([tool, args, links.length]).toEqual([tool, args, 1]);
      expect(text.trimEnd().split('\n').at(-1)).toBe(links[0]);
      const url = new URL(links[0]?.replace(/^Open in .*: (?=http)/, '') ?? '');
      expect(url.pathname).toMatch(/^\/grafana\/(?:explore|a\/grafana-pyroscope-app\/explore|d\/checkout)$/);
      if (tool === 'find_query_patterns') expect(url.pathname).toBe('/grafana/d/checkout');
      else expect(url.href).toContain('my-pyro-1');
    }
    book.close();
    await sources.close();
  });

  test('a source that is down', async () => {
    const { sources, ask } = connect();
    await sources.enable(['other'], SIGNAL);
    expect((await ask('list_services', { from: 'now-1h' })).text).toMatch(
      /Grafana cannot reach the Pyroscope/,
    );
    expect((await sources.health('other', SIGNAL)).ok).toBe(false);
    expect((await ask('list_data_sources')).text).toMatch(
      /^other \(uid other, grafana, enabled, default\): Grafana cannot reach/m,
    );
    await sources.close();
  });

  test.each([
    [{ state: 'expired' }, /^The Grafana token has expired/],
    [
      { state: 'deleted' },
      /^(?:This Grafana does not know the token|Grafana got no credentials that it knows)/,
    ],
    [{ state: 'disabled' }, /^The Grafana service account is disabled/],
    [{ role: 'None', permissions: {} }, /no data source at all\.\n.*lacks the permission datasources:read/],
    // It may query, but not list: found by what the pages of Grafana need.
    [
      { permissions: { 'datasources:query': ['datasources:uid:my-pyro-1'] } },
      /^No data source is enabled\. Grafana has 1 of type Pyroscope: main \(uid my-pyro-1\)/,
    ],
  ] as const)('a token with %j', async (more, answer) => {
    const token = 'glsa_other_token_0123456789';
    grafana.state.tokens.push({ key: token, ...more });
    const sources = createSources({ url: grafana.url }, { token });
    const { text } = await askerIn(createEnvironment([], [], sources))('list_services', INCIDENT_WINDOW);
    expect(text).toMatch(answer);
    expect(text).not.toContain(token);
    grafana.state.tokens.pop();
    await sources.close();
  });
});
