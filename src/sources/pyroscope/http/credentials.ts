import { UserError } from '../../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../../setting-file.js';
import { secretsOfProxy } from '../../../telemetry/secrets.js';
import { listSpellings, matchAny } from '../../../telemetry/spellings.js';
import { type Echo, listEchoes } from '../../echoes.js';
import type { ProxySettings } from './connections.js';

/** The only option that names a token file, for messages. */
const TOKEN_FILE = 'GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE';
/** Minimum length of a further header's value, or of a word in it, that counts as a secret. */
const MIN_SECRET_HEADER = 8;
/** Maximum number of old tokens of a file that are still redacted: a server may echo the token before. */
const MAX_OLD_TOKENS = 4;

export interface CredentialOptions {
  /** Bearer token; it is preferred to the file, and both to user and password. */
  token?: string | null;
  /** File with the bearer token; every request reads it, so that a rotated token is used at once. */
  tokenFile?: string | null;
  username?: string | null;
  password?: string | null;
  /** Tenant, sent as `X-Scope-OrgID`. */
  tenant?: string | null;
  /**
   * Gives the headers that authenticate the next request, instead of the credentials above. Their values are
   * secrets.
   */
  provided?: (() => Promise<Readonly<Record<string, string>>>) | null;
  /** Further headers of every request; they may hold credentials, but never replace those above. */
  headers?: Readonly<Record<string, string>>;
  /** Proxy, whose user and password it may echo in its own error pages. */
  proxy?: ProxySettings | null;
}

/** The credentials of requests to a server, and how they are kept out of its answers. */
export interface Credentials {
  /**
   * Headers of the next request, names in lower case, the authorization last.
   * @throws UserError when the token file cannot be read
   */
  headers(): Promise<Record<string, string>>;
  /** Removes these credentials from text of others, in every spelling in which a server may echo them. */
  redact(text: string): string;
  /** These credentials as names may echo them; the list is the same object until the credentials change. */
  echoes(): readonly Echo[];
}

export function createCredentials(options: CredentialOptions): Credentials {
  const { token, tokenFile, username, password, tenant, headers, provided } = options;
  const fixedSecrets = listSecrets(options);
  const rotated: string[] = [];
  let patterns = patternsFor(fixedSecrets);

  const remember = (secrets: readonly string[]): void => {
    const unknown = secrets.filter((secret) => !rotated.includes(secret));
    if (unknown.length === 0) return;
    rotated.unshift(...unknown);
    rotated.length = Math.min(rotated.length, Math.max(MAX_OLD_TOKENS, 2 * secrets.length));
    // A rotated token comes last, so that it does not change the placeholders of the others.
    patterns = patternsFor([...fixedSecrets, ...rotated.flatMap(withScheme)]);
  };
  const readToken = async (file: string): Promise<string> => {
    const fileToken = await readTokenFile(file);
    remember([fileToken]);
    return fileToken;
  };
  const readProvided = async (provide: NonNullable<typeof provided>): Promise<Record<string, string>> => {
    const entries = Object.entries(await provide()).map(
      ([name, value]) => [name.toLowerCase(), value] as const,
    );
    remember(entries.flatMap(([name, value]) => listProvidedSecrets(name, value)));
    return Object.fromEntries(entries);
  };

  const authorization = async (): Promise<string | null> => {
    const bearer = token ?? (tokenFile == null ? null : await readToken(tokenFile));
    if (bearer !== null) return `Bearer ${bearer}`;
    return username == null ? null : `Basic ${basicCredentials(username, password)}`;
  };

  return {
    async headers() {
      const authenticating = provided == null ? null : await readProvided(provided);
      const authorizationHeader = authenticating === null ? await authorization() : null;
      return {
        ...Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
        ),
        ...(tenant == null ? {} : { 'x-scope-orgid': tenant }),
        ...(authorizationHeader === null ? {} : { authorization: authorizationHeader }),
        ...authenticating,
      };
    },
    redact: (text) => (patterns.pattern === null ? text : text.replace(patterns.pattern, '[redacted]')),
    echoes: () => patterns.echoes,
  };
}

/**
 * Reads the token in a file.
 * @throws UserError when there is none
 */
export async function readTokenFile(file: string): Promise<string> {
  const text = await readSettingFile(file).catch((error: unknown) => {
    throw new UserError(
      `The token file (${TOKEN_FILE}) cannot be read (${reasonOfSettingFile(error)}).`,
      'An operator checks its path and who may read it; the next call looks again.',
    );
  });
  const token = text.trim();
  if (token === '' || /\s/.test(token)) {
    throw new UserError(
      `The token file (${TOKEN_FILE}) ${token === '' ? 'is empty' : 'holds more than one word'}.`,
      'An operator writes the token into it, and nothing else; the next call looks again.',
    );
  }
  return token;
}

/**
 * Compiles the pattern for prose, in which secrets of any length are redacted and the scheme stays, and the
 * echoes for names, which redact fewer secrets so that names stay whole.
 */
function patternsFor(secrets: readonly string[]) {
  const words = secrets.flatMap(listSpellings).filter((text) => !/^(?:Bearer|Basic) /.test(text));
  return { pattern: matchAny(words), echoes: listEchoes(secrets) };
}

/** A token alone and with its scheme, which makes a short token recognisable. */
function withScheme(token: string): string[] {
  return [token, `Bearer ${token}`];
}

function listSecrets({ token, username, password, headers, proxy }: CredentialOptions): string[] {
  const values = Object.values(headers ?? {});
  const longValues = [...values, ...values.flatMap((value) => value.split(' '))].filter(
    (value) => value.length >= MIN_SECRET_HEADER,
  );
  const encoded = username == null ? null : basicCredentials(username, password);
  return [
    ...(token == null ? [] : withScheme(token)),
    password,
    ...(encoded === null ? [] : [encoded, `Basic ${encoded}`, `${username}:${password ?? ''}`]),
    ...longValues,
    ...secretsOfProxy(proxy ?? null),
  ].filter((secret): secret is string => secret != null && secret !== '');
}

/** A scheme such as `Bearer` is no part of the secret; a cookie has several. */
function listProvidedSecrets(name: string, value: string): string[] {
  if (name === 'authorization') return [value.replace(/^(?:Bearer|Basic) +/i, '')];
  return [value, ...value.split(/[\s;,=]+/)].filter((part) => part.length >= MIN_SECRET_HEADER);
}

function basicCredentials(username: string, password: string | null | undefined): string {
  return Buffer.from(`${username}:${password ?? ''}`).toString('base64');
}
