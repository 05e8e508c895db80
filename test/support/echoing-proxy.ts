import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Profile } from 'pprof-format';

/** Headers that hold nothing of who asks. */
const PLAIN =
  /^(?:host|connection|content-(?:length|type)|transfer-encoding|accept(?:-\w+)?|user-agent|traceparent|tracestate|x-scope-orgid|x-grafana-org-id)$/;
/** Members of Grafana's answers that are shown to people. */
const SHOWN = new Set(['name', 'title', 'folderTitle', 'description', 'message', 'login', 'version', 'text']);

export interface EchoingProxy {
  url: string;
  /** Whether every request fails, with what it held in its error. */
  isFailing: boolean;
  /** Spellings of what requests held, as they were echoed. */
  echoed: ReadonlySet<string>;
  close(): Promise<void>;
}

/**
 * A server in front of another one that writes all it is told about who asks into every name of the answers:
 * labels and their values, services, types, series, functions and files, titles, error texts.
 *
 * @param more secrets that came another way
 */
export async function startEchoingProxy(
  target: string,
  more: () => readonly string[] = () => [],
): Promise<EchoingProxy> {
  const echoed = new Set<string>();
  const state = { isFailing: false, failures: 0 };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const echoes = echoesIn(request, more());
    for (const echo of echoes) echoed.add(echo);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (state.isFailing) return fail(response, echoes, state.failures++);
    const { method = 'GET', url = '/', headers } = request;
    const passed = new Headers();
    for (const [name, value] of Object.entries(headers)) {
      if (!/^(?:host|connection|content-length|transfer-encoding)$/.test(name))
        passed.set(name, String(value));
    }
    const reply = await fetch(`${target}${url}`, {
      method,
      headers: passed,
      ...(method === 'GET' ? {} : { body: Buffer.concat(chunks) }),
    });
    const contentType = reply.headers.get('content-type') ?? '';
    const policy = reply.headers.get('content-security-policy');
    const body = spoiled(Buffer.from(await reply.arrayBuffer()), contentType, url, echoes);
    response.writeHead(reply.status, {
      'content-type': contentType,
      ...(policy === null ? {} : { 'content-security-policy': policy }),
    });
    response.end(body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(599).end(String(error)));
  });
  const { port, close } = await listening(server);
  return {
    url: `http://127.0.0.1:${port}`,
    get isFailing() {
      return state.isFailing;
    },
    set isFailing(isFailing) {
      state.isFailing = isFailing;
    },
    echoed,
    close,
  };
}

/** A proxy for HTTP that leads to other servers by their names, and remembers who used it. */
export async function startForwardProxy(targets: Readonly<Record<string, string>>) {
  const users = new Set<string>();
  const sockets = new Set<Socket>();
  const note = ({ headers }: IncomingMessage) => {
    const sent = headers['proxy-authorization'];
    if (sent !== undefined) for (const text of spelled(sent)) users.add(text);
  };
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    note(request);
    const target = targets[(request.url ?? '').replace(/:\d+$/, '')];
    const port = Number(new URL(target ?? 'http://127.0.0.1:9').port);
    const onward = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => {}).on('close', () => sockets.delete(end));
    }
    socket.pipe(onward).pipe(socket);
  });
  const { port, close } = await listening(server);
  return {
    port,
    users: () => [...users],
    async close() {
      for (const socket of sockets) socket.destroy();
      await close();
    },
  };
}

async function listening(server: ReturnType<typeof createServer>) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Everything in a request that may be a secret, in the spellings in which programs write it. */
function echoesIn({ headers }: IncomingMessage, more: readonly string[]): string[] {
  const sent = Object.entries(headers).flatMap(([name, value]) => (PLAIN.test(name) ? [] : String(value)));
  return [...new Set([...sent.flatMap(spelled), ...more])];
}

function spelled(header: string): string[] {
  const [, scheme = '', word = ''] = /^(Bearer|Basic) (.+)$/.exec(header) ?? [];
  const decoded = scheme === 'Basic' ? Buffer.from(word, 'base64').toString() : '';
  const parts = [header, word, decoded, decoded.replace(/^[^:]*:/, '')].filter((part) => part.length >= 8);
  return parts.flatMap((part) => [
    part,
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    Buffer.from(part).toString('base64'),
    Buffer.from(part).toString('base64url'),
  ]);
}

function fail(response: ServerResponse, echoes: readonly string[], turn: number): void {
  const text = echoes.join(' | ');
  const [status, contentType, body] = [
    [500, 'application/json', JSON.stringify({ code: 'unknown', message: text })],
    [400, 'application/json', JSON.stringify({ message: `permissions needed: ${text}`, messageId: text })],
    [403, 'text/html', `<html><title>${text}</title></html>`],
    [502, 'text/plain', text],
    [302, 'text/html', ''],
    [200, 'text/plain', text],
    [200, text.replace(/[^\w./-]/g, ''), 'x'],
  ].at(turn % 7) ?? [500, 'text/plain', ''];
  response.writeHead(Number(status), {
    'content-type': String(contentType),
    ...(status === 302 ? { location: `http://elsewhere.test/${encodeURIComponent(text)}` } : {}),
  });
  response.end(body);
}

function spoiled(body: Buffer, contentType: string, url: string, echoes: readonly string[]): Buffer {
  if (/proto/.test(contentType)) return body.length === 0 ? body : spoiledProfile(body, echoes);
  if (!/json/.test(contentType)) return body;
  const value: unknown = JSON.parse(body.toString());
  if (/\/[a-z]+\.v\d+\.[A-Za-z]+\//.test(url)) spoilNames(value, echoes);
  else spoilTitles(value, echoes);
  return Buffer.from(JSON.stringify(value));
}

/** A third of the functions and their files get an echo behind their names. */
function spoiledProfile(body: Buffer, echoes: readonly string[]): Buffer {
  const profile = Profile.decode(body);
  const { strings } = profile.stringTable;
  profile.function.forEach(({ name, filename }, index) => {
    const echo = echoes[index % echoes.length];
    if (index % 3 !== 0 || echo === undefined) return;
    for (const at of [Number(name), Number(filename)]) {
      if (at > 0 && !strings[at]?.includes(echo)) strings[at] = `${strings[at]} ${echo}`;
    }
  });
  return Buffer.from(profile.encode());
}

/** Lists of names get one name for each echo, rows with labels one label and a row of their own. */
function spoilNames(value: unknown, echoes: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const member of Object.values(value)) {
    spoilNames(member, echoes);
    if (!Array.isArray(member)) continue;
    const [first]: unknown[] = member;
    if (typeof first === 'string') member.push(...echoes, ...echoes.map((echo) => `name-of-${echo}`));
    else if (hasLabels(first)) {
      for (const echo of echoes) {
        const labels = first.labels.map(({ name }) => ({ name, value: `value-${echo}` }));
        member.push({ ...first, labels: [...labels, { name: `label-${echo}`, value: echo }] });
      }
    } else if (typeof first === 'object' && first !== null && 'ID' in first) {
      for (const echo of echoes) {
        const plain = echo.replaceAll(':', '_');
        member.push({ ...first, ID: `${plain}:cpu:nanoseconds:cpu:nanoseconds`, name: plain });
      }
    }
  }
}

function hasLabels(row: unknown): row is { labels: { name: string; value: string }[] } {
  return typeof row === 'object' && row !== null && 'labels' in row && Array.isArray(row.labels);
}

function spoilTitles(value: unknown, echoes: readonly string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    spoilTitles(member, echoes);
    if (typeof member === 'string' && SHOWN.has(name)) {
      Reflect.set(value, name, `${member} ${echoes.join(' ')}`);
    }
  }
}
