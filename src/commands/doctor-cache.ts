import type { Config } from '../config/read.js';
import { hasServers } from '../config/stores.js';
import { safeText } from '../text/sanitise.js';
import type { Finding } from './finding.js';
import { findCachePlace } from './schemas.js';

/**
 * Checks whether the cache of answers can be used. The server works without a cache. An unusable one that the
 * configuration names is a failure nevertheless, since no other check reports it. Null where answers are not
 * kept.
 */
export async function examineCache(config: Config): Promise<Finding | null> {
  const { cache } = config;
  const isRemote = hasServers(config.stores);
  if (!isRemote || (cache.url === null && cache.directory === 'none')) return null;
  const place = await findCachePlace(config);
  if (place.kind === 'redis') {
    const { tryRedis } = await import('../schema/redis.js');
    const reason = await explainFailure(tryRedis(place.url));
    return reason === null
      ? { level: 'ok', text: 'the shared cache can be written and read' }
      : {
          level: 'fail',
          text: `the shared cache cannot be used: ${reason}`,
          fix: 'Check PYROSCOPE_MCP_CACHE_URL (host, port, user, password, rediss:// for TLS), and that this machine may reach it. Until then each replica learns for itself.',
        };
  }
  const { tryDirectory } = await import('../schema/disk.js');
  const reason = await explainFailure(tryDirectory(place.directory));
  return reason === null
    ? {
        level: 'ok',
        text: `what is learned is kept in ${safeText(place.directory)}, which can be written and read`,
      }
    : {
        level: cache.directory === null ? 'warn' : 'fail',
        text: `what is learned cannot be kept in ${safeText(place.directory)}: ${reason}`,
        fix: 'Make room on its disk or in its quota, or name a directory that this user may write to with PYROSCOPE_MCP_CACHE_DIR, or none. Until then every start learns again.',
      };
}

async function explainFailure(trial: Promise<void>): Promise<string | null> {
  try {
    await trial;
    return null;
  } catch (error) {
    return safeText(error instanceof Error ? error.message : String(error), 200);
  }
}
