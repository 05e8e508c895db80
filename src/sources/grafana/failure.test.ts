import { afterEach, describe, expect, test } from 'vitest';
import {
  type Exchange,
  exchange,
  type GrafanaVersion,
  replay,
  type Stub,
  startStub,
} from '../../../test/support/recorded-grafana.js';
import { UpstreamError, type UpstreamKind } from '../../errors.js';
import { createGrafanaClient, type GrafanaClient } from './client.js';

// The meaning of each failure of a real Grafana, which may be its own or that of the Pyroscope behind it.

const SECRET = 'glsa_planted_0123456789';

let stub: Stub | undefined;
let client: GrafanaClient | undefined;
afterEach(async () => {
  await client?.close();
  await stub?.close();
});

/** The failure that a recorded answer becomes, asked for as it was recorded. */
async function readFailure({
  request,
  response,
}: Pick<Exchange, 'request' | 'response'>): Promise<UpstreamError> {
  stub = await startStub((_, answer) => replay({ name: '', request, response }, answer));
  client = createGrafanaClient({ url: stub.url, token: SECRET });
  const signal = new AbortController().signal;
  try {
    await client.transport.send({
      method: request.method === 'POST' ? 'POST' : 'GET',
      path: request.path,
      ...(request.body === null ? {} : { body: request.body }),
      signal,
    });
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
  throw new Error('answered');
}

type Expected = readonly [kind: UpstreamKind, what: RegExp | null];

const TOKEN: Expected = ['unauthorized', /does not know the token/];
const NO_CREDENTIALS: Expected = ['unauthorized', /no credentials that it knows/];
const NO_SOURCE: Expected = ['missing', /no such data source/];
const UNREACHABLE: Expected = ['unreachable', /cannot reach the Pyroscope behind/];
const REDIRECTS: Expected = ['unreadable', /The Pyroscope behind this data source redirects to \/echo$/];

/**
 * Exchange, what it means (null: Pyroscope's own answer, passed on) and the version where only that has it.
 */
const RECORDED: readonly [name: string, expected: Expected, only?: GrafanaVersion][] = [
  ['/api/datasources, no token', NO_CREDENTIALS],
  ['proxy, no token', NO_CREDENTIALS],
  ['/api/datasources, bad token (random)', TOKEN],
  ['proxy, bad token (random)', TOKEN],
  ['/api/datasources, bad glsa_ token, wrong checksum', TOKEN],
  ['proxy, bad glsa_ token, wrong checksum', TOKEN],
  ['proxy, glsa_ token, altered secret', TOKEN],
  ['/api/datasources, deleted token', TOKEN, '9.4'],
  ['proxy, deleted token', TOKEN, '9.4'],
  ['/api/datasources, deleted token', NO_CREDENTIALS, '12.3'],
  ['proxy, deleted token', NO_CREDENTIALS, '12.3'],
  ['expired token', ['unauthorized', /has expired/]],
  ['/api/datasources, empty bearer', ['unauthorized', /credentials that it knows/]],
  ['basic auth wrong password', ['unauthorized', /does not accept the user and password/]],
  ['X-Grafana-Org-Id: 2 with a token of org 1', ['unauthorized', /another organisation/], '12.3'],
  ['create as viewer', ['unauthorized', /lacks the permission datasources:create \(ACE\d+\)/]],
  ['unknown uid', NO_SOURCE],
  ['uid of 41 chars', NO_SOURCE, '12.3'],
  ['unknown numeric id', NO_SOURCE],
  ['proxy to deleted ds at once (cache)', NO_SOURCE, '9.4'],
  ['invalid uid', ['missing', /does not accept the uid/]],
  ['non-numeric id', ['failed', /older than version 9/]],
  ['ds of type grafana-pyroscope-datasource', ['failed', /lacks the plugin/], '9.4'],
  ['data source down', UNREACHABLE],
  ['upstream closes at once', UNREACHABLE],
  ['upstream 401', ['unauthorized', /Pyroscope refused the credentials that Grafana keeps/]],
  ['upstream 403', ['unauthorized', /The Pyroscope behind this data source, or a gateway/]],
  ['upstream 404', ['not_found', null]],
  ['upstream 429', ['overloaded', null]],
  ['upstream 500', ['failed', null]],
  ['upstream 502', ['failed', null]],
  ['upstream 503', ['overloaded', null]],
  ['upstream 304', ['unreadable', null]],
  ['upstream redirect rel', REDIRECTS],
  ['upstream redirect 307', REDIRECTS],
  ['POST upstream 307', REDIRECTS],
  ['upstream redirect abs', ['unreadable', /redirects to http:\/\/127\.0\.0\.1:3990\/echo$/]],
  ['upstream redirect login', ['unreadable', /redirects to https:\/\/login\.example\/sso$/]],
  ['pyroscope says invalid_argument (limit)', ['rejected', null], '9.4'],
  ['unknown method', ['not_found', null]],
  ['bad body', ['rejected', null]],
  ['unknown dashboard', ['not_found', null]],
  ['library panel unknown', ['not_found', null]],
  ['GET / no token', ['unauthorized', /The address of Grafana redirects to \/login$/]],
];

describe.each(['9.4', '12.3'] as const)('Grafana %s', (version) => {
  const rows = RECORDED.filter(([, , only]) => only === undefined || only === version);
  test.each(rows.map(([name, expected]) => ({ name, expected })))(
    '$name',
    async ({ name, expected: [kind, what] }) => {
      const error = await readFailure(exchange(version, name));
      expect(error.kind).toBe(kind);
      if (what === null) expect(error.advice).toBeNull();
      else expect(error.advice?.what).toMatch(what);
      if (error.advice !== null) expect(error.advice.fix).toMatch(/\w.*\.$/);
    },
  );
});

const ASKED = { method: 'POST', path: '/api/datasources/proxy/uid/a/x', body: '{}' };
const JSON_TYPE = { 'content-type': 'application/json' };

// Failures that the reference names, without a recording.
const TOLD: readonly [string, number, Record<string, string>, string, UpstreamKind, RegExp][] = [
  [
    'a revoked token',
    401,
    JSON_TYPE,
    '{"messageId":"api-key.revoked","message":"Revoked"}',
    'unauthorized',
    /was revoked/,
  ],
  [
    'a disabled account',
    401,
    JSON_TYPE,
    '{"message":"Service account is disabled"}',
    'unauthorized',
    /service account is disabled/,
  ],
  [
    'a disabled account, newer',
    401,
    JSON_TYPE,
    '{"messageId":"identity.disabled","message":"x"}',
    'unauthorized',
    /service account is disabled/,
  ],
  [
    'a browser session',
    401,
    JSON_TYPE,
    '{"messageId":"session.token.rotate","message":"x"}',
    'unauthorized',
    /browser session/,
  ],
  [
    'an access proxy',
    401,
    { 'www-authenticate': 'Bearer' },
    '<html>Sign in</html>',
    'unauthorized',
    /in front of Grafana asks/,
  ],
  [
    'an access proxy that forbids',
    403,
    { 'content-type': 'text/html' },
    '<html>no</html>',
    'unauthorized',
    /in front of Grafana does not let/,
  ],
  [
    'no permission on the source',
    403,
    JSON_TYPE,
    '{"message":"Access denied to datasource"}',
    'unauthorized',
    /may not query this data source/,
  ],
  [
    'the same from queries',
    403,
    JSON_TYPE,
    '{"message":"Access denied to data source"}',
    'unauthorized',
    /may not query this data source/,
  ],
  [
    'an old permission error',
    403,
    JSON_TYPE,
    '{"message":"Permission denied"}',
    'unauthorized',
    /does not allow the request/,
  ],
  [
    'a proxy that is blocked',
    403,
    { 'content-type': 'text/plain' },
    'Data proxy hostname and ip are not included in whitelist',
    'unauthorized',
    /proxy is blocked for this data source/,
  ],
  [
    'a target that is not allowed',
    403,
    JSON_TYPE,
    '{"message":"target URL is not a valid target"}',
    'unauthorized',
    /proxy is blocked/,
  ],
  [
    'a source that is gone',
    404,
    JSON_TYPE,
    '{"message":"Data source not found"}',
    'missing',
    /no such data source/,
  ],
  [
    'a version before 9',
    500,
    JSON_TYPE,
    '{"message":"Unable to load datasource meta data"}',
    'failed',
    /older than version 9/,
  ],
  [
    'a bad certificate',
    400,
    JSON_TYPE,
    '{"message":"Unable to load TLS certificate"}',
    'failed',
    /TLS certificate/,
  ],
  [
    'an answer over the limit',
    502,
    {},
    'http: response body too large, response limit is set to: 1024',
    'too_large',
    /over Grafana's own size limit/,
  ],
  [
    'a gateway before a dead Grafana',
    502,
    { 'content-type': 'text/html' },
    '<html>Bad gateway</html>',
    'unreachable',
    /gateway in front of Grafana/,
  ],
  [
    'a gateway that waits no longer',
    504,
    { 'content-type': 'text/html' },
    '<html>x</html>',
    'timeout',
    /did not answer Grafana in time/,
  ],
  ['the proxy waits no longer', 504, {}, '', 'timeout', /did not answer Grafana in time/],
  [
    'another scheme',
    301,
    { location: 'https://grafana.example/api/x?token=1' },
    '',
    'unreadable',
    /redirects to https:\/\/grafana\.example\/api\/x$/,
  ],
  [
    'single sign-on',
    302,
    { location: 'https://sso.example/authorize?state=s' },
    '',
    'unauthorized',
    /redirects to https:\/\/sso\.example\/authorize$/,
  ],
];

test.each(TOLD)('%s', async (_name, status, headers, body, kind, what) => {
  const error = await readFailure({ request: ASKED, response: { status, headers, body } });
  expect(error).toMatchObject({ kind, status });
  expect(error.advice?.what).toMatch(what);
});

test('Pyroscope is told apart by its body where the mark on passed answers got lost', async () => {
  const body = '{"code":"permission_denied","message":"tenant"}';
  const error = await readFailure({ request: ASKED, response: { status: 403, headers: JSON_TYPE, body } });
  expect(error.advice?.what).toMatch(/^The Pyroscope behind/);
});

test('a page instead of an answer', async () => {
  const response = {
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>Login</title>',
  };
  const error = await readFailure({ request: ASKED, response });
  expect(error.kind).toBe('unreadable');
  expect(error.advice?.what).toMatch(/page instead of Grafana/);
});

test.each(['text/html', 'text/plain'])('JSON that is called %s is JSON all the same', async (type) => {
  const headers = { 'content-type': type };
  const refusal = await readFailure({
    request: ASKED,
    response: { status: 403, headers, body: '{"message":"Access denied to datasource"}' },
  });
  expect(refusal).toMatchObject({ kind: 'unauthorized', detail: 'Access denied to datasource' });
  await client?.close();
  await stub?.close();
  stub = await startStub((_, answer) => void answer.writeHead(200, headers).end('{"names":["a"]}'));
  client = createGrafanaClient({ url: stub.url });
  const { signal } = new AbortController();
  expect(await client.transport.post('/api/x', {}, { codec: 'json', signal })).toEqual({ names: ['a'] });
  expect(await client.get('/api/x', signal)).toEqual({ names: ['a'] });
});

test('a page behind the data source', async () => {
  const headers = { 'content-type': 'text/html', 'content-security-policy': 'sandbox' };
  const error = await readFailure({
    request: ASKED,
    response: { status: 200, headers, body: '<html>UI</html>' },
  });
  expect(error).toMatchObject({
    kind: 'unreadable',
    advice: { what: expect.stringContaining('page instead of Pyroscope') },
  });
});

test('nobody there', async () => {
  client = createGrafanaClient({ url: 'http://127.0.0.1:9', token: SECRET });
  const answering = client.get('/api/health', new AbortController().signal);
  await expect(answering).rejects.toMatchObject({
    kind: 'unreachable',
    advice: { what: 'Grafana cannot be reached' },
  });
});

test('a token that is echoed is not shown', async () => {
  const body = JSON.stringify({ message: `Permissions needed: ${SECRET}` });
  const error = await readFailure({ request: ASKED, response: { status: 403, headers: JSON_TYPE, body } });
  expect(`${error.detail} ${JSON.stringify(error.advice)}`).not.toContain(SECRET);
});
