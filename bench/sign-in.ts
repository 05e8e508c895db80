import { Pool } from 'undici';
import { serveOverHttp } from '../src/mcp/http/serve.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../test/support/ask.js';
import { JSON_HEADERS, ON_LOOPBACK } from '../test/support/http.js';
import {
  createFakeProvider,
  makeKey,
  SETTINGS,
  type SigningKey,
  sign,
} from '../test/support/identity-provider.js';
import { alternating } from './measure.js';

const CALLS = 300;
const WARM_UP = 50;
const STATIC = 'static-0123456789abcdef0123456789abcdef';

/** Time of a small call over HTTP with a token of an identity provider, next to one with a static token. */
export async function signInFigures(): Promise<string> {
  const keys = await Promise.all(['RS256', 'ES256', 'EdDSA'].map((alg) => makeKey(alg, alg)));
  const provider = createFakeProvider();
  provider.keys = keys.map(({ publicKey }) => publicKey);
  const environment = createEnvironment([demoSource()]);
  const server = await serveOverHttp(async () => environment, environment.log, {
    ...ON_LOOPBACK,
    access: { tokens: [STATIC], tokenFile: null, allowUnauthenticated: false },
    oauth: { settings: SETTINGS, orgId: null, proxy: null, provider },
  });
  const pool = new Pool(new URL(server.url).origin, { connections: 1 });
  const params = { name: 'list_services', arguments: INCIDENT_WINDOW };
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const call = async (token: string) => {
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${token}` };
    const { statusCode, body } = await pool.request({ path: '/mcp', method: 'POST', headers, body: message });
    await body.text();
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  };
  const measure = async (what: string, tokens: readonly string[]) => {
    let at = 0;
    const signed = () => call(tokens[at++ % tokens.length] ?? '');
    const { rawMs, callMs } = await alternating(() => call(STATIC), signed, CALLS, WARM_UP);
    const cells = [what, rawMs.toFixed(2), callMs.toFixed(2), `**${(callMs - rawMs).toFixed(2)} ms**`];
    return `| ${[...cells, (callMs / rawMs).toFixed(2)].join(' | ')} |`;
  };
  const rows = [];
  for (const key of keys) {
    rows.push(await measure(`${key.alg}, a new token with each call`, await signMany(key, CALLS + WARM_UP)));
    rows.push(await measure(`${key.alg}, always one token`, await signMany(key, 1)));
  }
  await pool.close();
  await server.close();
  return [
    `Medians of ${CALLS} calls of \`list_services\` over one connection, static and signed alternating.`,
    '',
    '| token | static token, ms | signed token, ms | more | signed ÷ static |',
    '| --- | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

/** Signs tokens that differ, and hold now. */
function signMany(key: SigningKey, count: number): Promise<string[]> {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iat: seconds, exp: seconds + 3_600 };
  return Promise.all(Array.from({ length: count }, (_, jti) => sign(key, { ...claims, jti: String(jti) })));
}
