import { UserError } from '../../errors.js';
import { isLoopback } from '../loopback.js';
import type { OptionName } from '../options.js';
import type { Store } from '../stores.js';
import { readChoice } from '../usage.js';
import { GRAFANA_IDENTITIES, INTROSPECTED, OAUTH_OPTIONS } from './options.js';

/** How callers sign in, and whose rights they have then. */
export interface OAuthSettings {
  /** Issuers exactly as tokens name them; at least one. */
  issuers: readonly string[];
  /** Address under which clients reach MCP: the resource that they ask tokens for. */
  publicUrl: string;
  /** Names of which the audience of a token must have one. */
  audiences: readonly string[];
  /** Scopes that a token must have. */
  scopes: readonly string[];
  /** Tokens that are shown to the first issuer; null for none. */
  introspection: (typeof INTROSPECTED)[number] | null;
  /** This server's client at the first issuer; null where it needs none. */
  client: OAuthClient | null;
  /** Claim with the name of a person; null for `sub`. */
  userClaim: string | null;
  /** Claim with the allowed sources; null where all are allowed. */
  sourcesClaim: string | null;
  /** Labels whose value is narrowed to those of a claim. */
  matchers: readonly { label: string; claim: string }[];
  grafana: GrafanaIdentity;
}

export interface OAuthClient {
  id: string;
  /** Null where the file has it. */
  secret: string | null;
  secretFile: string | null;
}

/** How Grafana learns who asks. */
export type GrafanaIdentity =
  | { kind: 'server' }
  | { kind: 'proxy-header'; header: string }
  | { kind: 'assertion'; header: string; audience: string; keyFile: string }
  | { kind: 'exchange'; header: string; audience: string };

type Text = (name: OptionName) => string | null;
type List = (name: OptionName) => string[];

/** Options that mean nothing without an issuer. */
const NEED_ISSUER = [
  'oauthAudience',
  'oauthIntrospection',
  'oauthClientId',
  'oauthClientSecret',
  'oauthClientSecretFile',
  'oauthUserClaim',
  'oauthSourcesClaim',
  'oauthMatchers',
  'grafanaIdentityHeader',
  'grafanaIdentityAudience',
  'grafanaSigningKeyFile',
] as const satisfies readonly OptionName[];

/**
 * Reads the settings of sign-in.
 * @param text the value of an option; null when it is not given
 * @param list the values of a repeatable option
 * @param stores those that are asked for profiles
 * @returns null where no issuer is named
 * @throws UserError
 */
export function readOAuth(text: Text, list: List, stores: readonly Store[]): OAuthSettings | null {
  const issuers = [...new Set(list('oauthIssuer'))];
  const kind = readChoice('grafanaIdentity', text('grafanaIdentity'), GRAFANA_IDENTITIES) ?? 'server';
  if (issuers.length === 0) {
    const given = NEED_ISSUER.find((name) => text(name) !== null);
    const alone = given ?? (kind === 'server' ? undefined : 'grafanaIdentity');
    if (alone === undefined) return null;
    throw new UserError(
      `--${OAUTH_OPTIONS[alone].flag} is given without an identity provider.`,
      'Name the identity provider with --oauth-issuer https://…, or leave it out.',
    );
  }
  for (const issuer of issuers) checkAddress('oauthIssuer', issuer, 'https://login.example.com/realms/main');
  const publicUrl = text('publicUrl');
  if (publicUrl === null) {
    throw new UserError(
      '--oauth-issuer needs --public-url: clients ask the provider for a token for that address.',
      'Example: --public-url https://mcp.example.com/mcp',
    );
  }
  checkAddress('publicUrl', publicUrl, 'https://mcp.example.com/mcp');
  const audiences = list('oauthAudience');
  const scopes = list('oauthScopes');
  const introspection = readChoice('oauthIntrospection', text('oauthIntrospection'), INTROSPECTED);
  const client = readClient(text);
  const grafana = readGrafanaIdentity(kind, text, stores);
  if (client === null && (introspection !== null || kind === 'exchange')) {
    throw new UserError(
      `${introspection !== null ? '--oauth-introspection' : '--grafana-identity exchange'} needs a client of this server at the provider.`,
      'Set --oauth-client-id and PYROSCOPE_MCP_OAUTH_CLIENT_SECRET or PYROSCOPE_MCP_OAUTH_CLIENT_SECRET_FILE.',
    );
  }
  return {
    issuers,
    publicUrl,
    audiences: audiences.length === 0 ? [publicUrl] : audiences,
    scopes: scopes.length === 1 && scopes[0] === 'none' ? [] : scopes.map(checkScope),
    introspection,
    client,
    userClaim: text('oauthUserClaim') ?? (tellsGrafana(kind) ? 'email' : null),
    sourcesClaim: text('oauthSourcesClaim'),
    matchers: list('oauthMatchers').map(readMatcher),
    grafana,
  };
}

/** Whether this server itself tells Grafana the name of a person. */
function tellsGrafana(kind: GrafanaIdentity['kind']): boolean {
  return kind === 'assertion' || kind === 'proxy-header';
}

/** Whether a request may go to an address, or an address may be believed: TLS, or this machine. */
export function isSecureAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function checkAddress(name: 'oauthIssuer' | 'publicUrl', address: string, example: string): void {
  if (isSecureAddress(address) && !/[?#\s]/.test(address)) return;
  throw new UserError(
    `--${OAUTH_OPTIONS[name].flag} is not an https address without query, fragment and credentials.`,
    `Example: ${example}; http is for this machine only.`,
  );
}

/** Characters of a scope (RFC 6749, appendix A.4). */
function checkScope(scope: string): string {
  if (/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) return scope;
  throw new UserError(
    `--oauth-scopes ${JSON.stringify(scope)} is not a scope.`,
    "Example: pyroscope:read; 'none' for none.",
  );
}

function readClient(text: Text): OAuthClient | null {
  const [id, secret, secretFile] = [
    text('oauthClientId'),
    text('oauthClientSecret'),
    text('oauthClientSecretFile'),
  ];
  if (id === null && secret === null && secretFile === null) return null;
  if (id === null || (secret === null) === (secretFile === null)) {
    throw new UserError(
      'The client of this server at the provider is an id and a secret, or an id and a file with the secret.',
      'Set --oauth-client-id, and one of PYROSCOPE_MCP_OAUTH_CLIENT_SECRET and --oauth-client-secret-file.',
    );
  }
  return { id, secret, secretFile };
}

function readMatcher(text: string): { label: string; claim: string } {
  const [, label, claim] = /^([^=\s{}"]+)=(.+)$/.exec(text) ?? [];
  if (label !== undefined && claim !== undefined) return { label, claim };
  throw new UserError(
    `--oauth-matchers ${JSON.stringify(text)} is not LABEL=CLAIM.`,
    'Example: namespace=groups, where the claim groups holds the namespaces of a person.',
  );
}

function readGrafanaIdentity(
  kind: GrafanaIdentity['kind'],
  text: Text,
  stores: readonly Store[],
): GrafanaIdentity {
  const [givenHeader, givenAudience, keyFile] = [
    text('grafanaIdentityHeader'),
    text('grafanaIdentityAudience'),
    text('grafanaSigningKeyFile'),
  ];
  if (keyFile !== null && kind !== 'assertion') throw unused('grafanaSigningKeyFile', 'assertion');
  if (givenAudience !== null && kind !== 'assertion' && kind !== 'exchange')
    throw unused('grafanaIdentityAudience', 'assertion');
  if (kind === 'server') {
    if (givenHeader !== null) throw unused('grafanaIdentityHeader', 'assertion');
    return { kind };
  }
  const [grafana, ...others] = stores.filter((store) => store.kind === 'grafana');
  if (grafana === undefined) {
    throw new UserError(`--grafana-identity ${kind} needs a Grafana.`, 'Name it with --grafana-url.');
  }
  const header = checkHeader(givenHeader ?? (kind === 'proxy-header' ? 'X-WEBAUTH-USER' : 'X-JWT-Assertion'));
  if (kind === 'proxy-header') return { kind, header };
  if (givenAudience === null && others.length > 0) {
    throw new UserError(
      `--grafana-identity ${kind} needs an audience where there are several Grafanas.`,
      'Name with --grafana-identity-audience what each of them expects (expect_claims of auth.jwt).',
    );
  }
  const audience = givenAudience ?? grafana.settings.url;
  if (kind === 'exchange') return { kind, header, audience };
  if (keyFile === null) {
    throw new UserError(
      '--grafana-identity assertion needs a key that signs.',
      'Make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem; then --grafana-signing-key-file key.pem',
    );
  }
  return { kind, header, audience, keyFile };
}

/** Headers that belong to the connection or to the protocol. */
const RESERVED =
  /^(?:host|connection|content-.*|transfer-encoding|te|upgrade|accept.*|cookie|x-grafana-org-id)$/i;

function checkHeader(name: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && !RESERVED.test(name)) return name.toLowerCase();
  throw new UserError(
    `--grafana-identity-header ${JSON.stringify(name)} cannot name a person.`,
    'Give the header_name of auth.jwt or auth.proxy in the configuration of Grafana.',
  );
}

function unused(
  name: 'grafanaSigningKeyFile' | 'grafanaIdentityAudience' | 'grafanaIdentityHeader',
  kind: string,
) {
  return new UserError(
    `--${OAUTH_OPTIONS[name].flag} is given, and Grafana is asked otherwise.`,
    `Set --grafana-identity ${kind}, or leave it out.`,
  );
}
