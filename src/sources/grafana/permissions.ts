import { UpstreamError } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import { entries, numberIn, textIn } from './json.js';

/** Scopes by action, such as `datasources:query` → `datasources:*`. */
export type Permissions = ReadonlyMap<string, readonly string[]>;

/** The identity that the credentials have in Grafana. */
export interface Identity {
  /** Login of the user or service account; null where this version of Grafana does not tell. */
  login: string | null;
  /** Whether Grafana knows an organisation and no user: it lets in whoever comes without credentials. */
  isAnonymous: boolean;
  orgId: number | null;
  orgName: string | null;
}

/**
 * Reads the permissions of the credentials.
 * @throws UpstreamError; versions before 9 do not know this request
 */
export async function readPermissions(client: GrafanaClient, signal: AbortSignal): Promise<Permissions> {
  const answer = await client.get('/api/access-control/user/permissions?reloadcache=true', signal);
  return new Map(
    entries(answer).map(([action, scopes]) => [
      action,
      Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
    ]),
  );
}

/** Whether an action is allowed on any data source, or on the one with this uid. */
export function mayDo(permissions: Permissions, action: string, uid?: string): boolean {
  const scopes = permissions.get(action);
  if (scopes === undefined) return false;
  if (uid === undefined) return scopes.length > 0;
  return scopes.some((scope) =>
    ['*', 'datasources:*', 'datasources:uid:*', `datasources:uid:${uid}`].includes(scope),
  );
}

/**
 * Reads the identity of the credentials; parts that this version of Grafana does not tell are null. Without
 * credentials there is no user (401), but an organisation where anonymous access is on.
 *
 * @throws UpstreamError where the credentials, or the lack of them, are refused
 */
export async function readIdentity(
  client: GrafanaClient,
  hasCredentials: boolean,
  signal: AbortSignal,
): Promise<Identity> {
  const ask = (path: string, untold: readonly number[]) =>
    client.get(path, signal).then(
      (value) => ({ value, status: null }),
      (error: unknown) => {
        if (error instanceof UpstreamError && error.status !== null && untold.includes(error.status))
          return { value: null, status: error.status };
        throw error;
      },
    );
  const [user, { value: org }] = await Promise.all([
    // 9.4 knows no user for a service account.
    ask('/api/user', hasCredentials ? [403, 404] : [401, 403, 404]),
    ask('/api/org', [403, 404]),
  ]);
  return {
    login: textIn(user.value, 'login'),
    isAnonymous: user.status === 401,
    orgId: numberIn(org, 'id') ?? numberIn(user.value, 'orgId'),
    orgName: textIn(org, 'name'),
  };
}
