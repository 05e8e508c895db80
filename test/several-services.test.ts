import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createFilesSource } from '../src/sources/files/source.js';
import { createMemorySource, type StoredProfile } from './evaluation/generator/memory-source.js';
import { asker, INCIDENT_WINDOW, INCIDENTS } from './support/ask.js';

// A selector that covers several services: their profiles are never put together in silence.

const manifestSchema = z.object({ profiles: z.array(z.looseObject({ file: z.string() })) });

/** The five incidents as one source of five services. */
async function joined() {
  const directory = await mkdtemp(path.join(tmpdir(), 'several-'));
  const profiles = await Promise.all(
    INCIDENTS.map(async ({ name, directory: from }) => {
      const manifest = manifestSchema.parse(
        JSON.parse(await readFile(path.join(from, 'profiles.json'), 'utf8')),
      );
      await cp(from, path.join(directory, name), { recursive: true });
      return manifest.profiles.map((profile) => ({ ...profile, file: path.posix.join(name, profile.file) }));
    }),
  );
  await writeFile(path.join(directory, 'profiles.json'), JSON.stringify({ profiles: profiles.flat() }));
  return asker(createFilesSource({ directory, name: 'joined' }));
}

const ask = await joined();
const all = { selector: 'service_name=~".+"', ...INCIDENT_WINDOW };
const since = { from: '2026-11-20T14:00:00Z', to: INCIDENT_WINDOW.to };

test.each<[string, string, object, RegExp]>([
  [
    'summarize_profile',
    'summary',
    { profile_type: 'cpu' },
    /^ADDED UP over 4 services, no verdict is given on any of them: /,
  ],
  ['query_profile', 'query', { profile_type: 'cpu' }, /^ADDED UP over 4 services, no verdict/],
  [
    'inspect_function',
    'function',
    { profile_type: 'cpu', function: 'runtime.mallocgc' },
    /^ADDED UP over 4 services, no verdict/,
  ],
  ['get_timeline', 'timeline', { profile_type: 'cpu', ...since }, /^ADDED UP over 4 services, no verdict/],
  [
    'get_timeline',
    'timeline-by-service',
    { profile_type: 'cpu', group_by: 'service_name', ...since },
    /^ADDED UP over 4 services/,
  ],
  ['compare_profiles', 'comparison', { profile_type: 'cpu' }, /^4 services, each for itself, NO VERDICT: /],
])('%s: %s', async (tool, name, args, first) => {
  const { text, isError } = await ask(tool, { ...all, ...args });
  expect(isError, text).toBe(false);
  expect(text).toMatch(first);
  // Node sends wall-clock time only, which is never added to CPU time.
  expect(text).toContain('Left out, without cpu of the kind: storefront-bff (sends wall, ');
  expect(encode(text).length).toBeLessThanOrEqual(1_500);
  await expect(text).toMatchFileSnapshot(`answers/several.${name}.txt`);
  for (const [, nextTool = '', nextArgs = ''] of text.matchAll(/^Next: (\w+) (\{.*\})$/gm))
    expect(await ask(nextTool, JSON.parse(nextArgs))).toMatchObject({ isError: false });
});

test('a comparison gives no verdict, and the fields of every other one', async () => {
  const single = JSON.parse(
    (await ask('compare_profiles', { service: 'checkout-api', ...INCIDENT_WINDOW, format: 'json' })).text,
  );
  const several = JSON.parse(
    (await ask('compare_profiles', { ...all, profile_type: 'cpu', format: 'json' })).text,
  );
  expect(Object.keys(several)).toEqual(expect.arrayContaining(Object.keys(single)));
  expect(several).toMatchObject({ verdict: null, movers: [], finding: null, since: null });
  const services = several.services.map(({ service }: { service: string }) => service);
  expect(services.slice(0, 1)).toEqual(['auth-gateway']);
  expect([...services].sort()).toEqual(['auth-gateway', 'checkout-api', 'geo-routing', 'notification-hub']);
  expect(several.services_left_out).toMatchObject([{ service: 'storefront-bff' }]);
});

test('a selector that covers one service is answered as that service is', async () => {
  const { text } = await ask('compare_profiles', {
    selector: 'service_name=~"checkout.*"',
    profile_type: 'cpu',
    ...INCIDENT_WINDOW,
  });
  expect(text).toContain('CODE REGRESSION');
});

test('the other side alone may cover several', async () => {
  const args = {
    selector: 'service_name="checkout-api",region="eu-central-1"',
    profile_type: 'cpu',
    ...INCIDENT_WINDOW,
  };
  const { text } = await ask('compare_profiles', {
    ...args,
    selector: 'service_name=~"checkout.*"',
    baseline_selector: 'region=~".+"',
  });
  expect(text).toMatch(/^5 services, each for itself, NO VERDICT|^4 services, each for itself, NO VERDICT/);
});

describe('services that send one kind of profile under several ids', () => {
  const NOW = Date.parse('2026-11-20T14:30:00Z');
  const ids = {
    go: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
    dotnet: 'process_cpu:cpu:nanoseconds::nanoseconds',
    node: 'wall:wall:nanoseconds:wall:nanoseconds',
  };
  const stored = (service: string, id: string, name: string, value: number): StoredProfile[] =>
    Array.from({ length: 12 }, (_, at) => ({
      time: NOW + at * 60_000,
      seconds: 10,
      labels: { service_name: service, pod: `${service}-1` },
      paths: [[{ fn: { name, file: `/src/${name}.go`, startLine: 1, isSymbolised: true }, line: 1 }]],
      values: new Map([[id, Float64Array.of(value)]]),
    }));
  const source = createMemorySource('mixed', () => [
    ...stored('go-shop', ids.go, 'main.price', 3e7),
    ...stored('net-shop', ids.dotnet, 'Shop.Price', 1e7),
    ...stored('web', ids.node, 'render', 9e7),
  ]);
  const mixed = asker(source);
  const window = { from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
  const args = { selector: 'service_name=~".+"', profile_type: 'cpu', ...window };

  test('a short name means the own type of each, and what cannot be added is named', async () => {
    const { text } = await mixed('summarize_profile', args);
    expect(text).toContain(
      'ADDED UP over 2 services, no verdict is given on any of them: go-shop 75.0%, net-shop 25.0%.',
    );
    expect(text).toContain('Left out, without cpu of the kind: web (sends wall)');
    expect(text).toContain(
      `Note: Each service's own type is taken: ${ids.dotnet} of net-shop; ${ids.go} of go-shop.`,
    );
    expect(text).toContain('480 ms');
    expect(text).toContain('Shop.Price');
    const { services, total } = JSON.parse(
      (await mixed('summarize_profile', { ...args, format: 'json' })).text,
    );
    expect(total).toMatchObject({ value: 4.8e8, profiles: 24 });
    expect(services).toEqual([
      { service: 'go-shop', profile_type_id: ids.go, share: 0.75 },
      { service: 'net-shop', profile_type_id: ids.dotnet, share: 0.25 },
    ]);
  });

  test('over time, too', async () => {
    const { text } = await mixed('get_timeline', { ...args, group_by: 'service_name' });
    expect(text).toMatch(/go-shop: 75\.0% of the total[\s\S]*net-shop: 25\.0% of the total/);
  });

  test('a full id means itself', async () => {
    const { text } = await mixed('summarize_profile', { ...args, profile_type: ids.dotnet });
    expect(text).not.toContain('ADDED UP');
    expect(text).toContain('Note: Only net-shop sends cpu of this kind; left out: go-shop, web.');
  });
});

test('a timeline by a label shows the values that changed most, not the heaviest', async () => {
  const NOW = Date.parse('2026-11-20T14:00:00Z');
  const source = createMemorySource('pods', () =>
    Array.from({ length: 30 }, (_, pod) =>
      Array.from({ length: 36 }, (_, minute): StoredProfile => {
        const usual = (30 - pod) * 1e8;
        // The lightest doubles, the heaviest stays.
        const value = pod === 29 && minute >= 20 ? 2.5 * usual : usual + ((minute * 7 + pod) % 5) * 1e6;
        return {
          time: NOW + minute * 60_000 + pod * 500,
          seconds: 10,
          labels: { service_name: 'shop', pod: `pod-${pod}` },
          paths: [
            [{ fn: { name: 'work', file: '/src/work.go', startLine: 1, isSymbolised: true }, line: 1 }],
          ],
          values: new Map([['process_cpu:cpu:nanoseconds:cpu:nanoseconds', Float64Array.of(value)]]),
        };
      }),
    ).flat(),
  );
  const args = { service: 'shop', group_by: 'pod', from: '2026-11-20T14:00:00Z', to: '2026-11-20T14:36:30Z' };
  const { text } = await asker(source)('get_timeline', args);
  expect(/^\S+ (pod-\d+): /m.exec(text)?.[1]).toBe('pod-29');
  expect(text).toContain('… 22 more values of pod, which changed less: narrow with selector');
});
