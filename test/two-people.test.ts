import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createEnvironments } from '../src/commands/environments.js';
import { readConfig } from '../src/config/read.js';
import { serveOverHttp } from '../src/mcp/http/serve.js';
import { createLog } from '../src/telemetry/log.js';
import { startGrafanaServer, type TestGrafana } from './support/grafana-server.js';
import { ON_LOOPBACK, post } from './support/http.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';
import { realRedis, startRedis } from './support/redis.js';
import { TEAMS, type Team, teamsSource } from './support/two-teams.js';

// Two people with different rights ask the same questions in every order and mix, at once and one after the
// other, at replicas that share a cache, while stores fail and recover. No answer of one may hold anything of
// the other: every name that belongs to one team only holds that team's name.

const NOW = Math.floor(Date.now() / 60_000) * 60_000;
const WINDOW = {
  from: new Date(NOW - 30 * 60_000).toISOString(),
  to: new Date(NOW - 15 * 60_000).toISOString(),
};
const CPU = { service: 'shared', profile_type: 'cpu', ...WINDOW };
const CALLS: readonly (readonly [tool: string, args: Readonly<Record<string, string>>])[] = [
  ['list_data_sources', {}],
  ['list_services', WINDOW],
  ['list_profile_types', { service: 'shared', ...WINDOW }],
  ['list_labels', { service: 'shared', ...WINDOW }],
  ['list_labels', { service: 'shared', label: 'pod', ...WINDOW }],
  ['list_labels', { label: 'namespace', ...WINDOW }],
  ['summarize_profile', CPU],
  ['query_profile', { ...CPU, view: 'tree' }],
  ['query_profile', { ...CPU, trace_id: '0123456789abcdef0123456789abcdef' }],
  ['inspect_function', { ...CPU, function: 'serve' }],
  ['get_timeline', { ...CPU, group_by: 'pod' }],
  ['compare_profiles', CPU],
  ['investigate', { service: 'shared', ...WINDOW }],
  ['investigate', WINDOW],
  ['find_query_patterns', {}],
  ['find_query_patterns', { words: 'work' }],
  ['summarize_profile', { ...CPU, service: 'nobody' }],
  ['summarize_profile', { ...CPU, selector: '{namespace=~".*"}' }],
  ['summarize_profile', { ...CPU, selector: '{namespace=~".+|",pod=~".*"}' }],
  ['summarize_profile', { ...CPU, selector: '{pod="no-such-pod"}' }],
  ['summarize_profile', { ...CPU, source: 'nobody' }],
];
const PICTURED = [
  ['summarize_profile', CPU],
  ['investigate', { service: 'shared', ...WINDOW }],
  ['compare_profiles', CPU],
  ['get_timeline', { ...CPU, group_by: 'pod' }],
  ['query_profile', CPU],
] as const;

/** A question of any kind that this server answers: text of what comes back, whatever it is. */
type Question = (url: string, headers: Readonly<Record<string, string>>) => Promise<string>;

function askTool(tool: string, args: Readonly<Record<string, string>>): Question {
  return async (url, headers) => {
    const { text } = await post(
      url,
      { id: 7, method: 'tools/call', params: { name: tool, arguments: args } },
      { headers },
    );
    return text;
  };
}

function readResource(uri: string): Question {
  return async (url, headers) => {
    const { message, text } = await post(
      url,
      { id: 7, method: 'resources/read', params: { uri } },
      { headers },
    );
    const contents: unknown = Reflect.get(Object(message?.result), 'contents');
    const blob: unknown = Reflect.get(Object(Array.isArray(contents) ? contents[0] : null), 'blob');
    return typeof blob === 'string'
      ? Buffer.from(blob, 'base64').toString('latin1')
      : text + JSON.stringify(contents);
  };
}

function complete(name: string): Question {
  return async (url, headers) => {
    const ref = { type: 'ref/resource', uri: TEMPLATE };
    const params = { ref, argument: { name, value: '' } };
    return JSON.stringify(
      (await post(url, { id: 7, method: 'completion/complete', params }, { headers })).message,
    );
  };
}

const { EXPORT_TEMPLATE: TEMPLATE } = await import('../src/mcp/serve-resources.js');

function openView(tool: string, args: Readonly<Record<string, string>>): Question {
  return async (url, headers) => {
    const address = new URL('/view', url);
    address.search = new URLSearchParams({ tool, ...args }).toString();
    const { authorization, ...others } = headers;
    const page = await fetch(address, {
      headers: { ...others, ...(authorization === undefined ? {} : { authorization }) },
    });
    return (await page.text()).replaceAll(/<script[^>]*>(?:(?!<\/script>)[\s\S])*<\/script>/g, (script) =>
      script.includes('application/json') ? script : '',
    );
  };
}

/** Calls whose answers hold no name of a team: places of CALLS. */
const MUTE: ReadonlySet<number> = new Set([0, 2, 8, 15, 20]);

const inAddress = (args: Readonly<Record<string, string>>) => new URLSearchParams(args).toString();
/** Every question, and whether the answer holds names of the own team when all is well. */
const QUESTIONS: readonly { name: string; ask: Question; isTelling: boolean }[] = [
  ...CALLS.map(([tool, args], index) => ({
    name: `${index}: ${tool}`,
    ask: askTool(tool, args),
    isTelling: !MUTE.has(index),
  })),
  ...PICTURED.map(([tool, args]) => ({
    name: `picture of ${tool}`,
    ask: readResource(`pyroscope://picture/${tool}?${inAddress(args)}`),
    isTelling: true,
  })),
  ...['collapsed', 'speedscope', 'pprof'].map((format) => ({
    name: `export as ${format}`,
    ask: readResource(`pyroscope://profile?${inAddress({ ...CPU, format })}`),
    isTelling: format !== 'pprof',
  })),
  ...['source', 'service', 'profile_type'].map((name) => ({
    name: `completion of ${name}`,
    ask: complete(name),
    isTelling: name === 'service',
  })),
  ...PICTURED.map(([tool, args]) => ({
    name: `view of ${tool}`,
    ask: openView(tool, args),
    isTelling: true,
  })),
];

/** A person with the rights of one team. */
interface Person {
  team: Team;
  headers: Readonly<Record<string, string>>;
}

/** Two people, the replicas that they ask, and the stores behind. */
interface World {
  people: readonly Person[];
  urls: readonly string[];
  stores: readonly TestPyroscope[];
  /** Addresses under which replicas keep what they learn. */
  redis: Awaited<ReturnType<typeof startRedis>> | null;
  secrets: readonly string[];
}

const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startReplica(args: readonly string[]): Promise<string> {
  const config = readConfig([...args, '--http', '0'], {});
  const log = createLog('error', () => {});
  const environments = createEnvironments(config, log);
  const server = await serveOverHttp(environments.environmentOf, log, {
    ...ON_LOOPBACK,
    access: config.httpSettings.access,
    callers: config.rights.callers,
    hasView: true,
    shutdown: { delayMs: 0, graceMs: 0 },
  });
  closers.push(async () => {
    await server.close();
    await environments.close();
  });
  return server.url;
}

/** Starts the place where replicas keep what they learn: a Redis if there is one, else a directory. */
async function startCache() {
  if (realRedis().own) {
    const redis = await startRedis();
    closers.push(() => redis.close());
    return { redis, args: ['--cache-url', redis.url] };
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'two-people-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  return { redis: null, args: ['--cache-dir', directory] };
}

async function startStore(teams: readonly Team[]): Promise<TestPyroscope> {
  const store = await startPyroscopeServer(teamsSource(teams, NOW));
  closers.push(() => store.close());
  return store;
}

function makeDashboard(team: Team, orgId: number) {
  const query = {
    refId: 'A',
    labelSelector: `{service_name="${team}-api"}`,
    profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  };
  const panel = { id: 1, type: 'flamegraph', title: `${team} work`, targets: [query] };
  const datasource = { type: 'grafana-pyroscope-datasource', uid: 'profiles' };
  return {
    orgId,
    dashboard: {
      uid: `${team}-board`,
      title: `${team} board`,
      panels: [{ ...panel, datasource, targets: [{ ...query, datasource }] }],
    },
  };
}

/**
 * Each team is an organisation of one Grafana, with a data source under the same uid and name. Each person
 * brings a token of the own organisation.
 */
async function startOrganisations(): Promise<World> {
  const stores = await Promise.all(TEAMS.map((team) => startStore([team])));
  const grafana = await startGrafanaServer({
    dataSources: stores.flatMap(({ url }, index) => [
      { name: TEAMS[index] ?? '', uid: `${TEAMS[index]}-second`, url, orgId: index + 1 },
      { name: 'profiles', uid: 'profiles', url, orgId: index + 1, isDefault: true },
    ]),
    dashboards: TEAMS.map((team, index) => makeDashboard(team, index + 1)),
    tokens: TEAMS.map((team, index) => ({ key: makeToken(team), orgId: index + 1 })),
  });
  closers.push(() => grafana.close());
  const cache = await startCache();
  const args = [
    '--grafana-url',
    grafana.url,
    '--enabled-sources',
    'profiles,alpha-second,beta-second',
    '--caller-credentials',
    'required',
  ];
  const urls = [await startReplica([...args, ...cache.args]), await startReplica([...args, ...cache.args])];
  const people = TEAMS.map((team) => ({
    team,
    headers: { 'x-grafana-service-account-token': makeToken(team) },
  }));
  return { people, urls, stores, redis: cache.redis, secrets: TEAMS.map(makeToken) };
}

/** Both teams are in one store behind one data source, and the tokens of an operator tell them apart. */
async function startNamespaces(): Promise<World> {
  const store = await startStore(TEAMS);
  const grafana: TestGrafana = await startGrafanaServer({
    dataSources: [{ name: 'profiles', uid: 'profiles', url: store.url }],
    dashboards: TEAMS.map((team) => makeDashboard(team, 1)),
  });
  closers.push(() => grafana.close());
  const directory = await mkdtemp(path.join(tmpdir(), 'two-people-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));
  const tokens = path.join(directory, 'tokens');
  const lines = TEAMS.map((team) => `${makeToken(team)} name=${team} matchers={namespace="${team}"}`);
  await writeFile(tokens, lines.join('\n'));
  const cache = await startCache();
  const { VIEWER_TOKEN } = await import('./support/grafana-server.js');
  const args = [
    '--grafana-url',
    grafana.url,
    '--grafana-token',
    VIEWER_TOKEN,
    '--enabled-sources',
    'profiles',
  ];
  const withTokens = [...args, ...cache.args, '--http-token-file', tokens];
  const urls = [await startReplica(withTokens), await startReplica(withTokens)];
  const people = TEAMS.map((team) => ({ team, headers: { authorization: `Bearer ${makeToken(team)}` } }));
  return {
    people,
    urls,
    stores: [store],
    redis: cache.redis,
    secrets: [VIEWER_TOKEN, ...TEAMS.map(makeToken)],
  };
}

function makeToken(team: Team): string {
  return `glsa_planted-${team === 'alpha' ? 'a' : 'b'}-${'0'.repeat(24)}`;
}

type Step =
  | { kind: 'ask'; person: number; question: number; replica: number; isWaiting: boolean }
  | { kind: 'fail' | 'recover' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      person: fc.nat(1),
      question: fc.nat(QUESTIONS.length - 1),
      replica: fc.nat(1),
      isWaiting: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'recover' as const) }) },
);

describe.each([
  ['organisations of a Grafana, asked with the token of each person', startOrganisations],
  ['namespaces of a store, told apart by the token for this server', startNamespaces],
])('two people in %s', async (_name, start) => {
  const world = await start();

  /** Asks as a person and looks for anything of the other. */
  const ask = async (person: number, question: number, replica: number): Promise<string> => {
    const { team, headers } = world.people[person] ?? { team: 'alpha', headers: {} };
    const other = TEAMS.find((each) => each !== team) ?? 'beta';
    const text = (await QUESTIONS[question]?.ask(world.urls[replica] ?? '', headers)) ?? '';
    expect(text.toLowerCase(), `${team} asks ${QUESTIONS[question]?.name}`).not.toContain(other);
    return text;
  };

  test('each sees the own profiles', async () => {
    for (const [person, { team }] of world.people.entries()) {
      const silent: string[] = [];
      for (const [question, { name, isTelling }] of QUESTIONS.entries()) {
        const text = await ask(person, question, 0);
        if (isTelling && !text.includes(team)) silent.push(`${name}: ${text}`);
      }
      expect(silent).toEqual([]);
    }
  });

  test('and nothing of the other, in any order and mix, with stores that fail and recover', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
        const pending: Promise<unknown>[] = [];
        for (const each of steps) {
          if (each.kind === 'ask') {
            const answer = ask(each.person, each.question, each.replica);
            pending.push(answer);
            if (each.isWaiting) await answer;
          } else {
            for (const { faults } of world.stores) {
              if (each.kind === 'fail') faults.set({ kind: 'status', status: 503 });
              else faults.clear();
            }
          }
        }
        await Promise.all(pending);
      }),
      { numRuns: 8 },
    );
    for (const { faults } of world.stores) faults.clear();
  });

  test('whose secrets are in no entry of the Redis', async ({ skip }) => {
    const { redis } = world;
    if (redis === null) return skip('no redis-server');
    const entries = [...(await redis.entries())];
    expect(entries.length).toBeGreaterThan(0);
    for (const secret of world.secrets) {
      const spellings = [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)];
      for (const [key, value] of entries) {
        for (const spelling of spellings) expect(`${key} ${value}`).not.toContain(spelling);
      }
    }
  });
});
