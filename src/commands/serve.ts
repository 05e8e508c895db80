import type { Config } from '../config.js';
import { keepHeapSmall } from '../heap.js';
import type { Log } from '../log.js';
import type { CallEnvironment } from '../mcp/call.js';
import type { Io } from './environment.js';

/** Longest time from the wish to stop to the end of the process, beyond what calls in flight are given. */
const BACKSTOP_MS = 5_000;
/** What a connection may stand still beyond the deadline of a call. */
const IDLE_MARGIN_MS = 60_000;

/**
 * Serves MCP over stdio or HTTP until the client leaves or the process is asked to stop. Over HTTP the calls in flight are
 * answered first; asked a second time, the process ends at once.
 * @throws UsageError, UserError when it cannot start
 */
export async function serve(config: Config, log: Log, io: Io): Promise<void> {
  keepHeapSmall();
  let made: Promise<CallEnvironment> | undefined;
  // Loaded and made with the first call: a client lists the tools at once.
  const environmentOf = () => {
    made ??= import('./environment.js').then(async ({ createEnvironment }) => {
      const environment = await createEnvironment(config, log);
      environment.learn();
      return environment;
    });
    return made;
  };
  const server = await start(config, environmentOf, log, io);
  const { delayMs, graceMs } =
    config.http === null ? { delayMs: 0, graceMs: 0 } : config.httpSettings.shutdown;
  let stopping = false;
  const stop = async (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping: ${why}`);
    // An upstream that does not let go must not keep the process alive.
    setTimeout(() => process.exit(0), delayMs + graceMs + BACKSTOP_MS).unref();
    try {
      await server.close();
      await (await made)?.context.sources.close();
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

async function start(config: Config, environmentOf: () => Promise<CallEnvironment>, log: Log, io: Io) {
  if (config.http === null) {
    const { serveOverStdio } = await import('../mcp/stdio.js');
    return serveOverStdio(environmentOf, log);
  }
  const { serveOverHttp } = await import('../mcp/http/serve.js');
  const server = await serveOverHttp(environmentOf, log, {
    ...config.http,
    hosts: config.allowedHosts,
    origins: config.allowedOrigins,
    ...config.httpSettings,
    bounds: { idleTimeout: config.callTimeoutMs + IDLE_MARGIN_MS },
  });
  io.err(`pyroscope-mcp serves MCP at ${server.url}`);
  return server;
}
