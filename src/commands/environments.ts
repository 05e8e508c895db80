import { type Rights, SERVER_RIGHTS } from '../access/identity.js';
import type { Config } from '../config/read.js';
import type { Audit } from '../mcp/audit.js';
import type { Log } from '../telemetry/log.js';
import type { Meter } from '../telemetry/meter.js';
import { compileEarly } from './compiler.js';
import type { Environment } from './environment.js';
import { createWorkspaces, type Workspaces } from './workspaces.js';

/**
 * Time after which the server begins to learn, milliseconds: until then the call that opened the environment
 * has the processor and the sources for itself.
 */
const LEARN_AFTER_MS = 1_000;

interface EnvironmentsOptions {
  meter?: Meter | undefined;
  /** Log with a line for each call; left out where none is wanted. */
  auditLog?: Log | undefined;
}

/**
 * Makes the environments of all callers, which share the places whose entries belong to an owner. Their code
 * is loaded with the first call.
 */
export function createEnvironments(
  config: Config,
  log: Log,
  { meter, auditLog }: EnvironmentsOptions = {},
): Workspaces {
  const audit: Audit | undefined = auditLog && ((entry) => auditLog.info('call', { ...entry }));
  const load = async () => {
    const [{ createEnvironment }, { createRecentAnswers }, { createKeptPlaces }] = await Promise.all([
      import('./environment.js'),
      import('../sources/recent.js'),
      import('./schemas.js'),
    ]);
    // Code that runs once, as modules are loaded, is not worth it.
    compileEarly();
    const shared = { meter, recent: createRecentAnswers({ meter }), places: createKeptPlaces(config, log) };
    return { createEnvironment, shared };
  };
  let loaded: ReturnType<typeof load> | undefined;
  let learning: NodeJS.Timeout | undefined;
  const create = async (rights: Rights): Promise<Environment> => {
    loaded ??= load();
    const { createEnvironment, shared } = await loaded;
    const environment = await createEnvironment(config, log, { ...shared, rights });
    // Callers come and go, and the server's own credential may not even exist where they bring theirs.
    const learns = rights === SERVER_RIGHTS && config.rights.callers?.mode !== 'required';
    if (learns) learning = setTimeout(() => environment.learn(), LEARN_AFTER_MS).unref();
    return { ...environment, audit };
  };
  const workspaces = createWorkspaces(create, log);
  return {
    ...workspaces,
    async close() {
      clearTimeout(learning);
      await workspaces.close();
      await (await loaded)?.shared.places.close();
    },
  };
}
