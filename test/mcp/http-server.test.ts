import { connect } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { serveOverHttp } from '../../src/mcp/http/serve.js';
import { createFilesSource } from '../../src/sources/files/source.js';
import { createEnvironment, fixture } from '../support/ask.js';
import { CLIENTS, connectHttp } from '../support/clients.js';
import { sendRaw } from '../support/http.js';
import { run, start } from '../support/process.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

// The HTTP server on a real socket, in this process and as the built program.

const files = () => createFilesSource({ directory: fixture('demo') });
const environment = createEnvironment([files()]);
const OPTIONS = { host: '127.0.0.1', port: 0, hosts: [], origins: [] };
const server = await serveOverHttp(async () => environment, environment.log, OPTIONS);
afterAll(() => server.close());

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

const plain = (host: string, body: string) =>
  `POST /mcp HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n` +
  `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;

describe('on a socket', () => {
  test.each([
    ['our own Host', 'localhost', 200],
    ['a foreign Host', 'evil.example', 403],
    ['a Host that is none', 'a b', 400],
  ])('%s', async (_name, host, status) => {
    expect(await sendRaw(server.url, plain(host, LIST))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test.each(['HTTP/1.1', 'HTTP/1.0'])(
    'a client of %s that waits for the end of the connection sees it',
    async (version) => {
      const answer = await sendRaw(server.url, plain('localhost', LIST).replace('HTTP/1.1', version));
      expect(answer).toMatch(/^connection: close\r$/im);
      expect(answer).toContain('summarize_profile');
    },
  );

  test('no Host at all', async () => {
    expect(await sendRaw(server.url, 'GET /mcp HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403 /);
  });

  test.each([
    ['a foreign Origin', LIST, { ...JSON_HEADERS, origin: 'https://evil.example' }, 403],
    ['a batch', `[${LIST}]`, JSON_HEADERS, 400],
    ['plain text', LIST, { ...JSON_HEADERS, 'content-type': 'text/plain' }, 415],
    ['a body a little over the limit', ' '.repeat(2 ** 20) + LIST, JSON_HEADERS, 413],
    ['a body far over the limit', ' '.repeat(8 * 2 ** 20) + LIST, JSON_HEADERS, 413],
    ['a body at the limit', LIST.padEnd(2 ** 20), JSON_HEADERS, 200],
  ])('%s', async (_name, body, headers, status) => {
    const response = await fetch(server.url, { method: 'POST', body, headers });
    await response.text();
    expect(response.status).toBe(status);
  });

  test('a request that breaks off leaves the server serving', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write(plain('localhost', LIST).slice(0, -10), () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    const response = await fetch(new URL('/healthz', server.url));
    expect(await response.text()).toBe('ok');
  });
});

describe('starting and stopping', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('%s is not bound', async (host) => {
    const wanted = serveOverHttp(async () => environment, environment.log, { ...OPTIONS, host });
    await expect(wanted).rejects.toThrow(/would open the server to the network/);
  });

  test('a port in use is said to be in use', async () => {
    const port = Number(new URL(server.url).port);
    const wanted = serveOverHttp(async () => environment, environment.log, { ...OPTIONS, port });
    await expect(wanted).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use.`);
  });

  test.each(CLIENTS)('a call in flight is answered before the end (%s)', async (kind) => {
    let reached: () => void = () => {};
    let release: () => void = () => {};
    const isReached = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = {
      ...files(),
      async dataRange() {
        reached();
        await isReleased;
        return null;
      },
    };
    const slowEnvironment = createEnvironment([slow]);
    const stopping = await serveOverHttp(async () => slowEnvironment, slowEnvironment.log, OPTIONS);
    const client = await connectHttp(kind, stopping.url);
    const answer = client.callTool('list_data_sources', {});
    await isReached;
    const closed = stopping.close();
    release();
    expect((await answer).text).toContain('demo');
    await closed;
    await expect(fetch(stopping.url)).rejects.toThrow();
    await client.close().catch(() => {});
  });
});

describe('the built program', () => {
  test('serves clients of every kind, and stops when asked to', async () => {
    const program = start(['--http', '0', '--profiles', fixture('demo')]);
    const [, url = ''] = await program.seen(/serves MCP at (http:\S+)/);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/mcp$/);
    for (const kind of CLIENTS) {
      const client = await connectHttp(kind, url);
      for (const [name, call] of Object.entries(TOOL_CALLS)) {
        const { text, isError } = await client.callTool(name, call.arguments);
        expect(isError, text).toBe(false);
        expect(text).toContain(call.holds);
      }
      await client.close();
    }
    program.child.kill('SIGTERM');
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout()).toBe('');
  });

  test('a port in use is exit code 1, an open address is exit code 2', async () => {
    const { port } = new URL(server.url);
    const taken = await run(['--http', port]);
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toContain(`Port ${port} of 127.0.0.1 is in use.`);
    const open = await run(['--http', '0.0.0.0:0']);
    expect(open).toMatchObject({ code: 2, stdout: '' });
    expect(open.stderr).toContain('does not authenticate its callers');
  });
});
