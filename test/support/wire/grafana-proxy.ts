import { type IncomingHttpHeaders, type IncomingMessage, request as send } from 'node:http';
import { basicHeader, type GrafanaDataSource, type GrafanaSetup } from './grafana-state.js';
import type { Passing, Reply, SeenRequest } from './loopback.js';

/** Headers that end at a proxy, and the credentials for Grafana itself. */
const NOT_PASSED_ON = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'host',
  'keep-alive',
  'transfer-encoding',
  'user-agent',
  'x-ds-authorization',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-grafana-org-id',
  // Headers of auth.jwt and auth.proxy: Grafana takes those out that it is configured for.
  'x-jwt-assertion',
  'x-webauth-user',
]);

/**
 * Passes a request on to the store of a data source and its answer back, as it comes in. A store that is not
 * there is 502, one that is late 504, both without a body; its 401 becomes a 400 of Grafana's own.
 */
export async function proxy(
  seen: SeenRequest,
  source: GrafanaDataSource,
  path: string,
  setup: GrafanaSetup,
): Promise<Reply | Passing> {
  const nothing = (status: number): Reply => ({ status, headers: {}, body: '' });
  // A URL without a scheme is taken for http.
  const base = /^https?:\/\//.test(source.url) ? source.url : `http://${source.url}`;
  if (source.url === '' || !URL.canParse(base)) return nothing(502);
  const { origin, pathname } = new URL(base);
  const target = `${pathname.replace(/\/$/, '')}/${path}`;

  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(nothing(504));
      upstream.destroy();
    }, setup.proxyTimeoutMs);
    const upstream = send(
      origin,
      { method: seen.method, path: target, headers: headersForStore(seen, source, setup), agent: false },
      (answer) => {
        clearTimeout(timer);
        resolve(answer.statusCode === 401 ? unauthorised(answer, setup) : passing(answer, setup));
      },
    );
    upstream.once('error', () => {
      clearTimeout(timer);
      resolve(nothing(502));
    });
    upstream.end(seen.body);
  });
}

function headersForStore(
  { headers, body }: SeenRequest,
  { basicAuth, headers: storeHeaders = {} }: GrafanaDataSource,
  { version }: GrafanaSetup,
): Record<string, string> {
  const passed = Object.entries(headers).filter(([name]) => !NOT_PASSED_ON.has(name));
  const authorization = headers['x-ds-authorization'];
  return {
    ...Object.fromEntries(passed),
    ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
    'user-agent': version === '9.4' ? 'Grafana/9.4.0-pre' : 'Grafana/12.3.3',
    'x-forwarded-for': '127.0.0.1, 127.0.0.1',
    'x-grafana-referer': '',
    ...(version === '9.4' ? {} : { 'x-grafana-id': 'header.payload.signature' }),
    ...(authorization === undefined ? {} : { authorization }),
    ...(basicAuth === undefined ? {} : { authorization: basicHeader(basicAuth) }),
    ...Object.fromEntries(Object.entries(storeHeaders).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

function unauthorised(answer: IncomingMessage, { version }: GrafanaSetup): Reply {
  answer.resume();
  return {
    status: 400,
    headers: {
      'content-security-policy': 'sandbox',
      'content-type': 'text/plain; charset=utf-8',
      ...(version === '9.4' ? {} : { via: '0.0 grafana' }),
    },
    body: 'Authentication to data source failed',
  };
}

function passing(answer: IncomingMessage, setup: GrafanaSetup): Passing {
  return (response) => {
    response.writeHead(answer.statusCode ?? 502, headersForClient(answer.headers, setup));
    response.once('close', () => answer.destroy());
    answer.on('error', () => response.destroy());
    answer.once('aborted', () => response.destroy());
    answer.pipe(response);
  };
}

function headersForClient(headers: IncomingHttpHeaders, { version }: GrafanaSetup): Record<string, string> {
  const dropped = new Set(['set-cookie', 'connection', 'keep-alive', 'transfer-encoding']);
  if (version !== '9.4') dropped.add('server');
  const passed = Object.entries(headers).filter(([name]) => !dropped.has(name));
  return {
    ...Object.fromEntries(passed.map(([name, value]) => [name, String(value)])),
    'content-security-policy': 'sandbox',
    ...(version === '9.4' ? {} : { via: '1.1 grafana' }),
  };
}
