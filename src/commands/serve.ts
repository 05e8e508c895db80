import { type Identity, SERVER_RIGHTS } from '../access/identity.js';
import type { Config } from '../config/read.js';
import type { EnvironmentOf } from '../mcp/caller.js';
import { openStdio } from '../mcp/opening/stdio.js';
import type { StdioServer } from '../mcp/stdio.js';
import { PROGRAM } from '../program.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Io } from './environment.js';
import { createEnvironments } from './environments.js';

/** Longest time from the wish to stop to the end of the process, beyond what calls in flight are given. */
const BACKSTOP_MS = 5_000;
/** Time that a connection may stand still after the deadline of a call, milliseconds. */
export const IDLE_MARGIN_MS = 60_000;

/** Words to a person who starts the server in a terminal, where it would wait in silence for a client. */
const ON_A_TERMINAL = `pyroscope-mcp waits for an MCP client, which starts this command by itself; Ctrl+C ends it. For people: \`${PROGRAM} demo\`, \`${PROGRAM} doctor\`, \`${PROGRAM} call TOOL\`, \`${PROGRAM} --help\`.`;

/**
 * Serves MCP over stdio or HTTP until the client leaves or the process is asked to stop. Over HTTP the calls
 * in flight are answered first; asked a second time, the process ends at once.
 * @throws UsageError, UserError when it cannot start
 */
export async function serve(config: Config, log: Log, io: Io): Promise<void> {
  // A selector that cannot be read must not be found with the first call.
  if (config.rights.enforcedMatchers !== null) {
    await (await import('./rights.js')).limitRights(config, SERVER_RIGHTS);
  }
  if (config.http === null && process.stdin.isTTY) io.err(ON_A_TERMINAL);
  const metrics = config.http === null ? null : await openMetrics();
  // Over stdio loaded and made with the first call: a client lists the tools at once.
  const environments = createEnvironments(config, log, { meter: metrics?.meter, auditLog: io.audit });
  const server =
    config.http === null || metrics === null
      ? startStdio(config, environments.environmentOf, log)
      : await startHttp(config, config.http, {
          environmentOf: environments.environmentOf,
          metrics,
          log,
          io,
        });
  const { delayMs, graceMs } =
    config.http === null ? { delayMs: 0, graceMs: 0 } : config.httpSettings.shutdown;
  let isStopping = false;
  const stop = async (why: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info(`stopping: ${why}`);
    // An upstream that does not let go must not keep the process alive.
    setTimeout(() => process.exit(0), delayMs + graceMs + BACKSTOP_MS).unref();
    try {
      await server.close();
      await environments.close();
    } catch (error) {
      log.error('stopping failed', error);
    }
    process.exit(0);
  };
  let signals = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      signals++;
      if (signals > 1) process.exit(1);
      void stop(signal);
    });
  }
  if ('closed' in server) void server.closed.then(() => stop('the client left'));
}

/** The organisation that is configured for the only Grafana; with several, each person's own is asked. */
function findOrganisation({ stores }: Config): number | null {
  const [grafana, ...others] = stores.filter((store) => store.kind === 'grafana');
  return others.length === 0 ? (grafana?.settings.orgId ?? null) : null;
}

async function openMetrics(): Promise<Metrics> {
  const [{ createMetrics }, { TOOLS }, { EXPORT_RESOURCE }] = await Promise.all([
    import('../telemetry/metrics.js'),
    import('../tools/index.js'),
    import('../mcp/exports/surface.js'),
  ]);
  return createMetrics(
    TOOLS.map(({ name }) => name),
    [EXPORT_RESOURCE.name],
  );
}

/** Identity of the server itself, and of whoever started it over stdio. */
const SERVER_IDENTITY: Identity = { client: 'server', rights: SERVER_RIGHTS };
/** Signal of work that ends with the process. */
const NEVER = new AbortController().signal;

function startStdio(config: Config, environmentOf: EnvironmentOf, log: Log): StdioServer {
  return openStdio(async (input, answered) => {
    const [{ serveOverStdio }, { keepHeapSmall }] = await Promise.all([
      import('../mcp/stdio.js'),
      import('./heap.js'),
    ]);
    keepHeapSmall();
    const server = serveOverStdio(() => environmentOf(SERVER_IDENTITY, NEVER), log, input, answered);
    // A client that lists the tools will call some; one that only calls has no time for this.
    if (answered.size > 0) void import('./warm.js').then(({ loadAhead }) => loadAhead(config));
    return server;
  });
}

interface HttpParts {
  environmentOf: EnvironmentOf;
  metrics: Metrics;
  log: Log;
  io: Io;
}

async function startHttp(
  config: Config,
  address: NonNullable<Config['http']>,
  { environmentOf, metrics, log, io }: HttpParts,
) {
  const [{ serveOverHttp }, { createOperations }, { keepHeapSmall }] = await Promise.all([
    import('../mcp/http/serve.js'),
    import('../mcp/operations.js'),
    import('./heap.js'),
  ]);
  keepHeapSmall();
  let notReady: string | null = 'starting';
  const server = await serveOverHttp(environmentOf, log, {
    ...address,
    hosts: config.allowedHosts,
    origins: config.allowedOrigins,
    ...config.httpSettings,
    oauth:
      config.oauth === null
        ? null
        : { settings: config.oauth, orgId: findOrganisation(config), proxy: config.proxy },
    callers: config.rights.callers,
    bounds: { idleTimeout: config.callTimeoutMs + IDLE_MARGIN_MS },
    operations: createOperations({ notReady: () => notReady, metrics }),
    meter: metrics.meter,
  });
  io.err(`pyroscope-mcp serves MCP at ${server.url}`);
  environmentOf(SERVER_IDENTITY, NEVER).then(
    () => {
      notReady = null;
    },
    (error: unknown) => {
      notReady = 'the sources cannot be made; the log says why';
      log.error('the sources cannot be made', error);
    },
  );
  return server;
}
