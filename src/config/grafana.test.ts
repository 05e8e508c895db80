import { describe, expect, test } from 'vitest';
import { refusal as refuse } from '../../test/support/refusal.js';
import { readConfig } from './read.js';

const SECRET = 'hunter2-s3cr3t';
const URL_SET = { GRAFANA_URL: 'grafana.example.com' };

const refusal = (env: Record<string, string>) => refuse([], env);

function grafanaIn(env: Record<string, string>) {
  return readConfig([], env).stores.find((store) => store.kind === 'grafana')?.settings;
}

test('the names of other Grafana MCP servers are taken', () => {
  const env = {
    ...URL_SET,
    GRAFANA_SERVICE_ACCOUNT_TOKEN: ` ${SECRET}\n`,
    GRAFANA_ORG_ID: '3',
    GRAFANA_EXTRA_HEADERS: '{"CF-Access-Client-Id":"x"}',
  };
  expect(grafanaIn(env)).toEqual({
    url: 'https://grafana.example.com',
    token: SECRET,
    tokenFile: null,
    username: null,
    password: null,
    orgId: 3,
    headers: { 'CF-Access-Client-Id': 'x' },
    caFile: null,
  });
});

test('a token wins over a file with one', () => {
  const env = { ...URL_SET, GRAFANA_SERVICE_ACCOUNT_TOKEN: SECRET, GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE: 'f' };
  expect(grafanaIn(env)).toMatchObject({ token: SECRET, tokenFile: null });
});

test('without an address there is no Grafana', () => {
  expect(readConfig([], { GRAFANA_SERVICE_ACCOUNT_TOKEN: SECRET }).stores).toEqual([]);
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'a token and a user',
    { GRAFANA_SERVICE_ACCOUNT_TOKEN: SECRET, GRAFANA_USERNAME: 'u', GRAFANA_PASSWORD: SECRET },
    /Both a token and a user are set for Grafana.*\n.*GRAFANA_SERVICE_ACCOUNT_TOKEN/,
  ],
  [
    'a token file and a user',
    { GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE: 'f', GRAFANA_USERNAME: 'u' },
    /Both a token and a user/,
  ],
  ['half of a user', { GRAFANA_PASSWORD: SECRET }, /needs a user and a password.*\n.*GRAFANA_USERNAME/],
  ['an organisation that is no number', { GRAFANA_ORG_ID: 'main' }, /GRAFANA_ORG_ID "main"/],
  [
    'an address with credentials',
    { GRAFANA_URL: `https://u:${SECRET}@host` },
    /GRAFANA_URL carries credentials/,
  ],
  ['an address that is none', { GRAFANA_URL: `ftp://host/?token=${SECRET}` }, /is not an http\(s\) URL/],
  ['a token in the place of the address', { GRAFANA_URL: `glsa_${SECRET}` }, /GRAFANA_URL holds a token/],
  ['headers that are no JSON', { GRAFANA_EXTRA_HEADERS: SECRET }, /GRAFANA_EXTRA_HEADERS is not JSON/],
  ['headers that are a list', { GRAFANA_EXTRA_HEADERS: `["${SECRET}"]` }, /is not a JSON object/],
  ['a header that is no text', { GRAFANA_EXTRA_HEADERS: '{"X-A":1}' }, /"X-A" is not a header with a text/],
  [
    'a header that ends the line',
    { GRAFANA_EXTRA_HEADERS: `{"X-A":"${SECRET}\\r\\nHost: x"}` },
    /"X-A" is not a header/,
  ],
  ...[
    'Authorization',
    'HOST',
    'content-length',
    'Content-Type',
    'X-DS-Authorization',
    'X-Grafana-Org-Id',
    'X-Scope-OrgID',
  ].map((name): [string, Record<string, string>, RegExp] => [
    `the header ${name}`,
    { GRAFANA_EXTRA_HEADERS: JSON.stringify({ [name]: SECRET }) },
    new RegExp(`may not set ${name}`),
  ]),
  [
    'a proxy that is no address',
    { HTTPS_PROXY: `socks5://u:${SECRET}@proxy` },
    /HTTPS_PROXY is not an http\(s\) URL/,
  ],
])('%s is refused without a secret', (_name, env, expected) => {
  const message = refusal({ ...URL_SET, ...env });
  expect(message).toMatch(expected);
  expect(message).not.toContain(SECRET);
});

describe('the proxies of the environment', () => {
  test.each([
    [{}, null],
    [{ HTTP_PROXY: '' }, null],
    [{ HTTP_PROXY: 'http://a' }, { http: 'http://a', https: null, none: null }],
    [
      { https_proxy: 'http://low', HTTPS_PROXY: 'http://high', NO_PROXY: '.internal' },
      { http: null, https: 'http://low', none: '.internal' },
    ],
    [{ HTTP_PROXY: 'http://a', no_proxy: '*' }, null],
  ])('%j', (env, proxy) => {
    expect(readConfig([], env).proxy).toEqual(proxy);
  });
});
