import { BlockList, isIPv6 } from 'node:net';
import { UsageError } from '../../errors.js';

/** What decides whether an address may be bound. */
export interface Exposure {
  host: string;
  port: number;
  /** Whether callers must name a token. */
  authenticates: boolean;
  /** Whether an operator wants to serve without tokens. */
  allowUnauthenticated: boolean;
  /** Host names accepted in the Host header besides loopback. */
  hosts: readonly string[];
}

/**
 * Refuses to open the server to the network by accident: beyond loopback it wants tokens, and the names under which it
 * is reached. Without those names the Host header cannot be checked, and a web page could reach the server through a
 * name of its own that leads to this address (DNS rebinding).
 * @throws UsageError
 */
export function checkExposure({ host, port, authenticates, allowUnauthenticated, hosts }: Exposure): void {
  if (isLoopback(host)) return;
  const opens = `--http ${bracketed(host)}:${port} would open the server to the network, and`;
  if (!authenticates && !allowUnauthenticated) {
    throw new UsageError(
      `${opens} it does not authenticate its callers.`,
      'Set PYROSCOPE_MCP_HTTP_TOKENS or PYROSCOPE_MCP_HTTP_TOKEN_FILE (a token: openssl rand -hex 32), or bind to ' +
        '127.0.0.1; --allow-unauthenticated where something in front of it authenticates everybody.' +
        (hosts.length === 0 ? ' It needs --allowed-hosts, too: the names under which it is reached.' : ''),
    );
  }
  if (hosts.length === 0) {
    throw new UsageError(
      `${opens} it does not know the names under which it is reached.`,
      'Name them with --allowed-hosts mcp.example.com: requests for other hosts are refused (DNS rebinding).',
    );
  }
}

/** Names under which a server is reached that is bound to this address: none for "every address". */
export function namesOf(host: string): string[] {
  return isUnspecified(host) ? [] : [host];
}

/**
 * A name as the checks compare it: without scheme and port, IPv6 in brackets.
 * @throws UsageError
 */
export function hostname(name: string): string {
  const url = name.includes('://') ? name : `http://${bracketed(name)}`;
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (host === '' || host.includes('*')) {
    throw new UsageError(
      `${JSON.stringify(name)} is not a host name.`,
      'Give names such as mcp.example.com; there are no wildcards.',
    );
  }
  return host;
}

/** As in a URL. */
export function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

function isLoopback(host: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return host === 'localhost' || loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function isUnspecified(host: string): boolean {
  const every = new BlockList();
  every.addAddress('0.0.0.0', 'ipv4');
  every.addAddress('::', 'ipv6');
  return every.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
