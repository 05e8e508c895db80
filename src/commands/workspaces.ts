import { type Rights, rightsKey, SERVER_RIGHTS } from '../access/identity.js';
import type { EnvironmentOf } from '../mcp/caller.js';
import type { Log } from '../telemetry/log.js';
import type { Environment } from './environment.js';

/** Maximum number of workspaces that stay open without a call: each has connections and memory of its own. */
const MAX_KEPT = 100;
/** Time after which a workspace without calls is closed, milliseconds: longer than an agent thinks. */
const IDLE_MS = 15 * 60_000;
/** Time between two looks for workspaces without calls, milliseconds. */
const LOOK_MS = 60_000;

export interface WorkspacesOptions {
  /** Maximum number of workspaces that stay open without a call. */
  maxKept?: number;
  /** Unix ms. */
  now?: () => number;
}

/** The environments of all callers, one for each set of rights. */
export interface Workspaces {
  readonly environmentOf: EnvironmentOf;
  /** Number of open workspaces in addition to the server's own. */
  size(): number;
  /** Closes the workspaces that had no call for a while; a timer calls it. */
  closeIdle(): void;
  /** Closes all of them. */
  close(): Promise<void>;
}

interface Workspace {
  readonly environment: Promise<Environment>;
  /** Number of requests that need it. */
  requests: number;
  /** Unix ms. */
  lastUsedAt: number;
}

/**
 * Keeps an environment for each set of rights. Everything that is remembered lives in an environment, so that
 * no caller can get what the rights of another caller showed. The server's own environment stays open. Of the
 * others those used last stay open, and each for as long as a request needs it.
 *
 * @param create makes an environment; callers who come at once share it
 */
export function createWorkspaces(
  create: (rights: Rights) => Promise<Environment>,
  log: Log,
  { maxKept = MAX_KEPT, now = Date.now }: WorkspacesOptions = {},
): Workspaces {
  const serverKey = rightsKey(SERVER_RIGHTS);
  let own: Promise<Environment> | undefined;
  /** In the order of last use. */
  const workspaces = new Map<string, Workspace>();
  let timer: NodeJS.Timeout | undefined;

  const close = async ({ environment }: Workspace): Promise<void> => {
    try {
      await (await environment).context.sources.close();
    } catch (error) {
      log.warn('workspace cannot be closed', { error: String(error) });
    }
  };

  /** Closes the workspaces without requests for which it holds, the one that was used first first. */
  const closeWhere = (shouldClose: (workspace: Workspace) => boolean): void => {
    for (const [key, workspace] of workspaces) {
      if (workspace.requests > 0 || !shouldClose(workspace)) continue;
      workspaces.delete(key);
      void close(workspace);
    }
  };
  const closeSurplus = () => closeWhere(() => workspaces.size > maxKept);
  const closeIdle = () => closeWhere(({ lastUsedAt }) => now() - lastUsedAt >= IDLE_MS);

  const open = (key: string, rights: Rights): Workspace => {
    const workspace = workspaces.get(key) ?? {
      environment: create(rights),
      requests: 0,
      lastUsedAt: now(),
    };
    workspaces.delete(key);
    workspaces.set(key, workspace);
    timer ??= setInterval(closeIdle, LOOK_MS).unref();
    return workspace;
  };

  const hold = (workspace: Workspace, ended: AbortSignal): void => {
    workspace.requests++;
    const leave = () => {
      workspace.requests--;
      workspace.lastUsedAt = now();
      closeSurplus();
    };
    if (ended.aborted) leave();
    else ended.addEventListener('abort', leave, { once: true });
  };

  return {
    async environmentOf({ rights }, ended) {
      const key = rightsKey(rights);
      if (key === serverKey) {
        own ??= create(SERVER_RIGHTS);
        return own;
      }
      const workspace = open(key, rights);
      hold(workspace, ended);
      closeSurplus();
      try {
        return await workspace.environment;
      } catch (error) {
        // The next caller tries again.
        if (workspaces.get(key) === workspace) workspaces.delete(key);
        throw error;
      }
    },
    size: () => workspaces.size,
    closeIdle,
    async close() {
      clearInterval(timer);
      const environments = [...workspaces.values()];
      workspaces.clear();
      const closeOwn = async () => (await own)?.context.sources.close();
      await Promise.all([closeOwn(), ...environments.map(close)]);
    },
  };
}
