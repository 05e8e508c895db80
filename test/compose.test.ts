import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { OPTIONS } from '../src/config/options.js';
import { readConfig } from '../src/config/read.js';
import { learnFrom } from '../src/patterns/learn.js';
import { formatSelector } from '../src/sources/selector.js';
import { fixture } from './support/ask.js';

// compose.yaml cannot run everywhere, so these tests only check that its files fit together.

const read = (...parts: string[]) => readFileSync(path.join(fixture('..'), ...parts), 'utf8');
const serviceSchema = z.object({
  image: z.string().regex(/:\d+\.\d+\.\d+$/, 'pinned'),
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
    'demo-app': ownSchema.extend({ entrypoint: z.tuple([z.literal('node'), z.string()]) }),
    'pyroscope-mcp': ownSchema.extend({ command: z.array(z.string()) }),
  }),
});
const sourcesSchema = z.object({
  datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), url: z.string() })),
});

const { services } = composeSchema.parse(parse(read('compose.yaml')));

test('both servers are pinned and listen on loopback, as do ours', () => {
  expect(Object.keys(services)).toEqual(['pyroscope', 'grafana', 'demo-app', 'pyroscope-mcp']);
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
  expect(read('docs', 'containers.md')).toContain(
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
