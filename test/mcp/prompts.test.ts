import { beforeAll, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../src/errors.js';
import { createHttpHandler } from '../../src/mcp/http/handler.js';
import { GUIDE } from '../../src/mcp/prompts/guide.js';
import { PROMPTS } from '../../src/mcp/prompts/index.js';
import type { ProfileSource } from '../../src/sources/source.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS, type ClientKind, connectHttp, type TestClient } from '../support/clients.js';

// Prompts, their completion and the resource, as clients of every kind see them.

const GUIDE_URI = 'pyroscope://guide/investigate';

async function connect(kind: ClientKind, ...sources: ProfileSource[]): Promise<TestClient> {
  const environment = createEnvironment(sources);
  const face = createHttpHandler(async () => environment, environment.log, { hosts: [], origins: [] });
  const client = await connectHttp(kind, 'http://localhost/mcp', (input, init) => {
    const request = new Request(input, init);
    request.headers.set('host', 'localhost');
    return face.fetch(request);
  });
  return {
    ...client,
    async close() {
      await client.close();
      await face.close();
    },
  };
}

describe.each(CLIENTS)('%s', (kind) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connect(kind, demoSource());
    return () => client.close();
  });

  test('lists the three prompts, sorted, with what must be filled in', async () => {
    const prompts = await client.listPrompts();
    const names = prompts.map(({ name }) => name);
    expect(names).toEqual(['compare-deploys', 'find-memory-leak', 'investigate-incident']);
    expect(names).toEqual(PROMPTS.map(({ name }) => name));
    const [, , incident] = prompts;
    expect(incident?.arguments?.filter(({ required }) => required).map(({ name }) => name)).toEqual([
      'service',
      'from',
      'to',
    ]);
  });

  test('fills a prompt in', async () => {
    const given = { service: 'checkout-api', ...INCIDENT_WINDOW, symptom: '' };
    const text = await client.getPrompt('investigate-incident', given);
    expect(text).toContain(
      '1. investigate {"service":"checkout-api","from":"2026-11-20T14:30:00Z","to":"2026-11-20T14:45:00Z"}\n',
    );
  });

  test.each([
    [
      'nope',
      { service: 'a' },
      'There is no prompt "nope".\nNext: Prompts: compare-deploys, find-memory-leak, investigate-incident.',
    ],
    [
      'investigate',
      undefined,
      'There is no prompt "investigate".\nNext: Did you mean `investigate-incident`? Prompts: compare-deploys, find-memory-leak, investigate-incident.',
    ],
    ['find-memory-leak', undefined, 'needs `service`.\nNext: Fill in `service`: Exact service_name.'],
    ['find-memory-leak', {}, 'needs `service`.\nNext: Fill in `service`: Exact service_name.'],
    ['find-memory-leak', { service: ' ' }, 'needs `service`'],
    [
      'investigate-incident',
      {},
      'investigate-incident needs `service` and `from` and `to`.\nNext: Fill in `service`: Exact service_name; `from`: Begin of the incident: RFC 3339 with zone, epoch ms or now-1h; `to`: Its end, like from.',
    ],
    [
      'find-memory-leak',
      { service: 'a', form: 'now' },
      'find-memory-leak has no argument "form".\nNext: Did you mean `from`? Valid arguments: service, from, to, source.',
    ],
    ['find-memory-leak', { service: 'a', from: 'soon' }, 'is not a time'],
  ])('refuses %s with %j, and says why', async (name, given, why) => {
    await expect(client.getPrompt(name, given)).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining(why),
    });
  });

  test('completes services, sources and types with those that exist', async () => {
    // The first question may take longer than a client is let wait; what it learns answers the next.
    await expect
      .poll(() => client.complete('find-memory-leak', 'service', 'check'), { timeout: 20_000 })
      .toEqual(['checkout-api']);
    expect(await client.complete('find-memory-leak', 'service', 'API')).toEqual(['checkout-api']);
    expect(await client.complete('find-memory-leak', 'service', 'x')).toEqual([]);
    expect(await client.complete('find-memory-leak', 'source', '')).toEqual(['demo']);
    const types = () => client.complete('compare-deploys', 'profile_type', '', { service: 'checkout-api' });
    await expect.poll(types, { timeout: 20_000 }).toEqual(expect.arrayContaining(['cpu', 'alloc', 'inuse']));
    expect(await client.complete('investigate-incident', 'symptom', '')).toEqual([]);
  });

  test('what cannot be found out completes to nothing', async () => {
    expect(await client.complete('find-memory-leak', 'service', '', { source: 'nope' })).toEqual([]);
  });

  test('lists one resource, the guide', async () => {
    const [guide, ...others] = await client.listResources();
    expect(others).toEqual([]);
    expect(guide).toMatchObject({ uri: GUIDE_URI, mimeType: 'text/markdown' });
    expect(await client.readResource(GUIDE_URI)).toBe(GUIDE);
  });

  // The SDK gives the modern protocol's code to older clients, too; it gave them -32002 once, and clients
  // take both.
  test('another address is not found', async () => {
    await expect(client.readResource('pyroscope://guide/nope')).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringMatching(
        /Resource not found: "pyroscope:\/\/guide\/nope"\.\nNext: Resources: pyroscope:\/\/guide\/investigate, pyroscope:\/\/profile\{\?source,.*\}\.$/,
      ),
      data: { uri: 'pyroscope://guide/nope' },
    });
  });
});

describe('completion', () => {
  const [kind] = CLIENTS;

  /** The demo with other service names, or none within reach. */
  const withServices = (labelValues: ProfileSource['labelValues']): ProfileSource => {
    const demo = demoSource();
    return {
      ...demo,
      labelValues: (name, query, signal) =>
        name === 'service_name' ? labelValues(name, query, signal) : demo.labelValues(name, query, signal),
    };
  };

  test('offers a hundred of many, those that begin with what is written first', async () => {
    const many = Array.from(Array(1_000), (_, index) => `team-${index}/pay`);
    const client = await connect(
      kind,
      withServices(async () => ['a-pay', ...many, 'pay']),
    );
    const offer = () => client.complete('find-memory-leak', 'service', 'pay');
    await expect.poll(async () => (await offer()).length, { timeout: 20_000 }).toBe(100);
    const offered = await offer();
    expect(offered.slice(0, 3)).toEqual(['pay', 'a-pay', 'team-0/pay']);
    await client.close();
  });

  test('leaves out names that would not show as they are', async () => {
    const client = await connect(
      kind,
      withServices(async () => ['good', 'bad\u202e', 'worse\u001b[31m', '']),
    );
    await expect
      .poll(() => client.complete('find-memory-leak', 'service', ''), { timeout: 20_000 })
      .toEqual(['good']);
    await client.close();
  });

  test('a store that fails, or never answers, offers nothing', async () => {
    const failing = withServices(async () => {
      throw new UpstreamError('unreachable', 'refused');
    });
    const silent = withServices(() => new Promise(() => {}));
    for (const source of [failing, silent]) {
      const client = await connect(kind, source);
      expect(await client.complete('find-memory-leak', 'service', '')).toEqual([]);
      await client.close();
    }
  });
});

test('the modern protocol says how long lists and the guide may be kept', async () => {
  const environment = createEnvironment([demoSource()]);
  const face = createHttpHandler(async () => environment, environment.log, { hosts: [], origins: [] });
  const questions = [
    ['server/discover', {}],
    ['tools/list', {}],
    ['prompts/list', {}],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    ['resources/read', { uri: GUIDE_URI }],
  ] as const;
  for (const [method, params] of questions) {
    const response = await face.fetch(
      new Request('http://localhost/mcp', {
        method: 'POST',
        headers: {
          host: 'localhost',
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...('uri' in params ? { 'mcp-name': params.uri } : {}),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method,
          params: {
            ...params,
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': {},
            },
          },
        }),
      }),
    );
    const text = await response.text();
    expect(text, method).toContain('"ttlMs":300000');
    expect(text, method).toContain('"cacheScope":"public"');
  }
  await face.close();
});
