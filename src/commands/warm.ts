import { setImmediate } from 'node:timers/promises';
import type { Config } from '../config/read.js';
import { hasServers } from '../config/stores.js';

/**
 * Loads the code that the first call will need: of the sources that are configured, their connections and
 * cache, and of the tools. It sends no request. Between two parts other work has its turn, so that a call
 * that comes meanwhile waits for one part at most.
 */
export async function loadAhead(config: Config): Promise<void> {
  const isRemote = hasServers(config.stores);
  const parts: readonly (() => Promise<unknown>)[] = [
    async () => {
      const { createSources } = await import('./environment.js');
      const { registry } = await createSources(config);
      await registry.close();
    },
    () => import('../sources/recent.js'),
    () => import('./schemas.js'),
    ...(isRemote
      ? [
          async () => (await import('../sources/pyroscope/http/connections.js')).loadClient(),
          async () => (await import('../sources/breaker.js')).loadPolicies(),
          () => import('../patterns/book.js'),
          () => import('../schema/kept-answers.js'),
          () => import('../schema/kept-rows.js'),
        ]
      : []),
    ...(config.remembersQueries ? [() => import('../patterns/asked/book.js')] : []),
    async () => {
      const { TOOLS } = await import('../tools/index.js');
      for (const { preload } of TOOLS) {
        await preload?.();
        await setImmediate();
      }
    },
    () => import('../jobs.js'),
  ];
  for (const load of parts) {
    await setImmediate();
    // Whatever fails here fails again in the call that needs it, which says so.
    await load().catch(() => {});
  }
}
