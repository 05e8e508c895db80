import { UpstreamError } from '../../errors.js';
import type { GrafanaClient } from './client.js';
import { entries, numberIn, textIn } from './json.js';

/** Scopes by action, such as `datasources:query` → `datasources:*`. */
export type Permissions = ReadonlyMap<string, readonly string[]>;

/** Whom Grafana takes us for. */
export interface Identity {
  /** Login of the user or service account; null where the version does not say. */
  login: string | null;
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

/** Who the credentials are; what a version does not tell is null. */
export async function readIdentity(client: GrafanaClient, signal: AbortSignal): Promise<Identity> {
  const [user, org] = await Promise.all(
    // 9.4 knows no user for a service account.
    ['/api/user', '/api/org'].map((path) => client.get(path, signal).catch(nullIfNotTold)),
  );
  return {
    login: textIn(user, 'login'),
    orgId: numberIn(org, 'id') ?? numberIn(user, 'orgId'),
    orgName: textIn(org, 'name'),
  };
}

function nullIfNotTold(error: unknown): null {
  if (error instanceof UpstreamError && (error.status === 404 || error.status === 403)) return null;
  throw error;
}
