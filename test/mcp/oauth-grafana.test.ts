import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type GrafanaServerOptions, startGrafanaServer, VIEWER_TOKEN } from '../support/grafana-server.js';
import { bearer, postCall } from '../support/http.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { startProvider, startSignInServer } from '../support/sign-in.js';
import { teamsSource } from '../support/two-teams.js';

// Two people who sign in at a real provider, and what Grafana, the stores behind it and they themselves get
// to see: their own data, and never the token of a person or the credential of the server next to it.

const PEOPLE = { ada: 'alpha', bob: 'beta' } as const;
type Name = keyof typeof PEOPLE;
const NAMES: readonly Name[] = ['ada', 'bob'];
const ASSERTION = 'x-jwt-assertion';
const NOW = Date.now();

const provider = await startProvider();
const stores = {
  alpha: await startPyroscopeServer(teamsSource(['alpha'], NOW)),
  beta: await startPyroscopeServer(teamsSource(['beta'], NOW)),
};
const running: (() => Promise<unknown>)[] = [provider.stop, stores.alpha.close, stores.beta.close];
afterAll(() => Promise.all(running.map((stop) => stop())));

function decode(token: string): { claims: Record<string, unknown>; signed: Buffer; signature: Buffer } {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return {
    claims: JSON.parse(Buffer.from(payload, 'base64url').toString()),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  };
}

/** Starts a Grafana in which each person may ask one data source, and a server in front of it. */
async function startScene(signIn: GrafanaServerOptions['signIn'], args: readonly string[] = []) {
  const grafana = await startGrafanaServer({
    dataSources: [
      { uid: 'alpha', name: 'Alpha profiles', url: stores.alpha.url },
      { uid: 'beta', name: 'Beta profiles', url: stores.beta.url },
    ],
    users: NAMES.map((name) => ({
      login: `${name}@example.com`,
      password: 'not used',
      permissions: {
        'datasources:read': [`datasources:uid:${PEOPLE[name]}`],
        'datasources:query': [`datasources:uid:${PEOPLE[name]}`],
        'orgs:read': [''],
      },
    })),
    ...(signIn === undefined ? {} : { signIn }),
  });
  const server = await startSignInServer(provider.issuer, args, {
    GRAFANA_URL: grafana.url,
    GRAFANA_SERVICE_ACCOUNT_TOKEN: VIEWER_TOKEN,
    PYROSCOPE_MCP_ENABLED_SOURCES: 'alpha,beta',
  });
  running.push(grafana.close, server.stop);
  return { grafana, ...server };
}

/** Signs a token for a person, with what the provider says of that person. */
function signFor(name: Name, aud: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const email = `${name}@example.com`;
  const rights = { groups: [PEOPLE[name]], sources: [PEOPLE[name]] };
  const claims = { sub: name, aud, scope: 'pyroscope:read', iat: now, exp: now + 300, email, ...rights };
  return provider.sign({ ...claims, ...more });
}

type Scene = Awaited<ReturnType<typeof startScene>>;

/** Calls a tool as a person. */
async function ask({ url }: Scene, token: string, tool: string, args: object = {}): Promise<string> {
  const { text, status } = await postCall(url, tool, args, { headers: bearer(token) });
  return `${status} ${text}`;
}

const WINDOW = { from: String(NOW - 90 * 60_000), to: String(NOW) };

/** Each person asks, twice and in turns, and sees what is theirs and nothing of the other. */
async function expectOwnData(scene: Scene, tokens: Readonly<Record<Name, string>>): Promise<void> {
  for (const name of [...NAMES, ...NAMES]) {
    const [own, other] = name === 'ada' ? ['alpha', 'beta'] : ['beta', 'alpha'];
    const sources = await ask(scene, tokens[name], 'list_data_sources');
    expect(sources).toMatch(new RegExp(`^200 [\\s\\S]*${own}`, 'i'));
    expect(sources.toLowerCase()).not.toContain(other);
    const services = await ask(scene, tokens[name], 'list_services', WINDOW);
    expect(services).toContain(`${own}-api`);
    expect(services).not.toContain(other);
    const foreign = await ask(scene, tokens[name], 'list_services', { ...WINDOW, source: other });
    expect(foreign).not.toContain(`${other}-api`);
  }
}

/** Requests that Grafana got in a person's name, and all that any upstream saw. */
function look(scene: Scene, tokens: Readonly<Record<Name, string>>, header: string | null) {
  const seen = [...scene.grafana.requests.log, ...stores.alpha.requests.log, ...stores.beta.requests.log];
  const text = JSON.stringify(seen.map(({ path, headers, body }) => [path, headers, body.toString()]));
  for (const token of Object.values(tokens)) {
    for (const part of token.split('.').slice(1)) expect(text).not.toContain(part);
  }
  expect(scene.program.stderr()).not.toContain(VIEWER_TOKEN);
  const inName = scene.grafana.requests.log.filter(({ headers }) => header !== null && header in headers);
  for (const { headers } of inName) expect(headers.authorization ?? '').not.toContain(VIEWER_TOKEN);
  return inName;
}

test('an assertion of ours tells Grafana who asks', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyFile = path.join(mkdtempSync(path.join(tmpdir(), 'signing-')), 'key.pem');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const assertions: Record<string, unknown>[] = [];
  const scene = await startScene(
    (headers) => {
      const text = headers[ASSERTION];
      if (typeof text !== 'string') return undefined;
      const { claims, signed, signature } = decode(text);
      const isValid = verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
      if (!isValid || Number(claims.exp) * 1000 < Date.now()) return null;
      assertions.push(claims);
      return String(claims.login);
    },
    ['--grafana-identity', 'assertion', '--grafana-signing-key-file', keyFile],
  );
  const tokens = { ada: await signFor('ada', scene.url), bob: await signFor('bob', scene.url) };
  await expectOwnData(scene, tokens);
  expect(look(scene, tokens, ASSERTION).length).toBeGreaterThan(4);
  expect(assertions[0]).toMatchObject({ iss: scene.url, aud: scene.grafana.url });
  // Grafana reads the same key over HTTP.
  const { keys } = Object(await (await fetch(new URL('/.well-known/jwks.json', scene.url))).json());
  const published = createPublicKey({ key: keys[0], format: 'jwk' });
  expect(published.equals(publicKey)).toBe(true);
});

test('a header tells a Grafana behind us who asks', async () => {
  const scene = await startScene(
    (headers) => (typeof headers['x-webauth-user'] === 'string' ? headers['x-webauth-user'] : undefined),
    ['--grafana-identity', 'proxy-header'],
  );
  const tokens = { ada: await signFor('ada', scene.url), bob: await signFor('bob', scene.url) };
  await expectOwnData(scene, tokens);
  expect(look(scene, tokens, 'x-webauth-user').length).toBeGreaterThan(4);
  expect(scene.program.stderr()).toContain('let only this server reach it');
});

test('a token in exchange tells Grafana who asks, and is kept', async () => {
  const scene = await startScene(
    (headers) => {
      const text = headers[ASSERTION];
      if (typeof text !== 'string') return undefined;
      const { claims } = decode(text);
      return claims.aud === 'grafana' ? String(claims.email) : null;
    },
    [
      ...['--grafana-identity', 'exchange', '--grafana-identity-audience', 'grafana'],
      ...['--oauth-client-id', 'mcp', '--oauth-client-secret', 'secret-of-mcp'],
    ],
  );
  const tokens = { ada: await signFor('ada', scene.url), bob: await signFor('bob', scene.url) };
  const before = (await provider.counts())['/token'] ?? 0;
  await expectOwnData(scene, tokens);
  expect(look(scene, tokens, ASSERTION).length).toBeGreaterThan(4);
  expect((await provider.counts())['/token']).toBe(before + 2);
});

describe('with the credential of the server', () => {
  test('a claim says which sources a person may ask', async () => {
    const scene = await startScene(undefined, ['--oauth-sources-claim', 'sources']);
    const tokens = { ada: await signFor('ada', scene.url), bob: await signFor('bob', scene.url) };
    await expectOwnData(scene, tokens);
    look(scene, tokens, null);
    const [all, none] = [
      await signFor('ada', scene.url, { sources: '*' }),
      await signFor('ada', scene.url, { sources: [] }),
    ];
    expect(await ask(scene, all, 'list_data_sources')).toMatch(/alpha[\s\S]*beta/i);
    expect(await ask(scene, none, 'list_data_sources')).not.toMatch(/alpha|beta/i);
    const unsaid = await signFor('ada', scene.url, { sources: undefined });
    expect(await ask(scene, unsaid, 'list_data_sources')).toMatch(/^403 [\s\S]*"sources" is missing/);
  });

  test('a claim narrows every query of a person', async () => {
    const store = await startPyroscopeServer(teamsSource(['alpha', 'beta'], NOW));
    const server = await startSignInServer(provider.issuer, ['--oauth-matchers', 'namespace=groups'], {
      PYROSCOPE_URL: store.url,
    });
    running.push(store.close, server.stop);
    for (const name of [...NAMES, ...NAMES]) {
      const [own, other] = name === 'ada' ? ['alpha', 'beta'] : ['beta', 'alpha'];
      const headers = bearer(await signFor(name, server.url));
      const { text } = await postCall(server.url, 'list_services', WINDOW, { headers });
      expect(text).toContain(`${own}-api`);
      expect(text).not.toContain(other);
    }
    const headers = bearer(await signFor('ada', server.url, { groups: ['alpha', 'beta'] }));
    const { text } = await postCall(server.url, 'list_services', WINDOW, { headers });
    expect(text).toMatch(/alpha-api[\s\S]*beta-api/);
  });
});
