import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { readExport } from '../src/mcp/exports/read.js';
import { createLog } from '../src/telemetry/log.js';
import { askerIn } from './support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from './support/grafana-server.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';
import { teamsSource } from './support/two-teams.js';
import type { SeenRequest } from './support/wire/loopback.js';

// Every query that leaves for a store carries the enforced matchers, whatever a caller asks.

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const WINDOW = {
  from: new Date(NOW - 30 * 60_000).toISOString(),
  to: new Date(NOW - 15 * 60_000).toISOString(),
};
const ENFORCED = '{namespace="alpha"}';
/** Requests that tell nothing about profiles: what the server is, and how far back it answers. */
const WITHOUT_SELECTOR = new Set(['GetFeatureFlags']);
const ASKS_HOW_FAR_BACK = 'pyroscope-mcp-asks-how-far-back-you-answer';

const store = await startPyroscopeServer(teamsSource(undefined, NOW));
const grafana = await startGrafanaServer({
  dataSources: [{ name: 'profiles', uid: 'profiles', url: store.url }],
  apps: { 'grafana-pyroscope-app': '1.0.0' },
});
const environment = await createEnvironment(
  readConfig(
    [
      ...['--grafana-url', grafana.url, '--grafana-token', VIEWER_TOKEN, '--enabled-sources', 'profiles'],
      ...['--enforced-matchers', ENFORCED, '--cache-dir', 'none'],
    ],
    {},
  ),
  createLog('error', () => {}),
);
const ask = askerIn(environment);
afterAll(async () => {
  await environment.context.sources.close();
  await grafana.close();
  await store.close();
});

/** Whether a request only finds out which storage answers, from a window of a millisecond. */
function isStorageProbe({ name, message }: SeenRequest): boolean {
  const { start, end } = Object(message);
  return name === 'SelectHeatmap' && Number(end) - Number(start) === 1;
}

/** Requests that got to the store without the enforced matcher. */
function listUnrestricted(log: readonly SeenRequest[]): string[] {
  return log
    .filter((request) => !WITHOUT_SELECTOR.has(request.name) && !isStorageProbe(request))
    .map(({ name, message }) => `${name} ${JSON.stringify(message)}`)
    .filter((text) => !text.includes('namespace=\\"alpha\\"') && !text.includes(ASKS_HOW_FAR_BACK));
}

const selector = fc.constantFrom(
  '{namespace="beta"}',
  '{namespace=~".*"}',
  '{namespace!="alpha"}',
  '{namespace=~"alpha|beta",pod=~".+"}',
  '{namespace=""}',
  '{service_name=~".*"}',
  '{pod="beta-pod-0"}',
);
const link = selector.map((text) => {
  const pane = [
    String(NOW - 1_800_000),
    String(NOW - 900_000),
    'profiles',
    { labelSelector: text, profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds' },
  ];
  return `${grafana.url}/explore?left=${encodeURIComponent(JSON.stringify(pane))}`;
});
const service = fc.constantFrom('shared', 'alpha-api', 'beta-api', 'nobody');
const call = fc.oneof(
  fc.record({
    tool: fc.constantFrom('summarize_profile', 'query_profile', 'get_timeline', 'compare_profiles'),
    args: fc
      .record({ service, selector, profile_type: fc.constant('cpu') })
      .map((args) => ({ ...args, ...WINDOW })),
  }),
  fc.record({
    tool: fc.constantFrom('investigate', 'list_profile_types', 'list_labels'),
    args: fc.record({ service, selector }).map((args) => ({ ...args, ...WINDOW })),
  }),
  fc.record({
    tool: fc.constantFrom('summarize_profile', 'query_profile'),
    args: fc.record({ url: link }, { requiredKeys: ['url'] }),
  }),
  fc.record({ tool: fc.constant('list_services'), args: fc.constant(WINDOW) }),
);

test('whatever the selectors, regular expressions and links are', async () => {
  await fc.assert(
    fc.asyncProperty(call, async ({ tool, args }) => {
      store.requests.clear();
      const { text } = await ask(tool, args);
      expect(text).not.toContain('internal error');
      expect(listUnrestricted(store.requests.log)).toEqual([]);
      // Names that no caller writes.
      expect(text).not.toMatch(/betaWork|betaList|beta_label|beta-pod-1/);
    }),
    { numRuns: 25 },
  );
});

test('also where a profile is exported', async () => {
  store.requests.clear();
  const query = {
    service: 'shared',
    profile_type: 'cpu',
    ...WINDOW,
    selector: '{namespace=~".*"}',
    format: 'collapsed',
  };
  const uri = `pyroscope://profile?${new URLSearchParams(query)}`;
  const { contents } = await readExport(uri, environment, new AbortController().signal);
  expect(JSON.stringify(contents)).toContain('alphaWork');
  expect(JSON.stringify(contents)).not.toContain('beta');
  expect(store.requests.log.length).toBeGreaterThan(0);
  expect(listUnrestricted(store.requests.log)).toEqual([]);
});

describe('an answer', () => {
  test('to a matcher that contradicts them is empty, and says why', async () => {
    const { text, isError } = await ask('summarize_profile', {
      service: 'shared',
      profile_type: 'cpu',
      selector: '{namespace="beta"}',
      ...WINDOW,
    });
    expect(isError).toBe(false);
    expect(text).toContain('No data');
    expect(text).toContain('The rights of this caller show only profiles with {namespace="alpha"}.');
  });

  test('about a service of others is that of a service that does not exist', async () => {
    const answers = await Promise.all(
      ['beta-api', 'gamma-api'].map((name) => ask('summarize_profile', { service: name, ...WINDOW })),
    );
    const [hidden, unknown] = answers.map(({ text }) => text.replaceAll(/beta|gamma/g, 'x'));
    expect(hidden).toBe(unknown);
    expect(hidden).toContain('No service "x-api" has sent profiles');
  });

  test('has links that carry them', async () => {
    for (const [tool, args] of [
      ['summarize_profile', { service: 'shared', profile_type: 'cpu', ...WINDOW }],
      ['compare_profiles', { service: 'shared', profile_type: 'cpu', ...WINDOW }],
      ['list_services', WINDOW],
    ] as const) {
      const { text } = await ask(tool, args);
      const [, url = ''] = /Open in [^:]*: (\S+)/.exec(text) ?? [];
      expect(decodeURIComponent(url), `${tool}: ${text}`).toMatch(/namespace\|=\|alpha|namespace='?"?alpha/);
    }
  });
});
