import type {
  GrafanaPermissions,
  GrafanaRole,
  GrafanaSetup,
  GrafanaState,
  GrafanaToken,
  GrafanaUser,
} from './grafana-state.js';
import type { Reply, SeenRequest } from './loopback.js';

/** Who asks, and what they may do. */
export interface Identity {
  kind: 'token' | 'user' | 'anonymous';
  login: string;
  orgId: number;
  permissions: GrafanaPermissions;
}

const VIEWER: GrafanaPermissions = {
  'annotations:read': ['annotations:*'],
  'dashboards:read': ['dashboards:*', 'folders:*'],
  'datasources:query': ['datasources:*', 'datasources:uid:grafana'],
  'datasources:read': ['datasources:*', 'datasources:uid:grafana'],
  'folders:read': ['folders:*'],
  'library.panels:read': ['folders:*'],
  'orgs:read': [''],
  'plugins.app:access': ['plugins:*'],
};
const EDITOR: GrafanaPermissions = {
  ...VIEWER,
  'dashboards:write': ['dashboards:*'],
  'datasources:explore': [''],
  'folders:create': [''],
};
const PERMISSIONS: Readonly<Record<GrafanaRole, GrafanaPermissions>> = {
  None: {},
  Viewer: VIEWER,
  Editor: EDITOR,
  Admin: { ...EDITOR, 'datasources:create': [''], 'datasources:write': ['datasources:*'] },
};

/** The token of a Grafana that is given none. */
export const VIEWER_TOKEN = 'glsa_testviewer00000000000000000000_0badcafe';

/** Who a request is from, or the refusal in the words of the version. */
export function authenticate(
  headers: SeenRequest['headers'],
  state: GrafanaState,
  { version }: GrafanaSetup,
): Identity | Reply {
  const isOld = version === '9.4';
  const refuse = (message: string, messageId: string) => refusal(message, messageId, isOld);
  const header = headers.authorization ?? '';
  const bearer = /^Bearer (.+)$/.exec(header)?.[1];
  const basic = /^Basic (.+)$/.exec(header)?.[1];
  const [user = '', password = ''] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(/:(.*)/s);
  const key = bearer ?? (user === 'api_key' ? password : undefined);
  const wantedOrg = headers['x-grafana-org-id'];

  const named = state.signIn?.(headers);
  if (named !== undefined) {
    const account = state.users.find(({ login }) => login === named);
    return account === undefined
      ? refuse('Invalid JWT', 'jwt.invalid')
      : ofUser(account, wantedOrg, refuse('Unauthorized', 'auth.unauthorized'));
  }
  if (key !== undefined) {
    const token = state.tokens.find((candidate) => candidate.key === key);
    const problem = token === undefined ? 'unknown' : (token.state ?? 'valid');
    if (token === undefined || problem !== 'valid') return tokenRefusal(problem, isOld);
    return ofToken(token, wantedOrg, isOld);
  }
  if (basic !== undefined) {
    const account = state.users.find(({ login, password: secret }) => login === user && secret === password);
    if (account === undefined) {
      return isOld
        ? errorReply(401, { message: 'invalid username or password', traceID: '' })
        : refuse('Invalid username or password', 'password-auth.failed');
    }
    return ofUser(account, wantedOrg, refuse('Unauthorized', 'auth.unauthorized'));
  }
  if (header !== '' && isOld) return errorReply(401, { message: 'Invalid Basic Auth Header', traceID: '' });
  if (header === '' && state.anonymous) {
    return { kind: 'anonymous', login: '', orgId: 1, permissions: VIEWER };
  }
  return refuse('Unauthorized', 'auth.unauthorized');
}

/** Whether somebody may do something, on one object or (without a scope) on any. */
export function isAllowed({ permissions }: Identity, action: string, scope?: string): boolean {
  const scopes = permissions[action];
  if (scopes === undefined) return false;
  return scope === undefined || scopes.some((granted) => covers(granted, scope));
}

/** 403 as Grafana words it. */
export function accessDenied(action: string): Reply {
  return errorReply(403, {
    accessErrorId: 'ACE0000000001',
    message: `You'll need additional permissions to perform this action. Permissions needed: ${action}`,
    title: 'Access denied',
  });
}

/** An error that Grafana itself answers with. */
export function errorReply(status: number, body: object): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: JSON.stringify(body),
  };
}

function ofUser(account: GrafanaUser, wantedOrg: string | undefined, foreign: Reply): Identity | Reply {
  const { login, role = 'Viewer', permissions = PERMISSIONS[role], orgIds = [1] } = account;
  const orgId = wantedOrg === undefined ? (orgIds[0] ?? 1) : Number(wantedOrg);
  return orgIds.includes(orgId) ? { kind: 'user', login, orgId, permissions } : foreign;
}

function ofToken(token: GrafanaToken, wantedOrg: string | undefined, old: boolean): Identity | Reply {
  const { role = 'Viewer', permissions = PERMISSIONS[role], orgId = 1 } = token;
  // 9.4 does not look at the header.
  if (!old && wantedOrg !== undefined && Number(wantedOrg) !== orgId) {
    return refusal(
      'API key does not belong to the requested organization',
      'api-key.organization-mismatch',
      old,
    );
  }
  const login = old ? `sa-${role.toLowerCase()}` : `sa-${orgId}-${role.toLowerCase()}`;
  return { kind: 'token', login, orgId, permissions };
}

function tokenRefusal(problem: 'unknown' | NonNullable<GrafanaToken['state']>, old: boolean): Reply {
  switch (problem) {
    case 'expired':
      return refusal('Expired API key', 'api-key.expired', old);
    case 'disabled':
      return old
        ? errorReply(401, { message: 'Service account is disabled' })
        : refusal('Unauthorized', 'identity.disabled', old);
    case 'deleted':
      return old
        ? errorReply(500, { message: 'invalid API key', traceID: '' })
        : errorReply(401, { message: 'Unauthorized', traceID: '' });
    default:
      return old
        ? errorReply(401, { message: 'invalid API key', traceID: '' })
        : refusal('Invalid API key', 'api-key.invalid', old);
  }
}

function refusal(message: string, messageId: string, old: boolean): Reply {
  if (old) return errorReply(401, { message });
  return errorReply(401, { extra: null, message, messageId, statusCode: 401, traceID: '' });
}

/** `datasources:*` covers `datasources:uid:a`. */
function covers(granted: string, scope: string): boolean {
  if (granted === scope || granted === '*') return true;
  return granted.endsWith('*') && scope.startsWith(granted.slice(0, -1));
}
