import { beforeAll, describe, expect, test } from 'vitest';
import { createHttpHandler } from '../../src/mcp/http/handler.js';
import { pictureUri } from '../../src/report/picture/uri.js';
import { createEnvironment, demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { CLIENTS, connectHttp, connectStdio, type TestClient } from '../support/clients.js';
import { post, until } from '../support/http.js';
import { SUMMARY, startHttpScene } from '../support/http-scene.js';
import { DEMO } from '../support/process.js';

// MCP Apps (SEP-1865): which tools have a page, and how its data are read.

const QUESTION = { service: 'checkout-api', ...INCIDENT_WINDOW };
const PICTURED = ['compare_profiles', 'get_timeline', 'investigate', 'query_profile', 'summarize_profile'];

describe.each(CLIENTS.flatMap((kind) => [[kind, 'HTTP'] as const, [kind, 'stdio'] as const]))(
  '%s over %s',
  (kind, transport) => {
    let client: TestClient;
    beforeAll(async () => {
      if (transport === 'stdio') client = await connectStdio(kind, ['--profiles', DEMO]);
      else {
        const environment = createEnvironment([demoSource()]);
        const handler = createHttpHandler(async () => environment, environment.log, {
          hosts: [],
          origins: [],
        });
        client = await connectHttp(kind, 'http://localhost/mcp', (input, init) => {
          const request = new Request(input, init);
          request.headers.set('host', 'localhost');
          return handler.fetch(request);
        });
      }
      return () => client.close();
    });

    test('five tools name their page, under the key of today and of older hosts', async () => {
      const tools = await client.listTools();
      const pages = tools.flatMap((tool) => {
        const meta = Reflect.get(tool, '_meta');
        return meta === undefined ? [] : [[tool.name, meta]];
      });
      expect(Object.fromEntries(pages)).toEqual(
        Object.fromEntries(
          PICTURED.map((name) => {
            const uri = `ui://pyroscope-mcp/${name}`;
            return [name, { ui: { resourceUri: uri }, 'ui/resourceUri': uri }];
          }),
        ),
      );
    });

    test('a page is the view, which knows its tool', async () => {
      const page = await client.readResource('ui://pyroscope-mcp/investigate');
      expect(page).toMatch(/^<!doctype html>[\s\S]*<meta name="tool" content="investigate">/);
    });

    test('the picture of a call has the text of its answer, and data for the page', async () => {
      const [{ text }, json] = await Promise.all([
        client.callTool('investigate', QUESTION),
        client.readResource(pictureUri('investigate', QUESTION)),
      ]);
      const picture = JSON.parse(json);
      expect(picture).toMatchObject({ version: 1, text, data: { verdict: 'code_regression' } });
      expect(picture.flames[0].title).toBe('cpu');
    });

    test('lists show nothing of all that', async () => {
      expect((await client.listResources()).map(({ uri }) => uri)).toEqual(['pyroscope://guide/investigate']);
    });

    test.each([
      ['ui://pyroscope-mcp/list_services', /Resource not found/],
      ['ui://pyroscope-mcp/', /Resource not found/],
      ['pyroscope://picture/list_services?source=demo', /There is no picture of "list_services"/],
      ['pyroscope://picture/investigate?service=a&service=b', /names "service" twice/],
      ['pyroscope://picture/investigate?service=%E0%A4%A', /not percent-encoded/],
      ['pyroscope://picture/investigate?servis=checkout-api', /has no argument "servis"/],
      ['pyroscope://picture/investigate?service=checkout-api', /needs the arguments `from`/],
    ])('%s is refused', async (uri, reason) => {
      await expect(client.readResource(uri)).rejects.toThrow(reason);
    });
  },
);

describe('limits', async () => {
  const { store, serve } = await startHttpScene();

  test('a picture takes the place of a call, and the deadline of one', async () => {
    const limits = { parallelCalls: 8, calls: 256, callsPerClient: 1, callsPerMinute: null };
    const { url } = await serve({ limits });
    store.faults.set({ kind: 'hang' });
    const caller = new AbortController();
    const uri = pictureUri('summarize_profile', SUMMARY);
    const read = (params: object, options = {}) =>
      post(url, { id: 7, method: 'resources/read', params }, options);
    const hanging = read({ uri }, { signal: caller.signal }).catch(() => null);
    await until(() => store.requests.log.length > 0);
    expect((await read({ uri })).status).toBe(429);
    // Pages and the guide cost the store nothing.
    expect((await read({ uri: 'ui://pyroscope-mcp/investigate' })).status).toBe(200);
    caller.abort();
    await hanging;
    store.faults.clear();
    await until(async () => (await read({ uri })).status === 200);
  });
});
