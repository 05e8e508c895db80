import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectHttp } from '../support/clients.js';
import { DEMO, run, start } from '../support/process.js';
import { exchange, json, replay } from '../support/recorded-grafana.js';
import { dataSource, type Scene, type SmallGrafana, startSmallGrafana } from '../support/small-grafana.js';

// The built program with a Grafana: the operator's commands, and that a running server sees what they do.

const TOKEN = 'glsa_planted_0123456789';

let grafana: SmallGrafana;
let state: string;
beforeEach(async () => {
  grafana = await startSmallGrafana({
    sources: [
      dataSource(1, 'first', { isDefault: true }),
      dataSource(2, 'second'),
      dataSource(3, 'p', { type: 'prometheus' }),
    ],
  });
  state = mkdtempSync(path.join(tmpdir(), 'state-'));
});
afterEach(() => grafana.close());

function environment(more: Record<string, string> = {}) {
  return { GRAFANA_URL: grafana.url, GRAFANA_SERVICE_ACCOUNT_TOKEN: TOKEN, XDG_STATE_HOME: state, ...more };
}

async function program(args: readonly string[], more: Record<string, string> = {}) {
  const result = await run(args, { env: environment(more) });
  expect(result.stdout + result.stderr).not.toContain(TOKEN);
  return result;
}

describe('sources', () => {
  test('lists, enables and disables; all at first disabled', async () => {
    const none = await program(['sources']);
    expect(none).toMatchObject({ code: 0, stderr: '' });
    expect(none.stdout.trimEnd().split('\n')).toEqual([
      'name-first  uid first  grafana  disabled  enable: pyroscope-mcp sources enable first',
      'name-second  uid second  grafana  disabled  enable: pyroscope-mcp sources enable second',
    ]);
    expect(await program(['sources', 'enable', 'second'])).toMatchObject({
      code: 0,
      stdout: 'enabled  name-second  uid second\n  ok  Data source is working\n',
    });
    expect((await program(['sources', 'refresh'])).stdout.split('\n')[0]).toBe(
      'name-second  uid second  grafana  enabled  (default)',
    );
    expect(grafana.queries()).toEqual([]);
    expect(readFileSync(path.join(state, 'pyroscope-mcp', 'sources.json'), 'utf8')).not.toContain(TOKEN);
    expect((await program(['sources', 'disable', 'second'])).stdout).toBe('disabled  uid second\n');
    expect((await program(['sources'])).stdout).not.toContain('enabled');
  });

  test.each<[string, string[], Record<string, string>, number, string]>([
    ['one that is not there', ['enable', 'nope'], {}, 1, 'There is no Pyroscope data source "nope".'],
    ['none named', ['enable'], {}, 2, 'sources enable needs the uid of a data source.'],
    ['without a Grafana', ['enable', 'a'], { GRAFANA_URL: '' }, 2, 'GRAFANA_URL'],
    [
      'where the configuration decides',
      ['enable', 'first'],
      { PYROSCOPE_MCP_ENABLED_SOURCES: 'x' },
      1,
      'decides which',
    ],
  ])('%s', async (_name, args, more, code, message) => {
    const result = await program(['sources', ...args], more);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  test('a Grafana that refuses', async () => {
    grafana.scene.override = (_, response) => {
      replay(exchange('12.3', 'expired token'), response);
      return true;
    };
    const result = await program(['sources', '--profiles', DEMO]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/^demo .*enabled/);
    expect(result.stderr).toMatch(/^The Grafana token has expired \(HTTP 401\)/);
  });
});

test('a running server takes an enabled source up, and lets a disabled one go', async () => {
  const server = start([], environment());
  let id = 0;
  const call = async () => {
    const message = (method: string, params: object, more: object = {}) =>
      `${JSON.stringify({ jsonrpc: '2.0', method, params, ...more })}\n`;
    if (id === 0) {
      const clientInfo = { name: 't', version: '1' };
      server.child.stdin.write(
        message('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }, { id: 'i' }),
      );
      server.child.stdin.write(message('notifications/initialized', {}));
    }
    id += 1;
    server.child.stdin.write(
      message('tools/call', { name: 'list_services', arguments: { from: 'now-1h' } }, { id }),
    );
    const [line = ''] = await server.seen(new RegExp(`^.*"id":${id}[,}].*$`, 'm'));
    return line;
  };
  expect(await call()).toContain('No data source is enabled.');
  await program(['sources', 'enable', 'first']);
  expect(await call()).not.toContain('No data source is enabled.');
  await program(['sources', 'disable', 'first']);
  const before = grafana.queries().length;
  expect(await call()).toContain('No data source is enabled.');
  expect(grafana.queries()).toHaveLength(before);
  server.child.stdin.end();
  expect((await server.exit).code).toBe(0);
});

test('so does one over HTTP, and with the very next call', async () => {
  const server = start(['--http', '0'], environment());
  const [, url = ''] = await server.seen(/serves MCP at (\S+)/);
  const client = await connectHttp('modern era', url);
  const call = () => client.callTool('list_services', { from: 'now-1h' });
  expect((await call()).text).toContain('No data source is enabled.');
  for (let round = 0; round < 2; round++) {
    await program(['sources', 'enable', 'first']);
    expect((await call()).text).not.toContain('No data source is enabled.');
    await program(['sources', 'disable', 'first']);
    const before = grafana.queries().length;
    expect(before).toBeGreaterThan(0);
    expect(await call()).toEqual({
      text: expect.stringContaining('No data source is enabled.'),
      isError: true,
    });
    expect(await client.callTool('list_services', { source: 'first', from: 'now-1h' })).toEqual({
      text: expect.stringContaining('is disabled, so it is not queried'),
      isError: true,
    });
    expect(grafana.queries()).toHaveLength(before);
  }
  await client.close();
  server.child.kill('SIGTERM');
  expect((await server.exit).code).toBe(0);
});

describe('doctor', () => {
  async function doctor(scene: Partial<Scene> = {}, more: Record<string, string> = {}) {
    Object.assign(grafana.scene, scene);
    const { code, stdout, stderr } = await program(['doctor'], more);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^(?:ok {2}|(?:warn|fail) .* fix: \S)/);
    return { code, stdout };
  }

  const answering =
    (part: string, status: number, body: unknown): Scene['override'] =>
    (requestPath, response) => {
      if (!requestPath.includes(part)) return false;
      json(response, body, status);
      return true;
    };

  test('all well', async () => {
    await program(['sources', 'enable', 'first']);
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    for (const text of [
      `grafana: ${grafana.url}, service account token`,
      'answers, version 12.3.3',
      'its clock agrees',
      'lets this server in as sa-1-viewer, organisation 1 (Main Org.)',
      'may do what is needed: datasources:read, datasources:query',
      'shows its dashboards',
      'name-first (uid first): Grafana finds it healthy',
      'name-first (uid first): holds profiles from 1970-01-01T00:00:01Z',
      'name-second (uid second): disabled, so it was not asked',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(grafana.seen.some(({ path: requestPath }) => requestPath.includes('uid/second'))).toBe(false);
  });

  test('anonymous access', async () => {
    const override = answering('/api/user', 401, { message: 'Unauthorized' });
    const { stdout } = await doctor({ override }, { GRAFANA_SERVICE_ACCOUNT_TOKEN: '' });
    expect(stdout).toContain(
      'grafana: lets this server in without credentials (anonymous access), organisation 1',
    );
    expect(stdout).toContain('answers, version');
    expect(stdout).not.toMatch(/^fail/m);
  });

  test('nothing enabled is a warning with the command', async () => {
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warn .*No data source is enabled.* fix: .*pyroscope-mcp sources enable first$/m);
  });

  test.each<[string, Partial<Scene>, RegExp, number]>([
    ['an old version', { version: '8.5.1' }, /^fail .*version 8\.5\.1 is too old.* fix: Upgrade Grafana/m, 1],
    ['no Pyroscope', { sources: [] }, /^fail .*shows this token no data source at all/m, 1],
    [
      'a missing permission',
      { permissions: { 'datasources:read': ['datasources:*'] } },
      /^fail .*the token lacks datasources:query.* fix: .*role Viewer/m,
      1,
    ],
    [
      'needless rights',
      {
        permissions: {
          'datasources:read': ['datasources:*'],
          'datasources:query': ['datasources:*'],
          'datasources:write': ['datasources:*'],
          'annotations:write': ['x'],
        },
      },
      /^warn .*may do more than is needed: datasources:write {2}fix:/m,
      0,
    ],
    [
      'a refused token',
      { override: answering('/api/user', 401, { messageId: 'api-key.expired', message: 'x' }) },
      /^fail .*token has expired.* fix: Create a service account token/m,
      1,
    ],
    ['no dashboards', { override: answering('/api/search', 200, []) }, /^warn .*shows no dashboard/m, 0],
    [
      'a list that is not allowed',
      { override: answering('/api/datasources', 403, { message: 'Permissions needed: datasources:read' }) },
      /^warn .*list of data sources is not allowed/m,
      1,
    ],
    [
      'another path',
      { override: answering('/api/health', 404, { message: 'Not found' }) },
      /^fail .*fix: .*GRAFANA_URL/m,
      1,
    ],
  ])('%s', async (_name, scene, line, code) => {
    const result = await doctor(scene);
    expect(result.stdout).toMatch(line);
    expect(result.code).toBe(code);
  });

  test.each<[string, Scene['override'], RegExp]>([
    [
      'does not work',
      answering('/first/health', 400, { status: 'ERROR', message: 'unavailable: dial tcp' }),
      /^fail .*finds it not working: unavailable: dial tcp.* fix: Correct URL and credentials/m,
    ],
    [
      'cannot be reached from Grafana',
      (requestPath, response) => {
        if (!requestPath.includes('/proxy/')) return false;
        replay(exchange('12.3', 'data source down'), response);
        return true;
      },
      /^fail .*Grafana cannot reach the Pyroscope behind this data source.* fix: Check that Pyroscope runs/m,
    ],
    [
      'is blocked in the proxy',
      answering('/proxy/', 403, { message: 'Data proxy hostname and ip are not included in whitelist' }),
      /^fail .*proxy is blocked.* fix: .*data_source_proxy_whitelist/m,
    ],
  ])('an enabled source that %s', async (_name, override, line) => {
    await program(['sources', 'enable', 'first']);
    const { code, stdout } = await doctor({ override });
    expect(stdout).toMatch(line);
    expect(code).toBe(1);
  });

  test('one that is missing, a clock that is wrong, another organisation', async () => {
    await program(['sources', 'enable', 'second']);
    grafana.scene.sources.splice(1, 1);
    const skewed: Scene['override'] = (requestPath, response) => {
      if (requestPath === '/api/health')
        response.setHeader('date', new Date(Date.now() - 600_000).toUTCString());
      return false;
    };
    const { stdout } = await doctor({ override: skewed }, { GRAFANA_ORG_ID: '4' });
    expect(stdout).toMatch(/^warn .*name-second.* is missing.* fix: .*sources disable second/m);
    expect(stdout).toMatch(/^warn .*clock is 10 min ahead of Grafana's.* fix: .*NTP/m);
    expect(stdout).toMatch(/^fail .*but GRAFANA_ORG_ID is 4/m);
  });

  test('an address that sends the token in the open', async () => {
    const { stdout } = await doctor({}, { GRAFANA_URL: 'http://grafana.invalid', NO_PROXY: '*' });
    expect(stdout).toMatch(/^warn .*plain HTTP.* fix: Use an https address/m);
  });

  test('nobody there', async () => {
    const { code, stdout } = await doctor({}, { GRAFANA_URL: 'http://127.0.0.1:9/grafana' });
    expect(stdout).toMatch(/^fail .*Grafana cannot be reached.* fix: Check GRAFANA_URL/m);
    expect(code).toBe(1);
  });
});
