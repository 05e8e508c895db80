import { UserError } from '../errors.js';
import { isSwitchedOn } from './http.js';
import type { OptionName } from './options.js';
import { CALLER_CREDENTIALS, type CallerCredentials, RIGHTS_OPTIONS } from './rights-options.js';
import type { Store } from './stores.js';
import { readChoice } from './usage.js';

/** Credentials that requests bring for Grafana. */
export interface CallerSettings {
  /** Whether a request without a credential is refused, or asks with the server's own. */
  mode: CallerCredentials;
  /** Headers that are sent on to Grafana, in lower case. */
  forwardHeaders: readonly string[];
}

export interface RightsSettings {
  /** Names or uids; null for all. */
  allowedSources: readonly string[] | null;
  /** Selector as it was given; null for none. */
  enforcedMatchers: string | null;
  /** Null where all requests use the server's own credential. */
  callers: CallerSettings | null;
  /** The server's further headers that are sent with a caller's credential, too, in lower case. */
  gatewayHeaders: readonly string[];
  hasAuditLog: boolean;
}

/** Headers that belong to a connection, to the message or to this server. */
const NEVER_FORWARDED: Readonly<Record<string, string>> = {
  authorization: 'it holds the token for this server, which must not go further',
  'proxy-authorization': 'it belongs to the connection',
  'proxy-authenticate': 'it belongs to the connection',
  connection: 'it belongs to the connection',
  'keep-alive': 'it belongs to the connection',
  te: 'it belongs to the connection',
  trailer: 'it belongs to the connection',
  'transfer-encoding': 'it belongs to the connection',
  upgrade: 'it belongs to the connection',
  host: 'it names this server',
  origin: 'it is checked by this server',
  forwarded: 'it proves nothing to Grafana',
  via: 'it proves nothing to Grafana',
  'x-real-ip': 'it proves nothing to Grafana',
  'user-agent': 'it is set by this server',
  traceparent: 'it is set by this server',
  tracestate: 'it is set by this server',
  'x-ds-authorization': 'Grafana would pass it on to Pyroscope',
  'x-scope-orgid': 'tenants are told apart by the data source in Grafana',
  'x-grafana-service-account-token': 'it is read by --caller-credentials',
  'x-grafana-api-key': 'it is read by --caller-credentials',
  'x-grafana-org-id': 'it is read by --caller-credentials',
  'x-grafana-url': 'the address of Grafana never comes from a request',
};
const NEVER_FORWARDED_PREFIXES: readonly (readonly [prefix: string, reason: string])[] = [
  ['accept', 'it belongs to the message'],
  ['content-', 'it belongs to the message'],
  ['mcp-', 'it belongs to the protocol'],
  ['sec-', 'it belongs to the browser'],
  ['x-webauth-', 'it is a name without a proof: whoever reaches this server could give any'],
  ['x-forwarded-', 'it is a name without a proof: whoever reaches this server could give any'],
  ['x-auth-request-', 'it is a name without a proof: whoever reaches this server could give any'],
];

/**
 * Reads what callers may ask, and with whose credential.
 * @param text the value of an option; null when it is not given
 * @throws UserError
 */
export function readRightsSettings(
  text: (name: OptionName) => string | null,
  list: (name: OptionName) => readonly string[],
  stores: readonly Store[],
): RightsSettings {
  const mode = readChoice('callerCredentials', text('callerCredentials'), CALLER_CREDENTIALS);
  const forwardHeaders = readNames('forwardHeaders', list).map(checkForwarded);
  const gatewayHeaders = readNames('gatewayHeaders', list);
  if (mode === null && forwardHeaders.length > 0) {
    throw new UserError(
      '--forward-headers is about credentials of callers, and --caller-credentials is not set.',
      'Set --caller-credentials required, or leave both out.',
    );
  }
  const grafanas = stores.filter(({ kind }) => kind === 'grafana').length;
  if (mode !== null && grafanas !== 1) {
    throw new UserError(
      `--caller-credentials is about credentials for one Grafana, and ${grafanas === 0 ? 'none is' : `${grafanas} are`} configured.`,
      grafanas === 0
        ? 'Set GRAFANA_URL.'
        : 'A credential must not reach another Grafana: start a server for each.',
    );
  }
  return {
    allowedSources: text('allowedSources') === null ? null : list('allowedSources'),
    enforcedMatchers: text('enforcedMatchers'),
    callers: mode === null ? null : { mode, forwardHeaders },
    gatewayHeaders,
    hasAuditLog: isSwitchedOn('auditLog', text('auditLog')),
  };
}

function readNames(
  option: 'forwardHeaders' | 'gatewayHeaders',
  list: (name: OptionName) => readonly string[],
): string[] {
  return list(option).map((name) => {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name.toLowerCase();
    throw new UserError(
      `--${RIGHTS_OPTIONS[option].flag} ${JSON.stringify(name)} is not the name of a header.`,
      'Example: cookie,X-Id-Token',
    );
  });
}

function checkForwarded(name: string): string {
  const [, ofPrefix] = NEVER_FORWARDED_PREFIXES.find(([prefix]) => name.startsWith(prefix)) ?? [];
  const reason = NEVER_FORWARDED[name] ?? ofPrefix;
  if (reason === undefined) return name;
  throw new UserError(
    `--forward-headers may not name ${name}: ${reason}.`,
    'Name headers that Grafana itself checks: cookie, X-Id-Token, X-JWT-Assertion.',
  );
}
