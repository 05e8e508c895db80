import { rootCertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { UserError } from '../../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../../setting-file.js';

const MAX_CONNECT_MS = 10_000;
/**
 * Maximum number of parallel requests: more would queue in the server, and v1 refuses over 100 per tenant.
 */
const MAX_IN_FLIGHT = 8;

/** Hosts that are never reached through a proxy. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** The proxies of this machine's environment; null where none is set. */
export interface ProxySettings {
  http: string | null;
  https: string | null;
  /** Hosts that are reached without a proxy, as in `NO_PROXY`. */
  none: string | null;
}

export interface ConnectionOptions {
  /** Timeout of a request, in milliseconds. */
  timeoutMs: number;
  /** File with further certificate authorities, PEM. */
  caFile?: string | null;
  proxy?: ProxySettings | null;
}

/** Loads the HTTP client: apart from the rest, since it is a third of a server's start-up. */
export function loadClient() {
  return import('undici');
}

/**
 * Opens keep-alive connections to a server, for at most 8 parallel requests, through the proxy of the
 * environment where there is one.
 *
 * @throws UserError when the certificate file cannot be read
 */
export async function openConnections(
  origin: string,
  { timeoutMs, caFile, proxy }: ConnectionOptions,
): Promise<Dispatcher> {
  const { EnvHttpProxyAgent, Pool } = await loadClient();
  const tls = caFile == null ? {} : { ca: [...rootCertificates, await readCertificates(caFile)] };
  const settings = {
    connections: MAX_IN_FLIGHT,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: Math.min(MAX_CONNECT_MS, timeoutMs), ...tls },
  };
  if (proxy == null) return new Pool(origin, settings);
  // An empty text keeps the agent from reading the environment itself.
  return new EnvHttpProxyAgent({
    ...settings,
    requestTls: tls,
    httpProxy: proxy.http ?? '',
    httpsProxy: proxy.https ?? '',
    noProxy: [...LOCAL_HOSTS, ...(proxy.none === null ? [] : [proxy.none])].join(','),
  });
}

async function readCertificates(file: string): Promise<string> {
  const next = 'An operator names a file with PEM certificates (-----BEGIN CERTIFICATE-----).';
  const text = await readSettingFile(file).catch((error: unknown) => {
    throw new UserError(
      `The file of certificate authorities cannot be read (${reasonOfSettingFile(error)}).`,
      next,
    );
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new UserError('The file of certificate authorities holds no certificate.', next);
}
