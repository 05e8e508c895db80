import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { OPTIONS } from '../src/config/options.js';
import { readConfig } from '../src/config/read.js';
import { learnFrom } from '../src/patterns/learn.js';
import { formatSelector } from '../src/sources/selector.js';
import { createMetrics } from '../src/telemetry/metrics.js';
import { fixture } from './support/ask.js';

// compose.yaml cannot run everywhere, so these tests only check that its files fit together.

const read = (...parts: string[]) => readFileSync(path.join(fixture('..'), ...parts), 'utf8');
const serviceSchema = z.object({
  image: z.string().regex(/:v?\d+\.\d+\.\d+$/, 'pinned'),
  ports: z.array(z.string().startsWith('127.0.0.1:', 'on loopback')),
});
/** A service whose image is built from this repository. */
const ownSchema = z.object({
  build: z.literal('.'),
  image: z.literal('pyroscope-mcp:local'),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string().startsWith('127.0.0.1:', 'on loopback')).default([]),
});
const composeSchema = z.object({
  services: z.strictObject({
    pyroscope: serviceSchema,
    grafana: serviceSchema,
    prometheus: serviceSchema.extend({ volumes: z.tuple([z.string()]) }),
    'demo-app': ownSchema.extend({ entrypoint: z.tuple([z.literal('node'), z.string()]) }),
    'pyroscope-mcp': ownSchema.extend({ command: z.array(z.string()) }),
  }),
});
const sourcesSchema = z.object({
  datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), url: z.string() })),
});

const dashboardSchema = z.object({
  templating: z.object({ list: z.array(z.object({ current: z.object({ value: z.string() }) })) }),
  panels: z.array(
    z.object({
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number() }),
      targets: z.array(z.object({ expr: z.string() })),
    }),
  ),
});

const { services } = composeSchema.parse(parse(read('compose.yaml')));

test('the servers are pinned and listen on loopback, as do ours', () => {
  expect(Object.keys(services)).toEqual(['pyroscope', 'grafana', 'prometheus', 'demo-app', 'pyroscope-mcp']);
});

test('the demo app is a file of ours, mounted where it is started', () => {
  const { entrypoint, volumes } = services['demo-app'];
  const [mount = ''] = volumes;
  const [from = '', to = ''] = mount.split(':');
  expect(existsSync(path.join(fixture('..'), entrypoint[1].replace(to, from)))).toBe(true);
});

test('our server is started with options that exist, for the data source that is provisioned', () => {
  const { command, environment } = services['pyroscope-mcp'];
  const names = new Set<string | null>(Object.values(OPTIONS).map(({ env }) => env));
  expect(Object.keys(environment).filter((name) => !names.has(name))).toEqual([]);
  expect(read('docs', 'operate', 'containers.md')).toContain(
    `PYROSCOPE_MCP_TOKEN=${environment.PYROSCOPE_MCP_HTTP_TOKENS}`,
  );
  const config = readConfig(command, environment);
  const [port = ''] = services['pyroscope-mcp'].ports;
  expect(config.http).toEqual({ host: '0.0.0.0', port: Number(port.split(':').at(-1)) });
  const { datasources } = sourcesSchema.parse(
    parse(read('docker', 'provisioning', 'datasources', 'pyroscope.yaml')),
  );
  expect(config.stores).toMatchObject([
    { kind: 'grafana', enabledSources: datasources.map(({ uid }) => uid) },
  ]);
});

test('the dashboard asks the provisioned data source, and is learned', () => {
  const { datasources } = sourcesSchema.parse(
    parse(read('docker', 'provisioning', 'datasources', 'pyroscope.yaml')),
  );
  const { title, queries } = learnFrom(JSON.parse(read('docker', 'dashboards', 'services.json')), {
    sources: datasources,
    library: new Map(),
  });
  expect(title).toBe('Services under test');
  expect(
    queries.map(({ sources, profileTypeId, matchers, variesBy, groupBy, origin }) => ({
      asks: [...sources, profileTypeId, formatSelector(matchers)],
      variesBy,
      groupBy,
      origin,
    })),
  ).toEqual([
    {
      asks: ['test-pyroscope', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', '{}'],
      variesBy: ['service_name'],
      groupBy: [],
      origin: 'panel',
    },
    {
      asks: ['test-pyroscope', 'memory:alloc_space:bytes:space:bytes', '{service_name="checkout-api"}'],
      variesBy: [],
      groupBy: ['pod'],
      origin: 'panel',
    },
    {
      asks: ['test-pyroscope', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', '{}'],
      variesBy: ['service_name'],
      groupBy: [],
      origin: 'variable',
    },
  ]);
});

test('Prometheus scrapes our server with its token', () => {
  const { command, environment } = services['pyroscope-mcp'];
  const [mount] = services.prometheus.volumes;
  const { scrape_configs: scrapes } = z
    .object({
      scrape_configs: z.array(
        z.object({
          authorization: z.object({ credentials: z.string() }),
          static_configs: z.array(z.object({ targets: z.array(z.string()) })),
        }),
      ),
    })
    .parse(parse(read(mount.split(':')[0] ?? '')));
  const { http, httpSettings } = readConfig(command, environment);
  expect(scrapes).toEqual([
    {
      authorization: { credentials: httpSettings.access.tokens[0] },
      static_configs: [{ targets: [`pyroscope-mcp:${http?.port}`] }],
    },
  ]);
});

describe('the dashboard of our metrics', () => {
  const dashboard = dashboardSchema.parse(JSON.parse(read('docker', 'dashboards', 'pyroscope-mcp.json')));
  const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const names = (text: string) => text.match(/\b(?:pyroscope_mcp|mcp_server|process|nodejs)_\w+/g) ?? [];

  test('asks the provisioned Prometheus', () => {
    const { datasources } = sourcesSchema.parse(
      parse(read('docker', 'provisioning', 'datasources', 'prometheus.yaml')),
    );
    const [source] = dashboard.templating.list;
    expect(source?.current.value).toBe(datasources[0]?.uid);
    expect(datasources.map(({ type }) => type)).toEqual(['prometheus']);
  });

  test('names only metrics that there are, with labels that they have', async () => {
    const { meter, describe: describeAll, render } = createMetrics(['investigate']);
    const known = new Set((await describeAll()).map(({ name }) => name));
    const unknown = expressions
      .flatMap(names)
      .filter((name) => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, '')));
    expect(unknown).toEqual([]);
    expect(expressions.flatMap(names).length).toBeGreaterThan(15);

    meter.call('investigate')({ outcome: 'deadline', error: 'deadline', seconds: 1, bytes: 1 });
    meter.upstream({ source: 'grafana', store: 'a', route: 'r', outcome: 'ok', seconds: 1 });
    const labels = new Set([...(await render()).matchAll(/(\w+)="/g)].map(([, label]) => label));
    const asked = expressions
      .flatMap((text) => [...text.matchAll(/by \(([^)]*)\)|(\w+)(?:=|!=)~?"/g)])
      .flatMap(([, grouping = '', matched]) => [...grouping.split(/, */), matched ?? ''])
      .filter((label) => label !== '' && label !== 'job');
    expect(asked.filter((label) => !labels.has(label))).toEqual([]);
  });

  test('has a panel for each expression, none of which lies on another', () => {
    const places = dashboard.panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(places.length);
    expect(dashboard.panels.every(({ title, targets }) => title !== '' && targets.length > 0)).toBe(true);
  });
});
