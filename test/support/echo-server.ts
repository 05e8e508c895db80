import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A store that says what it was asked, or fails as its path says: what stood behind the recorded Grafana. */
export async function startEchoServer(): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.once('end', () => {
      const path = request.url ?? '';
      const special = SPECIAL.find(([pattern]) => pattern.test(path));
      if (special !== undefined) {
        const [pattern, answer] = special;
        answer(response, pattern.exec(path)?.[1] ?? '', request.headers['accept-encoding'] ?? '');
        return;
      }
      const { method, headers } = request;
      json(response, 200, { method, path, headers, body: Buffer.concat(parts).toString() });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const SPECIAL: readonly [RegExp, (response: ServerResponse, part: string, encoding: string) => void][] = [
  [
    /^\/status\/(\d+)$/,
    (response, status) => {
      response.setHeader('www-authenticate', 'Basic realm="up"').setHeader('x-up', '1');
      if (status === '204' || status === '304') {
        if (status === '204') response.setHeader('content-type', 'application/json');
        response.writeHead(Number(status)).end();
      } else json(response, Number(status), { code: 'x', message: `upstream ${status}` });
    },
  ],
  [/^\/redirect-rel$/, (response) => redirect(response, 302, '/echo')],
  [/^\/redirect-307$/, (response) => redirect(response, 307, '/echo')],
  [/^\/redirect-abs$/, (response) => redirect(response, 302, 'http://127.0.0.1:3990/echo')],
  [
    /^\/redirect-login$/,
    (response) => {
      response.writeHead(302, { 'content-type': 'text/html', location: 'https://login.example/sso?x=1' });
      response.end('<a href="https://login.example/">Found</a>');
    },
  ],
  [
    /^\/drop$/,
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"par', () => response.destroy());
    },
  ],
  [/^\/dropnow$/, (response) => response.destroy()],
  [/^\/slow\/\d+$/, (response) => json(response, 200, { slow: 1 })],
  [
    /^\/gzip$/,
    (response, _, encoding) => {
      const gzip = encoding.includes('gzip');
      const body = Buffer.from(JSON.stringify({ big: 'x'.repeat(5000) }));
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(gzip ? { 'content-encoding': 'gzip', vary: 'Accept-Encoding' } : {}),
      });
      response.end(gzip ? gzipSync(body) : body);
    },
  ],
];

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': '0', location }).end();
}
