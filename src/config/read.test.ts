import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusal } from '../../test/support/refusal.js';
import { OPTIONS } from './options.js';
import { readConfig } from './read.js';

const SECRET = 'hunter2-s3cr3t';
const URL_FLAG = ['--pyroscope-url', 'http://localhost:4040'];

function pyroscopeIn(argv: readonly string[], env: Record<string, string>) {
  return readConfig(argv, env).stores.find((store) => store.kind === 'pyroscope')?.settings;
}

test('without arguments the defaults hold', () => {
  expect(readConfig([], {})).toEqual({
    command: null,
    operands: [],
    stores: [],
    ownCode: [],
    stateDirectory: null,
    proxy: null,
    requestTimeoutMs: 30_000,
    callTimeoutMs: 45_000,
    maxResponseBytes: 256 * 2 ** 20,
    cache: { directory: null, url: null },
    http: null,
    allowedHosts: [],
    allowedOrigins: [],
    httpSettings: {
      access: { tokens: [], tokenFile: null, allowUnauthenticated: false },
      limits: { parallelCalls: 8, calls: 256, callsPerClient: 128, callsPerMinute: null },
      hasView: false,
      shutdown: { delayMs: 0, graceMs: 25_000 },
    },
    oauth: null,
    rights: {
      allowedSources: null,
      enforcedMatchers: null,
      callers: null,
      gatewayHeaders: [],
      hasAuditLog: false,
    },
    remembersQueries: true,
    logLevel: 'warn',
    logFormat: null,
    secrets: [],
    secretFiles: [],
    format: null,
    gate: null,
    report: null,
    opensReport: false,
    export: null,
    help: false,
    version: false,
  });
});

test('every flag is read', () => {
  expect(
    readConfig(
      [
        'call',
        'list_services',
        '--profiles=dir',
        ...['--grafana-url', 'https://example.com/grafana/', '--grafana-token-file', 'token'],
        ...[
          '--grafana-org-id',
          '2',
          '--grafana-extra-headers',
          '{"X-Access":"a"}',
          '--grafana-ca-file',
          'ca',
        ],
        ...['--enabled-sources', 'a,b', '--enabled-sources', 'c', '--state-dir', 'state'],
        ...['--own-code', 'com/acme', '--own-code', '^/srv/app/'],
        ...['--pyroscope-url', 'https://example.com/prefix', '--pyroscope-username', 'u'],
        ...['--pyroscope-password', SECRET, '--pyroscope-tenant-id', 't'],
        ...['--request-timeout', '0.5', '--call-timeout', '60', '--max-response', '1'],
        ...['--cache-dir', 'none', '--cache-url', `valkeys://u:${SECRET}@cache.example:6380/1`],
        ...['--http', '0', '--allowed-hosts', 'a.example, b.example', '--allowed-hosts', 'c.example'],
        ...[
          '--allowed-origins',
          'o.example',
          '--allow-unauthenticated',
          '--http-view',
          '--no-query-memory',
          '--log-format',
          'text',
          '--log-level',
          'debug',
          '--format',
          'json',
          '--help',
          '--version',
        ],
        ...['--http-tokens', `${SECRET}, b`, '--http-tokens', 'c', '--http-token-file', 'tokens'],
        ...[
          '--parallel-calls',
          '4',
          '--max-calls',
          '10',
          '--max-calls-per-client',
          '5',
          '--max-calls-per-minute',
          '60',
        ],
        ...['--shutdown-grace', '0.5', '--shutdown-delay', '3'],
        ...['--allowed-sources', 'a,b', '--enforced-matchers', '{team="a"}', '--audit-log'],
        ...['--caller-credentials', 'optional', '--forward-headers', 'Cookie,X-Id-Token'],
        ...['--gateway-headers', 'X-Access'],
        '{"limit":3}',
      ],
      {},
    ),
  ).toEqual({
    command: 'call',
    operands: ['list_services', '{"limit":3}'],
    stores: [
      {
        kind: 'pyroscope',
        name: null,
        settings: {
          url: 'https://example.com/prefix',
          token: null,
          username: 'u',
          password: SECRET,
          tenant: 't',
        },
      },
      {
        kind: 'grafana',
        name: null,
        settings: {
          url: 'https://example.com/grafana',
          token: null,
          tokenFile: 'token',
          username: null,
          password: null,
          orgId: 2,
          headers: { 'X-Access': 'a' },
          caFile: 'ca',
        },
        enabledSources: ['a', 'b', 'c'],
      },
      { kind: 'files', name: null, directory: 'dir' },
    ],
    ownCode: ['com/acme', '^/srv/app/'],
    stateDirectory: 'state',
    proxy: null,
    requestTimeoutMs: 500,
    callTimeoutMs: 60_000,
    maxResponseBytes: 2 ** 20,
    cache: { directory: 'none', url: `rediss://u:${SECRET}@cache.example:6380/1` },
    http: { host: '127.0.0.1', port: 0 },
    allowedHosts: ['a.example', 'b.example', 'c.example'],
    allowedOrigins: ['o.example'],
    httpSettings: {
      access: { tokens: [SECRET, 'b', 'c'], tokenFile: 'tokens', allowUnauthenticated: true },
      limits: { parallelCalls: 4, calls: 10, callsPerClient: 5, callsPerMinute: 60 },
      hasView: true,
      shutdown: { delayMs: 3_000, graceMs: 500 },
    },
    oauth: null,
    rights: {
      allowedSources: ['a', 'b'],
      enforcedMatchers: '{team="a"}',
      callers: {
        mode: 'optional',
        forwardHeaders: ['cookie', 'x-id-token'],
      },
      gatewayHeaders: ['x-access'],
      hasAuditLog: true,
    },
    remembersQueries: false,
    logLevel: 'debug',
    logFormat: 'text',
    secrets: [
      '{"X-Access":"a"}',
      SECRET,
      `valkeys://u:${SECRET}@cache.example:6380/1`,
      `u:${SECRET}`,
      `${SECRET}, b,c`,
    ],
    secretFiles: ['token', 'tokens'],
    format: 'json',
    gate: null,
    report: null,
    opensReport: false,
    export: null,
    help: true,
    version: true,
  });
});

describe('flags and environment', () => {
  const values: Record<string, [string, string]> = {
    profiles: ['one', 'two'],
    enabledSources: ['a', 'b,c'],
    stateDirectory: ['one', 'two'],
    requestTimeout: ['11', '12'],
    callTimeout: ['11', '12'],
    maxResponse: ['11', '12'],
    cacheDir: ['a', 'b'],
    cacheUrl: ['redis://a:6379', 'rediss://b:6379'],
    http: ['8080', '[::1]:9090'],
    allowedHosts: ['a', 'b,c'],
    allowedOrigins: ['a', 'b,c'],
    httpTokens: ['a', 'b,c'],
    httpTokenFile: ['a', 'b'],
    parallelCalls: ['11', '12'],
    maxCalls: ['11', '12'],
    maxCallsPerClient: ['11', '12'],
    maxCallsPerMinute: ['11', '12'],
    shutdownGrace: ['11', '0'],
    shutdownDelay: ['11', '0.5'],
    logLevel: ['error', 'info'],
    logFormat: ['json', 'text'],
  };

  test.each(Object.entries(values))('%s: the flag wins over the environment', (name, [first, second]) => {
    const option = Object.entries(OPTIONS).find(([key]) => key === name)?.[1];
    if (option?.env === undefined || option.env === null) throw new Error(`${name} has no variable`);
    const grafana = { GRAFANA_URL: 'https://grafana.example.com' };
    const flag = (value: string) => readConfig([`--${option.flag}`, value], grafana);
    const env = (value: string) => readConfig([], { ...grafana, [option.env]: value });
    expect(env(second)).toEqual(flag(second));
    expect(env(second)).not.toEqual(flag(first));
    expect(readConfig([`--${option.flag}`, first], { ...grafana, [option.env]: second })).toEqual(
      flag(first),
    );
  });

  test.each([
    ['1', true],
    ['true', true],
    ['YES', true],
    ['0', false],
    ['false', false],
    ['off', false],
    ['', false],
  ])('a switch by its variable: %j', (value, isExpected) => {
    const { access } = readConfig([], { PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED: value }).httpSettings;
    expect(access.allowUnauthenticated).toBe(isExpected);
    const flag = readConfig(['--allow-unauthenticated'], { PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED: value });
    expect(flag.httpSettings.access.allowUnauthenticated).toBe(true);
  });

  test('the Pyroscope options, too', () => {
    const env = {
      PYROSCOPE_URL: 'http://env:4040',
      PYROSCOPE_TOKEN: 'env-token',
      PYROSCOPE_TENANT_ID: 'env-tenant',
    };
    expect(pyroscopeIn([], env)).toEqual({
      url: 'http://env:4040',
      token: 'env-token',
      username: null,
      password: null,
      tenant: 'env-tenant',
    });
    const flags = [...URL_FLAG, '--pyroscope-token', 'flag-token', '--pyroscope-tenant-id', 'flag-tenant'];
    expect(pyroscopeIn(flags, env)).toMatchObject({
      url: 'http://localhost:4040',
      token: 'flag-token',
      tenant: 'flag-tenant',
    });
    const basic = { PYROSCOPE_USERNAME: 'u', PYROSCOPE_PASSWORD: 'p' };
    expect(pyroscopeIn(URL_FLAG, basic)).toMatchObject({
      username: 'u',
      password: 'p',
      token: null,
    });
  });

  test('an empty variable is one that is not set', () => {
    const empty = Object.values(OPTIONS).flatMap(({ env }) => (env === null ? [] : [[env, '']]));
    expect(readConfig([], Object.fromEntries(empty))).toEqual(readConfig([], {}));
  });
});

describe('the address of --http', () => {
  test.each([
    ['8080', '127.0.0.1', 8080],
    [' 8080 ', '127.0.0.1', 8080],
    ['0', '127.0.0.1', 0],
    ['65535', '127.0.0.1', 65535],
    ['localhost:80', 'localhost', 80],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:8080', '::1', 8080],
    ['[::]:8080', '::', 8080],
    ['[::ffff:127.0.0.1]:80', '::ffff:127.0.0.1', 80],
  ])('%s', (address, host, port) => {
    expect(readConfig(['--http', address], {}).http).toEqual({ host, port });
  });

  test.each([
    'x',
    '65536',
    '99999999',
    '1.5',
    ':80',
    'host:',
    '::1:80',
    '[::1]',
    '[::1]80',
    '[:::::]:80',
    '[zz]:80',
    '[]:80',
    'a b:80',
    'http://localhost:80',
    'user@host:80',
  ])('%s is refused', (address) => {
    expect(refusal(['--http', address])).toBe(
      `--http ${JSON.stringify(address)} is not [HOST:]PORT.\nNext: Example: --http 8080, --http 127.0.0.1:8080 or --http [::1]:8080`,
    );
  });

  test('a switch that is neither yes nor no is refused', () => {
    const env = { PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED: 'perhaps' };
    expect(refusal([], env)).toBe(
      'PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED "perhaps" is not a yes or no.\nNext: Use true or false.',
    );
  });

  test('any address is a port in range or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('1', '9', ':', '[', ']', 'a', '.', ' ') }), (address) => {
        if (refusal([`--http=${address}`]) !== 'taken') return;
        const http = readConfig([`--http=${address}`], {}).http;
        expect(http?.port).toBeLessThanOrEqual(65_535);
        expect(http?.host).toMatch(/^[^\s[\]]+$/);
      }),
    );
  });
});

describe('mistakes are named', () => {
  test.each([
    [['--nope'], "Command line: Unknown option '--nope'."],
    [['--http'], "Command line: Option '--http <value>' argument missing."],
    [['--http='], '--http is empty.\nNext: Give it a value or leave it out.'],
    [['--pyroscope-token', ''], '--pyroscope-token is empty.'],
    [['--request-timeout', '0'], '--request-timeout "0" is not a positive number.\nNext: Default: 30.'],
    [['--request-timeout=-1'], '--request-timeout "-1" is not a positive number.\nNext: Default: 30.'],
    [['--call-timeout', 'x'], '--call-timeout "x" is not a positive number.\nNext: Default: 45.'],
    [
      ['--call-timeout', '86401'],
      '--call-timeout "86401" is over the largest value, 86400.\nNext: Default: 45.',
    ],
    [
      ['--max-response', 'Infinity'],
      '--max-response "Infinity" is not a positive number.\nNext: Default: 256.',
    ],
    [
      ['--log-level', 'loud'],
      '--log-level "loud" is not valid.\nNext: Use one of: error, warn, info, debug.',
    ],
    [['--max-calls', '0'], '--max-calls "0" is not a whole number from 1 to 100000.\nNext: Default: 256.'],
    [
      ['--max-calls-per-client', '1.5'],
      '--max-calls-per-client "1.5" is not a whole number from 1 to 100000.\nNext: Default: 128.',
    ],
    [
      ['--max-calls-per-minute', 'x'],
      '--max-calls-per-minute "x" is not a whole number from 1 to 100000.\nNext: Leave it out for no limit.',
    ],
    [['--shutdown-grace=-1'], '--shutdown-grace "-1" is not a number from 0 to 3600.\nNext: Default: 25.'],
    [['--format', 'yaml'], '--format "yaml" is not valid.\nNext: Use one of: text, json.'],
    [['--pyroscope-url', 'localhost:4040'], 'PYROSCOPE_URL "localhost:4040" is not an http(s) URL.'],
    [['--pyroscope-url', 'file:///x'], 'PYROSCOPE_URL "file:///x" is not an http(s) URL.'],
    [
      [...URL_FLAG, '--pyroscope-token', SECRET, '--pyroscope-username', 'u'],
      'Both a token and a user are set for Pyroscope.',
    ],
    [[...URL_FLAG, '--pyroscope-username', 'u'], 'Basic authentication needs a user and a password.'],
    [[...URL_FLAG, '--pyroscope-password', SECRET], 'Basic authentication needs a user and a password.'],
  ])('%j', (argv, expected) => {
    expect(refusal(argv)).toContain(expected);
  });
});

describe('secrets', () => {
  test.each([
    `http://user:${SECRET}@localhost:4040`,
    `https://${SECRET}@localhost:4040`,
    `ftp://user:${SECRET}@localhost`,
  ])('credentials in the URL %s are refused', (url) => {
    expect(refusal(['--pyroscope-url', url])).toMatch(/^PYROSCOPE_URL carries credentials\./);
  });

  test.each([
    [['--pyroscope-url', `http://user:${SECRET}@localhost:99999`]],
    [['--pyroscope-url', `http://user:a/${SECRET}@[zz]:1`]],
    [['--pyroscope-url', `user:${SECRET}@localhost`]],
    [['--pyroscope-url', `ws://localhost?token=${SECRET}`]],
    [['--pyroscope-url', `ftp://user:${SECRET}@localhost`]],
    [[...URL_FLAG, '--pyroscope-token', SECRET, '--pyroscope-password', SECRET]],
    [[...URL_FLAG, '--pyroscope-password', SECRET]],
    [['--pyroscope-token', `-${SECRET}`]],
    [['--pyroscope-token', `--${SECRET}`]],
    [[`--pyroscope-tokn=${SECRET}`]],
    [['--pyroscope-token', SECRET, '--http', 'x']],
    [[`--help=${SECRET}`]],
  ])('%j is refused without showing them', (argv) => {
    const message = refusal(argv);
    expect(message).not.toBe('taken');
    expect(message).not.toContain(SECRET);
  });

  test('nor does an environment with one', () => {
    const env = { PYROSCOPE_URL: 'x', PYROSCOPE_TOKEN: SECRET, PYROSCOPE_PASSWORD: SECRET };
    expect(refusal([], env)).toBe(
      'PYROSCOPE_URL "x" is not an http(s) URL.\nNext: Example: http://localhost:4040',
    );
  });
});
