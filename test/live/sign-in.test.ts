import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAsserter } from '../../src/sign-in/grafana/assertion.js';
import { type RunningGrafana, startRealGrafana } from '../support/grafana-process.js';
import { bearer, postCall } from '../support/http.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { type RunningProvider, startProvider, startSignInServer } from '../support/sign-in.js';
import { teamsSource } from '../support/two-teams.js';

// People who sign in at a real OpenID provider, at a real Grafana: `auth.jwt` and `auth.proxy` know them by
// what this server says, and each sees the organisation that is theirs.

const { GRAFANA_BIN: binary, GRAFANA_HOME: home } = process.env;
if (!binary || !home) console.warn('Sign-in at a real Grafana is skipped: set GRAFANA_BIN and GRAFANA_HOME.');

const NOW = Date.now();
const WINDOW = { from: String(NOW - 90 * 60_000), to: String(NOW) };
const AUDIENCE = 'https://grafana.example.com';
const PEOPLE = { ada: 'alpha', bob: 'beta', eve: 'nothing' } as const;

describe.runIf(binary && home)('a real Grafana', () => {
  const running: (() => Promise<unknown>)[] = [];
  afterAll(() => Promise.all(running.map((stop) => stop())));
  const directory = mkdtempSync(path.join(tmpdir(), 'signing-'));
  const keyFile = path.join(directory, 'key.pem');
  let grafana: RunningGrafana;
  let provider: RunningProvider;

  beforeAll(async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const options = { keyFile, issuer: 'any', audience: AUDIENCE, hasSeveralIssuers: false, now: Date.now };
    const keySet = path.join(directory, 'jwks.json');
    provider = await startProvider();
    const ofProvider = Object(await (await fetch(`${provider.issuer}/jwks`)).json());
    const { keys } = (await openAsserter(options)).keys;
    writeFileSync(keySet, JSON.stringify({ keys: [...keys, ...ofProvider.keys] }));
    grafana = await startRealGrafana(binary ?? '', home ?? '', {
      GF_AUTH_JWT_ENABLED: 'true',
      GF_AUTH_JWT_HEADER_NAME: 'X-JWT-Assertion',
      GF_AUTH_JWT_USERNAME_CLAIM: 'login',
      GF_AUTH_JWT_EMAIL_CLAIM: 'email',
      GF_AUTH_JWT_JWK_SET_FILE: keySet,
      GF_AUTH_JWT_EXPECT_CLAIMS: JSON.stringify({ aud: AUDIENCE }),
      GF_AUTH_JWT_SKIP_ORG_ROLE_SYNC: 'true',
      GF_AUTH_PROXY_ENABLED: 'true',
      GF_AUTH_PROXY_HEADER_NAME: 'X-WEBAUTH-USER',
      GF_AUTH_PROXY_HEADER_PROPERTY: 'email',
      GF_AUTH_PROXY_AUTO_SIGN_UP: 'false',
      GF_AUTH_PROXY_WHITELIST: '127.0.0.1',
    });
    running.push(grafana.stop, provider.stop);
    for (const [person, team] of [
      ['ada', 'alpha'],
      ['bob', 'beta'],
    ] as const) {
      const store = await startPyroscopeServer(teamsSource([team], NOW));
      running.push(store.close);
      const { orgId } = await grafana.api('POST', '/api/orgs', { name: team });
      await grafana.api(
        'POST',
        '/api/datasources',
        {
          name: `${team} profiles`,
          uid: team,
          type: 'grafana-pyroscope-datasource',
          access: 'proxy',
          url: store.url,
        },
        Number(orgId),
      );
      const email = `${person}@example.com`;
      await grafana.api('POST', '/api/admin/users', {
        login: email,
        email,
        password: 'not-used',
        OrgId: orgId,
      });
    }
  }, 240_000);

  test.each([
    ['assertion', ['--grafana-signing-key-file', keyFile, '--grafana-identity-audience', AUDIENCE]],
    ['proxy-header', []],
    [
      'exchange',
      [
        ...['--oauth-client-id', 'mcp', '--oauth-client-secret', 'secret-of-mcp'],
        ...['--grafana-identity-audience', AUDIENCE],
      ],
    ],
  ])('%s: each person sees what is theirs, and a stranger nothing', async (kind, args) => {
    const { url, stop } = await startSignInServer(provider.issuer, ['--grafana-identity', kind, ...args], {
      GRAFANA_URL: grafana.url,
      PYROSCOPE_MCP_ENABLED_SOURCES: 'alpha,beta',
    });
    running.push(stop);
    const ask = async (person: keyof typeof PEOPLE, tool: string) => {
      const seconds = Math.floor(Date.now() / 1000);
      const email = `${person}@example.com`;
      const claims = { sub: person, email, aud: url, scope: 'pyroscope:read', exp: seconds + 300 };
      const headers = bearer(await provider.sign(claims));
      return (await postCall(url, tool, tool === 'list_services' ? WINDOW : {}, { headers })).text;
    };
    for (const person of ['ada', 'bob', 'ada', 'bob'] as const) {
      const [own, other] = person === 'ada' ? ['alpha', 'beta'] : ['beta', 'alpha'];
      expect(await ask(person, 'list_data_sources')).toContain(`${own} profiles`);
      const services = await ask(person, 'list_services');
      expect(services).toContain(`${own}-api`);
      expect(services).not.toContain(other);
    }
    const refused = await ask('eve', 'list_services');
    expect(refused).toContain('Grafana does not accept the credential');
    expect(refused).not.toMatch(/alpha|beta/);
  });
});
