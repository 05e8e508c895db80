// A real OpenID provider (oidc-provider) as a process of its own, for tests. It signs people in without a
// page to fill in, registers clients in all three ways, and gives tokens for any resource. Below /test/ it
// does what a test wishes. The first line of the output is its issuer.
import { createServer } from 'node:http';
import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';

// Node.js has this from version 22.1 on; the provider uses it.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
// It says that it wants a newer Node.js.
console.warn = () => {};
const { Provider } = await import('oidc-provider');

const format = process.argv[2] ?? 'jwt';
const SCOPES = 'pyroscope:read pyroscope:admin';
const PEOPLE = {
  ada: { email: 'ada@example.com', email_verified: true, groups: ['alpha'], sources: ['alpha'] },
  bob: { email: 'bob@example.com', email_verified: true, groups: ['beta'], sources: ['beta'] },
};
const CLIENT_DOCUMENT = 'https://client.example/oauth/client.json';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

let person = 'ada';
let key;
let provider;
/** Numbers of requests by their path. */
const counts = {};

async function makeKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return {
    ...(await exportJWK(privateKey)),
    alg: 'RS256',
    use: 'sig',
    kid: `key-${Date.now()}-${Math.random()}`,
  };
}

function open() {
  const made = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: ['only for tests'] },
    clients: [
      {
        client_id: 'predefined',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1:9/callback'],
      },
      {
        client_id: 'mcp',
        client_secret: 'secret-of-mcp',
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
    ],
    scopes: ['openid', 'offline_access', ...SCOPES.split(' ')],
    claims: { openid: ['sub'] },
    pkce: { required: () => true },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: async () => true },
      registration: { enabled: true },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => [],
        useGrantedResource: async () => true,
        getResourceServerInfo: async (_, audience) => ({
          audience,
          scope: SCOPES,
          accessTokenFormat: format,
          ...(format === 'jwt' ? { jwt: { sign: { alg: 'RS256' } } } : {}),
        }),
      },
    },
    extraTokenClaims: async (_, { accountId }) => PEOPLE[accountId],
    findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    ttl: { AccessToken: 300, Grant: 600, Interaction: 600, Session: 600, IdToken: 300 },
    // The document of a client that names itself by an address; nothing else is fetched.
    fetch: async (url) =>
      String(url) === CLIENT_DOCUMENT
        ? Response.json({
            client_id: CLIENT_DOCUMENT,
            client_name: 'A client of the tests',
            redirect_uris: ['http://127.0.0.1:9/callback'],
            token_endpoint_auth_method: 'none',
            grant_types: ['authorization_code'],
            response_types: ['code'],
          })
        : new Response(null, { status: 404 }),
  });
  return made;
}

/** Signs the person in and grants what the client asks for, as a person would who agrees to everything. */
async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: person } });
    return;
  }
  const grant =
    (grantId && (await provider.Grant.find(grantId))) ||
    new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  for (const scope of prompt.details.missingOIDCScope ?? []) grant.addOIDCScope(scope);
  for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {}))
    grant.addResourceScope(resource, scopes.join(' '));
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

async function sign(claims, header = {}) {
  return new SignJWT({ iss: issuer, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header })
    .sign(await importJWK(key, 'RS256'));
}

async function readBody(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

/** Exchanges a token (RFC 8693), which the library leaves to its users. */
async function exchange(form, response) {
  const { sub, scope } = decodeJwt(form.get('subject_token'));
  const now = Math.floor(Date.now() / 1000);
  const token = await sign({
    sub,
    scope,
    aud: form.get('audience'),
    email: PEOPLE[sub]?.email,
    iat: now,
    exp: now + 300,
  });
  answer(response, {
    access_token: token,
    token_type: 'Bearer',
    expires_in: 300,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  });
}

function answer(response, value) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const TESTS = {
  '/test/sign': async ({ claims, header }) => sign(claims, header),
  '/test/person': async (name) => {
    person = name;
    return person;
  },
  '/test/rotate': async () => {
    key = await makeKey();
    provider = open();
    return key.kid;
  },
  '/test/counts': async () => counts,
};

key = await makeKey();
provider = open();
server.on('request', async (request, response) => {
  const { pathname } = new URL(request.url, issuer);
  counts[pathname] = (counts[pathname] ?? 0) + 1;
  try {
    if (pathname in TESTS) {
      answer(response, await TESTS[pathname](JSON.parse((await readBody(request)) || 'null')));
    } else if (pathname.startsWith('/interaction/')) {
      await interact(request, response);
    } else if (pathname === '/token' && request.headers.authorization?.startsWith('Basic ')) {
      const form = new URLSearchParams(await readBody(request));
      if (form.get('grant_type') === EXCHANGE) await exchange(form, response);
      else response.writeHead(400).end();
    } else {
      await provider.callback()(request, response);
    }
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
});
console.log(issuer);
