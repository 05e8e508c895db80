import { UserError } from '../../errors.js';
import { readSettingFile, reasonOfSettingFile } from '../../setting-file.js';
import { secretsOfProxy } from '../../telemetry/secrets.js';
import { anyOf, spellingsOf } from '../../telemetry/spellings.js';
import { type Echo, echoesOf } from '../echoes.js';
import type { ProxySettings } from './connections.js';

/** The one option that names such a file. */
const TOKEN_FILE = 'GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE';
/** Values of further headers, and words in them, are taken for secrets from this length on. */
const MIN_SECRET_HEADER = 8;
/**
 * Tokens of a file that are still kept out of answers after it was rewritten: a server may echo the one
 * before.
 */
const REMEMBERED_TOKENS = 4;

export interface CredentialOptions {
  /** Bearer token; wins over the file, and both over user and password. */
  token?: string | null;
  /** File that holds the bearer token; read with every request, so that a rotated one counts at once. */
  tokenFile?: string | null;
  username?: string | null;
  password?: string | null;
  /** Sent as `X-Scope-OrgID`. */
  tenant?: string | null;
  /** Further headers, sent with every request; they may hold credentials, but never replace those above. */
  headers?: Readonly<Record<string, string>>;
  /** Its user and password go to the proxy, which may echo them in its own error pages. */
  proxy?: ProxySettings | null;
}

/** What a request says about who asks. */
export interface Credentials {
  /**
   * Headers of the next request, names in lower case, the authorization last.
   * @throws UserError when the token file cannot be read
   */
  headers(): Promise<Record<string, string>>;
  /**
   * Takes these credentials out of text from elsewhere, in every spelling in which a server may echo them.
   */
  redact(text: string): string;
  /** These credentials as names may hold them; the same list as long as they are the same. */
  echoes(): readonly Echo[];
}

export function createCredentials(options: CredentialOptions): Credentials {
  const { token, tokenFile, username, password, tenant, headers } = options;
  const fixed = secretsOf(options);
  const fromFile: string[] = [];
  let current = patternsFor(fixed);

  const readToken = async (file: string): Promise<string> => {
    const read = await readTokenFile(file);
    if (!fromFile.includes(read)) {
      fromFile.unshift(read);
      fromFile.length = Math.min(fromFile.length, REMEMBERED_TOKENS);
      // Behind the others, so that a rotated token changes no placeholder of theirs.
      current = patternsFor([...fixed, ...fromFile.flatMap(withScheme)]);
    }
    return read;
  };

  const authorization = async (): Promise<string | null> => {
    const bearer = token ?? (tokenFile == null ? null : await readToken(tokenFile));
    if (bearer !== null) return `Bearer ${bearer}`;
    return username == null ? null : `Basic ${basic(username, password)}`;
  };

  return {
    async headers() {
      const own = await authorization();
      return {
        ...Object.fromEntries(
          Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
        ),
        ...(tenant == null ? {} : { 'x-scope-orgid': tenant }),
        ...(own === null ? {} : { authorization: own }),
      };
    },
    redact: (text) => (current.pattern === null ? text : text.replace(current.pattern, '[redacted]')),
    echoes: () => current.echoes,
  };
}

/**
 * The token in a file.
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
 * In prose the scheme stays, and a secret of any length is taken out; names are left whole where they can be.
 */
function patternsFor(secrets: readonly string[]) {
  const words = secrets.flatMap(spellingsOf).filter((text) => !/^(?:Bearer|Basic) /.test(text));
  return { pattern: anyOf(words), echoes: echoesOf(secrets) };
}

/** With its scheme a token is told from other words, however short it is. */
function withScheme(token: string): string[] {
  return [token, `Bearer ${token}`];
}

function secretsOf({ token, username, password, headers, proxy }: CredentialOptions): string[] {
  const values = Object.values(headers ?? {});
  const long = [...values, ...values.flatMap((value) => value.split(' '))].filter(
    (value) => value.length >= MIN_SECRET_HEADER,
  );
  const encoded = username == null ? null : basic(username, password);
  return [
    ...(token == null ? [] : withScheme(token)),
    password,
    ...(encoded === null ? [] : [encoded, `Basic ${encoded}`, `${username}:${password ?? ''}`]),
    ...long,
    ...secretsOfProxy(proxy ?? null),
  ].filter((secret): secret is string => secret != null && secret !== '');
}

function basic(username: string, password: string | null | undefined): string {
  return Buffer.from(`${username}:${password ?? ''}`).toString('base64');
}
