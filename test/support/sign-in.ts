import { spawn } from 'node:child_process';
import path from 'node:path';
import type {
  OAuthClientMetadata,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientKind } from './clients.js';
import { findPort } from './grafana-process.js';
import { cleanEnvironment, type Program, start, watchProgram } from './process.js';
import { ROOT } from './root.js';

/** Address to which the provider sends a person back; the tests read it and ask nothing there. */
export const CALLBACK = 'http://127.0.0.1:9/callback';
/** Address by which a client names itself (client id metadata document). */
export const CLIENT_DOCUMENT = 'https://client.example/oauth/client.json';

/** A running OpenID provider. */
export interface RunningProvider {
  readonly issuer: string;
  /** Signs claims with the present key of the provider. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** Decides who signs in next. */
  setPerson(name: 'ada' | 'bob'): Promise<void>;
  /** Replaces the key. */
  rotate(): Promise<void>;
  /** Numbers of requests by their path. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Lets the process stand still, as a provider that hangs. */
  pause(isPaused: boolean): void;
  stop(): Promise<void>;
}

/** Starts a provider that gives tokens of one format. */
export async function startProvider(format: 'jwt' | 'opaque' = 'jwt'): Promise<RunningProvider> {
  const program: Program = watchProgram(
    spawn(process.execPath, [path.join(ROOT, 'test/support/oidc-provider.mjs'), format], {
      cwd: ROOT,
      env: cleanEnvironment(),
    }),
  );
  const [issuer] = await program.seen(/^http:\S+/m);
  const ask = async (name: string, body: unknown = null): Promise<unknown> => {
    const response = await fetch(`${issuer}/test/${name}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the provider failed:\n${program.stderr()}`);
    return response.json();
  };
  return {
    issuer,
    sign: async (claims, header = {}) => String(await ask('sign', { claims, header })),
    async setPerson(name) {
      await ask('person', name);
    },
    async rotate() {
      await ask('rotate');
    },
    counts: async () => Object.fromEntries(Object.entries(Object(await ask('counts')))),
    pause: (isPaused) => void program.child.kill(isPaused ? 'SIGSTOP' : 'SIGCONT'),
    async stop() {
      program.child.kill('SIGKILL');
      await program.exit;
    },
  };
}

/** Starts the built program, whose callers sign in at a provider, under the address that they ask. */
export async function startSignInServer(
  issuer: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ url: string; program: Program; stop(): Promise<void> }> {
  const port = await findPort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const own = ['--http', String(port), '--log-level', 'debug', '--oauth-issuer', issuer, '--public-url', url];
  const program = start([...own, ...args], env);
  await program.seen(/serves MCP at/);
  return {
    url,
    program,
    async stop() {
      program.child.kill('SIGKILL');
      await program.exit;
    },
  };
}

/** How a client is known to the provider. */
export const REGISTRATIONS = ['predefined', 'dynamic registration', 'client id metadata document'] as const;
export type Registration = (typeof REGISTRATIONS)[number];

/** Memory of a client about a sign-in. */
interface Memory {
  client: StoredOAuthClientInformation | undefined;
  tokens: StoredOAuthTokens | undefined;
  verifier: string;
  discovery: OAuthDiscoveryState | undefined;
  authorization: URL | undefined;
}

/** A person at a client of the official SDK, who signs in with a browser. */
export class Person implements OAuthClientProvider {
  readonly memory: Memory;
  readonly redirectUrl = CALLBACK;
  readonly clientMetadataUrl?: string;

  /** @param issuer provider at which a predefined client is known */
  constructor(registration: Registration, issuer: string) {
    this.memory = {
      client: registration === 'predefined' ? { client_id: 'predefined', issuer } : undefined,
      tokens: undefined,
      verifier: '',
      discovery: undefined,
      authorization: undefined,
    };
    if (registration === 'client id metadata document') this.clientMetadataUrl = CLIENT_DOCUMENT;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'A client of the tests',
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    };
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.memory.client;
  }

  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.memory.client = client;
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.memory.tokens;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.memory.tokens = tokens;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.memory.discovery;
  }

  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.memory.discovery = discovery;
  }

  redirectToAuthorization(url: URL): void {
    this.memory.authorization = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.memory.verifier = verifier;
  }

  codeVerifier(): string {
    return this.memory.verifier;
  }
}

/** Connects to a server as a client that knows nothing of it, and signs in where it is told to. */
export async function signIn(kind: ClientKind, url: string, person: Person): Promise<Client | OldClient> {
  return kind === 'SDK 1.x' ? signInOld(url, person) : signInNew(kind, url, person);
}

async function signInNew(kind: ClientKind, url: string, person: Person): Promise<Client> {
  const options = {
    versionNegotiation: { mode: kind === 'modern era' ? ('auto' as const) : ('legacy' as const) },
  };
  const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: person });
  const transport = open();
  await refused(new Client({ name: 'test', version: '1' }, options).connect(transport));
  await transport.finishAuth((await browse(person)).searchParams);
  const client = new Client({ name: 'test', version: '1' }, options);
  await client.connect(open());
  return client;
}

async function signInOld(url: string, person: Person): Promise<OldClient> {
  // Under exactOptionalPropertyTypes the SDK's own types do not fit its own interface.
  const authProvider = person as unknown as NonNullable<
    ConstructorParameters<typeof OldTransport>[1]
  >['authProvider'];
  const open = () => new OldTransport(new URL(url), authProvider === undefined ? {} : { authProvider });
  const connect = (client: OldClient, transport: OldTransport) =>
    client.connect(transport as Parameters<OldClient['connect']>[0]);
  const transport = open();
  await refused(connect(new OldClient({ name: 'test', version: '1' }), transport));
  await transport.finishAuth((await browse(person)).searchParams.get('code') ?? '');
  const client = new OldClient({ name: 'test', version: '1' });
  await connect(client, open());
  return client;
}

/** Waits for the failure of a client that must sign in. */
async function refused(connecting: Promise<unknown>): Promise<void> {
  const failure = await connecting.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(failure instanceof Error) || !/unauthori[sz]ed/i.test(`${failure.name} ${failure.message}`)) {
    throw new Error('the client was not asked to sign in', { cause: failure });
  }
}

/**
 * Follows the provider through its pages as a browser does.
 * @returns the address to which it sends the person back
 */
async function browse({ memory }: Person): Promise<URL> {
  let url = memory.authorization;
  if (url === undefined) throw new Error('the client was sent nowhere');
  const cookies = new Map<string, string>();
  for (let hops = 0; hops < 20; hops++) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url} does not lead on: ${await response.text()}`);
    url = new URL(location, url);
    if (url.href.startsWith(CALLBACK)) return url;
  }
  throw new Error('the provider leads around in a circle');
}
