import { UserError } from '../errors.js';
import { type GrafanaCredential, hashParts } from './identity.js';

/** Header with the token of a service account, as other servers for Grafana take it. */
export const TOKEN_HEADER = 'x-grafana-service-account-token';
/** Older name of that header. */
const OLD_TOKEN_HEADER = 'x-grafana-api-key';
const ORG_HEADER = 'x-grafana-org-id';

/**
 * Reads the Grafana credential that a request brings: the token of a service account, and the headers by
 * which a gateway proves who a person is. No address is read from a request.
 *
 * @param forwardHeaders names of those headers, in lower case
 * @returns null where there is none
 * @throws UserError for a header that cannot be one
 */
export function readCallerCredential(
  headers: Headers,
  forwardHeaders: readonly string[],
): GrafanaCredential | null {
  const token = readToken(headers);
  const orgId = readOrg(headers);
  const forwarded = forwardHeaders.flatMap((name) => {
    const value = headers.get(name) ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  if (token === null && forwarded.length === 0) {
    if (orgId === null) return null;
    throw new UserError(
      `The request names an organisation of Grafana (${ORG_HEADER}) and no credential of its own.`,
      `Send ${TOKEN_HEADER} as well, or leave the organisation out.`,
    );
  }
  const sent: Readonly<Record<string, string>> = {
    ...Object.fromEntries(forwarded),
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return { key: hashParts([token, forwarded]), orgId, headers: async () => sent };
}

function readToken(headers: Headers): string | null {
  const [token, oldToken] = [TOKEN_HEADER, OLD_TOKEN_HEADER].map((name) => headers.get(name)?.trim() ?? '');
  const value = token === '' ? oldToken : token;
  if (value === undefined || value === '') return null;
  if (token !== '' && oldToken !== '' && token !== oldToken) {
    throw new UserError(
      `The request has two different tokens, in ${TOKEN_HEADER} and ${OLD_TOKEN_HEADER}.`,
      `Send ${TOKEN_HEADER} alone.`,
    );
  }
  if (/^[\x21-\x7e]+$/.test(value) && !value.includes(',')) return value;
  throw new UserError(
    `The header ${TOKEN_HEADER} is not one token.`,
    'Send the token of a Grafana service account as it is, without "Bearer".',
  );
}

function readOrg(headers: Headers): number | null {
  const value = headers.get(ORG_HEADER)?.trim() ?? '';
  if (value === '') return null;
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new UserError(`The header ${ORG_HEADER} is not the number of an organisation.`, 'Example: 1');
}
