import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createPatternBook } from '../../src/schema/patterns/book.js';
import { grafanaAddress } from '../../src/sources/grafana/address.js';
import { createGrafanaClient } from '../../src/sources/grafana/client.js';
import { createEnablementFile } from '../../src/sources/grafana/enablement.js';
import { readVersion } from '../../src/sources/grafana/health.js';
import { createGrafanaSources, type GrafanaSources } from '../../src/sources/grafana/sources.js';
import { askerIn, environmentOf } from '../support/ask.js';

// A real Grafana with at least one Pyroscope data source: found, disabled, enabled, answering.

const { GRAFANA_TEST_URL: url, GRAFANA_TEST_TOKEN: token, REQUIRE_LIVE: required } = process.env;
if (!url && required === '1') throw new Error('REQUIRE_LIVE=1, but GRAFANA_TEST_URL is not set');
if (!url) console.warn('Live tests of Grafana are skipped: set GRAFANA_TEST_URL (and GRAFANA_TEST_TOKEN).');

let sources: GrafanaSources | undefined;
afterAll(() => sources?.close());

test.runIf(url)('a data source is found, disabled at first, and answers once it is enabled', async () => {
  const signal = AbortSignal.timeout(60_000);
  const client = createGrafanaClient({
    url: grafanaAddress(url ?? ''),
    ...(token === undefined ? { username: 'admin', password: 'admin' } : { token }),
  });
  const state = path.join(mkdtempSync(path.join(tmpdir(), 'state-')), 'sources.json');
  sources = createGrafanaSources({
    client,
    orgId: null,
    enablement: createEnablementFile(state),
    declared: null,
  });
  expect((await readVersion(client, signal)).version).toMatch(/^\d+\./);
  const [first] = (await sources.discovery(signal)).found;
  const environment = environmentOf([], [], sources);
  const ask = askerIn({ ...environment, context: { ...environment.context, now: Date.now } });
  expect((await ask('list_services', { from: 'now-1h' })).text).toContain('No data source is enabled.');
  await sources.enable([first?.uid ?? ''], signal);
  expect((await ask('list_services', { from: 'now-1h' })).isError).toBe(false);
  expect((await ask('list_data_sources')).text).toContain('enabled, default');
  const refs = await sources.dashboards.search(1, 10, signal);
  const list = await sources.dashboards.versions?.(null, signal);
  // Where this Grafana lists versions, it lists them of what it lists.
  if (list != null) expect(refs.filter(({ uid }) => !list.versions.has(uid))).toEqual([]);
});

test.runIf(url)('its dashboards teach, and answers end with a link', async () => {
  if (sources === undefined) throw new Error('the test before has failed');
  const signal = AbortSignal.timeout(60_000);
  const book = createPatternBook(sources.dashboards, { now: Date.now });
  const environment = environmentOf([], [], sources, () => book);
  const ask = askerIn({ ...environment, context: { ...environment.context, now: Date.now } });
  const { failure, progress } = await book.read(signal, 60_000);
  expect([failure, progress?.failed]).toEqual([null, 0]);
  const { publicUrl } = await sources.discovery(signal);
  for (const [tool, args] of [
    ['find_query_patterns', {}],
    ['list_services', { from: 'now-1h' }],
    ['list_profile_types', { from: 'now-1h' }],
    ['summarize_profile', { from: 'now-1h' }],
  ] as const) {
    const { text, isError } = await ask(tool, args);
    expect(isError, text).toBe(false);
    expect(text.trimEnd().split('\n').at(-1)).toContain(`: ${publicUrl}/`);
  }
  book.close();
});
