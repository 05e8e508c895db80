import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createPost, type RawAnswer, type Transport } from '../../../src/sources/pyroscope/http/transport.js';
import { createPyroscopeSource, pyroscopeSourceOver } from '../../../src/sources/pyroscope/source.js';
import { askerIn, createEnvironment, demoSource, NOW } from '../../support/ask.js';
import { TOOL_CALLS } from '../../support/tool-arguments.js';
import { answerRpc } from '../../support/wire/connect.js';
import { createRpcs } from '../../support/wire/rpcs.js';
import {
  byteChanges,
  changedBytes,
  changedJson,
  jsonChanges,
  jsonText,
  nastyJson,
  nastyText,
} from '../arbitraries.js';
import { expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

const RPCS = [
  'LabelNames',
  'LabelValues',
  'Series',
  'SelectSeries',
  'SelectHeatmap',
  'SelectMergeProfile',
  'GetProfileStats',
  'GetFeatureFlags',
] as const;

/** Changes the body of an answer to an RPC. */
type Spoil = (rpc: string, body: Buffer) => Buffer;

/** A Pyroscope in this process over the demo incident: its answers as they would come over the wire. */
export async function healthyAnswers(): Promise<
  (path: string, body: string | Uint8Array) => Promise<Buffer>
> {
  const source = demoSource();
  const rpcs = await createRpcs(source, { now: () => NOW });
  const known = new Map<string, Promise<Buffer>>();
  return (path, body) => {
    const key = `${path} ${Buffer.from(body).toString('base64')}`;
    const answer =
      known.get(key) ??
      (async () => {
        const rpc = rpcs.get(path);
        if (rpc === undefined) throw new Error(`no RPC ${path}`);
        const type = typeof body === 'string' ? 'json' : 'proto';
        const reply = await answerRpc(rpc, {
          method: 'POST',
          path,
          name: path,
          headers: { 'content-type': `application/${type}` },
          body: Buffer.from(body),
          message: null,
        });
        return Buffer.from(reply.body);
      })();
    known.set(key, answer);
    return answer;
  };
}

export function spoiledTransport(
  answerOf: (path: string, body: string | Uint8Array) => Promise<Buffer>,
  spoil: Spoil,
): Transport {
  const send = async ({ path, body = '', contentType = '' }: Parameters<Transport['send']>[0]) => {
    const healthy = await answerOf(path, body);
    const bytes = spoil(path.split('/').at(-1) ?? '', healthy);
    const answer: RawAnswer = { status: 200, contentType, bytes, date: NOW, policy: '' };
    return answer;
  };
  const open = { redact: (text: string) => text, echoes: () => [] };
  return { send, post: createPost(send, open), ...open, close: async () => {} };
}

const toolCall = fc
  .tuple(fc.constantFrom(...Object.keys(TOOL_CALLS)), fc.constantFrom('text', 'json'), fc.boolean())
  .map(([tool, format, windowed]) => {
    const { from, to, ...args } = TOOL_CALLS[tool]?.arguments ?? {};
    const window = windowed || tool === 'investigate' || tool === 'compare_profiles' ? { from, to } : {};
    return { tool, args: { ...args, ...(from === undefined ? {} : window), format } };
  });

export const spoiling = fc.oneof(
  { weight: 6, arbitrary: jsonChanges.map((changes) => ({ changes })) },
  { weight: 2, arbitrary: byteChanges.map((bytes) => ({ bytes })) },
  { weight: 1, arbitrary: nastyJson.map((json) => ({ json })) },
  { weight: 1, arbitrary: nastyText.map((text) => ({ text })) },
);

/** Spoils a body: JSON at any place, protobuf byte by byte. */
export function spoiled(
  how: typeof spoiling extends fc.Arbitrary<infer T> ? T : never,
  body: Buffer,
): Buffer {
  if ('json' in how) return Buffer.from(jsonText(how.json));
  if ('text' in how) return Buffer.from(how.text);
  if ('bytes' in how) return Buffer.from(changedBytes(body, how.bytes));
  if (body[0] !== 0x7b) return body;
  return Buffer.from(jsonText(changedJson(JSON.parse(body.toString()), how.changes)));
}

/** A server that writes what it is told, byte for byte, and forgets whoever asked. */
async function rawServer(bytesOf: () => Uint8Array): Promise<{ url: string; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server: Server = createServer((request) => {
    request.resume();
    request.once('end', () => request.socket.end(bytesOf()));
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const headerLine = fc.oneof(
  fc.constantFrom(
    'content-type: application/json',
    'content-type: text/html',
    'content-encoding: gzip',
    'content-encoding: gzip, gzip',
    'content-encoding: br',
    'content-length: 5',
    'content-length: 99999999999',
    'content-length: -1',
    'content-length: 2\r\ncontent-length: 3',
    'transfer-encoding: chunked',
    'transfer-encoding: gzip, chunked',
    'location: http://169.254.169.254/',
    'location: //evil.example/querier.v1.QuerierService/LabelValues',
    'date: 275760-09-13',
    'connection: upgrade\r\nupgrade: websocket',
    ' folded: header',
    'no colon',
  ),
  nastyText.map((text) => `x: ${text}`),
);
const body = fc.oneof(
  nastyJson.map((json) => Buffer.from(jsonText(json))),
  fc.constant(gzipSync('{"names":["a"]}')),
  fc.constant(gzipSync(gzipSync('{"names":["a"]}'))),
  byteChanges.map((changes) => Buffer.from(changedBytes(gzipSync('{"names":["a"]}'), changes))),
  fc.constant(gzipSync(Buffer.alloc(3_000_000, '[')).subarray(0, 3_000)),
  fc
    .constantFrom('5\r\n{"a":', 'ffffffffffffffff\r\n', '2\r\n{}\r\n0\r\n\r\n', 'zz\r\n')
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const rawAnswer = fc
  .tuple(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .constantFrom(200, 204, 301, 302, 307, 400, 401, 404, 429, 500, 999, 101)
          .map((status) => `HTTP/1.1 ${status} x`),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          'HTTP/1.1 abc',
          'HTTP/9.9 200 OK',
          'GET / HTTP/1.1',
          '',
          'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK',
        ),
      },
    ),
    fc.array(headerLine, { maxLength: 5 }),
    body,
  )
  .map(([status, headers, content]) =>
    Buffer.concat([Buffer.from(`${[status, ...headers].join('\r\n')}\r\n\r\n`), content]),
  );

export const PYROSCOPE: readonly Target[] = [
  defineTarget('answers of a Pyroscope, through every tool', 250, async () => {
    const answerOf = await healthyAnswers();
    return {
      input: fc.tuple(toolCall, fc.constantFrom(...RPCS), spoiling),
      async check([{ tool, args }, rpc, how]) {
        const transport = spoiledTransport(answerOf, (calledRpc, healthy) =>
          calledRpc === rpc ? spoiled(how, healthy) : healthy,
        );
        const source = pyroscopeSourceOver(transport, { name: 'prod', uid: 'prod' });
        expectAnswer(await askerIn(createEnvironment([source]))(tool, args));
      },
    };
  }),
  defineTarget('answers of whatever speaks HTTP, byte by byte', 150, async () => {
    let bytes: Uint8Array = new Uint8Array();
    const server = await rawServer(() => bytes);
    return {
      input: rawAnswer,
      async check(answer) {
        bytes = answer;
        const source = createPyroscopeSource({
          name: 'prod',
          uid: 'prod',
          url: server.url,
          timeoutMs: 300,
          maxResponseBytes: 1_000_000,
        });
        try {
          expectAnswer(await askerIn(createEnvironment([source]))('list_services', { from: 'now-1h' }));
        } finally {
          await source.close();
        }
      },
      close: server.close,
    };
  }),
];
