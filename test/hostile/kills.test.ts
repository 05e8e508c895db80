import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { startGrafanaServer, VIEWER_TOKEN } from '../support/grafana-server.js';
import { postCall } from '../support/http.js';
import { run, start } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// Processes that are killed while they write the list of enabled sources and the cache.

/** Number of kills of each kind: `HOSTILE_KILLS=230` for a long run. */
const KILLS = Number(process.env.HOSTILE_KILLS ?? 6);

const store = await startPyroscopeServer(demoSource());
const grafana = await startGrafanaServer({
  dataSources: [
    { name: 'main', uid: 'main', url: store.url, isDefault: true },
    { name: 'other', uid: 'other', url: store.url },
  ],
});
afterAll(async () => {
  await grafana.close();
  await store.close();
});

const fresh = () => mkdtempSync(path.join(tmpdir(), 'kills-'));
const env = { GRAFANA_URL: grafana.url, GRAFANA_SERVICE_ACCOUNT_TOKEN: VIEWER_TOKEN };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('`sources enable` leaves a whole list, nothing beside it, and the next one works', {
  timeout: 600_000,
}, async () => {
  const state = fresh();
  const sources = (...args: string[]) => run(['sources', ...args, '--state-dir', state], { env });
  expect((await sources('enable', 'main')).code).toBe(0);
  for (let kill = 0; kill < KILLS; kill++) {
    const action = kill % 2 === 0 ? 'enable' : 'disable';
    const program = start(['sources', action, 'other', '--state-dir', state], env);
    // From the loading of the program to after its end, in steps.
    await wait((kill * 1_200) / KILLS);
    program.child.kill('SIGKILL');
    await program.exit;
    const { enabled } = JSON.parse(readFileSync(path.join(state, 'sources.json'), 'utf8'));
    expect(enabled.map(({ uid }: { uid: string }) => uid)).toContain('main');
  }
  expect((await sources('enable', 'other')).stderr).toBe('');
  expect(readdirSync(state)).toEqual(['sources.json']);
  expect((await sources()).stdout.match(/ {2}enabled/g)).toHaveLength(2);
});

test('a server that learns leaves a cache that the next one reads, or learns anew', {
  timeout: 600_000,
}, async () => {
  const cache = fresh();
  const args = ['--http', '0', '--enabled-sources', 'main', '--cache-dir', cache];
  const ask = async (url: string) => {
    const { text } = await postCall(url, 'list_services', INCIDENT_WINDOW);
    expect(text).toContain('checkout-api');
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const program = start(args, env);
    const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
    const answering = ask(url).catch((error: unknown) => {
      if (!/fetch failed|terminated|other side closed/.test(String(error))) throw error;
    });
    await wait((kill * 600) / KILLS);
    program.child.kill('SIGKILL');
    await once(program.child, 'close');
    await answering;
  }
  const last = start(args, env);
  const [, url = ''] = await last.seen(/serves MCP at (\S+)/);
  await ask(url);
  last.child.kill('SIGTERM');
  expect(await last.exit).toEqual({ code: 0, signal: null });
  expect(last.stderr()).not.toMatch(/"level":"(?:error|warn)"/);
});
