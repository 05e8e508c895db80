import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from './support/ask.js';
import { connectHttp } from './support/clients.js';
import { startEchoingProxy, startForwardProxy } from './support/echoing-proxy.js';
import { redisServer } from './support/fake-redis.js';
import { startGrafanaServer, type TestGrafana } from './support/grafana-server.js';
import { run, start } from './support/process.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { realRedis, startRedis } from './support/redis.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// Secrets of the configuration and of Grafana's own data sources, in everything that a server says, logs,
// counts and keeps.

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
    const outputs: string[] = [];
    for (const args of [['sources', 'enable', 'main', 'direct'], ['sources'], ['doctor']]) {
      const { stdout, stderr } = await run([...args, '--state-dir', state], { env });
      outputs.push(stdout, stderr);
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
      outputs.push(JSON.stringify(await client.callTool(tool, args)));
    }
    pyroscope.faults.set({ kind: 'status', status: 500 });
    outputs.push(JSON.stringify(await client.callTool('list_services', { from: '2026-11-20T13:00:00Z' })));
    pyroscope.faults.clear();
    await client.close();
    for (const page of ['/metrics', '/readyz', '/healthz']) {
      const answer = await fetch(new URL(page, address), { headers: authorized });
      outputs.push(await answer.text());
    }
    program.child.kill('SIGTERM');
    await program.exit;
    expect(outputs.join('\n')).toContain('checkout-api');
    for (const text of outputs) expectNoSecret('an answer', text);
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

/** Credentials with characters that every encoding writes in another way. */
const ECHOED_PASSWORD = 'ech0ed/p&ss "w<rd>';
const ECHOED_TOKEN = 'glsa_ech0ed+/token==_89abcdef';

describe('of servers that write what they are told into every name', () => {
  test.each<[string, 'disk' | 'Redis', (file: string, port: number) => Record<string, string>]>([
    [
      'tokens and an access proxy',
      'disk',
      () => ({
        GRAFANA_SERVICE_ACCOUNT_TOKEN: ECHOED_TOKEN,
        GRAFANA_EXTRA_HEADERS: JSON.stringify({ 'X-Grafana-Access': ECHOED_PASSWORD }),
        PYROSCOPE_TOKEN: ECHOED_TOKEN.replace('glsa', 'other'),
      }),
    ],
    [
      'a token file',
      'Redis',
      (file) => ({ GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE: file, PYROSCOPE_TOKEN: `${ECHOED_TOKEN}2` }),
    ],
    [
      'users, and a proxy with one',
      'disk',
      (_file, port) => ({
        ...{ GRAFANA_USERNAME: 'viewer', GRAFANA_PASSWORD: ECHOED_PASSWORD },
        ...{ PYROSCOPE_USERNAME: 'reader', PYROSCOPE_PASSWORD: `${ECHOED_PASSWORD}2` },
        HTTP_PROXY: `http://egress:${encodeURIComponent(`${ECHOED_PASSWORD}3`)}@127.0.0.1:${port}`,
        GRAFANA_URL: 'http://grafana.test',
        PYROSCOPE_URL: 'http://pyroscope.test',
      }),
    ],
  ])('%s, with a cache on %s: no spelling is in anything', { timeout: 300_000 }, async (...row) => {
    const [, kind, credentialsOf] = row;
    const users: { of: () => readonly string[] } = { of: () => [] };
    const store = await startEchoingProxy(pyroscope.url, () => users.of());
    const inner = await startGrafanaServer({
      tokens: [{ key: ECHOED_TOKEN }],
      users: [{ login: 'viewer', password: ECHOED_PASSWORD, role: 'Viewer' }],
      dataSources: [{ name: 'main', uid: 'main', url: pyroscope.url, isDefault: true }],
      dashboards: [
        {
          dashboard: {
            uid: 'd',
            title: 'Board',
            panels: [
              {
                title: 'CPU',
                type: 'flamegraph',
                datasource: { type: 'grafana-pyroscope-datasource', uid: 'main' },
                targets: [
                  {
                    labelSelector: '{service_name="checkout-api"}',
                    profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
                  },
                ],
              },
            ],
          },
        },
      ],
    });
    const front = await startEchoingProxy(inner.url, () => users.of());
    const egress = await startForwardProxy({ 'grafana.test': front.url, 'pyroscope.test': store.url });
    users.of = egress.users;
    onTestFinished(async () => {
      for (const server of [egress, front, inner, store]) await server.close();
    });
    const [cache, state] = [directory(), directory()];
    const tokenFile = path.join(directory(), 'token');
    writeFileSync(tokenFile, `${ECHOED_TOKEN}\n`);
    const redis = kind === 'Redis' ? await redisServer() : null;
    const env = {
      GRAFANA_URL: front.url,
      PYROSCOPE_URL: store.url,
      PYROSCOPE_MCP_CACHE_DIR: cache,
      ...(redis === null ? {} : { PYROSCOPE_MCP_CACHE_URL: `redis://127.0.0.1:${redis.port}` }),
      ...credentialsOf(tokenFile, egress.port),
    };
    const outputs: [string, string][] = [];
    for (const args of [['sources', 'enable', 'main'], ['sources'], ['doctor']]) {
      const { stdout, stderr } = await run([...args, '--state-dir', state], { env });
      outputs.push([args.join(' '), `${stdout}${stderr}`]);
    }
    const program = start(['--http', '0', '--log-level', 'debug', '--state-dir', state], env);
    onTestFinished(() => void program.child.kill('SIGKILL'));
    const [, address = ''] = await program.seen(/serves MCP at (\S+)/);
    const client = await connectHttp('modern era', address);
    const askAll = async (swapped: boolean, later: number) => {
      for (const [tool, { arguments: args }] of Object.entries(TOOL_CALLS)) {
        for (const source of tool === 'list_data_sources' ? [undefined] : ['pyroscope', 'main']) {
          const format = (source === 'main') === swapped ? 'text' : 'json';
          const window =
            args.to === undefined ? {} : { to: new Date(Date.parse(String(args.to)) + later).toISOString() };
          const { text } = await client.callTool(tool, { ...args, ...window, source, format });
          outputs.push([`${tool} ${source} ${format}`, text]);
        }
      }
    };
    // Text of one source and JSON of the other; the other way round with the other cache, and where the
    // servers fail.
    const swapped = kind === 'Redis';
    await askAll(swapped, 0);
    store.isFailing = true;
    front.isFailing = true;
    await askAll(!swapped, 1_000);
    await client.close();
    for (const page of ['/metrics', '/readyz']) {
      outputs.push([page, await (await fetch(new URL(page, address))).text()]);
    }
    program.child.kill('SIGTERM');
    await program.exit;
    outputs.push(['the log', program.stderr()], ['standard output', program.stdout()]);
    for (const text of everythingIn(state)) outputs.push(['the state', text]);
    for (const text of everythingIn(cache)) outputs.push(['the cache on disk', text]);
    for (const entry of redis?.entries ?? []) outputs.push(['the cache in Redis', entry.join('\n')]);

    const echoed = [...new Set([...store.echoed, ...front.echoed])];
    expect(echoed.length).toBeGreaterThan(10);
    const texts = outputs.map(([where, text]) => [where, text, unescaped(text)] as const);
    for (const echo of echoed) {
      const shown = texts.filter(([, text, plain]) => text.includes(echo) || plain.includes(echo));
      expect(
        shown.map(([where]) => where),
        echo,
      ).toEqual([]);
    }
    // The echoes were there, and what differed still does.
    const wholly = (tool: string) => outputs.filter(([where]) => where.startsWith(tool)).join('\n');
    for (const where of ['list_services', 'list_labels', 'query_profile', 'get_timeline', 'the cache']) {
      expect(wholly(where), where).toMatch(/\[redacted-\d+\]/);
    }
    const placeholders = wholly('list_').match(/(?:name-of|label|value)-\[redacted-\d+\]/g);
    expect(new Set(placeholders).size).toBeGreaterThan(3);
  });
});

/** A text as whoever reads its JSON sees it, and the JSON inside that. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\+(["\\/])/g, '$1')
    .replaceAll(/\\u([\da-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
