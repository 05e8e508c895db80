import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createPatternBook } from '../../src/patterns/book.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { grafanaAddress } from '../../src/sources/grafana/address.js';
import { createGrafanaClient } from '../../src/sources/grafana/client.js';
import { createEnablementFile } from '../../src/sources/grafana/enablement.js';
import { readVersion } from '../../src/sources/grafana/health.js';
import { createGrafanaSources, type GrafanaSources } from '../../src/sources/grafana/sources.js';
import { asker, askerIn, createEnvironment, INCIDENT_WINDOW, INCIDENTS, NOW } from '../support/ask.js';
import { comparable } from '../support/comparable.js';
import { run } from '../support/process.js';
import { pushService, servicesListed } from '../support/pyroscope.js';

// A real Grafana with at least one Pyroscope data source: found, disabled, enabled, answering.

const {
  GRAFANA_TEST_URL: url,
  GRAFANA_TEST_TOKEN: token,
  PYROSCOPE_TEST_URL: store,
  REQUIRE_LIVE: required,
} = process.env;
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
  const [first] = (await sources.discovery(signal)).pyroscopeSources;
  const environment = createEnvironment([], [], sources);
  const ask = askerIn({ ...environment, context: { ...environment.context, now: Date.now } });
  expect((await ask('list_services', { from: 'now-1h' })).text).toContain('No data source is enabled.');
  await sources.enable([first?.uid ?? ''], signal);
  expect((await ask('list_services', { from: 'now-1h' })).isError).toBe(false);
  expect((await ask('list_data_sources')).text).toContain('enabled, default');
  const refs = await sources.dashboards.search(1, 10, signal);
  const list = await sources.dashboards.versions?.(null, signal);
  // A Grafana that lists versions lists them for all of its dashboards.
  if (list != null) expect(refs.filter(({ uid }) => !list.versions.has(uid))).toEqual([]);
});

// Its first data source must read the Pyroscope of PYROSCOPE_TEST_URL.
test.runIf(url && store)(
  'the same findings through it as from the files',
  async () => {
    if (sources === undefined) throw new Error('the first test has failed');
    const [{ directory, service }] = INCIDENTS;
    // A server accepts profiles of the last hour only, and files hold 45 minutes.
    const shift = Math.floor((Date.now() - NOW) / 60_000) * 60_000;
    const moved = (time: string) => new Date(Date.parse(time) + shift).toISOString();
    // A service of its own in every run: the store may hold the incident already.
    const pushed = `${service}-${Date.now()}`;
    await pushService(store ?? '', directory, shift, pushed);
    await servicesListed(store ?? '', [pushed]);
    const environment = createEnvironment([], [], sources);
    const through = askerIn({ ...environment, context: { ...environment.context, now: Date.now } });
    for (const profile_type of ['cpu', 'alloc', 'inuse']) {
      const args = { profile_type, format: 'json', limit: 20 };
      const window = { from: moved(INCIDENT_WINDOW.from), to: moved(INCIDENT_WINDOW.to) };
      const answer = await through('summarize_profile', { ...args, service: pushed, ...window });
      const files = await asker(createFilesSource({ directory }))('summarize_profile', {
        ...args,
        service,
        ...INCIDENT_WINDOW,
      });
      expect(answer.isError, answer.text).toBe(false);
      expect(comparable(answer.text)).toEqual(comparable(files.text));
    }
  },
  400_000,
);

test.runIf(url)('its dashboards teach, and answers end with a link', async () => {
  if (sources === undefined) throw new Error('the test before has failed');
  const signal = AbortSignal.timeout(60_000);
  const book = createPatternBook(sources.dashboards, { now: Date.now });
  const environment = createEnvironment([], [], sources, () => book);
  const ask = askerIn({ ...environment, context: { ...environment.context, now: Date.now } });
  const { failure, progress } = await book.read(signal, 60_000);
  expect([failure, progress?.failed]).toEqual([null, 0]);
  const { publicUrl } = await sources.discovery(signal);
  const listed = await ask('list_services', { from: 'now-1h', format: 'json' });
  const service: unknown = JSON.parse(listed.text).services[0]?.name;
  for (const [tool, args] of [
    ['find_query_patterns', {}],
    ['list_services', { from: 'now-1h' }],
    ['list_profile_types', { from: 'now-1h' }],
    ['summarize_profile', { from: 'now-1h', service }],
  ] as const) {
    const { text, isError } = await ask(tool, args);
    expect(isError, text).toBe(false);
    expect(text.trimEnd().split('\n').at(-1)).toContain(`: ${publicUrl}/`);
  }
  book.close();
});

test.runIf(url)(
  'doctor and the commands of a person',
  async () => {
    if (sources === undefined) throw new Error('the first test has failed');
    const [first] = (await sources.discovery(AbortSignal.timeout(60_000))).pyroscopeSources;
    const uid = first?.uid ?? '';
    const credentials =
      token === undefined
        ? { GRAFANA_USERNAME: 'admin', GRAFANA_PASSWORD: 'admin' }
        : { GRAFANA_SERVICE_ACCOUNT_TOKEN: token };
    const env = {
      GRAFANA_URL: url ?? '',
      PYROSCOPE_MCP_STATE_DIR: mkdtempSync(path.join(tmpdir(), 'state-')),
      ...credentials,
    };
    const argv = ['call', 'list_services', '{"from":"now-1h"}'];
    expect((await run(['sources'], { env })).stdout).toContain(uid);
    expect((await run(argv, { env })).stderr).toContain(`sources enable ${uid}`);
    expect((await run(['sources', 'enable', uid], { env })).code).toBe(0);
    expect((await run(argv, { env })).code).toBe(0);
    const doctor = await run(['doctor'], { env });
    expect(doctor.stdout, doctor.stderr).toContain(uid);
    expect(`${doctor.stdout}${doctor.stderr}`).not.toContain(token ?? 'admin:admin');
    expect((await run(['sources', 'disable', uid], { env })).code).toBe(0);
    expect((await run(argv, { env })).code).toBe(1);
  },
  120_000,
);
