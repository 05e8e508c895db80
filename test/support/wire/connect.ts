import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import type { Reply, SeenRequest } from './loopback.js';
import { hasNumbers } from './schema.js';

// The Connect protocol (unary), as Pyroscope's Go server speaks it: statuses, headers and error texts as
// recorded.

const STATUS: Readonly<Record<string, number>> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  resource_exhausted: 429,
  unimplemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
};
const ACCEPT_POST =
  'application/grpc, application/grpc+json, application/grpc+json; charset=utf-8, application/grpc+proto, ' +
  'application/grpc-web, application/grpc-web+json, application/grpc-web+json; charset=utf-8, ' +
  'application/grpc-web+proto, application/json, application/json; charset=utf-8, application/proto';
const TIMED_OUT =
  'request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex ' +
  'match) to reduce the amount of data processed';
/** Go's protobuf library puts one or the other space here, by build. */
const NBSP = '\u00a0';

/** An error that a handler answers with. */
export class RpcError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server refuses the request: `invalid_argument`. */
export function invalid(message: string): RpcError {
  return new RpcError('invalid_argument', message);
}

/** A method of a service. */
export interface Rpc {
  request: DescMessage;
  response: DescMessage;
  /**
   * @param message the request as protojson, zero values left out
   * @returns the answer as protojson, or encoded already (protobuf)
   */
  handle(message: unknown, headers: SeenRequest['headers']): Promise<object | Uint8Array>;
}

/** Answers a request for an RPC. */
export async function answerRpc(rpc: Rpc, seen: SeenRequest): Promise<Reply> {
  const { method, headers } = seen;
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' }, body: '' };
  if (/;\s*[^=;\s]+\s*(?:;|$)/.test(headers.accept ?? '')) {
    const body = 'Invalid header format: mime: invalid media parameter\n';
    return { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
  }
  const codec = /^application\/(json|proto)(?:; ?charset=utf-8)?$/i.exec(headers['content-type'] ?? '')?.[1];
  if (codec === undefined) return { status: 415, headers: { 'accept-post': ACCEPT_POST }, body: '' };
  try {
    const timeout = checkHeaders(headers);
    const message = decode(rpc.request, codec, inflated(seen));
    seen.message = message;
    const answer = await inTime(rpc.handle(message, headers), timeout);
    return success(encode(rpc.response, codec, answer), headers['content-type'] ?? '', headers);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return {
      status: STATUS[error.code] ?? 500,
      headers: { 'content-type': 'application/json', 'accept-encoding': 'gzip' },
      body: goJson({ code: error.code, message: error.message }),
    };
  }
}

/** JSON as Go writes it: `<`, `>` and `&` are escaped. */
export function goJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @returns the deadline that the client named, in milliseconds */
function checkHeaders(headers: SeenRequest['headers']): number | null {
  const version = headers['connect-protocol-version'];
  if (version !== undefined && version !== '1') {
    throw invalid(`Connect-Protocol-Version must be "1": got "${version}"`);
  }
  const encoding = headers['content-encoding'] ?? '';
  if (!/^(?:|identity|gzip)$/.test(encoding)) {
    const message = `unknown compression "${encoding}": supported encodings are gzip`;
    throw new RpcError('unimplemented', message);
  }
  const timeout = headers['connect-timeout-ms'];
  if (timeout === undefined) return null;
  if (!/^\d+$/.test(timeout)) {
    throw invalid(`parse timeout: strconv.ParseInt: parsing "${timeout}": invalid syntax`);
  }
  return Number(timeout);
}

function inflated({ headers, body }: SeenRequest): Buffer {
  if (headers['content-encoding'] !== 'gzip' || body.length === 0) return body;
  try {
    return gunzipSync(body);
  } catch {
    throw invalid('get decompressor: gzip: invalid header');
  }
}

async function inTime<T>(work: Promise<T>, milliseconds: number | null): Promise<T> {
  if (milliseconds === null) return work;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RpcError('deadline_exceeded', TIMED_OUT)), milliseconds);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

function success(body: Buffer, contentType: string, headers: SeenRequest['headers']): Reply {
  const accepted = headers['accept-encoding'];
  // A client that sends gzip is taken to read it unless it says otherwise.
  const gzip = accepted === undefined ? headers['content-encoding'] === 'gzip' : /\bgzip\b/.test(accepted);
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'accept-encoding': 'gzip',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    },
    body: gzip ? gzipSync(body, { level: 1 }) : body,
  };
}

function decode(type: DescMessage, codec: string, body: Buffer): unknown {
  if (codec === 'proto') {
    try {
      return toJson(type, fromBinary(type, body));
    } catch (error) {
      throw invalid(`unmarshal message: proto: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (body.length === 0) throw invalid('unmarshal message: zero-length payload is not a valid JSON object');
  const text = body.toString();
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`unmarshal message: unmarshal into ${goName(type)}: proto:${syntaxError(text)}`);
  }
  try {
    return toJson(type, fromJson(type, json, { ignoreUnknownFields: true }));
  } catch (error) {
    const detail = wrongValue(type, text, error instanceof Error ? error.message : '');
    throw invalid(`unmarshal message: unmarshal into ${goName(type)}: proto:${NBSP}${detail}`);
  }
}

function encode(type: DescMessage, codec: string, answer: object | Uint8Array): Buffer {
  if (answer instanceof Uint8Array) {
    if (codec === 'proto') return Buffer.from(answer);
    return Buffer.from(goJson(Object(toJson(type, fromBinary(type, answer)))));
  }
  const message = fromJson(type, plainJson(answer));
  if (codec === 'json') return Buffer.from(goJson(Object(toJson(type, message))));
  if (!hasNumbers(type))
    throw new RpcError('unimplemented', 'the test server knows this answer as JSON only');
  return Buffer.from(toBinary(type, message));
}

/** Through text, so that members that are undefined vanish. */
function plainJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

/** `querier_v1.SeriesRequest` → `*querierv1.SeriesRequest`. */
function goName(type: DescMessage): string {
  return `*${type.typeName.replace('_', '')}`;
}

function syntaxError(text: string): string {
  for (let length = text.length; length > 0; length--) {
    const at = firstStray(text.slice(0, length));
    if (at === null) continue;
    const token = /^[\w.+-]+|^./su.exec(text.slice(at))?.[0] ?? '';
    return ` syntax error (line 1:${at + 1}): invalid value ${token}`;
  }
  return `${NBSP}unexpected EOF`;
}

/** Position at which a text stops being the beginning of JSON; null for a text that only lacks its end. */
function firstStray(text: string): number | null {
  const stray = /^\s*[^{[\s"\d-]/.exec(text) ?? /^\s*\{\s*[^"}\s]/.exec(text);
  return stray === null ? null : stray[0].length - 1;
}

function wrongValue(type: DescMessage, text: string, problem: string): string {
  const name = /cannot decode field \S+\.(\w+) from JSON/.exec(problem)?.[1];
  const field = type.fields.find((candidate) => candidate.name === name);
  if (field === undefined) return problem;
  const match = new RegExp(`"(?:${field.jsonName}|${field.name})"\\s*:\\s*`).exec(text);
  const at = match === null ? 0 : match.index + match[0].length;
  const value = /^(?:"(?:[^"\\]|\\.)*"|[^,}\]\s]+)/.exec(text.slice(at))?.[0] ?? '';
  return `(line 1:${at + 1}): invalid value for ${nameKind(field)} field ${field.jsonName}: ${value}`;
}

const KINDS: Readonly<Record<number, string>> = {
  1: 'double',
  3: 'int64',
  4: 'uint64',
  5: 'int32',
  8: 'bool',
  9: 'string',
  14: 'enum',
};

function nameKind({ proto }: DescField): string {
  return KINDS[proto.type] ?? 'message';
}
