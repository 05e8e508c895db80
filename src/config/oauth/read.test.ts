import { describe, expect, test } from 'vitest';
import { refusal } from '../../../test/support/refusal.js';
import { readConfig } from '../read.js';
import { isSecureAddress } from './read.js';

const ISSUER = 'https://login.example.com/realms/main';
const BASE = ['--oauth-issuer', ISSUER, '--public-url', 'https://mcp.example.com/mcp'];
const CLIENT = ['--oauth-client-id', 'mcp', '--oauth-client-secret', 'hunter2-s3cr3t'];
const GRAFANA = ['--grafana-url', 'https://grafana.example.com'];

function read(...argv: string[]) {
  return readConfig(argv, {}).oauth;
}

test('without an issuer callers do not sign in', () => {
  expect(read()).toBeNull();
  expect(read('--public-url', 'https://mcp.example.com/mcp')).toBeNull();
});

test('an issuer and the public URL suffice', () => {
  expect(read(...BASE)).toEqual({
    issuers: [ISSUER],
    publicUrl: 'https://mcp.example.com/mcp',
    audiences: ['https://mcp.example.com/mcp'],
    scopes: ['pyroscope:read'],
    introspection: null,
    client: null,
    userClaim: null,
    sourcesClaim: null,
    matchers: [],
    grafana: { kind: 'server' },
  });
});

test('every setting is read', () => {
  expect(
    read(
      ...BASE,
      ...['--oauth-issuer', 'https://second.example.com/'],
      ...['--oauth-audience', 'api://mcp', '--oauth-audience', '0a1b'],
      ...['--oauth-scopes', 'api://mcp/pyroscope.read,openid', '--oauth-introspection', 'all'],
      ...CLIENT,
      ...['--oauth-user-claim', 'preferred_username', '--oauth-sources-claim', 'https://example.com/sources'],
      ...['--oauth-matchers', 'namespace=groups', '--oauth-matchers', 'region=https://example.com/a=b'],
      ...GRAFANA,
      ...['--grafana-identity', 'exchange', '--grafana-identity-header', 'Authorization'],
      ...['--grafana-identity-audience', 'grafana'],
    ),
  ).toEqual({
    issuers: [ISSUER, 'https://second.example.com/'],
    publicUrl: 'https://mcp.example.com/mcp',
    audiences: ['api://mcp', '0a1b'],
    scopes: ['api://mcp/pyroscope.read', 'openid'],
    introspection: 'all',
    client: { id: 'mcp', secret: 'hunter2-s3cr3t', secretFile: null },
    userClaim: 'preferred_username',
    sourcesClaim: 'https://example.com/sources',
    matchers: [
      { label: 'namespace', claim: 'groups' },
      { label: 'region', claim: 'https://example.com/a=b' },
    ],
    grafana: { kind: 'exchange', header: 'authorization', audience: 'grafana' },
  });
  expect(read(...BASE, '--oauth-scopes', 'none')?.scopes).toEqual([]);
});

test('kinds of identity for Grafana have their defaults', () => {
  const identity = (...argv: string[]) => read(...BASE, ...GRAFANA, '--grafana-identity', ...argv);
  expect(identity('assertion', '--grafana-signing-key-file', 'key.pem')).toMatchObject({
    userClaim: 'email',
    grafana: {
      kind: 'assertion',
      header: 'x-jwt-assertion',
      audience: 'https://grafana.example.com',
      keyFile: 'key.pem',
    },
  });
  expect(identity('proxy-header')).toMatchObject({
    userClaim: 'email',
    grafana: { kind: 'proxy-header', header: 'x-webauth-user' },
  });
  expect(identity('exchange', ...CLIENT)).toMatchObject({
    userClaim: null,
    grafana: { kind: 'exchange', header: 'x-jwt-assertion', audience: 'https://grafana.example.com' },
  });
});

test('the secret and its file are kept out of the log', () => {
  expect(readConfig([...BASE, ...CLIENT], {}).secrets).toContain('hunter2-s3cr3t');
  const withFile = [...BASE, '--oauth-client-id', 'a', '--oauth-client-secret-file', 'secret'];
  expect(readConfig(withFile, {}).secretFiles).toEqual(['secret']);
});

describe('a setting is refused with the next step', () => {
  test.each<[string, readonly string[], string]>([
    [
      'an issuer without TLS',
      ['--oauth-issuer', 'http://login.example.com'],
      '--oauth-issuer is not an https address',
    ],
    ['an issuer with a query', ['--oauth-issuer', `${ISSUER}?a=b`], '--oauth-issuer is not an https address'],
    [
      'an issuer with a password',
      ['--oauth-issuer', 'https://u:hunter2@login.example.com'],
      'without query, fragment and credentials',
    ],
    [
      'an issuer that is no address',
      ['--oauth-issuer', 'login.example.com'],
      'Example: https://login.example.com',
    ],
    ['no public URL', ['--oauth-issuer', ISSUER], '--oauth-issuer needs --public-url'],
    [
      'a public URL without TLS',
      [...BASE.slice(0, 2), '--public-url', 'http://mcp.example.com/mcp'],
      '--public-url is not an https address',
    ],
    ['no issuer', ['--oauth-audience', 'x'], '--oauth-audience is given without an identity provider'],
    [
      'no issuer, and an identity',
      ['--grafana-identity', 'proxy-header'],
      '--grafana-identity is given without',
    ],
    ['a scope with a quote', [...BASE, '--oauth-scopes', 'a"b'], '--oauth-scopes "a\\"b" is not a scope'],
    ['a scope with a space', [...BASE, '--oauth-scopes', 'a b'], 'is not a scope'],
    ['another introspection', [...BASE, '--oauth-introspection', 'some'], 'Use one of: opaque, all.'],
    [
      'introspection without a client',
      [...BASE, '--oauth-introspection', 'all'],
      '--oauth-introspection needs a client',
    ],
    [
      'exchange without a client',
      [...BASE, ...GRAFANA, '--grafana-identity', 'exchange'],
      '--grafana-identity exchange needs a client',
    ],
    ['a client without a secret', [...BASE, '--oauth-client-id', 'a'], 'is an id and a secret'],
    ['a secret without a client', [...BASE, '--oauth-client-secret', 'hunter2'], 'is an id and a secret'],
    ['a secret twice', [...BASE, ...CLIENT, '--oauth-client-secret-file', 'f'], 'is an id and a secret'],
    ['a matcher without a claim', [...BASE, '--oauth-matchers', 'namespace'], 'is not LABEL=CLAIM'],
    ['a matcher without a label', [...BASE, '--oauth-matchers', '=groups'], 'is not LABEL=CLAIM'],
    [
      'another identity',
      [...BASE, '--grafana-identity', 'token'],
      'Use one of: server, assertion, proxy-header, exchange.',
    ],
    ['an identity without a Grafana', [...BASE, '--grafana-identity', 'proxy-header'], 'needs a Grafana'],
    [
      'an assertion without a key',
      [...BASE, ...GRAFANA, '--grafana-identity', 'assertion'],
      'openssl genpkey',
    ],
    [
      'a key that signs nothing',
      [...BASE, '--grafana-signing-key-file', 'k'],
      'Set --grafana-identity assertion',
    ],
    [
      'an audience of nothing',
      [...BASE, ...GRAFANA, '--grafana-identity', 'proxy-header', '--grafana-identity-audience', 'a'],
      '--grafana-identity-audience is given, and',
    ],
    [
      'a header of nothing',
      [...BASE, '--grafana-identity-header', 'X-A'],
      '--grafana-identity-header is given, and',
    ],
    [
      'a header of the connection',
      [...BASE, ...GRAFANA, '--grafana-identity', 'proxy-header', '--grafana-identity-header', 'Host'],
      'cannot name a person',
    ],
    [
      'a header that is none',
      [...BASE, ...GRAFANA, '--grafana-identity', 'proxy-header', '--grafana-identity-header', 'a b'],
      'cannot name a person',
    ],
  ])('%s', (_name, argv, text) => {
    const refused = refusal(argv);
    expect(refused).toContain(text);
    expect(refused).not.toContain('hunter2');
  });
});

test.each([
  ['https://login.example.com', true],
  ['http://localhost:8080/a', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:8080', true],
  ['http://login.example.com', false],
  ['http://localhost.example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['https://u@login.example.com', false],
  ['file:///etc/passwd', false],
  ['login', false],
])('%s is secure: %s', (address, isSecure) => {
  expect(isSecureAddress(address)).toBe(isSecure);
});
