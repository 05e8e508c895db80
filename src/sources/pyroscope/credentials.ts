import { readFile } from 'node:fs/promises';
import { UserError } from '../../errors.js';

/** The one option that names such a file. */
const TOKEN_FILE = 'GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE';
/** Values of further headers, and words in them, are taken for secrets from this length on. */
const MIN_SECRET_HEADER = 8;
/** Tokens of a file that are still kept out of answers after it was rewritten: a server may echo the one before. */
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
}

/** What a request says about who asks. */
export interface Credentials {
  /**
   * Headers of the next request, names in lower case, the authorization last.
   * @throws UserError when the token file cannot be read
   */
  headers(): Promise<Record<string, string>>;
  /** Takes these credentials out of text from elsewhere, in every spelling in which a server may echo them. */
  redact(text: string): string;
}

export function createCredentials(options: CredentialOptions): Credentials {
  const { token, tokenFile, username, password, tenant, headers } = options;
  const fixed = secretsOf(options);
  const fromFile: string[] = [];

  const readToken = async (file: string): Promise<string> => {
    const read = await readTokenFile(file);
    if (!fromFile.includes(read)) {
      fromFile.unshift(read);
      fromFile.length = Math.min(fromFile.length, REMEMBERED_TOKENS);
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
    redact(text) {
      const secrets = [...fixed, ...fromFile]
        .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
        .sort((a, b) => b.length - a.length)
        .map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      return secrets.length === 0 ? text : text.replace(new RegExp(secrets.join('|'), 'g'), '[redacted]');
    },
  };
}

/**
 * The token in a file.
 * @throws UserError when there is none
 */
export async function readTokenFile(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `The token file (${TOKEN_FILE}) cannot be read (${error.code ?? error.name}).`,
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

function secretsOf({ token, username, password, headers }: CredentialOptions): string[] {
  const values = Object.values(headers ?? {});
  const long = [...values, ...values.flatMap((value) => value.split(' '))].filter(
    (value) => value.length >= MIN_SECRET_HEADER,
  );
  const encoded = username == null ? null : basic(username, password);
  return [token, password, encoded, ...long].filter(
    (secret): secret is string => secret != null && secret !== '',
  );
}

function basic(username: string, password: string | null | undefined): string {
  return Buffer.from(`${username}:${password ?? ''}`).toString('base64');
}
