import { connect } from 'node:net';
import fc from 'fast-check';
import { TOOLS } from '../../../src/tools/index.js';
import { DEMO, start } from '../../support/process.js';
import {
  byteChanges,
  changedBytes,
  changedJson,
  jsonChanges,
  jsonText,
  nastyJson,
  nastyText,
} from '../arbitraries.js';
import { defineTarget, type Target } from '../target.js';

// The built program, from outside: raw bytes over a socket, and lines on its standard input.

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } },
};
const CALL = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'list_services', arguments: { from: '2026-11-20T14:00:00Z' }, _meta: { progressToken: 1 } },
};
const MESSAGES = [
  INITIALIZE,
  CALL,
  { jsonrpc: '2.0', id: 3, method: 'tools/list', params: {} },
  { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } },
  { jsonrpc: '2.0', id: 4, method: 'server/discover', params: {} },
  { jsonrpc: '2.0', id: 5, method: 'subscriptions/listen', params: {} },
];

/** A message of the protocol gone wrong, as text. */
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...MESSAGES), jsonChanges)
      .map(([whole, changes]) => jsonText(changedJson(whole, changes))),
  },
  { weight: 1, arbitrary: nastyJson.map(jsonText) },
  { weight: 1, arbitrary: nastyText },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(100, 10_000, 400_000)
      .map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(10_000, 150_000)
      .map(
        (depth) =>
          `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_labels","arguments":{"label":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}}}`,
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...TOOLS.map(({ name }) => name))
      .map(
        (name) =>
          `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}","arguments":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}},"__proto__":{"name":"x"}}}`,
      ),
  },
);

const requestLine = fc.oneof(
  { weight: 6, arbitrary: fc.constant('POST /mcp HTTP/1.1') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'GET /mcp HTTP/1.1',
      'DELETE /mcp HTTP/1.1',
      'OPTIONS * HTTP/1.1',
      'GET http://169.254.169.254/latest HTTP/1.1',
      'CONNECT evil.example:443 HTTP/1.1',
      'POST //mcp HTTP/1.1',
      'POST /mcp/../mcp?a=%zz HTTP/1.1',
      'POST /%00 HTTP/1.1',
      'GET /healthz HTTP/1.0',
      'GET /metrics HTTP/1.1',
      'POST /mcp',
      'PRI * HTTP/2.0',
      `GET /${'a'.repeat(20_000)} HTTP/1.1`,
      '',
    ),
  },
  { weight: 1, arbitrary: nastyText },
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: localhost',
    'Host: evil.example',
    'Host: ',
    'Host: localhost\r\nHost: evil.example',
    'Host: [::1',
    'Origin: null',
    'Origin: https://evil.example',
    'Content-Type: text/plain',
    'Content-Encoding: gzip',
    'Accept: */*',
    'Content-Length: 10',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 3',
    'Transfer-Encoding: xchunked',
    'Expect: 100-continue',
    'Upgrade: websocket\r\nConnection: upgrade',
    'Mcp-Method: subscriptions/listen',
    'Mcp-Protocol-Version: 9999-99-99',
    'Mcp-Session-Id: ../../x',
    'Last-Event-Id: 1',
    `Cookie: ${'a'.repeat(30_000)}`,
    'X:\0',
    ' folded',
    'Authorization: Bearer \u202e',
  ),
  nastyText.map((text) => `X-A: ${text}`),
);

/** A request as bytes, mostly with the headers that it needs. */
const request = fc
  .tuple(
    requestLine,
    fc.boolean(),
    fc.array(header, { maxLength: 4 }),
    message,
    fc.constantFrom(0, 0, 0, -5, 50),
  )
  .map(([line, needed, headers, body, error]) => {
    const length = Buffer.byteLength(body) + error;
    const defaults = [
      'Host: localhost',
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      `Content-Length: ${length}`,
    ];
    return Buffer.from(`${[line, ...(needed ? defaults : []), ...headers].join('\r\n')}\r\n\r\n${body}`);
  });

/** Writes bytes and waits for an answer, a hang-up or a moment; then leaves. */
function exchange(port: number, bytes: Uint8Array, cutAt: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      const half = Math.floor(bytes.length * cutAt);
      socket.write(bytes.subarray(0, half));
      setImmediate(() => socket.end(bytes.subarray(half)));
    });
    const leave = () => socket.destroy();
    const timer = setTimeout(leave, 1_000);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.length > 1_000_000) leave();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

export const TRANSPORTS: readonly Target[] = [
  defineTarget('requests over HTTP, byte by byte', 200, async () => {
    const program = start(['--http', '0', '--profiles', DEMO]);
    const [, port = ''] = await program.seen(/http:\/\/127\.0\.0\.1:(\d+)\/mcp/);
    return {
      input: fc.tuple(request, fc.option(byteChanges, { freq: 4 }), fc.constantFrom(0, 0.3, 1)),
      async check([whole, changes, cutAt]) {
        const bytes = changes === null ? whole : changedBytes(whole, changes);
        const answer = await exchange(Number(port), bytes, cutAt);
        if (answer !== '' && !answer.startsWith('HTTP/1.1 '))
          throw new Error(`answered ${answer.slice(0, 200)}`);
        if (/^HTTP\/1\.1 500|An internal error|\.[jt]s:\d+:\d+/.test(answer))
          throw new Error(answer.slice(0, 2_000));
        const health = await fetch(`http://127.0.0.1:${port}/healthz`);
        if ((await health.text()) !== 'ok') throw new Error(`healthz: ${health.status}`);
        if (program.stdout() !== '') throw new Error(`stdout: ${program.stdout().slice(0, 200)}`);
      },
      async close() {
        program.child.kill('SIGTERM');
        await program.exit;
      },
    };
  }),
  defineTarget('lines on standard input', 150, async () => {
    const program = start(['--profiles', DEMO]);
    const send = (text: string) => program.child.stdin.write(`${text}\n`);
    send(JSON.stringify(INITIALIZE));
    await program.seen(/"id":1/);
    let id = 1_000_000;
    return {
      input: fc.array(fc.oneof(message, fc.string({ unit: 'binary' }), fc.constant('x'.repeat(300_000))), {
        minLength: 1,
        maxLength: 4,
      }),
      async check(lines) {
        for (const line of lines) send(line.replaceAll('\n', ' '));
        id++;
        send(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }));
        await program.seen(new RegExp(`"id":${id}[,}]`));
        if (/An internal error/.test(program.stdout())) throw new Error('an internal error');
      },
      async close() {
        program.child.stdin.end();
        await program.exit;
      },
    };
  }),
];
