import { connect, type Socket } from 'node:net';

/** A request over HTTP as a client of the older protocols sends it, one message and no handshake. */
export interface Posted {
  status: number;
  headers: Headers;
  /** The JSON-RPC answer; null where there is none. */
  message: {
    id?: unknown;
    result?: { content?: { text: string }[]; isError?: boolean };
    error?: { code: number; message: string };
  } | null;
  /** Text of a tool's answer, or of the error. */
  text: string;
}

export interface PostOptions {
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** Address of a test server: a free port of loopback, under no other name. */
export const ON_LOOPBACK = { host: '127.0.0.1', port: 0, hosts: [], origins: [] };

export const JSON_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** Sends one message. */
export async function post(url: string, message: object, options: PostOptions = {}): Promise<Posted> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...options.headers },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return posted(response);
}

/** Calls a tool. */
export function postCall(
  url: string,
  name: string,
  args: object = {},
  options: PostOptions = {},
): Promise<Posted> {
  return post(url, { id: 7, method: 'tools/call', params: { name, arguments: args } }, options);
}

/** Reads an answer, in one piece or as events. */
export async function posted(response: Response): Promise<Posted> {
  const text = await response.text();
  const json = text.startsWith('{') ? text : (/^data: (\{.*\})$/m.exec(text)?.[1] ?? 'null');
  const message: Posted['message'] = JSON.parse(json);
  return {
    status: response.status,
    headers: response.headers,
    message,
    text: message?.error?.message ?? message?.result?.content?.map((block) => block.text).join('\n') ?? text,
  };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Opens a connection and writes bytes as they are, which `fetch` would not send so. */
export function openRaw(url: string, bytes: string): Socket {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  return socket.setEncoding('utf8').on('error', () => {});
}

/** Sends bytes as they are. @returns everything that came until the server closed the connection */
export function sendRaw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    openRaw(url, bytes)
      .on('data', (text: string) => {
        answer += text;
      })
      .on('close', () => resolve(answer));
  });
}

/** The bytes of a POST of one message over HTTP/1.1, which leaves the connection open for more. */
export function rawPost(message: object, headers: Readonly<Record<string, string>> = {}): string {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  const lines = Object.entries({
    host: 'localhost',
    ...JSON_HEADERS,
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
