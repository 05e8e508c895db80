import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusalFrom } from '../../../test/support/refusal.js';
import { ROOT } from '../../../test/support/root.js';
import { OPTIONS, type Option } from '../options.js';
import { loadConfig, readConfig } from '../read.js';
import { parseConfigFile } from './config-file.js';
import { nameStoreKeys, STORE_KEYS } from './store-keys.js';

const SECRET = 'hunter2-s3cr3t';
const FILE = '/etc/pyroscope-mcp/config.yaml';
const ENV = { PROD_TOKEN: SECRET, STAGE_PASSWORD: `${SECRET}-2`, GRAFANA_HOST: 'grafana.example.com' };

function read(text: string, env: Record<string, string> = ENV, argv: readonly string[] = []) {
  return readConfig(argv, env, parseConfigFile(text, FILE, env));
}

function refusal(text: string, env: Record<string, string> = ENV, argv: readonly string[] = []): string {
  return refusalFrom(() => read(text, env, argv));
}

const GRAFANA = {
  token: null,
  tokenFile: null,
  username: null,
  password: null,
  orgId: null,
  headers: {},
  caFile: null,
};

test('stores of every kind are read in the order of the file', () => {
  const config = read(`
# A comment
log-level: info
stores:
  prod:
    grafana: https://\${GRAFANA_HOST}/ops/
    token: \${PROD_TOKEN}
    org-id: 7
    extra-headers: {X-Access: {env: PROD_TOKEN}}
    ca-file: ca.pem
    enabled-sources: [abc, def]
  staging:
    pyroscope: http://pyroscope.staging:4040
    username: reader
    password: {env: STAGE_PASSWORD}
    tenant-id: 0123
  incident:
    profiles: ./4711
`);
  expect(config.stores).toEqual([
    {
      kind: 'grafana',
      name: 'prod',
      settings: {
        ...GRAFANA,
        url: 'https://grafana.example.com/ops',
        token: SECRET,
        orgId: 7,
        headers: { 'X-Access': SECRET },
        caFile: '/etc/pyroscope-mcp/ca.pem',
      },
      enabledSources: ['abc', 'def'],
    },
    {
      kind: 'pyroscope',
      name: 'staging',
      settings: {
        url: 'http://pyroscope.staging:4040',
        token: null,
        username: 'reader',
        password: `${SECRET}-2`,
        tenant: '0123',
      },
    },
    { kind: 'files', name: 'incident', directory: '/etc/pyroscope-mcp/4711' },
  ]);
  expect(config.logLevel).toBe('info');
  expect(config.secrets).toEqual(
    expect.arrayContaining([SECRET, `${SECRET}-2`, `reader:${SECRET}-2`, `{"X-Access":"${SECRET}"}`]),
  );
});

test('the example of the page is read', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'operate', 'configuration.md'), 'utf8');
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const config = read(example, { GRAFANA_TEAM_B_TOKEN: 'b', EDGE_PASSWORD: 'e' });
  expect(config.stores.map(({ name, kind }) => [name, kind])).toEqual([
    ['prod', 'grafana'],
    ['team-b', 'grafana'],
    ['edge', 'pyroscope'],
    ['incident-4711', 'files'],
  ]);
});

test('a token in a file is read again while the server runs, and another secret once', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
  writeFileSync(path.join(directory, 'password'), `${SECRET}\n`);
  const text = `
stores:
  a: {grafana: grafana.example.com, token: {file: token}}
  b: {pyroscope: "http://localhost:4040", username: u, password: {file: password}}
`;
  const file = path.join(directory, 'config.yaml');
  const { stores, secretFiles, secrets } = readConfig([], {}, parseConfigFile(text, file, {}));
  expect(stores).toMatchObject([
    { settings: { token: null, tokenFile: path.join(directory, 'token') } },
    { settings: { password: SECRET } },
  ]);
  expect(secretFiles).toEqual([path.join(directory, 'token')]);
  expect(secrets).toContain(SECRET);
});

test('a file without stores has the settings of the flags, and the single store of flags', () => {
  const config = read(`
grafana-url: https://grafana.example.com
grafana-token: {env: PROD_TOKEN}
http: 8080
http-tokens: ["\${PROD_TOKEN}", {env: STAGE_PASSWORD}]
http-view: true
request-timeout: 12.5
own-code: [^com/acme, "a$"]
cache-url: redis://cache:6379
state-dir: state
cache-dir: none
`);
  expect(config).toMatchObject({
    stores: [{ kind: 'grafana', name: null, settings: { token: SECRET } }],
    http: { host: '127.0.0.1', port: 8080 },
    httpSettings: { access: { tokens: [SECRET, `${SECRET}-2`] }, hasView: true },
    requestTimeoutMs: 12_500,
    ownCode: ['^com/acme', 'a$'],
    cache: { url: 'redis://cache:6379', directory: 'none' },
    stateDirectory: '/etc/pyroscope-mcp/state',
  });
});

test('a flag wins over the environment, and the environment over the file', () => {
  const text = 'request-timeout: 1\ncall-timeout: 2\nmax-response: 3\nallow-unauthenticated: true';
  const env = { PYROSCOPE_MCP_REQUEST_TIMEOUT: '10', PYROSCOPE_MCP_CALL_TIMEOUT: '20' };
  const config = read(text, env, ['--request-timeout', '100']);
  expect([config.requestTimeoutMs, config.callTimeoutMs, config.maxResponseBytes]).toEqual([
    100_000,
    20_000,
    3 * 2 ** 20,
  ]);
  expect(config.httpSettings.access.allowUnauthenticated).toBe(true);
  const off = { ...env, PYROSCOPE_MCP_ALLOW_UNAUTHENTICATED: 'no' };
  expect(read(text, off).httpSettings.access.allowUnauthenticated).toBe(false);
});

test('the value of a variable cannot add a setting', () => {
  const env = { NAME: 'x\nlog-level: debug', LIST: 'a\n    tenant-id: evil' };
  const text = `allowed-hosts: "\${NAME}"\nstores:\n  a:\n    pyroscope: http://h:1\n    tenant-id: \${LIST}`;
  const config = read(text, env);
  expect(config.logLevel).toBe('warn');
  expect(config.stores).toMatchObject([{ settings: { tenant: env.LIST } }]);
});

test('an error shows no value of a variable, whatever setting refers to it', () => {
  const values = [`log-level: x\${PROD_TOKEN}`, `http: "\${PROD_TOKEN}"`, `cache-url: "\${PROD_TOKEN}"`];
  for (const text of values) {
    const refused = refusal(text);
    expect(refused).not.toContain(SECRET);
    expect(refused).toContain(`\${PROD_TOKEN}`);
  }
  const quoted = refusal(`http: "\${ODD}"`, { ODD: 'a"b\\c\nd' });
  expect(quoted).toContain(`http "\${ODD}" is not`);
});

test('the characters of a reference are written with a second dollar', () => {
  expect(read(`own-code: "$\${NAME}$"`, {}).ownCode).toEqual([`\${NAME}$`]);
});

describe('a mistake names file, line and key, and what to do', () => {
  const single = 'stores:\n  a:\n    grafana: https://g.example.com\n';
  test.each<[string, string, RegExp]>([
    [
      'an unknown key',
      'log-levle: info',
      /^.*config\.yaml:1: there is no key "log-levle"\.\nNext: Did you mean "log-level"\?$/,
    ],
    ['a variable as a key', 'PYROSCOPE_MCP_LOG_LEVEL: info', /Did you mean "log-level"\?/],
    [
      'a flag of a command',
      'min-share: 3',
      /:1: there is no key "min-share"; it is a flag of the command gate\./,
    ],
    ['the file itself', 'config: other.yaml', /:1: there is no key "config"/],
    ['help', 'help: true', /:1: there is no key "help"/],
    [
      'an unknown key of a store',
      `${single}    tokn: x`,
      /:4: there is no key "stores\.a\.tokn"\.\nNext: Did you mean "token"\?/,
    ],
    [
      'a flag as a key of a store',
      `${single}    grafana-token: x`,
      /:4: there is no key "stores\.a\.grafana-token"\.\nNext: Did you mean "token"\?/,
    ],
    [
      'a flag as the address',
      'stores:\n  a:\n    grafana-url: x',
      /there is no key "stores\.a\.grafana-url"\.\nNext: Did you mean "grafana"\?/,
    ],
    ['a setting of another kind', `${single}    tenant-id: x`, /:4: there is no key "stores\.a\.tenant-id"/],
    [
      'a store without an address',
      `stores:\n  a:\n    token: \${PROD_TOKEN}`,
      /:\d: stores\.a says nowhere where .*\nNext: Give it exactly one of: grafana, pyroscope, profiles\./,
    ],
    ['two addresses', `${single}    profiles: x`, /stores\.a says twice where/],
    ['no stores', 'stores: {}', /:1: stores is not a map of names/],
    ['stores as a list', 'stores: [a]', /:1: stores is not a map of names/],
    ['a store that is a text', 'stores:\n  a: b', /:2: stores\.a says nowhere/],
    ['a name with a slash', 'stores:\n  a/b: {profiles: x}', /:2: "a\/b" cannot be the name of a store/],
    ['an empty name', 'stores:\n  "": {profiles: x}', /:2: "" cannot be the name/],
    [
      'names that differ in case',
      'stores:\n  a: {profiles: x}\n  A: {profiles: y}',
      /:3: the stores a and A differ in case only/,
    ],
    [
      'a literal token',
      `${single}    token: ${SECRET}`,
      /:4: stores\.a\.token holds the secret itself\.\nNext: Write \$\{NAME\}, \{env: NAME\} or \{file: PATH\}/,
    ],
    [
      'a literal header',
      `${single}    extra-headers: {X-A: ${SECRET}}`,
      /:4: stores\.a\.extra-headers\.X-A holds the secret itself/,
    ],
    [
      'literal headers as JSON',
      `${single}    extra-headers: '{"X-A":"${SECRET}"}'`,
      /extra-headers holds the secret itself/,
    ],
    ['a literal bearer token', `http-tokens: [${SECRET}]`, /:1: http-tokens holds the secret itself/],
    [
      'a literal password in a URL',
      `cache-url: redis://u:${SECRET}@h:1`,
      /:1: cache-url holds the secret itself/,
    ],
    [
      'a variable that is not set',
      `${single}    token: \${NOPE}`,
      /:4: stores\.a\.token refers to the variable NOPE, which is not set\.\nNext: Set NOPE/,
    ],
    ['an odd variable', `${single}    token: \${A-B}`, /refers to "A-B", which is no name of a variable/],
    ['an open reference', `${single}    token: "\${PROD_TOKEN"`, /which is no name of a variable/],
    [
      'a file that is missing',
      `stores:\n  a: {pyroscope: "http://h:1", token: {file: /nope/nope}}`,
      /:2: stores\.a\.token refers to a file that cannot be read \(ENOENT\)/,
    ],
    [
      'a token and its file',
      `${single}    token: {file: a}\n    token-file: b`,
      /:5: stores\.a\.token-file is given twice/,
    ],
    ['a map that is no reference', 'log-level: {a: b}', /:1: log-level is not a text/],
    [
      'two references',
      `${single}    token: {env: PROD_TOKEN, file: x}`,
      /:4: stores\.a\.token is not a text/,
    ],
    ['a list for one value', 'http: [1, 2]', /:1: http is a list, and takes one value/],
    ['a list in a list', 'own-code: [[a]]', /:1: own-code is not a text/],
    ['a comma in a list', 'own-code: ["a{1,2}"]', /:1: entry 1 of own-code has a comma/],
    ['no value', 'log-level:', /:1: log-level has no value/],
    ['an empty value', 'log-level: ""', /:1: log-level is empty/],
    ['a key twice', 'http: 1\nlog-level: info\nhttp: 2', /:3: the key "http" stands here a second time/],
    ['an empty file', '# nothing\n', /:1: it holds no settings/],
    ['a list', '- a', /:1: the file is not a map/],
    ['a text', 'grafana', /:1: the file is not a map/],
    ['bad indentation', 'stores:\n  a:\n   - b\n  c', /:\d: this is not YAML that can be read \(/],
    ['two documents', 'http: 1\n---\nhttp: 2', /this is not YAML that can be read \(multiple docs\)/],
    ['an alias', 'http: &a 1\nlog-level: *a', /:1: aliases and anchors are not taken/],
    ['a tag', 'http: !!js/function "x"', /:1: this is not YAML that can be read \(tag resolve failed\)/],
    ['deep nesting', `http: ${'['.repeat(50)}${']'.repeat(50)}`, /nested too deep/],
    [
      'a merge key',
      'stores:\n  a: {profiles: x}\n  b:\n    <<: {profiles: y}',
      /there is no key "stores\.b\.<<"/,
    ],
    [
      'a value that its reader refuses',
      'http: nonsense',
      /^.*config\.yaml:1: http "nonsense" is not \[HOST:\]PORT\./,
    ],
    [
      'a number that its reader refuses',
      '\n\nrequest-timeout: -1',
      /:3: request-timeout "-1" is not a positive number/,
    ],
    ['a switch that its reader refuses', 'http-view: perhaps', /:1: http-view "perhaps" is not a yes or no/],
    ['a choice that its reader refuses', 'log-level: loud', /:1: log-level "loud" is not valid/],
    [
      'an address that its reader refuses',
      'stores:\n  a: {pyroscope: "ftp://h"}',
      /:2: stores\.a\.pyroscope "ftp:\/\/h" is not an http\(s\) URL/,
    ],
    [
      'an organisation that its reader refuses',
      `${single}    org-id: main`,
      /:4: stores\.a\.org-id "main" is not the number of an organisation/,
    ],
    [
      'credentials in an address',
      'stores:\n  a:\n    grafana: https://u:p@h',
      /:3: stores\.a\.grafana carries credentials\.\nNext: Put them in token, or username and password\./,
    ],
    [
      'a token and a user',
      `${single}    token: {env: PROD_TOKEN}\n    username: u\n    password: {env: PROD_TOKEN}`,
      /:\d: stores\.a: Both a token and a user are set for Grafana\.\nNext: Set token, or username and password\./,
    ],
    [
      'a single store next to the stores',
      `grafana-url: https://g\n${single}`,
      /^The key grafana-url configures a single store, and .*config\.yaml names its stores \(a\)/,
    ],
  ])('%s', (_name, text, expected) => {
    const refused = refusal(text);
    expect(refused).toMatch(expected);
    expect(refused).not.toContain(SECRET);
    if (!refused.startsWith('The key')) expect(refused).toMatch(/^\/etc\/pyroscope-mcp\/config\.yaml:\d+: /);
    expect(refused).toMatch(/\nNext: \S/);
  });

  test('that of a flag or a variable is told as ever', () => {
    expect(refusal('http: 8080', {}, ['--http', 'x'])).toMatch(/^--http "x" is not/);
    expect(refusal('log-level: info', { PYROSCOPE_MCP_CACHE_URL: 'x' })).toMatch(
      /^PYROSCOPE_MCP_CACHE_URL "x"/,
    );
  });
});

describe('stores of a file and settings of a single store', () => {
  const text = `stores:\n  a: {grafana: "\${GRAFANA_URL}", token: "\${GRAFANA_SERVICE_ACCOUNT_TOKEN}"}`;
  const env = { GRAFANA_URL: 'https://g.example.com', GRAFANA_SERVICE_ACCOUNT_TOKEN: SECRET };

  test('a variable that the file refers to may stay', () => {
    expect(read(text, env).stores).toMatchObject([{ name: 'a', settings: { token: SECRET } }]);
  });

  const single = Object.values<Option>(OPTIONS).filter(({ store }) => store !== undefined);
  test.each(single.map(({ env: variable, flag }) => [variable ?? '', flag] as const))(
    '%s or its flag is refused',
    (variable, flag) => {
      const other = 'stores:\n  b: {profiles: x}';
      expect(refusal(other, { [variable]: '1' })).toContain(
        `The variable ${variable} configures a single store`,
      );
      expect(refusal(other, {}, [`--${flag}`, '1'])).toContain(`--${flag} configures a single store`);
      expect(refusal(other, { [variable]: '' })).toBe('taken');
    },
  );

  test('each of them is a key of a store', () => {
    const names = [...STORE_KEYS.values()].flatMap(({ keys }) => [...keys.values()]);
    expect(names.map((name) => OPTIONS[name].flag).sort()).toEqual(single.map(({ flag }) => flag).sort());
  });
});

describe('every setting of the table that is no command’s can stand in the file', () => {
  const options = Object.entries<Option>(OPTIONS).filter(
    ([name, { env, command }]) => env !== null && command === undefined && name !== 'config',
  );
  test.each(options)('%s', (name, { flag, isSecret }) => {
    const file = parseConfigFile(`${flag}: ${isSecret === true ? `\${X}` : 'none'}`, FILE, { X: 'none' });
    const given = [...file.names];
    expect(given).toEqual([name]);
    expect(given.map((option) => file.text(option))).toEqual(['none']);
  });
});

test('advice about settings is told in the words of the file', () => {
  const text = 'Set GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE, GRAFANA_SERVICE_ACCOUNT_TOKEN or PYROSCOPE_URL.';
  expect(nameStoreKeys(text, 'prod', 'grafana')).toBe(
    'Set stores.prod.token-file, stores.prod.token or PYROSCOPE_URL.',
  );
});

test('a file is opened where a flag or the variable names it, and not for help', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'config-'));
  const file = path.join(directory, 'config.yaml');
  writeFileSync(file, 'request-timeout: 5');
  expect((await loadConfig(['--config', file], {})).requestTimeoutMs).toBe(5_000);
  expect((await loadConfig([], { PYROSCOPE_MCP_CONFIG: file })).requestTimeoutMs).toBe(5_000);
  expect((await loadConfig([], { PYROSCOPE_MCP_CONFIG: '' })).requestTimeoutMs).toBe(30_000);
  const missing = path.join(directory, 'nope.yaml');
  await expect(loadConfig(['--config', missing], {})).rejects.toThrow(
    /--config ".*nope\.yaml" cannot be read \(ENOENT\)/,
  );
  expect((await loadConfig(['--help', '--config', missing], {})).help).toBe(true);
  await expect(loadConfig(['--config', directory], {})).rejects.toThrow(/it is a directory/);
});

test('whatever stands in it, a file is read or refused with a line', () => {
  const word = fc.constantFrom(
    'stores',
    'a',
    'grafana',
    'token',
    'env',
    'file',
    'http',
    '*a',
    '&a',
    '<<',
    '!!x',
    `\${X}`,
    '[',
    '{',
    '- ',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '"',
    "'",
    '|',
    '>',
    '#',
    '\t',
    '\0',
    '---',
    '1e999',
    '~',
    '\u{1f4a5}',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      const text = words.join('');
      const refused = refusal(text, { X: 'x' });
      expect(refused === 'taken' || /\.yaml:\d+: |^The key /.test(refused)).toBe(true);
    }),
  );
});
