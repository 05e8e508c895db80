import type { Config } from '../config/read.js';
import { PACKAGE } from '../version.js';
import { examineCache } from './doctor-cache.js';
import { examineGrafana, grafanaSettings } from './doctor-grafana.js';
import { examineSource } from './doctor-source.js';
import { createSources, type Io } from './environment.js';
import type { Finding } from './finding.js';

/**
 * Checks each configured source: configuration, reachability, credentials, what it holds; then the cache. One
 * line per finding.
 * @returns 1 when anything fails
 */
export async function doctor(config: Config, io: Io): Promise<number> {
  let hasFailed = false;
  const print = (finding: Finding) => {
    hasFailed ||= finding.level === 'fail';
    const fix = finding.level === 'ok' ? '' : `  fix: ${finding.fix}`;
    io.out(`${finding.level.padEnd(4)}  ${finding.text}${fix}`);
  };
  print({ level: 'ok', text: `${PACKAGE.name} ${PACKAGE.version} on Node ${process.versions.node}` });
  const { registry, grafana, configured } = await createSources(config);
  try {
    if (grafana === null && configured.length === 0) {
      print({
        level: 'fail',
        text: 'no source is configured',
        fix: 'Set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN, or PYROSCOPE_URL=http://HOST:4040, or give --profiles DIR for a directory of pprof files.',
      });
    }
    const deadline = () => AbortSignal.timeout(config.callTimeoutMs);
    if (grafana !== null && config.grafana !== null) {
      print({ level: 'ok', text: `grafana: ${grafanaSettings(config.grafana)}` });
      const clock = { signal: deadline(), now: Date.now };
      for await (const finding of examineGrafana(grafana, config, clock)) {
        print({ ...finding, text: `grafana: ${finding.text}` });
      }
    }
    for (const source of configured) {
      print({ level: 'ok', text: `${source.name}: ${source.description ?? source.kind}` });
      for (const finding of await examineSource(source, deadline())) {
        print({ ...finding, text: `${source.name}: ${finding.text}` });
      }
    }
    const cache = await examineCache(config);
    if (cache !== null) print({ ...cache, text: `cache: ${cache.text}` });
  } finally {
    await registry.close();
  }
  return hasFailed ? 1 : 0;
}
