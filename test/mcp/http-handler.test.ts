import { beforeAll, describe, expect, test } from 'vitest';
import { createHttpHandler, type HttpHandler } from '../../src/mcp/http/handler.js';
import { inputJsonSchema } from '../../src/mcp/input-schema.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { TOOLS } from '../../src/tools/index.js';
import { createEnvironment, fixture } from '../support/ask.js';
import { CLIENTS, connectHttp, type TestClient } from '../support/clients.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

// The HTTP side without a socket: what is refused before the protocol, and both protocol eras behind it.

const environment = createEnvironment([createFilesSource({ directory: fixture('demo') })]);
const handler = createHttpHandler(async () => environment, environment.log, { hosts: [], origins: [] });

const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });

function request(path: string, init: RequestInit & { host?: string } = {}): Request {
  const made = new Request(`http://localhost${path}`, init);
  made.headers.set('host', init.host ?? 'localhost:8080');
  return made;
}

function post(body: string, more: { host?: string; headers?: Record<string, string> } = {}): Request {
  return request('/mcp', { method: 'POST', body, ...more, headers: { ...JSON_HEADERS, ...more.headers } });
}

const inProcess = (to: HttpHandler) => async (input: string | URL, init?: RequestInit) => {
  const made = new Request(input, init);
  made.headers.set('host', 'localhost');
  return to.fetch(made);
};

describe('before the protocol', () => {
  test.each([
    ['a foreign Host', () => post(LIST, { host: 'evil.example' }), 403],
    ['a foreign Host that begins like ours', () => post(LIST, { host: 'localhost.evil.example' }), 403],
    ['a foreign Origin', () => post(LIST, { headers: { origin: 'http://evil.example' } }), 403],
    ['an Origin of null', () => post(LIST, { headers: { origin: 'null' } }), 403],
    ['a foreign Host on a wrong path', () => request('/', { host: 'evil.example' }), 403],
    ['a wrong path', () => request('/'), 404],
    [
      'a path below /mcp',
      () => request('/mcp/x', { method: 'POST', body: LIST, headers: JSON_HEADERS }),
      404,
    ],
    ['a batch', () => post(`[${LIST}]`), 400],
    ['a batch behind white space', () => post(` \n\t[${LIST}]`), 400],
    ['an empty batch', () => post('[]'), 400],
    ['text that is not JSON', () => post('{"jsonrpc":'), 400],
    ['another content type', () => post(LIST, { headers: { 'content-type': 'text/plain' } }), 415],
    ['a body over the limit', () => post(JSON.stringify({ padding: 'x'.repeat(2 ** 20) })), 413],
    ['GET without a session', () => request('/mcp', { headers: { accept: 'text/event-stream' } }), 405],
  ])('%s is refused', async (_name, make, status) => {
    const response = await handler.fetch(make());
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json');
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toMatch(/\w/);
  });

  test.each(['localhost', 'localhost:1', '127.0.0.1:8080', '[::1]:8080'])('Host %s passes', async (host) => {
    expect((await handler.fetch(post(LIST, { host }))).status).toBe(200);
  });

  test('an Origin on this machine passes', async () => {
    expect((await handler.fetch(post(LIST, { headers: { origin: 'http://localhost:5173' } }))).status).toBe(
      200,
    );
  });

  test('further names pass where an operator allows them', async () => {
    const open = createHttpHandler(async () => environment, environment.log, {
      hosts: ['mcp.example', 'https://other.example:8443', '::2'],
      origins: ['ui.example'],
    });
    for (const host of ['mcp.example', 'MCP.example:80', 'other.example', '[::2]:1', 'localhost']) {
      expect((await open.fetch(post(LIST, { host }))).status).toBe(200);
    }
    expect((await open.fetch(post(LIST, { headers: { origin: 'https://ui.example' } }))).status).toBe(200);
    expect((await open.fetch(post(LIST, { headers: { origin: 'https://mcp.example' } }))).status).toBe(403);
    await open.close();
  });

  test.each(['*', '*.example', 'a b', ''])('%j is no host name to allow', (name) => {
    expect(() =>
      createHttpHandler(async () => environment, environment.log, { hosts: [name], origins: [] }),
    ).toThrow('is not a host name');
  });

  test('/healthz says ok and nothing else, to anybody', async () => {
    const response = await handler.fetch(request('/healthz', { host: '10.1.2.3:8080' }));
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    expect((await handler.fetch(request('/healthz', { method: 'POST', body: '{}' }))).status).toBe(405);
  });
});

describe.each(CLIENTS)('%s', (kind) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connectHttp(kind, 'http://localhost/mcp', inProcess(handler));
    return () => client.close();
  });

  test('negotiates its protocol and gets the instructions', () => {
    expect(client.protocolVersion()).toBe(kind === 'modern era' ? '2026-07-28' : '2025-11-25');
    expect(client.instructions()).toContain('summarize_profile');
  });

  test('lists every tool, sorted, read-only', async () => {
    const tools = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    for (const tool of tools) {
      expect(tool.annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
      const listed = TOOLS.find(({ name }) => name === tool.name);
      expect(tool.inputSchema).toEqual(listed === undefined ? null : inputJsonSchema(listed));
    }
  });

  test('an unknown tool is a protocol error', async () => {
    await expect(client.callTool('nope', {})).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringMatching(
        /There is no tool "nope"\.\nNext: Tools: compare_profiles, .*, summarize_profile\.$/,
      ),
    });
    await expect(client.callTool('pyroscope_investigate', {})).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('Did you mean `investigate`?'),
    });
  });

  test('bad arguments are an answer that says what is valid', async () => {
    const { text, isError } = await client.callTool('summarize_profile', { srvice: 'checkout-api' });
    expect(isError).toBe(true);
    expect(text).toContain('Did you mean `service`?');
  });

  test('many calls at once each get their own answer', async () => {
    const calls = Object.entries(TOOL_CALLS).flatMap(([name, call]) =>
      Array.from(Array(5), () => ({ name, ...call })),
    );
    await Promise.all(
      calls.map(async (call) => {
        const { text, isError } = await client.callTool(call.name, call.arguments);
        expect(text).toContain(call.holds);
        expect(isError).toBe(false);
      }),
    );
  });
});
