import { UserError } from '../errors.js';
import { grafanaAddress } from '../sources/grafana/address.js';
import type { ProxySettings } from '../sources/pyroscope/http/connections.js';

/** Address of a Grafana, and what it learns about the callers. */
export interface GrafanaSettings {
  /** Origin and sub-path. */
  url: string;
  token: string | null;
  tokenFile: string | null;
  username: string | null;
  password: string | null;
  orgId: number | null;
  headers: Readonly<Record<string, string>>;
  caFile: string | null;
}

type GrafanaOption =
  | 'grafanaUrl'
  | 'grafanaToken'
  | 'grafanaTokenFile'
  | 'grafanaUsername'
  | 'grafanaPassword'
  | 'grafanaOrg'
  | 'grafanaHeaders'
  | 'grafanaCaFile';

/**
 * Reads the settings of Grafana.
 * @param text the value of an option; null when it is not given
 * @throws UserError
 */
export function readGrafana(text: (name: GrafanaOption) => string | null): GrafanaSettings | null {
  const address = text('grafanaUrl');
  if (address === null) return null;
  const [token, tokenFile] = [text('grafanaToken')?.trim() ?? null, text('grafanaTokenFile')];
  const [username, password] = [text('grafanaUsername'), text('grafanaPassword')];
  checkCredentials('Grafana', 'GRAFANA', { token: token ?? tokenFile, username, password });
  const orgId = text('grafanaOrg');
  if (orgId !== null && !/^[1-9]\d{0,9}$/.test(orgId)) {
    throw new UserError(
      `GRAFANA_ORG_ID ${JSON.stringify(orgId)} is not the number of an organisation.`,
      'Example: 1',
    );
  }
  return {
    url: grafanaAddress(address),
    token,
    tokenFile: token === null ? tokenFile : null,
    username,
    password,
    orgId: orgId === null ? null : Number(orgId),
    headers: readHeaders(text('grafanaHeaders')),
    caFile: text('grafanaCaFile'),
  };
}

/**
 * Headers that are ours to set: credentials have settings of their own, the rest belongs to the connection.
 */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'accept',
  'accept-encoding',
  // Grafana would pass it on to Pyroscope as the authorization.
  'x-ds-authorization',
  'x-grafana-org-id',
  // Tenants are told apart by the data source in Grafana.
  'x-scope-orgid',
]);

function readHeaders(json: string | null): Readonly<Record<string, string>> {
  if (json === null) return {};
  const next = 'Example: {"CF-Access-Client-Id":"…","CF-Access-Client-Secret":"…"}';
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new UserError('GRAFANA_EXTRA_HEADERS is not JSON.', next);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('GRAFANA_EXTRA_HEADERS is not a JSON object.', next);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, content]: [string, unknown]) => {
      if (
        !/^[\w!#$%&'*+.^`|~-]+$/.test(name) ||
        typeof content !== 'string' ||
        /[^\t\x20-\x7e\x80-\xff]/.test(content)
      ) {
        throw new UserError(
          `GRAFANA_EXTRA_HEADERS: ${JSON.stringify(name)} is not a header with a text.`,
          next,
        );
      }
      if (OWN_HEADERS.has(name.toLowerCase())) {
        throw new UserError(
          `GRAFANA_EXTRA_HEADERS may not set ${name}.`,
          'Credentials have settings of their own: GRAFANA_SERVICE_ACCOUNT_TOKEN, GRAFANA_ORG_ID.',
        );
      }
      return [name, content];
    }),
  );
}

/** @throws UserError where a token and a user are given, or half of a user */
export function checkCredentials(
  what: string,
  prefix: string,
  { token, username, password }: { token: string | null; username: string | null; password: string | null },
): void {
  if (token !== null && (username !== null || password !== null)) {
    const tokenName = prefix === 'GRAFANA' ? 'GRAFANA_SERVICE_ACCOUNT_TOKEN' : `${prefix}_TOKEN`;
    throw new UserError(
      `Both a token and a user are set for ${what}.`,
      `Set ${tokenName}, or ${prefix}_USERNAME and ${prefix}_PASSWORD.`,
    );
  }
  if ((username === null) !== (password === null)) {
    throw new UserError(
      'Basic authentication needs a user and a password.',
      `Set both ${prefix}_USERNAME and ${prefix}_PASSWORD.`,
    );
  }
}

/**
 * The proxies of the environment, as other programs read them: lower case wins.
 * @throws UserError; the value may hold credentials and is not shown
 */
export function readProxy(env: Readonly<Record<string, string | undefined>>): ProxySettings | null {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || null;
  const [http, https] = [read('HTTP_PROXY'), read('HTTPS_PROXY')];
  for (const [name, value] of [
    ['HTTP_PROXY', http],
    ['HTTPS_PROXY', https],
  ] as const) {
    if (value === null || (/^https?:\/\//i.test(value) && URL.canParse(value))) continue;
    throw new UserError(`${name} is not an http(s) URL.`, 'Example: http://proxy.example.com:3128');
  }
  const none = read('NO_PROXY');
  return none === '*' || (http === null && https === null) ? null : { http, https, none };
}
