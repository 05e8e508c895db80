import { afterAll, expect, test } from 'vitest';
import { createEnvironments } from '../../src/commands/environments.js';
import { readConfig } from '../../src/config/read.js';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createLog } from '../../src/telemetry/log.js';
import { ON_LOOPBACK, postCall } from '../support/http.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { TEAMS, type Team, teamsSource } from '../support/two-teams.js';

// Two people with service account tokens of two organisations of a real Grafana, whose data sources have
// equal names and uids. The test makes organisations, data sources and tokens, and deletes them at its end.
// The stores are of the test, so the Grafana must reach this machine's loopback.

const {
  GRAFANA_TEST_URL: url,
  GRAFANA_TEST_ADMIN: admin = 'admin:admin',
  REQUIRE_LIVE: required,
} = process.env;
if (!url && required === '1') throw new Error('REQUIRE_LIVE=1, but GRAFANA_TEST_URL is not set');
if (!url)
  console.warn(
    'Live tests of two people are skipped: set GRAFANA_TEST_URL (and GRAFANA_TEST_ADMIN=user:password).',
  );

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const WINDOW = {
  from: new Date(NOW - 30 * 60_000).toISOString(),
  to: new Date(NOW - 15 * 60_000).toISOString(),
};
const CPU = { service: 'shared', profile_type: 'cpu', ...WINDOW };
const CALLS = [
  ['list_data_sources', {}],
  ['list_services', WINDOW],
  ['list_labels', { service: 'shared', label: 'pod', ...WINDOW }],
  ['summarize_profile', CPU],
  ['query_profile', { ...CPU, view: 'tree' }],
  ['investigate', { service: 'shared', ...WINDOW }],
  ['find_query_patterns', {}],
] as const;
const UID = 'two-people';

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Asks Grafana's API as its administrator. */
async function administer<T>(method: string, path: string, body?: object, orgId?: number): Promise<T> {
  const response = await fetch(`${url?.replace(/\/+$/, '')}${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(admin).toString('base64')}`,
      'content-type': 'application/json',
      ...(orgId === undefined ? {} : { 'x-grafana-org-id': String(orgId) }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

interface Person {
  team: Team;
  orgId: number;
  token: string;
}

/** Makes an organisation with a data source that leads to the profiles of the team, and a Viewer's token. */
async function createPerson(team: Team): Promise<Person> {
  const store = await startPyroscopeServer(teamsSource([team], NOW));
  closers.push(() => store.close());
  const { orgId } = await administer<{ orgId: number }>('POST', '/api/orgs', {
    name: `two-people-${process.pid}-${team}`,
  });
  closers.push(() => administer('DELETE', `/api/orgs/${orgId}`));
  const source = {
    name: 'profiles',
    uid: UID,
    type: 'grafana-pyroscope-datasource',
    access: 'proxy',
    url: store.url,
  };
  await administer('POST', '/api/datasources', source, orgId);
  const account = { name: 'agent', role: 'Viewer' };
  const { id } = await administer<{ id: number }>('POST', '/api/serviceaccounts', account, orgId);
  const { key } = await administer<{ key: string }>(
    'POST',
    `/api/serviceaccounts/${id}/tokens`,
    { name: 'agent', secondsToLive: 3_600 },
    orgId,
  );
  return { team, orgId, token: key };
}

async function startServer(): Promise<string> {
  const config = readConfig(
    [
      ...['--grafana-url', url ?? '', '--enabled-sources', UID, '--caller-credentials', 'required'],
      ...['--cache-dir', 'none', '--http', '0'],
    ],
    {},
  );
  const log = createLog('error', console.error);
  const environments = createEnvironments(config, log);
  const server = await serveOverHttp(environments.environmentOf, log, {
    ...ON_LOOPBACK,
    callers: config.rights.callers,
    shutdown: { delayMs: 0, graceMs: 0 },
  });
  closers.push(async () => {
    await server.close();
    await environments.close();
  });
  return server.url;
}

test.runIf(url)(
  'each sees the profiles of the own organisation and nothing of the other',
  { timeout: 180_000 },
  async () => {
    const people: Person[] = [];
    for (const team of TEAMS) people.push(await createPerson(team));
    const server = await startServer();
    const ask = async ({ team, token }: Person, call: (typeof CALLS)[number]) => {
      const [tool, args] = call;
      const headers = { 'X-Grafana-Service-Account-Token': token };
      const { text, message } = await postCall(server, tool, args, { headers });
      const other = TEAMS.find((each) => each !== team) ?? '';
      expect(text.toLowerCase(), `${team}: ${tool}`).not.toContain(other);
      expect(message?.result?.isError ?? false, text).toBe(false);
      return text;
    };
    // At once and in turns, then again from memory.
    const mixed = CALLS.flatMap((call) => people.map((person) => ({ person, call })));
    await Promise.all(mixed.map(({ person, call }) => ask(person, call)));
    for (const { person, call } of [...mixed].reverse()) await ask(person, call);
    for (const person of people) {
      for (const call of CALLS.slice(1, 6)) expect(await ask(person, call)).toContain(person.team);
    }

    const [first, second] = people;
    if (first === undefined || second === undefined) throw new Error('there are two people');
    const foreign = await postCall(server, 'list_services', WINDOW, {
      headers: {
        'X-Grafana-Service-Account-Token': first.token,
        'X-Grafana-Org-Id': String(second.orgId),
      },
    });
    expect(foreign.text).not.toContain(second.team);
    expect(foreign.message?.result?.isError, foreign.text).toBe(true);
    const unknown = await postCall(server, 'list_services', WINDOW, {
      headers: { 'X-Grafana-Service-Account-Token': 'glsa_unknown00000000000000000000000_00000000' },
    });
    expect(unknown.text).toContain('Grafana does not accept the credential');
    const without = await postCall(server, 'list_services', WINDOW);
    expect(without.status).toBe(403);
  },
);
