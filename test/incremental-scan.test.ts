import { describe, expect, onTestFinished, test } from 'vitest';
import { createPatternBook } from '../src/patterns/book.js';
import { startGrafanaServer, VIEWER_TOKEN } from './support/grafana-server.js';
import { CPU, createSources } from './support/small-grafana.js';
import type { GrafanaDashboard, GrafanaVersion } from './support/wire/grafana-state.js';

// Unchanged dashboards are not read again where Grafana lists versions; elsewhere their queries stay as they
// are.

const SIGNAL = new AbortController().signal;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const COUNT = 700;
const READ = 'GET /api/dashboards/uid/:uid';
const LIST = 'GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards';

function dashboard(index: number): GrafanaDashboard {
  const target = { profileTypeId: CPU, labelSelector: `{service_name="s${index}"}` };
  return { dashboard: { uid: `d${index}`, title: `Board ${index}`, panels: [{ targets: [target] }] } };
}

async function grafana(version: GrafanaVersion) {
  const server = await startGrafanaServer({
    version,
    dashboards: Array.from({ length: COUNT }, (_, index) => dashboard(index)),
    libraryPanels: [{ uid: 'lib', name: 'lib', model: { type: 'flamegraph', targets: [] } }],
  });
  const sources = createSources({ url: server.url }, { token: VIEWER_TOKEN });
  const clock = { now: 1_000 };
  const budget = { dashboards: 1_000, requests: 2_000, concurrency: 4, ms: HOUR };
  const book = createPatternBook(sources.dashboards, { now: () => clock.now, budget });
  onTestFinished(async () => {
    book.close();
    await sources.close();
    await server.close();
  });
  /** Requests by route of the scan after so long. */
  const scanAfter = async (ms: number) => {
    clock.now += ms;
    server.requests.clear();
    const learned = await book.read(SIGNAL, 60_000);
    return { learned, counts: server.requests.counts() };
  };
  return { server, scanAfter };
}

function change(server: { state: { dashboards: GrafanaDashboard[] } }, index: number, service: string): void {
  const target = { profileTypeId: CPU, labelSelector: `{service_name="${service}"}` };
  const { dashboard: model, version = 1 } = server.state.dashboards[index] ?? dashboard(index);
  server.state.dashboards[index] = {
    dashboard: { ...model, panels: [{ targets: [target] }] },
    version: version + 1,
  };
}

const services = ({ patterns }: { patterns: readonly { matchers: readonly { value: string }[] }[] }) =>
  patterns.flatMap(({ matchers }) => matchers.map(({ value }) => value));

describe('Grafana 12.3, which lists versions', () => {
  test('only what has changed is read again, whenever that was', async () => {
    const { server, scanAfter } = await grafana('12.3');
    const first = await scanAfter(0);
    expect(first.counts).toMatchObject({ [READ]: COUNT, [LIST]: 2 });
    const later = await scanAfter(16 * MINUTE);
    expect(later.counts[READ]).toBeUndefined();
    expect(later.counts[LIST]).toBe(2);
    expect(later.learned.patterns).toBe(first.learned.patterns);
    change(server, 3, 'changed');
    const changed = await scanAfter(16 * MINUTE);
    expect(changed.counts[READ]).toBe(1);
    expect(services(changed.learned)).toContain('changed');
    expect((await scanAfter(30 * HOUR)).counts[READ]).toBeUndefined();
  });

  test('one that stands on a library panel is read again after hours: that changes without it', async () => {
    const { server, scanAfter } = await grafana('12.3');
    server.state.dashboards.splice(1);
    server.state.dashboards[0] = {
      dashboard: { uid: 'd0', title: 'Board', panels: [{ libraryPanel: { uid: 'lib', name: 'lib' } }] },
    };
    await scanAfter(0);
    const target = { profileTypeId: CPU, labelSelector: '{service_name="in-the-panel"}' };
    server.state.libraryPanels = [
      { uid: 'lib', name: 'lib', model: { type: 'flamegraph', targets: [target] } },
    ];
    expect((await scanAfter(16 * MINUTE)).counts[READ]).toBeUndefined();
    const later = await scanAfter(7 * HOUR);
    expect(later.counts[READ]).toBe(1);
    expect(services(later.learned)).toEqual(['in-the-panel']);
  });

  test.each([403, 404, 406])('where the list answers %i it is asked once', async (status) => {
    const { server, scanAfter } = await grafana('12.3');
    server.state.dashboards.splice(20);
    server.faults.set({ kind: 'status', status }, { on: LIST });
    expect((await scanAfter(0)).counts).toMatchObject({ [READ]: 20, [LIST]: 1 });
    expect((await scanAfter(16 * MINUTE)).counts[LIST]).toBeUndefined();
    expect((await scanAfter(7 * HOUR)).counts[READ]).toBe(20);
  });
});

test('Grafana 9.4, which lists none: read again in portions, learned from only what has changed', async () => {
  const { server, scanAfter } = await grafana('9.4');
  const first = await scanAfter(0);
  expect(first.counts[READ]).toBe(COUNT);
  change(server, 3, 'changed');
  expect((await scanAfter(16 * MINUTE)).counts[READ]).toBeUndefined();
  let [rounds, again] = [0, 0];
  let { learned } = first;
  while (again < COUNT) {
    const next = await scanAfter(rounds === 0 ? 6 * HOUR : 15 * MINUTE);
    const count = next.counts[READ] ?? 0;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(Math.ceil(COUNT / 24));
    const isChanged = services(next.learned).includes('changed');
    // The rank is computed again once an hour; otherwise the list stays the same object.
    if (!isChanged && rounds > 0 && rounds % 4 !== 0) expect(next.learned.patterns).toBe(learned.patterns);
    ({ learned } = next);
    again += count;
    rounds++;
  }
  expect(rounds).toBeLessThanOrEqual(24);
  expect(services(learned)).toContain('changed');
  expect(Object.keys(server.requests.counts()).some((name) => name.includes('/apis/'))).toBe(false);
});
