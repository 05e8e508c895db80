import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import { fixture } from './ask.js';
import { startEchoServer } from './echo-server.js';
import { startGrafanaServer, type TestGrafana, VIEWER_TOKEN } from './grafana-server.js';
import { readTranscript, type TranscriptExchange } from './grafana-transcript.js';
import { startPyroscopeServer } from './pyroscope-server.js';
import { readBody, replay } from './replay.js';
import { describeShape } from './shape.js';
import type { GrafanaDashboard, GrafanaDataSource, GrafanaLibraryPanel } from './wire/grafana-state.js';

// Requests of the transcripts of real Grafanas are sent to the test server, which holds the same data sources
// and dashboards, with the same stores behind them. Refusals must be equal, successes have the same shape.

/**
 * Not offered by the test server, so not compared; of all others status and headers are compared, and bodies
 * that were recorded whole.
 */
const NOT_OFFERED: readonly [where: RegExp, reason: string][] = [
  [/ (POST|PUT|PATCH|DELETE) \/(?:grafana\/)?api\/(?!datasources\/proxy|health)/, 'it only reads'],
  [/\/api\/(plugins|org\/users|serviceaccounts)/, 'the client never asks for it'],
  [/\/(connections\/|versions|dashboards\/home)/, 'the client never asks for it'],
  [/pyroscope\/render|\/metrics/, 'the client never asks for it'],
  [/folderIds=0/, 'the client never asks so'],
  [/proxy to deleted ds at once/, 'the data source was deleted in between'],
  [/token of disabled SA/, 'Grafana remembers for 5 s that the account was enabled'],
  [/binary proto/, 'the text of an error in a protobuf body'],
  [/gzip \/.*\/api\/datasources$/, 'no compression of its own answers: as without'],
  [/resources profileTypes/, '9.4 answers in an older form, which the client never asks for'],
  [/(create|admin in|from) org 2/, 'a second organisation that was made in between'],
  [
    /raw \/grafana\/login|raw .* GET \/(grafana\/?|grafana\/d\/d1)?$|GET \/login|unknown page|double slash/,
    'pages for people',
  ],
  [/plain Viewer user|Basic api_key/, 'the list again'],
];

const VERSIONS = ['9.4', '12.3', '9.4-subpath', '12.3-subpath'] as const;
/** How many exchanges each transcript has, and how many of them are compared. */
const NUMBERS = {
  '9.4': [129, 212],
  '12.3': [128, 211],
  '9.4-subpath': [20, 36],
  '12.3-subpath': [20, 36],
} as const;
const PERFORMANCE = { uid: 'perf', title: 'Performance' };
const CLOSED_PORT = 'http://127.0.0.1:9';
const [EXPIRED, DELETED] = ['glsa_expired', 'glsa_deleted'];
describe.each(VERSIONS)('Grafana %s', (file) => {
  const exchanges = readTranscript(new URL(`../../fixtures/recorded/grafana/${file}.txt`, import.meta.url));
  const describeOne = ({ section, name, request }: TranscriptExchange) =>
    `${section} / ${name}: ${request.method} ${request.path}`;
  const checked = exchanges.filter(
    (exchange) => !NOT_OFFERED.some(([where]) => where.test(`${describeOne(exchange)}`)),
  );
  const closers: (() => Promise<void>)[] = [];
  let grafana: TestGrafana | undefined;

  beforeAll(async () => {
    const files = createFilesSource({ directory: fixture('demo') });
    const pyroscope = await startPyroscopeServer(files);
    const nothing = mkdtempSync(path.join(tmpdir(), 'nothing-'));
    closers.push(async () => rmSync(nothing, { recursive: true }));
    const empty = await startPyroscopeServer(createFilesSource({ directory: nothing }));
    const limited = await startPyroscopeServer(files, { maxQueryLength: 86_400_000 });
    const echo = await startEchoServer();
    const stores = {
      // Servers that answered at the ports of each transcript.
      4140: file === '9.4' ? empty.url : pyroscope.url,
      4240: file === '12.3-subpath' ? CLOSED_PORT : pyroscope.url,
      4640: file === '9.4' ? limited.url : CLOSED_PORT,
      4999: CLOSED_PORT,
      3990: echo.url,
    };
    grafana = await startGrafanaServer({
      version: file.startsWith('9.4') ? '9.4' : '12.3',
      subPath: file.endsWith('subpath') ? '/grafana' : '',
      dataSources: listDataSources(exchanges, stores),
      libraryPanels: listLibraryPanels(exchanges),
      tokens: [
        { key: VIEWER_TOKEN },
        { key: EXPIRED ?? '', state: 'expired' },
        { key: DELETED ?? '', state: 'deleted' },
      ],
      users: [{ login: 'admin', password: 'admin', role: 'Admin' }],
    });
    closers.push(...[grafana, pyroscope, empty, limited, echo].map(({ close }) => close));
  });
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()));
  });

  test.each(checked.map((exchange) => [describeOne(exchange), exchange] as const))(
    '%s',
    async (_, exchange) => {
      const { request, response, whole } = exchange;
      grafana?.state.dashboards.splice(0, Infinity, ...listDashboards(exchanges, exchange, file));
      const origin = grafana?.url.replace(/\/grafana$/, '') ?? '';
      const headers = { ...readCredentials(exchange), ...defaultHeaders(exchange), ...request.headers };
      const breaks = /breaks mid-body/.test(exchange.name);
      const sent = replay(origin, { request: { ...request, headers } });
      if (breaks) return expect(sent).rejects.toThrow(/aborted/);
      const answer = await sent;
      expect(answer.status).toBe(response.status);
      expect(tellingHeaders(answer.headers)).toEqual(tellingHeaders(response.headers));
      if (!whole || /html/.test(response.headers['content-type'] ?? '')) return;
      const [actual, wanted] = [readBody(answer.bytes), readBody(Buffer.from(String(response.body)))];
      if (response.status >= 400) expect(plain(actual)).toEqual(plain(wanted));
      else if (/permissions/.test(exchange.name)) expect(kinds(actual)).toEqual(kinds(wanted));
      else expect(describeShape(plain(actual))).toEqual(describeShape(plain(wanted)));
    },
  );

  test('as many as expected', () => {
    expect([checked.length, exchanges.length]).toEqual(NUMBERS[file]);
  });
});

/** The data sources as Grafana said that it had created them, with stores of this test. */
function listDataSources(
  exchanges: readonly TranscriptExchange[],
  stores: Readonly<Record<string, string>>,
): GrafanaDataSource[] {
  const sources: GrafanaDataSource[] = [];
  for (const { request, response } of exchanges) {
    if (request.method !== 'POST' || request.path !== '/api/datasources' || response.status !== 200) continue;
    const created: unknown = Reflect.get(Object(readBody(Buffer.from(String(response.body)))), 'datasource');
    const text = (name: string) => String(Reflect.get(Object(created), name));
    const url = text('url').replace(/(?:http:\/\/)?127\.0\.0\.1:(\d+)/, (all, port: string) => {
      const store = stores[port] ?? all;
      return all.startsWith('http') ? store : store.replace('http://', '');
    });
    sources.push({
      id: Number(text('id')),
      uid: text('uid'),
      name: text('name'),
      type: text('type'),
      access: text('access') === 'direct' ? 'direct' : 'proxy',
      isDefault: text('isDefault') === 'true',
      url,
      ...(text('basicAuth') === 'true'
        ? { basicAuth: { user: 'u1', password: 'pw1' }, headers: { 'X-Scope-OrgID': 'tenant-7' } }
        : {}),
    });
  }
  return sources;
}

/** The library panels that were read back. */
function listLibraryPanels(exchanges: readonly TranscriptExchange[]): GrafanaLibraryPanel[] {
  const list = exchanges.find(({ name }) => name === 'library panels as viewer');
  const elements = member(member(readRecordedBody(list), 'result'), 'elements');
  return (Array.isArray(elements) ? elements : []).map((element: unknown) => ({
    uid: String(member(element, 'uid')),
    name: String(member(element, 'name')),
    model: Object(member(element, 'model')),
    folder: PERFORMANCE,
  }));
}

/**
 * The dashboards that there were at the time: those that were read back; for a search, the one that had just
 * been made.
 */
function listDashboards(
  exchanges: readonly TranscriptExchange[],
  { name, section }: TranscriptExchange,
  file: string,
): GrafanaDashboard[] {
  if (section === 'SUB-PATH') return [{ dashboard: { uid: 'd1', title: 'D 1', panels: [] } }];
  const all = exchanges
    .filter((exchange) => exchange.name.startsWith('read back') && exchange.response.status === 200)
    .map((exchange): GrafanaDashboard => {
      const dashboard: object = Object(member(readRecordedBody(exchange), 'dashboard'));
      const [uid, title] = [String(member(dashboard, 'uid')), String(member(dashboard, 'title'))];
      return {
        dashboard: { ...dashboard, uid, title },
        ...(uid === 'gendash' ? {} : { folder: PERFORMANCE }),
      };
    });
  const [first] = all;
  if (name === 'search page 2' && file === '12.3' && first !== undefined) {
    return [first, { ...first, dashboard: { ...first.dashboard, uid: 'second', tags: [] } }];
  }
  return name.startsWith('search') ? all.slice(0, 1) : all;
}

function readRecordedBody(exchange: TranscriptExchange | undefined): unknown {
  return readBody(Buffer.from(String(exchange?.response.body)));
}

function member(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name);
}

/** Transcripts leave credentials out; the name of an exchange says which they were. */
function readCredentials({ name, section }: TranscriptExchange): Record<string, string> {
  if (/health, no auth|no token|raw no auth|healthz/.test(name)) return {};
  if (/bad token|bad glsa|altered secret/.test(name)) return { authorization: 'Bearer glsa_other' };
  if (/wrong password/.test(name)) return basic('admin:wrong');
  if (/admin basic auth/.test(name)) return basic('admin:admin');
  if (/expired token/.test(name)) return { authorization: `Bearer ${EXPIRED}` };
  if (/deleted token/.test(name)) return { authorization: `Bearer ${DELETED}` };
  if (/empty bearer/.test(name)) return { authorization: 'Bearer ' };
  if (/lower-case/.test(name)) return { authorization: `bearer ${VIEWER_TOKEN}` };
  return section === '' ? {} : { authorization: `Bearer ${VIEWER_TOKEN}` };
}

function basic(pair: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function defaultHeaders({ request, name }: TranscriptExchange): Record<string, string> {
  return {
    accept: 'application/json',
    ...(/Accept-Encoding None/.test(name) ? {} : { 'accept-encoding': 'identity' }),
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

function tellingHeaders(headers: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const names = [
    'cache-control',
    'content-type',
    'content-security-policy',
    'location',
    'via',
    'content-encoding',
  ];
  return Object.fromEntries(
    names.map((name) => [name, headers[name]?.replace(/http:\/\/127\.0\.0\.1:\d+/, 'http://grafana')]),
  );
}

/** Kinds of scopes in some permissions, for all actions together. */
function kinds(permissions: unknown): string[] {
  return describeShape(Object.values(Object(permissions)));
}

/**
 * Without what differs from request to request: ids of errors, ports, names of headers as the store saw them.
 */
function plain(body: unknown): unknown {
  const text = JSON.stringify(body)
    .replace(/ACE\d+/g, 'ACE')
    .replace(/\u00a0/g, ' ')
    .replace(/actual: [\dhms.]+/, 'actual: …')
    .replace(/\\n"$/, '"')
    .replace(/127\.0\.0\.1:\d+/g, 'host');
  const value: unknown = JSON.parse(text);
  const headers: unknown = Reflect.get(Object(value), 'headers');
  if (typeof headers !== 'object' || headers === null) return value;
  const seen = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'connection');
  return {
    ...Object(value),
    headers: Object.fromEntries(seen.map(([name, held]) => [name.toLowerCase(), held])),
  };
}
