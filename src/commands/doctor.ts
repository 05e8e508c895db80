import { nameStoreKeys } from '../config/file/store-keys.js';
import type { Config } from '../config/read.js';
import type { Store } from '../config/stores.js';
import { PACKAGE } from '../version.js';
import { examineCache } from './doctor-cache.js';
import { examineGrafana, grafanaSettings } from './doctor-grafana.js';
import { examineSignIn } from './doctor-sign-in.js';
import { examineSource } from './doctor-source.js';
import { createSources, type Io, type OpenStore } from './environment.js';
import type { Finding } from './finding.js';

/**
 * Checks each configured source: configuration, reachability, credentials, what it holds; then sign-in and
 * the cache. One line per finding.
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
  const { registry, stores } = await createSources(config);
  try {
    if (stores.length === 0) {
      print({
        level: 'fail',
        text: 'no source is configured',
        fix: 'Set GRAFANA_URL and GRAFANA_SERVICE_ACCOUNT_TOKEN, or PYROSCOPE_URL=http://HOST:4040, or give --profiles DIR for a directory of pprof files.',
      });
    }
    // A Grafana that flags configure comes first: most of what can be wrong is there.
    const isLast = ({ kind, store }: OpenStore) => Number(store.name === null && kind !== 'grafana');
    for (const open of stores.toSorted((a, b) => isLast(a) - isLast(b))) {
      for await (const finding of examineStore(open, config)) print(finding);
    }
    for await (const finding of examineSignIn(config)) print(finding);
    const cache = await examineCache(config);
    if (cache !== null) print({ ...cache, text: `cache: ${cache.text}` });
  } finally {
    await registry.close();
  }
  return hasFailed ? 1 : 0;
}

/** Checks a configured store; each finding begins with its name. */
async function* examineStore(open: OpenStore, config: Config): AsyncGenerator<Finding> {
  const signal = AbortSignal.timeout(config.callTimeoutMs);
  if (open.kind === 'single') {
    const { source } = open;
    const name = source.name;
    yield { level: 'ok', text: `${name}: ${source.description ?? source.kind}` };
    for (const finding of await examineSource(source, signal)) yield prefix(name, finding, open.store);
    return;
  }
  const { grafana, store } = open;
  const name = store.name ?? 'grafana';
  yield { level: 'ok', text: `${name}: ${grafanaSettings(store.settings)}` };
  const clock = { signal, now: Date.now };
  for await (const finding of examineGrafana(grafana, store.settings, config, clock)) {
    yield prefix(name, finding, store);
  }
}

/** Puts the name of a store in front, and names its settings as the configuration file does. */
function prefix(name: string, finding: Finding, { name: storeName, kind }: Store): Finding {
  const rename = (text: string) => (storeName === null ? text : nameStoreKeys(text, storeName, kind));
  const text = rename(`${name}: ${finding.text}`);
  return finding.level === 'ok' ? { ...finding, text } : { ...finding, text, fix: rename(finding.fix) };
}
