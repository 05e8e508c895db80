import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { learnFrom } from '../src/schema/patterns/learn.js';
import { formatSelector } from '../src/sources/selector.js';
import { fixture } from './support/ask.js';

// What compose.yaml starts cannot run everywhere; that its files fit together can be seen from them.

const read = (...parts: string[]) => readFileSync(path.join(fixture('..'), ...parts), 'utf8');
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().regex(/:\d+\.\d+\.\d+$/, 'pinned'),
      ports: z.array(z.string().startsWith('127.0.0.1:', 'on loopback')),
    }),
  ),
});
const sourcesSchema = z.object({
  datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), url: z.string() })),
});

test('both servers are pinned and listen on loopback', () => {
  const { services } = composeSchema.parse(parse(read('compose.yaml')));
  expect(Object.keys(services)).toEqual(['pyroscope', 'grafana']);
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
