import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from './support/ask.js';
import { connectHttp } from './support/clients.js';
import { startGrafanaServer, type TestGrafana } from './support/grafana-server.js';
import { run, start } from './support/process.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { realRedis, startRedis } from './support/redis.js';

// Secrets of the configuration and of Grafana's own data sources, in everything that a server says, logs, counts and keeps.

const TOKEN = 'glsa_planted_0123456789abcdef';
const CALLER = 'planted-caller-token'.padEnd(40, 'c');
const ACCESS = 'planted-access-header';
const STORE_PASSWORD = 'planted-store-password';
const DIRECT_PASSWORD = 'planted-direct-password';
const TENANT_HEADER = 'planted-tenant-header';
const SECRETS = [TOKEN, CALLER, ACCESS, STORE_PASSWORD, DIRECT_PASSWORD, TENANT_HEADER];

let pyroscope: TestPyroscope;
let grafana: TestGrafana;
beforeAll(async () => {
  const files = demoSource();
  pyroscope = await startPyroscopeServer(files);
  const url = pyroscope.url;
  grafana = await startGrafanaServer({
    tokens: [{ key: TOKEN }],
    dataSources: [
      {
        ...{ name: 'main', uid: 'main', url, isDefault: true },
        headers: { 'X-Scope-OrgID': TENANT_HEADER },
        basicAuth: { user: 'reader', password: STORE_PASSWORD },
      },
      // Its password stands in clear in the settings of Grafana's pages.
      {
        ...{ name: 'direct', uid: 'direct', url, access: 'direct' },
        basicAuth: { user: 'reader', password: DIRECT_PASSWORD },
      },
    ],
    dashboards: [{ dashboard: { uid: 'd', title: 'Board', panels: [] } }],
  });
});
afterAll(async () => {
  await grafana.close();
  await pyroscope.close();
});

const directory = () => mkdtempSync(path.join(tmpdir(), 'planted-'));

/** Names and contents of all files below a directory. */
function everythingIn(below: string): string[] {
  const files = readdirSync(below, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(
    ({ name, parentPath }) => `${name}\n${readFileSync(path.join(parentPath, name), 'latin1')}`,
  );
}

function expectNoSecret(where: string, text: string): void {
  for (const secret of SECRETS) {
    for (const spelling of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(`reader:${secret}`).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(text.includes(spelling), `${secret} in ${where}`).toBe(false);
    }
  }
}

describe.each(['disk', ...(realRedis().own ? ['Redis'] : [])])('with a cache on %s', (kind) => {
  test('answers, errors, log, metrics, state and cache show none', { timeout: 60_000 }, async () => {
    const [cache, state] = [directory(), directory()];
    const redis = kind === 'Redis' ? await startRedis() : null;
    onTestFinished(async () => redis?.close());
    const env = {
      GRAFANA_URL: grafana.url,
      GRAFANA_SERVICE_ACCOUNT_TOKEN: TOKEN,
      GRAFANA_EXTRA_HEADERS: JSON.stringify({ 'X-Access': ACCESS }),
      PYROSCOPE_MCP_CACHE_DIR: cache,
      ...(redis === null ? {} : { PYROSCOPE_MCP_CACHE_URL: redis.url }),
    };
    const said: string[] = [];
    for (const args of [['sources', 'enable', 'main', 'direct'], ['sources'], ['doctor']]) {
      const { stdout, stderr } = await run([...args, '--state-dir', state], { env });
      said.push(stdout, stderr);
    }
    const program = start(
      [...['--http', '0', '--log-level', 'debug', '--http-tokens', CALLER], '--state-dir', state],
      env,
    );
    onTestFinished(() => void program.child.kill('SIGKILL'));
    const [, address = ''] = await program.seen(/serves MCP at (\S+)/);
    const authorized = { authorization: `Bearer ${CALLER}` };
    const client = await connectHttp('modern era', address, async (input, init = {}) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', authorized.authorization);
      return fetch(input, { ...init, headers });
    });
    for (const [tool, args] of [
      ['list_data_sources', {}],
      ['list_services', INCIDENT_WINDOW],
      ['list_labels', { service: 'checkout-api', ...INCIDENT_WINDOW }],
      ['list_services', { source: 'direct', ...INCIDENT_WINDOW }],
      ['summarize_profile', { service: 'checkout-api', ...INCIDENT_WINDOW }],
      ['summarize_profile', { service: CALLER.slice(0, 5), ...INCIDENT_WINDOW }],
      ['find_query_patterns', {}],
      ['list_services', { source: 'no-such', ...INCIDENT_WINDOW }],
    ] as const) {
      said.push(JSON.stringify(await client.callTool(tool, args)));
    }
    pyroscope.faults.set({ kind: 'status', status: 500 });
    said.push(JSON.stringify(await client.callTool('list_services', { from: '2026-11-20T13:00:00Z' })));
    pyroscope.faults.clear();
    await client.close();
    for (const page of ['/metrics', '/readyz', '/healthz']) {
      const answer = await fetch(new URL(page, address), { headers: authorized });
      said.push(await answer.text());
    }
    program.child.kill('SIGTERM');
    await program.exit;
    expect(said.join('\n')).toContain('checkout-api');
    for (const text of said) expectNoSecret('an answer', text);
    expectNoSecret('the log', program.stderr());
    expectNoSecret('standard output', program.stdout());

    const [stateFiles, cacheFiles] = [everythingIn(state), everythingIn(cache)];
    expect(stateFiles.join()).toContain('"main"');
    for (const text of stateFiles) expectNoSecret('the state', text);
    const kept = redis === null ? cacheFiles : [...(await redis.entries())].map((entry) => entry.join('\n'));
    expect(kept.length).toBeGreaterThan(2);
    for (const text of [...kept, ...cacheFiles]) expectNoSecret('the cache', text);
  });
});
