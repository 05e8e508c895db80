import { connect, type Socket } from 'node:net';

/** Bytes over a connection of their own: what no client would send. */

/** Longest wait for the end of an answer, far above what any takes. */
const PATIENCE_MS = 15_000;

export interface RawAnswer {
  /** Null where the connection ended without an answer. */
  status: number | null;
  text: string;
}

/** Sends bytes and reads until the other side ends the connection or the first answer is whole. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
      resolve({ status: status === undefined ? null : Number(status), text });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer to ${JSON.stringify(String(bytes).slice(0, 100))}`));
    }, PATIENCE_MS);
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (isWhole(text)) end();
    });
    socket.on('end', end).on('error', end);
  });
}

function isWhole(text: string): boolean {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return false;
  const length = /^content-length: *(\d+)\r?$/im.exec(text.slice(0, at))?.[1];
  const body = text.slice(at + 4);
  if (length !== undefined) return Buffer.byteLength(body) >= Number(length);
  return body.endsWith('0\r\n\r\n');
}

/** A connection that stays open. */
export async function openRaw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

/** A request with a body, as HTTP/1.1 writes it; `lines` are further lines of the head. */
export function rawRequest(line: string, lines: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  return [line, ...lines, ...length, '', body].join('\r\n');
}
