import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OPTIONS, type Option } from '../src/config/options.js';
import { connectHttp } from './support/clients.js';
import { start } from './support/process.js';

// Every secret that can be configured, planted in what stores answer and callers send: no line of the log
// shows one.

const directory = mkdtempSync(path.join(tmpdir(), 'secrets-'));
const file = (name: string, text: string) => {
  const made = path.join(directory, name);
  writeFileSync(made, text);
  return made;
};

/** By option: what it is set to, and the secrets in it. */
const PLANTED: Record<string, { value: string; secrets: string[] }> = {
  grafanaToken: { value: 'Gr4fana-t0ken-plain', secrets: ['Gr4fana-t0ken-plain'] },
  grafanaTokenFile: { value: file('grafana', 'fi1e-t0ken-grafana\n'), secrets: ['fi1e-t0ken-grafana'] },
  grafanaPassword: { value: 'pa55 w"rd/grafana', secrets: ['pa55 w"rd/grafana'] },
  grafanaHeaders: {
    value: '{"X-Access":"acc3ss-header","Cookie":"sess=c00kie-value"}',
    secrets: ['acc3ss-header', 'sess=c00kie-value'],
  },
  pyroscopeToken: { value: 'pyr0-t0ken-plain', secrets: ['pyr0-t0ken-plain'] },
  pyroscopePassword: { value: 'pa55word-pyroscope', secrets: ['pa55word-pyroscope'] },
  cacheUrl: { value: 'redis://cache:red1s-secret@127.0.0.1:9/0', secrets: ['red1s-secret'] },
  httpTokens: {
    value: `${'caller-t0ken-one'.padEnd(40, 'x')},${'caller-t0ken-two'.padEnd(40, 'y')}`,
    secrets: ['caller-t0ken-one'.padEnd(40, 'x'), 'caller-t0ken-two'.padEnd(40, 'y')],
  },
  httpTokenFile: {
    value: file('callers', `# for the team\n${'fi1e-caller'.padEnd(40, 'z')}\n`),
    secrets: ['fi1e-caller'.padEnd(40, 'z')],
  },
  oauthClientSecret: { value: 'cl1ent-secret-plain', secrets: ['cl1ent-secret-plain'] },
  oauthClientSecretFile: {
    value: file('client', 'fi1e-cl1ent-secret\n'),
    secrets: ['fi1e-cl1ent-secret'],
  },
};
const SECRETS = Object.values(PLANTED).flatMap(({ secrets }) => secrets);
const USERS = { grafanaUsername: 'viewer', pyroscopeUsername: 'reader' };

const spellings = (isSecret: string) => [
  isSecret,
  encodeURIComponent(isSecret),
  JSON.stringify(isSecret).slice(1, -1),
  Buffer.from(isSecret).toString('base64'),
];

/** Fails as rudely as a store can: everything it was sent, and everything it should not know. */
async function echoing(): Promise<string> {
  const server = createServer((request, response) => {
    const basic = Object.entries({ viewer: 'grafanaPassword', reader: 'pyroscopePassword' }).map(
      ([user, name]) => Buffer.from(`${user}:${PLANTED[name]?.value}`).toString('base64'),
    );
    const all = [request.headers, SECRETS.flatMap(spellings), basic, PLANTED.cacheUrl?.value];
    const message = JSON.stringify(all).slice(0, 100_000);
    if (request.url === '/.well-known/openid-configuration') {
      const issuer = `http://${request.headers.host}`;
      const metadata = { issuer, jwks_uri: `${issuer}/keys`, introspection_endpoint: `${issuer}/introspect` };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
      return;
    }
    const status = request.url?.includes('Label') ? 500 : 400;
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ code: 'unknown', message, headers: request.headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Lets callers sign in at the rude server: it is asked about tokens by a client of ours. */
function signIn(url: string): string[] {
  const publicUrl = 'https://mcp.example.com/mcp';
  const client = ['--oauth-client-id', 'mcp', '--oauth-introspection', 'opaque'];
  return ['--oauth-issuer', url, '--public-url', publicUrl, ...client];
}

test('every secret option, and every file of tokens, is planted', () => {
  const holding = Object.entries<Option>(OPTIONS).filter(
    ([, { isSecret, flag }]) => isSecret === true || /-(?:token|secret)-file$/.test(flag),
  );
  expect(holding.map(([name]) => name).sort()).toEqual(Object.keys(PLANTED).sort());
});

test.each([
  ['tokens', ['grafanaToken', 'pyroscopeToken', 'oauthClientSecret']],
  ['a token file', ['grafanaTokenFile', 'pyroscopeToken', 'oauthClientSecretFile']],
  ['users', ['grafanaUsername', 'grafanaPassword', 'pyroscopeUsername', 'pyroscopePassword']],
])('with %s', async (_name, credentials) => {
  const url = await echoing();
  const table: Record<string, Option> = OPTIONS;
  const used = [...credentials, 'grafanaHeaders', 'cacheUrl', 'httpTokens', 'httpTokenFile'];
  const env = Object.fromEntries(
    used.flatMap((name) => {
      const value = PLANTED[name]?.value ?? Object.entries(USERS).find(([key]) => key === name)?.[1];
      const variable = table[name]?.env;
      return value === undefined || variable == null ? [] : [[variable, value]];
    }),
  );
  const program = start(
    [
      '--http',
      '0',
      '--log-level',
      'debug',
      '--grafana-url',
      url,
      '--pyroscope-url',
      url,
      '--enabled-sources',
      'a',
      ...(credentials.some((name) => name.startsWith('oauth')) ? signIn(url) : []),
    ],
    env,
  );
  onTestFinished(() => void program.child.kill('SIGKILL'));
  const [, address = ''] = await program.seen(/serves MCP at (\S+)/);
  const authorized = async (input: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${PLANTED.httpTokens?.secrets[0]}`);
    headers.set('cookie', `sess=${PLANTED.httpTokens?.secrets[1]}`);
    return fetch(input, { ...init, headers });
  };
  const client = await connectHttp('modern era', address, authorized);
  const [{ value: known = '' } = {}] = Object.values(PLANTED).filter(({ secrets }) =>
    secrets.some((secret) => Object.values(env).includes(secret)),
  );
  await client.callTool('list_services', { from: 'now-1h' });
  await client.callTool('list_data_sources', {});
  await client.callTool('summarize_profile', { service: known, selector: `{a="Bearer ${known}"}` });
  await client.callTool('summarize_profile', { password: 'of-an-argument' });
  await client.close();
  await fetch(address, { method: 'POST', headers: { authorization: 'Bearer s1gned-in-opaque' } });
  await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${PLANTED.httpTokenFile?.secrets[0]}` },
  });
  await program.seen(/"tool":"summarize_profile","outcome":"refused"/);
  program.child.kill('SIGTERM');
  await program.exit;
  const log = program.stderr();
  expect(log.split('\n').length).toBeGreaterThan(8);
  const present = SECRETS.filter((secret) => Object.values(env).some((value) => value.includes(secret)));
  const ofFiles = used.flatMap((name) => (name.endsWith('File') ? (PLANTED[name]?.secrets ?? []) : []));
  for (const secret of [...present, ...ofFiles]) {
    for (const spelling of spellings(secret)) {
      expect(log).not.toContain(spelling);
      expect(log).not.toContain(JSON.stringify(spelling).slice(1, -1));
    }
  }
  expect(log).not.toContain('of-an-argument');
  expect(log).toContain('[redacted]');
});
