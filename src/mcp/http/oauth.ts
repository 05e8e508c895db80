import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/server';
import type { Identity } from '../../access/identity.js';
import type { OAuthSettings } from '../../config/oauth/read.js';
import { TokenRefused } from '../../sign-in/refused.js';
import { openSignIn, type SignIn, type SignInOptions } from '../../sign-in/sign-in.js';
import type { Log } from '../../telemetry/log.js';
import { MCP_PATH } from './request.js';
import { refusal } from './responses.js';

/** Path below which a resource describes itself (RFC 9728). */
const METADATA_PATH = '/.well-known/oauth-protected-resource';
/** Path of the public keys of our assertions for Grafana. */
const KEYS_PATH = '/.well-known/jwks.json';
/** Time after which a caller tries again whose provider could not be asked, seconds. */
const RETRY_SECONDS = 5;

/** Settings of sign-in, and what it needs of the rest of the configuration. */
export type OAuthAccess = Omit<SignInOptions, 'log'>;

/** Sign-in as callers over HTTP see it. */
export interface OAuth {
  /** Lets in the bearer of a token, or tells what is wrong with the token. */
  check(token: string): Promise<{ identity: Identity } | { refused: Response }>;
  /** Refuses a request without a token, and tells where to get one. */
  refuseWithoutToken(): Response;
  /** Whether a path is one of the documents that every caller may read. */
  isPublic(path: string): boolean;
  /** Answers a request for such a document. */
  answer(request: Request): Response;
  close(): Promise<void>;
}

/**
 * Opens sign-in with OAuth: this server is a resource server, which sends its callers to an identity provider
 * and checks what they bring back.
 *
 * The helpers of the SDK (`requireBearerAuth`, `oauthMetadataResponse`) know a single issuer, whose metadata
 * they want at the start, and answer a provider that is down with status 500.
 *
 * @throws UsageError for a signing key that will not do
 */
export async function openOAuth(access: OAuthAccess, log: Log): Promise<OAuth> {
  const signIn = await openSignIn({ ...access, log });
  const challenge = createChallenge(access.settings);
  const documents = listDocuments(access.settings, signIn);
  return {
    async check(token) {
      try {
        return { identity: await signIn.identify(token) };
      } catch (error) {
        return { refused: refuse(error, challenge, log) };
      }
    },
    refuseWithoutToken: () =>
      refusal(
        401,
        'This server wants a token: sign in at its identity provider, which the challenge names.',
        {
          headers: { 'www-authenticate': challenge(null) },
        },
      ),
    isPublic: (path) => documents.has(path),
    answer: (request) => answerDocument(request, documents.get(new URL(request.url).pathname)),
    close: signIn.close,
  };
}

/** Makes the header that tells a client how to get a token that will do (RFC 6750, RFC 9728). */
type Challenge = (fault: { error: string; message: string } | null) => string;

function createChallenge({ publicUrl, scopes }: OAuthSettings): Challenge {
  const metadata = getOAuthProtectedResourceMetadataUrl(new URL(publicUrl));
  return (fault) =>
    [
      'Bearer realm="pyroscope-mcp"',
      ...(fault === null ? [] : [`error="${fault.error}"`, `error_description="${quote(fault.message)}"`]),
      ...(scopes.length === 0 ? [] : [`scope="${scopes.join(' ')}"`]),
      `resource_metadata="${metadata}"`,
    ].join(', ');
}

/** Our own sentences as the header may hold them (RFC 6750, section 3). */
function quote(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, ' ');
}

function refuse(error: unknown, challenge: Challenge, log: Log): Response {
  if (!(error instanceof TokenRefused)) {
    log.error('a token could not be checked', error);
    return refusal(503, 'The token could not be checked. The log of the server tells why.');
  }
  const { kind, message, detail } = error;
  const fields = { kind, reason: message, ...(detail === null ? {} : { detail }) };
  switch (kind) {
    case 'invalid':
      log.info('http: token refused', fields);
      return refusal(401, `${message} Sign in again.`, {
        headers: { 'www-authenticate': challenge({ error: 'invalid_token', message }) },
      });
    case 'scope':
      log.info('http: token refused', fields);
      return refusal(403, message, {
        headers: { 'www-authenticate': challenge({ error: 'insufficient_scope', message }) },
      });
    case 'rights':
      log.info('http: token refused', fields);
      return refusal(403, message);
    case 'unavailable':
      log.warn('http: token cannot be checked', fields);
      return refusal(503, `${message} Call again in a few seconds.`, {
        headers: { 'retry-after': String(RETRY_SECONDS) },
      });
  }
}

/** Lists the documents by their paths: the metadata at each path where clients look, and the keys. */
function listDocuments(
  { publicUrl, issuers, scopes }: OAuthSettings,
  { keys }: Pick<SignIn, 'keys'>,
): ReadonlyMap<string, string> {
  const metadata = {
    resource: publicUrl,
    authorization_servers: issuers,
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    resource_name: 'Pyroscope profiles',
  };
  const own = new URL(getOAuthProtectedResourceMetadataUrl(new URL(publicUrl))).pathname;
  const documents = new Map<string, string>();
  for (const path of [METADATA_PATH, `${METADATA_PATH}${MCP_PATH}`, own])
    documents.set(path, JSON.stringify(metadata));
  if (keys !== null) documents.set(KEYS_PATH, JSON.stringify(keys));
  return documents;
}

/** Headers of a document: pages of other origins may read it, since clients run in browsers, too. */
const PUBLIC = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=300' };

function answerDocument({ method }: Request, document: string | undefined): Response {
  if (document === undefined) return refusal(404, 'There is no such document.');
  if (method === 'OPTIONS') {
    const allowed = { 'access-control-allow-methods': 'GET', 'access-control-allow-headers': '*' };
    return new Response(null, { status: 204, headers: { ...PUBLIC, ...allowed } });
  }
  if (method !== 'GET' && method !== 'HEAD')
    return refusal(405, 'Use GET.', { headers: { allow: 'GET, HEAD, OPTIONS' } });
  return new Response(method === 'HEAD' ? null : document, {
    headers: { ...PUBLIC, 'content-type': 'application/json' },
  });
}
