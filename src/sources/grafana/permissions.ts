import { UpstreamError } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import { entries, numberIn, textIn } from './json.js';

/** Scopes by action, such as `datasources:query` → `datasources:*`. */
export type Permissions = ReadonlyMap<string, readonly string[]>;

/** Whom Grafana takes us for. */
export interface Identity {
  /** Login of the user or service account; null where the version does not say. */
  login: string | null;
  /** Whether Grafana knows an organisation and no user: it lets in whoever comes without credentials. */
  isAnonymous: boolean;
  orgId: number | null;
  orgName: string | null;
}

/**
 * What the credentials may do, as Grafana says itself.
 * @throws UpstreamError; versions before 9 do not know the question
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

/** Whether an action is allowed at all, or on one data source. */
export function mayDo(permissions: Permissions, action: string, uid?: string): boolean {
  const scopes = permissions.get(action);
  if (scopes === undefined) return false;
  if (uid === undefined) return scopes.length > 0;
  return scopes.some((scope) =>
    ['*', 'datasources:*', 'datasources:uid:*', `datasources:uid:${uid}`].includes(scope),
  );
}

/**
 * Who the credentials are; what a version does not tell is null. Without credentials there is no user (401),
 * but an organisation where anonymous access is on.
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
