import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createEnvironments } from '../src/commands/environments.js';
import { readConfig } from '../src/config/read.js';
import { serveOverHttp } from '../src/mcp/http/serve.js';
import { createLog } from '../src/telemetry/log.js';
import { startGrafanaServer } from './support/grafana-server.js';
import { bearer, ON_LOOPBACK, postCall } from './support/http.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';
import { teamsSource } from './support/two-teams.js';

// Whose credential Grafana gets with a request, and whose it never gets.

const OWN = `glsa_own-${'0'.repeat(24)}`;
const CALLER = `glsa_caller-${'1'.repeat(24)}`;
const MCP_TOKEN = 'm'.repeat(32);
const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const WINDOW = {
  from: new Date(NOW - 30 * 60_000).toISOString(),
  to: new Date(NOW - 15 * 60_000).toISOString(),
};

const store = await startPyroscopeServer(teamsSource(['alpha'], NOW));
const grafana = await startGrafanaServer({
  dataSources: [
    { name: 'profiles', uid: 'profiles', url: store.url },
    { name: 'second', uid: 'second', url: store.url, orgId: 2 },
  ],
  tokens: [{ key: OWN }, { key: CALLER }, { key: `${CALLER}2`, orgId: 2 }],
});
afterAll(async () => {
  await grafana.close();
  await store.close();
});
beforeEach(() => grafana.requests.clear());

async function serve(...args: readonly string[]) {
  const lines: string[] = [];
  const base = ['--grafana-url', grafana.url, '--grafana-token', OWN, '--enabled-sources', 'profiles,second'];
  const config = readConfig([...base, '--cache-dir', 'none', '--http', '0', ...args], {});
  const log = createLog('debug', (line) => lines.push(line));
  const audit: string[] = [];
  const auditLog = config.rights.hasAuditLog ? createLog('info', (line) => audit.push(line)) : undefined;
  const environments = createEnvironments(config, log, { auditLog });
  const server = await serveOverHttp(environments.environmentOf, log, {
    ...ON_LOOPBACK,
    access: config.httpSettings.access,
    callers: config.rights.callers,
    shutdown: { delayMs: 0, graceMs: 0 },
  });
  onTestFinished(async () => {
    await server.close();
    await environments.close();
  });
  return {
    lines,
    audit,
    ask: (headers: Readonly<Record<string, string>>, tool = 'list_services', more = {}) =>
      postCall(server.url, tool, tool === 'list_data_sources' ? {} : { ...WINDOW, ...more }, { headers }),
  };
}

/** Values of a header in all requests that Grafana got. */
function sentHeaders(name: string): Set<string | undefined> {
  return new Set(grafana.requests.log.map(({ headers }) => headers[name]?.toString()));
}

describe('where each caller must bring a credential', () => {
  const REQUIRED = ['--caller-credentials', 'required'];

  test('it alone is sent to Grafana', async () => {
    const { ask } = await serve(...REQUIRED);
    const { text } = await ask({ 'X-Grafana-Service-Account-Token': CALLER });
    expect(text).toContain('alpha-api');
    expect(sentHeaders('authorization')).toEqual(new Set([`Bearer ${CALLER}`]));
    expect(sentHeaders('x-grafana-org-id')).toEqual(new Set([undefined]));
  });

  test('a request without one is refused with the name of the header, and nothing is asked', async () => {
    const { ask } = await serve(...REQUIRED);
    const { status, text } = await ask({});
    expect(status).toBe(403);
    expect(text).toContain('x-grafana-service-account-token');
    expect(grafana.requests.log).toEqual([]);
  });

  test('its organisation is asked for', async () => {
    const { ask } = await serve(...REQUIRED);
    const { text } = await ask(
      { 'X-Grafana-API-Key': `${CALLER}2`, 'X-Grafana-Org-Id': '2' },
      'list_data_sources',
    );
    expect(text).toContain('second');
    expect(text).not.toContain('profiles');
    expect(sentHeaders('x-grafana-org-id')).toEqual(new Set(['2']));
  });

  test('an address of the request is not used', async () => {
    const { ask } = await serve(...REQUIRED);
    const headers = { 'X-Grafana-Service-Account-Token': CALLER, 'X-Grafana-URL': 'http://127.0.0.1:9' };
    expect((await ask(headers)).text).toContain('alpha-api');
  });

  test('one that Grafana does not know gets an error about it, without the value', async () => {
    const { ask, lines } = await serve(...REQUIRED);
    const { text } = await ask({ 'X-Grafana-Service-Account-Token': 'glsa_planted-unknown' });
    expect(text).toContain('Grafana does not accept the credential');
    expect(text).toContain('X-Grafana-Service-Account-Token');
    expect(text + lines.join('')).not.toContain('planted');
  });

  test('the token of this server is wanted as well, and goes no further', async () => {
    const { ask } = await serve(...REQUIRED, '--http-tokens', MCP_TOKEN);
    const headers = { 'X-Grafana-Service-Account-Token': CALLER };
    expect((await ask(headers)).status).toBe(401);
    expect((await ask(bearer(MCP_TOKEN))).status).toBe(403);
    expect((await ask({ ...headers, ...bearer(MCP_TOKEN) })).text).toContain('alpha-api');
    expect(JSON.stringify(grafana.requests.log.map((each) => each.headers))).not.toContain(MCP_TOKEN);
  });

  test('of the headers for a gateway only those that are named go along', async () => {
    const extra = JSON.stringify({ 'CF-Access-Client-Id': 'gate-id', 'X-JWT-Assertion': 'own-assertion' });
    const { ask } = await serve(
      ...REQUIRED,
      ...['--grafana-extra-headers', extra, '--gateway-headers', 'cf-access-client-id'],
    );
    await ask({ 'X-Grafana-Service-Account-Token': CALLER });
    expect(sentHeaders('cf-access-client-id')).toEqual(new Set(['gate-id']));
    expect(sentHeaders('x-jwt-assertion')).toEqual(new Set([undefined]));
  });

  test('headers of a gateway are sent on, and are a credential; no other header is', async () => {
    grafana.state.anonymous = true;
    onTestFinished(() => {
      grafana.state.anonymous = false;
    });
    const { ask } = await serve(...REQUIRED, '--forward-headers', 'cookie,X-Id-Token');
    expect((await ask({ 'X-Other': 'a' })).status).toBe(403);
    const { text } = await ask({ cookie: 'grafana_session=secret-session', 'X-Other': 'a' });
    expect(text).toContain('alpha-api');
    expect(sentHeaders('cookie')).toEqual(new Set(['grafana_session=secret-session']));
    expect(sentHeaders('authorization')).toEqual(new Set([undefined]));
    expect(sentHeaders('x-other')).toEqual(new Set([undefined]));
  });

  test('a Pyroscope server and a directory, which know no callers of Grafana, are not shown', async () => {
    const { ask } = await serve(...REQUIRED, '--pyroscope-url', store.url);
    const { text } = await ask({ 'X-Grafana-Service-Account-Token': CALLER }, 'list_data_sources');
    expect(text).toContain('profiles');
    expect(text).not.toContain('pyroscope  ');
    expect(
      (await ask({ 'X-Grafana-Service-Account-Token': CALLER }, 'list_services', { source: 'pyroscope' }))
        .text,
    ).toContain('There is no data source "pyroscope"');
  });
});

test('where it is optional, a request without one asks with the credential of the server', async () => {
  const { ask } = await serve('--caller-credentials', 'optional');
  expect((await ask({})).text).toContain('alpha-api');
  expect(sentHeaders('authorization')).toEqual(new Set([`Bearer ${OWN}`]));
  grafana.requests.clear();
  expect((await ask({ 'X-Grafana-Service-Account-Token': CALLER })).text).toContain('alpha-api');
  expect(sentHeaders('authorization')).toEqual(new Set([`Bearer ${CALLER}`]));
  const refused = await ask({ 'X-Grafana-Org-Id': '2' });
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('no credential of its own')]);
});

test('by default such headers mean nothing', async () => {
  const { ask } = await serve();
  expect((await ask({ 'X-Grafana-Service-Account-Token': CALLER, 'X-Grafana-Org-Id': '2' })).text).toContain(
    'alpha-api',
  );
  expect(sentHeaders('authorization')).toEqual(new Set([`Bearer ${OWN}`]));
});

describe('the audit log', () => {
  test('has a line for each call: who, what, which sources, how it ended, and no argument', async () => {
    const { ask, audit } = await serve('--caller-credentials', 'required', '--audit-log');
    const headers = { 'X-Grafana-Service-Account-Token': CALLER };
    await ask(headers, 'list_services', { source: 'profiles' });
    await ask(headers, 'summarize_profile', { service: 'planted-service' });
    await ask(headers, 'summarize_profile', { source: 'planted-source' });
    await ask(headers, 'list_data_sources');
    const entries = audit.map((line): Record<string, unknown> => JSON.parse(line));
    const [client] = entries.map((entry) => entry.client);
    expect(client).toMatch(/^[\w-]{16}$/);
    expect(
      entries.map(({ msg, tool, sources, outcome, client }) => [msg, client, tool, sources, outcome]),
    ).toEqual([
      ['call', client, 'list_services', ['profiles'], 'answered'],
      ['call', client, 'summarize_profile', ['profiles'], 'answered'],
      ['call', client, 'summarize_profile', [], 'refused'],
      ['call', client, 'list_data_sources', ['profiles'], 'answered'],
    ]);
    expect(audit.join('')).not.toMatch(/planted|glsa/);
  });

  test('is not written by default', async () => {
    const { ask, audit } = await serve();
    await ask({});
    expect(audit).toEqual([]);
  });
});
