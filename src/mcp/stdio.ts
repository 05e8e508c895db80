import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.js';
import type { CallEnvironment } from './call.js';
import { createServerFactory } from './server.js';

/** Serves MCP over stdin and stdout until the client closes them. */
export function serveOverStdio(environment: CallEnvironment, log: Log): { close(): Promise<void> } {
  return serveStdio(createServerFactory(environment), {
    onerror: (error) => log.warn(`stdio: ${error.message}`),
  });
}
