import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { TOOLS } from '../src/tools/index.js';
import { askerIn, createEnvironment, demoSource, fixture, INCIDENT_WINDOW } from './support/ask.js';
import { SIGNAL, SUMMARY, scene, TWO } from './support/grafana-scene.js';
import { exchange, json, replay } from './support/recorded-grafana.js';
import { dataSource, PYROSCOPE, type Scene } from './support/small-grafana.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// Data sources of a Grafana, as agents and operators see them and as requests on the wire.

describe('a disabled data source', () => {
  test('is what every one is at first; no tool sends a query to any, and the answer is the command', async () => {
    const { ask, grafana } = await scene(TWO);
    for (const { name } of TOOLS) {
      for (const source of [undefined, 'second', 'name-SECOND']) {
        const takesSource = name !== 'list_data_sources';
        const args = {
          ...TOOL_CALLS[name]?.arguments,
          ...(source === undefined || !takesSource ? {} : { source }),
        };
        const { text } = await ask(name, args);
        const uid = source === undefined ? 'first' : 'second';
        expect(text).toContain(`pyroscope-mcp sources enable ${uid}`);
      }
    }
    expect(grafana.queries()).toEqual([]);
    expect(grafana.seen.some(({ path }) => path.includes('/health') || path.includes('/resources'))).toBe(
      false,
    );
  });

  test('is not queried beside an enabled one', async () => {
    const { ask, grafana, sources } = await scene(TWO);
    await sources.enable(['second'], SIGNAL);
    for (const { name } of TOOLS) await ask(name, TOOL_CALLS[name]?.arguments ?? {});
    expect(grafana.queries().length).toBeGreaterThan(0);
    expect(grafana.queries().every((path) => path.startsWith('/api/datasources/proxy/uid/second/'))).toBe(
      true,
    );
  });

  test('is not queried by one who got hold of it before', async () => {
    const { grafana, sources, environment } = await scene(TWO);
    await sources.enable(['first'], SIGNAL);
    const source = await environment.context.sources.pick('first', SIGNAL);
    await source.dataRange(SIGNAL);
    const before = grafana.queries().length;
    await sources.disable(['first'], SIGNAL);
    await expect(source.dataRange(SIGNAL)).rejects.toThrow(/is disabled, so it is not queried/);
    await expect(sources.health('first', SIGNAL)).rejects.toThrow(/is disabled/);
    expect(grafana.queries()).toHaveLength(before);
  });

  test('counts from the next question on, whoever enabled it, without a restart', async () => {
    const { ask, sources, again } = await scene(TWO);
    expect((await ask('summarize_profile', SUMMARY)).isError).toBe(true);
    const elsewhere = again({ stateFile: sources.stateFile });
    await elsewhere.enable(['second'], SIGNAL);
    const { text, isError } = await ask('summarize_profile', SUMMARY);
    expect(isError).toBe(false);
    expect(text).toContain('from source name-second');
    await elsewhere.disable(['name-second'], SIGNAL);
    expect((await ask('summarize_profile', SUMMARY)).text).toContain('No data source is enabled.');
  });

  test('has a command that a shell reads rightly, whatever its uid', async () => {
    const { ask } = await scene({ sources: [dataSource(1, "it's; rm -rf $HOME")] });
    const { text } = await ask('list_services', {});
    expect(text).toContain(`pyroscope-mcp sources enable 'it'\\''s; rm -rf $HOME'`);
  });
});

describe('the configuration decides', () => {
  test('and then only it', async () => {
    const { ask, sources, grafana, again } = await scene(TWO);
    await sources.enable(['first'], SIGNAL);
    const declared = again({ stateFile: sources.stateFile, declared: ['second', 'third'] });
    const listed = await declared.list(SIGNAL);
    expect(listed.map(({ uid, enabled, source }) => [uid, enabled, source !== null])).toEqual([
      ['second', true, true],
      ['first', false, false],
      ['third', true, false],
    ]);
    expect(listed[1]?.obstacle?.next).toContain('add first to PYROSCOPE_MCP_ENABLED_SOURCES');
    await expect(declared.enable(['first'], SIGNAL)).rejects.toThrow(/PYROSCOPE_MCP_ENABLED_SOURCES decides/);
    await expect(declared.disable(['second'], SIGNAL)).rejects.toThrow(/decides/);
    expect(grafana.queries()).toEqual([]);
    expect((await ask('list_data_sources')).isError).toBe(false);
  });
});

describe('the list of data sources', () => {
  test('shows enabled, disabled and missing ones', async () => {
    const { ask, sources, grafana } = await scene({ sources: [...TWO.sources, dataSource(3, 'third')] });
    await sources.enable(['second', 'third'], SIGNAL);
    grafana.scene.sources.pop();
    await sources.refresh(SIGNAL);
    expect((await ask('list_data_sources')).text).toMatchInlineSnapshot(`
      "Data sources:
      name-second (uid second, grafana, enabled, default): data from 1970-01-01T00:00:01Z to 2026-11-20T15:00:00Z
      name-first (uid first, grafana, disabled): Only a person can enable it: pyroscope-mcp sources enable first
      name-third (uid third, grafana, missing): The data source "name-third" (uid third) is missing: Grafana does not show it any more."
    `);
    const { data_sources } = JSON.parse((await ask('list_data_sources', { format: 'json' })).text);
    expect(data_sources).toMatchObject([
      {
        name: 'name-second',
        uid: 'second',
        kind: 'grafana',
        enabled: true,
        default: true,
        newest: '2026-11-20T15:00:00Z',
      },
      { uid: 'first', enabled: false, default: false, oldest: null, newest: null },
      { name: 'name-third', uid: 'third', enabled: true, default: false, oldest: null, newest: null },
    ]);
  });

  test('says what was visible and what is missing when there is none', async () => {
    const sources = [dataSource(1, 'p', { type: 'prometheus' }), dataSource(2, 'q', { type: 'prometheus' })];
    const { ask, grafana } = await scene({ sources: [...sources, dataSource(3, 'l', { type: 'loki' })] });
    for (const tool of ['list_data_sources', 'list_services']) {
      const { text } = await ask(tool);
      expect(text).toContain(
        'shows this token 3 data sources (2 prometheus, 1 loki), none of type Pyroscope.',
      );
      expect(text).toContain('lacks the permission Query on it');
    }
    grafana.scene.permissions = { 'datasources:read': ['datasources:*'] };
    expect((await ask('list_services')).text).toContain('lacks the permission datasources:query');
  });

  test('names what is wrong with Grafana, and other sources are there all the same', async () => {
    const { grafana, sources } = await scene({
      override: (_, response) => {
        replay(exchange('12.3', '/api/datasources, bad token (random)'), response);
        return true;
      },
    });
    const ask = askerIn(createEnvironment([demoSource()], [], sources));
    const { text } = await ask('list_data_sources');
    // Grafana decides which source a call without one is about, so there is no default now.
    expect(text).toMatch(/^demo \(uid files, files, enabled\)/m);
    expect(text).toContain('This Grafana does not know the token');
    expect((await ask('summarize_profile', { ...SUMMARY, source: 'demo' })).isError).toBe(false);
    const { text: refusal, isError } = await ask('summarize_profile', SUMMARY);
    expect(isError).toBe(true);
    expect(refusal).toMatch(
      /^This Grafana does not know the token \(HTTP 401\)[\s\S]*GRAFANA_SERVICE_ACCOUNT_TOKEN/,
    );
    expect(grafana.queries()).toEqual([]);
  });
});

describe('a uid with a hyphen', () => {
  const cut: Partial<Scene> = {
    sources: [dataSource(7, 'my-pyro-1')],
    // Grafana 9.4 asks Pyroscope for /-pyro-1/querier…, which it does not know.
    override: (path, response) => {
      if (!path.startsWith('/api/datasources/proxy/uid/my-pyro-1/')) return false;
      replay(exchange('9.4', 'unknown method'), response);
      return true;
    },
  };

  test('is asked for by number where an old Grafana cuts it, and then always', async () => {
    const { ask, sources, grafana } = await scene(cut);
    await sources.enable(['my-pyro-1'], SIGNAL);
    expect((await ask('summarize_profile', SUMMARY)).isError).toBe(false);
    const paths = grafana.queries();
    expect(paths.filter((path) => path.includes('/uid/'))).toHaveLength(1);
    expect(paths.filter((path) => path.startsWith('/api/datasources/proxy/7/')).length).toBeGreaterThan(1);
  });

  test('is asked for by itself where it works', async () => {
    const { ask, sources, grafana } = await scene({ sources: [dataSource(7, 'my-pyro-1')] });
    await sources.enable(['my-pyro-1'], SIGNAL);
    expect((await ask('summarize_profile', SUMMARY)).isError).toBe(false);
    expect(grafana.queries().every((path) => path.startsWith('/api/datasources/proxy/uid/my-pyro-1/'))).toBe(
      true,
    );
  });

  test('the first failure is the one that counts where neither works', async () => {
    const { ask, sources } = await scene({
      ...cut,
      override: (path, response) => {
        if (!path.includes('/proxy/')) return false;
        if (path.includes('/uid/')) replay(exchange('9.4', 'unknown method'), response);
        else json(response, { message: 'Not found' }, 404);
        return true;
      },
    });
    await sources.enable(['my-pyro-1'], SIGNAL);
    expect((await ask('list_services', { from: 'now-1h' })).text).toContain('404 page not found');
  });

  test('a uid that looks like a path stays one', async () => {
    const { ask, sources, grafana } = await scene({ sources: [dataSource(0, '../admin')] });
    await sources.enable(['../admin'], SIGNAL);
    await ask('list_services', { from: 'now-1h' });
    expect(grafana.queries()[0]).toMatch(/^\/api\/datasources\/proxy\/uid\/\.\.%2Fadmin\/querier/);
  });
});

test('fifty data sources cost two requests to find, and a list asks only the enabled ones', async () => {
  const many = Array.from({ length: 50 }, (_, index) => dataSource(index + 1, `u${index}`));
  const { ask, sources, grafana } = await scene({ sources: many });
  expect(await sources.list(SIGNAL)).toHaveLength(50);
  expect(grafana.seen).toHaveLength(2);
  await sources.enable(['u3', 'u7'], SIGNAL);
  const { text } = await ask('list_data_sources');
  expect(Buffer.byteLength(text)).toBeLessThan(4_800);
  const uids = new Set(grafana.queries().map((path) => path.split('/')[5]));
  expect([...uids].sort()).toEqual(['u3', 'u7']);
});

describe('the link at the end of an answer', () => {
  const settings = { appUrl: 'https://public.example.com/grafana/', apps: { 'grafana-pyroscope-app': {} } };
  const cases = [
    ['summarize_profile', SUMMARY],
    ['query_profile', { ...SUMMARY, view: 'top' }],
    ['query_profile', { ...SUMMARY, view: 'tree' }],
    ['query_profile', { ...SUMMARY, focus: 'no such function' }],
  ] as const;

  test.each(cases)('%s %j', async (tool, args) => {
    const { ask, sources } = await scene({ ...TWO, settings });
    await sources.enable(['first'], SIGNAL);
    const { text } = await ask(tool, args);
    const lines = text.split('\n');
    const url = /^Open in Grafana Profiles Drilldown: (\S+)$/.exec(lines.at(-1) ?? '')?.[1] ?? '';
    expect(text.match(/https?:\/\//g)).toHaveLength(1);
    const { origin, pathname, searchParams } = new URL(url);
    expect(origin + pathname).toBe('https://public.example.com/grafana/a/grafana-pyroscope-app/explore');
    expect(searchParams.get('var-dataSource')).toBe('first');
    expect(Number(searchParams.get('from'))).toBe(Date.parse(INCIDENT_WINDOW.from));
    const { links } = JSON.parse((await ask(tool, { ...args, format: 'json' })).text);
    expect(links).toEqual([{ title: 'Grafana Profiles Drilldown', url }]);
  });

  test.each(['get_timeline', 'inspect_function'])('%s leads to the profile', async (tool) => {
    const place = {
      baseUrl: 'https://public.example.com',
      orgId: 1,
      uid: 'u',
      type: PYROSCOPE,
      drilldown: false,
    };
    const ask = askerIn(createEnvironment([{ ...demoSource(), place }]));
    const { text } = await ask(tool, { ...TOOL_CALLS[tool]?.arguments, format: 'text' });
    expect(text.split('\n').at(-1)).toMatch(
      /^Open in Grafana Explore: https:\/\/public\.example\.com\/explore\?/,
    );
    expect(text.match(/https?:\/\//g)).toHaveLength(1);
  });

  test.each(['compare_profiles', 'investigate'])('%s leads to the difference', async (tool) => {
    const place = {
      baseUrl: 'https://public.example.com',
      orgId: 1,
      uid: 'u',
      type: PYROSCOPE,
      drilldown: true,
    };
    const ask = askerIn(createEnvironment([{ ...demoSource(), place }]));
    const { text } = await ask(tool, { service: 'checkout-api', ...INCIDENT_WINDOW });
    const url = /^Open in Grafana Profiles Drilldown, difference: (\S+)$/.exec(
      text.split('\n').at(-1) ?? '',
    )?.[1];
    const { searchParams } = new URL(url ?? '');
    expect(text.match(/https?:\/\//g)).toHaveLength(1);
    expect(searchParams.get('explorationType')).toBe('diff-flame-graph');
    expect(searchParams.get('diffTo-2')).toBe(String(Date.parse(INCIDENT_WINDOW.to)));
    expect(Number(searchParams.get('diffTo'))).toBeLessThanOrEqual(Number(searchParams.get('diffFrom-2')));
    const { links } = JSON.parse(
      (await ask(tool, { service: 'checkout-api', ...INCIDENT_WINDOW, format: 'json' })).text,
    );
    expect(links).toEqual([{ title: 'Grafana Profiles Drilldown, difference', url }]);
  });

  test('investigate leads to the type of its first finding', async () => {
    const place = { baseUrl: 'https://g', orgId: 1, uid: 'u', type: PYROSCOPE, drilldown: true };
    const directory = fixture('incidents', '05-notify-goroutines');
    const ask = askerIn(createEnvironment([{ ...createFilesSource({ directory }), place }]));
    const { text } = await ask('investigate', { service: 'notification-hub', ...INCIDENT_WINDOW });
    expect(text.split('\n').at(-1)).toContain(
      'var-profileMetricId=goroutine:goroutine:count:goroutine:count',
    );
  });

  test('there is none about other sources', async () => {
    const { text } = await askerIn(createEnvironment([demoSource()]))('summarize_profile', SUMMARY);
    expect(text).not.toMatch(/https?:\/\//);
  });
});

test('no secret gets out, whatever Grafana echoes', async () => {
  const secrets = ['glsa_planted_0123456789', 'header-planted-secret', 'proxy-planted-pass'];
  const echo = secrets.join(' ');
  const settings = {
    datasources: { d: { id: 1, uid: 'd', type: 'phlare', basicAuth: `Basic ${echo}` } },
    secret: echo,
  };
  const { ask, sources, grafana, log } = await scene(
    { ...TWO, settings },
    { headers: { 'X-Access': 'header-planted-secret' } },
  );
  const shown: string[] = [];
  const collect = async () => {
    for (const { name } of TOOLS) {
      for (const format of ['text', 'json']) {
        shown.push((await ask(name, { ...TOOL_CALLS[name]?.arguments, format })).text);
      }
    }
  };
  await sources.enable(['first'], SIGNAL);
  await collect();
  for (const status of [400, 401, 403, 404, 500, 502]) {
    grafana.scene.override = (path, response) => {
      if (!path.includes('/proxy/')) return false;
      const sent = grafana.seen.at(-1)?.headers ?? {};
      json(response, { message: `Permissions needed: ${sent.authorization} ${sent['x-access']}` }, status);
      return true;
    };
    await collect();
  }
  shown.push(log.join(''), readFileSync(sources.stateFile, 'utf8'), inspect(sources, { depth: 3 }));
  for (const secret of secrets) expect(shown.filter((text) => text.includes(secret))).toEqual([]);
});
