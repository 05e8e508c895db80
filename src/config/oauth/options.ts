import type { Option } from '../options.js';

/** Whose rights a question to Grafana has, where callers sign in. */
export const GRAFANA_IDENTITIES = ['server', 'assertion', 'proxy-header', 'exchange'] as const;
/** Tokens that are shown to the provider before they count. */
export const INTROSPECTED = ['opaque', 'all'] as const;

/** The options of sign-in with OAuth, over HTTP. */
export const OAUTH_OPTIONS = {
  oauthIssuer: {
    flag: 'oauth-issuer',
    env: 'PYROSCOPE_MCP_OAUTH_ISSUER',
    value: 'URLS',
    help: 'callers over HTTP sign in at this identity provider (its issuer, exactly as tokens name it); several',
    isRepeatable: true,
  },
  publicUrl: {
    flag: 'public-url',
    env: 'PYROSCOPE_MCP_PUBLIC_URL',
    value: 'URL',
    help: 'address under which clients reach MCP, such as https://mcp.example.com/mcp; sign-in needs it',
  },
  oauthAudience: {
    flag: 'oauth-audience',
    env: 'PYROSCOPE_MCP_OAUTH_AUDIENCE',
    value: 'NAMES',
    help: 'audiences of tokens for this server; by default its public URL',
    isRepeatable: true,
  },
  oauthScopes: {
    flag: 'oauth-scopes',
    env: 'PYROSCOPE_MCP_OAUTH_SCOPES',
    value: 'NAMES',
    help: "scopes that a token must have; 'none' for none",
    default: 'pyroscope:read',
    isRepeatable: true,
  },
  oauthIntrospection: {
    flag: 'oauth-introspection',
    env: 'PYROSCOPE_MCP_OAUTH_INTROSPECTION',
    value: INTROSPECTED.join('|'),
    help: 'ask the first issuer whether a token holds: for tokens that are no JWTs, or for all; by default for none',
  },
  oauthClientId: {
    flag: 'oauth-client-id',
    env: 'PYROSCOPE_MCP_OAUTH_CLIENT_ID',
    value: 'ID',
    help: 'client id of this server at the first issuer, for introspection and token exchange',
  },
  oauthClientSecret: {
    flag: 'oauth-client-secret',
    env: 'PYROSCOPE_MCP_OAUTH_CLIENT_SECRET',
    value: 'SECRET',
    help: 'secret of that client',
    isSecret: true,
  },
  oauthClientSecretFile: {
    flag: 'oauth-client-secret-file',
    env: 'PYROSCOPE_MCP_OAUTH_CLIENT_SECRET_FILE',
    value: 'FILE',
    help: 'file with that secret, read again with every request to the provider',
  },
  oauthUserClaim: {
    flag: 'oauth-user-claim',
    env: 'PYROSCOPE_MCP_OAUTH_USER_CLAIM',
    value: 'CLAIM',
    help: 'claim with the name of a person, for the log and for Grafana; by default sub, and email where Grafana is told',
  },
  oauthSourcesClaim: {
    flag: 'oauth-sources-claim',
    env: 'PYROSCOPE_MCP_OAUTH_SOURCES_CLAIM',
    value: 'CLAIM',
    help: "claim with the names or uids of the sources that a person may ask, '*' for all; without it all",
  },
  oauthMatchers: {
    flag: 'oauth-matchers',
    env: 'PYROSCOPE_MCP_OAUTH_MATCHERS',
    value: 'LABEL=CLAIM',
    help: "every query is narrowed to profiles whose label has a value of the person's claim, such as namespace=groups",
    isRepeatable: true,
  },
  grafanaIdentity: {
    flag: 'grafana-identity',
    env: 'PYROSCOPE_MCP_GRAFANA_IDENTITY',
    value: 'KIND',
    help: `whose rights Grafana sees for a person who signed in: ${GRAFANA_IDENTITIES.join(', ')}`,
    default: 'server',
  },
  grafanaIdentityHeader: {
    flag: 'grafana-identity-header',
    env: 'PYROSCOPE_MCP_GRAFANA_IDENTITY_HEADER',
    value: 'NAME',
    help: 'header that names the person; by default X-JWT-Assertion, and X-WEBAUTH-USER for proxy-header',
  },
  grafanaIdentityAudience: {
    flag: 'grafana-identity-audience',
    env: 'PYROSCOPE_MCP_GRAFANA_IDENTITY_AUDIENCE',
    value: 'NAME',
    help: 'audience of assertions and exchanged tokens; by default the URL of Grafana',
  },
  grafanaSigningKeyFile: {
    flag: 'grafana-signing-key-file',
    env: 'PYROSCOPE_MCP_GRAFANA_SIGNING_KEY_FILE',
    value: 'FILE',
    help: 'private key (PEM, PKCS #8) that signs assertions; Grafana finds the public one at /.well-known/jwks.json',
  },
} as const satisfies Record<string, Option>;
