import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readExport } from '../../src/mcp/exports/read.js';
import { createHttpHandler } from '../../src/mcp/http/handler.js';
import { EXPORT_TEMPLATE } from '../../src/mcp/serve-resources.js';
import { decodePprof, pprofToProfile } from '../../src/profile/pprof/pprof.js';
import { functionTable } from '../../src/profile/tables/table.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { createPyroscopeSource } from '../../src/sources/pyroscope/source.js';
import type { ProfileSource } from '../../src/sources/source.js';
import {
  askerIn,
  createEnvironment,
  demoSource,
  fixture,
  INCIDENT_WINDOW,
  INCIDENTS,
  NOW,
} from '../support/ask.js';
import {
  CLIENTS,
  type ClientKind,
  connectHttp,
  type ResourceContent,
  type TestClient,
} from '../support/clients.js';
import { directoryWith } from '../support/directory.js';
import { SIGNAL, scene, TWO } from '../support/grafana-scene.js';
import { pgoProgram } from '../support/pgo.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { encodeSpanService, SERVICE, SLOW, UNSAMPLED } from '../support/span-service.js';

// Exported profiles as a resource: what a client of any kind reads, and what it is refused.

const { from, to } = INCIDENT_WINDOW;
const CHECKOUT = { service: 'checkout-api', profile_type: 'cpu', from, to };
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** The address of an export as RFC 6570 expands the template. */
function buildAddress(args: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(args).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `pyroscope://profile?${pairs.join('&')}`;
}

async function connect(kind: ClientKind, ...sources: ProfileSource[]): Promise<TestClient> {
  const environment = createEnvironment(sources);
  const handler = createHttpHandler(async () => environment, environment.log, { hosts: [], origins: [] });
  const client = await connectHttp(kind, 'http://localhost/mcp', (input, init) => {
    const request = new Request(input, init);
    request.headers.set('host', 'localhost');
    return handler.fetch(request);
  });
  return {
    ...client,
    async close() {
      await client.close();
      await handler.close();
    },
  };
}

function profileIn(content: ResourceContent | undefined) {
  return pprofToProfile(decodePprof(gunzipSync(Buffer.from(content?.blob ?? '', 'base64'))));
}

describe.each(CLIENTS)('%s', (kind) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connect(kind, demoSource());
    return () => client.close();
  });

  test('lists the template with all arguments', async () => {
    expect(EXPORT_TEMPLATE).toBe(
      'pyroscope://profile{?source,service,profile_type,selector,url,from,to,span_id,trace_id,profile_id,format,pgo}',
    );
    expect(await client.listResourceTemplates()).toMatchObject([
      { name: 'export', uriTemplate: EXPORT_TEMPLATE },
    ]);
  });

  test('reads pprof with the numbers of our own answers', async () => {
    const { contents } = await client.readWhole(buildAddress(CHECKOUT));
    expect(contents).toHaveLength(1);
    const [content] = contents;
    expect(content).toMatchObject({ uri: buildAddress(CHECKOUT), mimeType: 'application/octet-stream' });
    const exported = profileIn(content);
    const query = {
      profileTypeId: CPU,
      matchers: [{ name: 'service_name', op: '=' as const, value: 'checkout-api' }],
      window: { from: Date.parse(from), to: Date.parse(to) },
    };
    const { profile } = await demoSource().profile(query, new AbortController().signal);
    const table = (of: typeof profile) => {
      const { self, totals } = functionTable(of);
      return Object.fromEntries(
        of.functions.map(({ name, file }, fn) => [`${name} ${file}`, [self[fn], totals[fn]]]),
      );
    };
    expect(table(exported)).toEqual(table(profile));
  });

  test('reads collapsed stacks and speedscope as text', async () => {
    const collapsed = await client.readWhole(buildAddress({ ...CHECKOUT, format: 'collapsed' }));
    expect(collapsed.contents).toMatchObject([{ mimeType: 'text/plain' }]);
    expect(collapsed.contents[0]?.text).toMatch(/^(?:[^;\s]+;)*[^;\s]+ \d+\n/);
    const speedscope = await client.readWhole(buildAddress({ ...CHECKOUT, format: 'speedscope' }));
    expect(speedscope.contents).toMatchObject([{ mimeType: 'application/json' }]);
    expect(JSON.parse(speedscope.contents[0]?.text ?? '')).toMatchObject({ name: 'checkout-api cpu' });
  });

  test('is kept by no cache in between', async () => {
    const { ttlMs, cacheScope } = await client.readWhole(buildAddress(CHECKOUT));
    expect([ttlMs, cacheScope]).toEqual([0, 'private']);
  });

  test('completes the names that exist', async () => {
    expect(await client.completeVariable(EXPORT_TEMPLATE, 'service', 'check')).toEqual(['checkout-api']);
    expect(await client.completeVariable(EXPORT_TEMPLATE, 'from', '')).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    [
      'an unknown argument',
      `${buildAddress(CHECKOUT)}&nope=1`,
      /export has no argument "nope"\.\nNext: .*service/,
    ],
    [
      'a format',
      buildAddress({ ...CHECKOUT, format: 'svg' }),
      /`format` "svg" is not valid[\s\S]*pprof, collapsed, speedscope/,
    ],
    ['an argument given twice', `${buildAddress(CHECKOUT)}&service=b`, /names "service" twice/],
    ['what is not percent-encoded', 'pyroscope://profile?service=%zz', /not percent-encoded UTF-8/],
    [
      'a service that is not there',
      buildAddress({ ...CHECKOUT, service: 'chekout-api' }),
      /nothing to export[\s\S]*checkout-api/,
    ],
    [
      'a window without data',
      buildAddress({ ...CHECKOUT, from: '2020-01-01T00:00:00Z', to: '2020-01-01T01:00:00Z' }),
      /nothing to export/,
    ],
    ['a source that is not there', buildAddress({ ...CHECKOUT, source: 'nope' }), /no data source "nope"/],
    [
      'pgo of a type that is no CPU time',
      buildAddress({ ...CHECKOUT, profile_type: 'inuse', pgo: 'true' }),
      /takes profiles of CPU time only/,
    ],
  ])('is refused %s', async (_what, uri, message) => {
    await expect(client.readWhole(uri)).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringMatching(message),
    });
  });
});

const bounded = (uri: string, environment: Parameters<typeof readExport>[1], maxBytes?: number) =>
  readExport(uri, environment, new AbortController().signal, undefined, maxBytes);

test('a plus sign in a time stands for itself, as RFC 6570 wants it', async () => {
  const environment = createEnvironment([demoSource()]);
  const read = async (time: string) =>
    bounded(`pyroscope://profile?service=checkout-api&profile_type=cpu&from=${time}&to=${to}`, environment);
  const [plain, encoded] = await Promise.all([
    read('2026-11-20T15:30:00+01:00'),
    read(encodeURIComponent('2026-11-20T15:30:00+01:00')),
  ]);
  expect(profileIn(plain.contents[0] as ResourceContent)).toEqual(
    profileIn(encoded.contents[0] as ResourceContent),
  );
});

test('a file over the limit is refused with what makes it smaller', async () => {
  await expect(
    bounded(buildAddress(CHECKOUT), createEnvironment([demoSource()]), 1_000),
  ).rejects.toMatchObject({
    code: -32_602,
    message: expect.stringMatching(
      /The file has [\d.]+ KiB; over MCP at most 1000 B[\s\S]*shorter window[\s\S]*pyroscope-mcp export/,
    ),
  });
});

test('a difference of two profiles is refused', async () => {
  const demo = demoSource();
  const negative: ProfileSource = {
    ...demo,
    async profile(query, signal) {
      const merged = await demo.profile(query, signal);
      const values = merged.profile.values.map((value, stack) => (stack === 0 ? -value : value));
      return { ...merged, profile: { ...merged.profile, values } };
    },
  };
  await expect(bounded(buildAddress(CHECKOUT), createEnvironment([negative]))).rejects.toMatchObject({
    message: expect.stringMatching(/is the difference of two[\s\S]*-diff_base/),
  });
});

test('a store that fails, and a bug, are told as in the answer of a tool', async () => {
  const demo = demoSource();
  const failing = (error: Error): ProfileSource => ({ ...demo, profile: () => Promise.reject(error) });
  const log: string[] = [];
  await expect(
    bounded(buildAddress(CHECKOUT), createEnvironment([failing(new TypeError('secret detail'))], log)),
  ).rejects.toMatchObject({
    code: -32_603,
    message: expect.stringMatching(/^An internal error stopped export \(id \w+/),
  });
  expect(log.join('')).toContain('secret detail');
});

test('is logged and counted as a call', async () => {
  const log: string[] = [];
  const ends: unknown[] = [];
  const environment = createEnvironment([demoSource()], log);
  const { NO_METER } = await import('../../src/telemetry/meter.js');
  const meter = { ...NO_METER, call: (tool: string) => (end: object) => void ends.push({ tool, ...end }) };
  await bounded(buildAddress(CHECKOUT), { ...environment, meter });
  await bounded(buildAddress({ ...CHECKOUT, service: 'nope' }), { ...environment, meter }).catch(() => null);
  expect(ends).toMatchObject([
    { tool: 'export', outcome: 'answered', error: null },
    { tool: 'export', outcome: 'refused' },
  ]);
  expect(log.filter((line) => line.includes('call ended') && line.includes('export'))).toHaveLength(2);
});

test('ends at the deadline of a call', async () => {
  const demo = demoSource();
  const silent: ProfileSource = { ...demo, profile: () => new Promise(() => {}) };
  const environment = { ...createEnvironment([silent]), deadlineMs: 50 };
  await expect(bounded(buildAddress(CHECKOUT), environment)).rejects.toMatchObject({
    code: -32_603,
    message: expect.stringContaining('did not answer in time'),
  });
});

test('a disabled source is not read, and the message is the command', async () => {
  const { grafana, environment } = await scene(TWO);
  for (const source of [{}, { source: 'second' }]) {
    await expect(bounded(buildAddress({ ...CHECKOUT, ...source }), environment)).rejects.toMatchObject({
      message: expect.stringContaining('pyroscope-mcp sources enable'),
    });
  }
  expect(grafana.queries()).toEqual([]);
});

test('an enabled one is', async () => {
  const { sources, environment } = await scene(TWO);
  await sources.enable(['second'], SIGNAL);
  const { contents } = await bounded(buildAddress(CHECKOUT), environment);
  expect(profileIn(contents[0] as ResourceContent).values.length).toBeGreaterThan(0);
});

test('pgo of a service without CPU profiles does not advise another type, which it would refuse', async () => {
  const incident = INCIDENTS.find(({ service }) => service === 'storefront-bff');
  if (incident === undefined) throw new Error('no incident');
  const source = createFilesSource({ directory: incident.directory, uid: 'files' });
  const read = (more: Readonly<Record<string, string>>) =>
    bounded(
      buildAddress({ service: 'storefront-bff', profile_type: 'cpu', from, to, ...more }),
      createEnvironment([source]),
    );
  await expect(read({ pgo: 'true' })).rejects.toMatchObject({
    message: expect.stringMatching(/another service, or export without pgo\.$/),
  });
  await expect(read({})).rejects.toMatchObject({ message: expect.stringMatching(/Try .*"wall"/) });
});

test('pgo takes the CPU profile of a Go service with the lines where its functions begin', async () => {
  const directory = await pgoProgram();
  const environment = createEnvironment([createFilesSource({ directory })]);
  const { contents } = await bounded('pyroscope://profile?service=hot&pgo=true', environment);
  const { functions, sampleType, unit } = profileIn(contents[0] as ResourceContent);
  expect([sampleType, unit]).toEqual(['cpu', 'nanoseconds']);
  expect(functions).toContainEqual(expect.objectContaining({ name: 'main.(*table).step', startLine: 10 }));
});

test('an instant type is exported as the mean of its snapshots', async () => {
  const source = createFilesSource({ directory: fixture('incidents', '05-notify-goroutines') });
  onTestFinished(() => source.close());
  const args = { service: 'notification-hub', profile_type: 'goroutines', from, to };
  const { contents } = await bounded(buildAddress(args), createEnvironment([source]));
  const window = { from: Date.parse(from), to: Date.parse(to) };
  const typeIds = await source.labelValues('__profile_type__', { matchers: [], window }, SIGNAL);
  const query = {
    profileTypeId: typeIds.find((id) => id.startsWith('goroutine')) ?? '',
    matchers: [{ name: 'service_name', op: '=' as const, value: args.service }],
    window,
  };
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const { profile } = await source.profile(query, SIGNAL);
  const snapshots = sum((await source.snapshots(query, [], SIGNAL)).map(({ profiles }) => profiles));
  expect(snapshots).toBeGreaterThan(1);
  const exported = profileIn(contents[0] as ResourceContent);
  expect(sum(exported.values)).toBe(Math.round(sum(profile.values) / snapshots));
});

test('a link stands for the arguments that it holds, also as the selector; a foreign one is refused', async () => {
  const server = await startPyroscopeServer(demoSource());
  const source = createPyroscopeSource({ name: 'pyroscope', uid: 'pyroscope', url: server.url });
  onTestFinished(async () => {
    await source.close();
    await server.close();
  });
  const environment = createEnvironment([source]);
  const link = (origin: string) => {
    const query = `${CPU}{service_name="checkout-api"}`;
    return `${origin}/?${new URLSearchParams({ query, from: String(Date.parse(from)), until: String(Date.parse(to)) })}`;
  };
  const read = async (args: Readonly<Record<string, string>>) => {
    const { contents } = await bounded(buildAddress(args), environment);
    return profileIn(contents[0] as ResourceContent);
  };
  const plain = await read(CHECKOUT);
  expect(await read({ url: link(server.url) })).toEqual(plain);
  expect(await read({ selector: link(server.url) })).toEqual(plain);
  await expect(read({ url: link('https://evil.example.com') })).rejects.toMatchObject({ code: -32_602 });
  await expect(read({ url: link(server.url), selector: link(server.url) })).rejects.toMatchObject({
    message: expect.stringContaining('both hold a link'),
  });
});

describe('of one request', () => {
  const start = NOW - 600_000;
  const args = {
    service: SERVICE,
    profile_type: 'cpu',
    from: new Date(start).toISOString(),
    to: new Date(start + 200_000).toISOString(),
  };
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

  test.each<[string, (files: ProfileSource) => Promise<ProfileSource>]>([
    ['files', async (files) => files],
    [
      'a server',
      async (files) => {
        const server = await startPyroscopeServer(files, { now: () => NOW });
        const source = createPyroscopeSource({ name: 'store', uid: 'store', url: server.url });
        onTestFinished(async () => {
          await source.close();
          await server.close();
        });
        return source;
      },
    ],
  ])('holds only its samples: %s', async (_kind, open) => {
    const directory = await directoryWith(encodeSpanService(start));
    const source = await open(createFilesSource({ directory, name: 'store', uid: 'store' }));
    const environment = createEnvironment([source]);
    const read = async (more: Readonly<Record<string, string>>) => {
      const { contents } = await bounded(buildAddress({ ...args, ...more }), environment);
      return profileIn(contents[0] as ResourceContent);
    };
    const [whole, span] = await Promise.all([read({}), read({ span_id: SLOW })]);
    const answer = await askerIn(environment)('summarize_profile', {
      ...args,
      span_id: SLOW,
      format: 'json',
    });
    expect(sum(span.values)).toBe(JSON.parse(answer.text).total.value);
    expect(sum(span.values)).toBeGreaterThan(0);
    expect(sum(span.values)).toBeLessThan(sum(whole.values));
    await expect(read({ span_id: UNSAMPLED })).rejects.toMatchObject({
      message: expect.stringMatching(/There is nothing to export/),
    });
    await expect(read({ span_id: '12' })).rejects.toMatchObject({
      message: expect.stringContaining('is no span id'),
    });
  });
});
