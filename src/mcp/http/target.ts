import type { IncomingMessage } from 'node:http';

export const MCP_PATH = '/mcp';
/** Probes come by address and without a token, and learn nothing. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** Where a request goes, read from its request line and its Host header apart, so that neither can pose as the other. */
export interface Target {
  /** Path with query; begins with a slash. */
  path: string;
  /** Path without query, its dots resolved. */
  pathname: string;
  /** Host name with port; null for a request that names none. */
  host: string | null;
}

/** A host name or address with an optional port, and nothing that would begin a path, a query or credentials. */
const HOST = /^(?:\[[^\s/?#@\\[\]]+\]|[^\s/?#@\\[\]:]+)(?::\d*)?$/;

/**
 * Reads where a request goes. A target with a host of its own (`GET http://host/path`, as proxies send it) overrides the
 * Host header (RFC 9112, section 3.2.2).
 * @returns for a request that must be refused with 400 a sentence that says why
 */
export function readTarget({
  url = '/',
  httpVersion,
  headersDistinct,
}: Pick<IncomingMessage, 'url' | 'httpVersion' | 'headersDistinct'>): Target | { fault: string } {
  const names = headersDistinct.host ?? [];
  if (names.length > 1) return { fault: 'The request has more than one Host header: send one.' };
  const [name = ''] = names;
  if (name !== '' && !isHost(name)) {
    return { fault: 'The Host header is not a host name with an optional port.' };
  }
  const target = url.startsWith('/') ? { host: name, path: url } : absoluteTarget(url);
  if (target === null || !URL.canParse(`http://localhost${target.path}`)) {
    return { fault: 'The request line is not valid: ask for a path, such as /mcp.' };
  }
  const { pathname } = new URL(`http://localhost${target.path}`);
  // Checks of load balancers leave the header out also where HTTP/1.1 demands it, and learn nothing from their answer.
  if (name === '' && httpVersion !== '1.0' && !OPEN_PATHS.has(pathname)) {
    return { fault: 'The request has no Host header: HTTP/1.1 demands one.' };
  }
  return { path: target.path, pathname, host: target.host === '' ? null : target.host };
}

function absoluteTarget(url: string): { host: string; path: string } | null {
  if (!/^https?:\/\/[^/\\?#]/i.test(url) || !URL.canParse(url)) return null;
  const { username, password, host, pathname, search } = new URL(url);
  return username === '' && password === '' ? { host, path: `${pathname}${search}` } : null;
}

function isHost(name: string): boolean {
  return HOST.test(name) && URL.canParse(`http://${name}/`);
}
