import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/read.js';
import type { CallEnvironment } from '../mcp/call.js';
import type { AskedBook } from '../patterns/asked/book.js';
import type { PatternBook } from '../patterns/book.js';
import type { Breaker } from '../sources/breaker.js';
import type { GrafanaSources } from '../sources/grafana/sources.js';
import type { TransportOptions } from '../sources/pyroscope/http/transport.js';
import type { RecentAnswers } from '../sources/recent.js';
import { createRegistry, type SourceRegistry } from '../sources/registry.js';
import type { ProfileSource } from '../sources/source.js';
import type { Log } from '../telemetry/log.js';
import { type Meter, NO_METER, type UpstreamSource } from '../telemetry/meter.js';
import { PACKAGE } from '../version.js';
import { grafanaOwner, pyroscopeOwner } from './owners.js';
import { createSchemas, type Schemas } from './schemas.js';

/** Output of a command: answers go to `out`, everything else to `err`. */
export interface Io {
  out(text: string): void;
  /** Shows the text of an answer on a terminal; without one it goes to `out` as it is. */
  answer?: (text: string) => Promise<void>;
  err(text: string): void;
  /** Shows how far a long call is, on a terminal; null clears the line. */
  progress?: (text: string | null) => void;
}

/** The sources that the configuration names. */
export interface ConfiguredSources {
  registry: SourceRegistry;
  /** Those that the configuration names one by one. */
  configured: readonly ProfileSource[];
  /** Null where no Grafana is configured. */
  grafana: GrafanaSources | null;
}

/** Listeners for requests to the sources, and for pauses of sources that do not answer. */
export interface Watch {
  log: Log;
  meter: Meter;
  /** Remembers for a moment what servers answered. */
  recent?: RecentAnswers | undefined;
}

/**
 * Makes the sources that the configuration names. It loads only the code that they need, which keeps the
 * start short.
 * @param watch with it, sources that do not answer get no requests for a while; without it, every request is
 *   sent
 */
export async function createSources(config: Config, watch?: Watch): Promise<ConfiguredSources> {
  const sources: ProfileSource[] = [];
  const mark = await createOwnCodeMarker(config);
  const limits = {
    timeoutMs: config.requestTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    proxy: config.proxy,
    meter: watch?.meter,
  };
  const isRemote = config.pyroscope !== null || config.grafana !== null;
  const getBreaker = watch === undefined || !isRemote ? undefined : await createBreakers(watch);
  if (config.pyroscope !== null) {
    const { createPyroscopeSource } = await import('../sources/pyroscope/source.js');
    const source = createPyroscopeSource({
      name: 'pyroscope',
      uid: 'pyroscope',
      owner: pyroscopeOwner(config.pyroscope, 'pyroscope'),
      ...config.pyroscope,
      ...limits,
      breaker: getBreaker?.('pyroscope', 'pyroscope'),
    });
    sources.push(mark(watch?.recent?.wrap(source) ?? source));
  }
  if (config.profiles !== null) {
    const { createFilesSource } = await import('../sources/files/source.js');
    sources.push(mark(createFilesSource({ directory: config.profiles, uid: 'files' })));
  }
  const grafana =
    config.grafana === null
      ? null
      : await openGrafana(config.grafana, config, limits, { getBreaker, recent: watch?.recent, mark });
  return { registry: createRegistry(sources, grafana ?? undefined), configured: sources, grafana };
}

/** Lets the profiles of a source carry what the team said about its own code. */
type MarkOwnCode = (source: ProfileSource) => ProfileSource;

/** @throws UserError where a pattern is not valid */
async function createOwnCodeMarker({ ownCode }: Config): Promise<MarkOwnCode> {
  if (ownCode.length === 0) return (source) => source;
  const { readOwnCode, withOwnCode } = await import('../sources/own-code.js');
  const codePatterns = readOwnCode(ownCode);
  return (source) => withOwnCode(source, codePatterns);
}

type BreakerOf = (kind: UpstreamSource, uid: string) => Breaker;

async function createBreakers({ log, meter }: Watch): Promise<BreakerOf> {
  const { createBreaker } = await import('../sources/breaker.js');
  return (kind, uid) =>
    createBreaker((failure) => {
      meter.breaker(kind, failure !== null);
      if (failure === null) log.info('source answers again', { source: uid });
      else
        log.warn('source fails and gets no requests for a while', {
          source: uid,
          kind: failure.kind,
          detail: failure.detail,
        });
    });
}

async function openGrafana(
  settings: NonNullable<Config['grafana']>,
  { enabledSources, stateDirectory }: Config,
  limits: Pick<TransportOptions, 'timeoutMs' | 'maxResponseBytes' | 'proxy' | 'meter'>,
  {
    getBreaker,
    recent,
    mark,
  }: { getBreaker: BreakerOf | undefined; recent: RecentAnswers | undefined; mark: MarkOwnCode },
): Promise<GrafanaSources> {
  const [{ createGrafanaClient }, { createEnablementFile }, { createGrafanaSources }, { xdgState }] =
    await Promise.all([
      import('../sources/grafana/client.js'),
      import('../sources/grafana/enablement.js'),
      import('../sources/grafana/sources.js'),
      import('xdg-basedir'),
    ]);
  const directory = stateDirectory ?? path.join(xdgState ?? '.', PACKAGE.name);
  return createGrafanaSources({
    client: createGrafanaClient({ ...settings, ...limits, breaker: getBreaker?.('grafana', 'grafana') }),
    orgId: settings.orgId,
    enablement: createEnablementFile(path.join(directory, 'sources.json')),
    declared: enabledSources,
    ownerOf: (uid) => grafanaOwner(settings, uid),
    getBreaker: getBreaker === undefined ? undefined : (uid) => getBreaker('grafana', uid),
    wrapSource: (source) => mark(recent?.wrap(source) ?? source),
  });
}

export interface Environment extends CallEnvironment {
  /**
   * Begins to read the dashboards and to look for data sources, in the background: worth it where many calls
   * will come.
   */
  learn(): void;
}

/**
 * Everything that a tool call needs, made once per process.
 * @param recent remembers for a moment what servers answered: worth it where many calls will come
 */
export async function createEnvironment(
  config: Config,
  log: Log,
  meter: Meter = NO_METER,
  recent?: RecentAnswers,
): Promise<Environment> {
  const { registry, grafana } = await createSources(config, { log, meter, recent });
  const schemas = createSchemas(config, log, meter);
  const book = grafana === null ? null : await openBook(grafana, schemas, config);
  const asked = config.remembersQueries ? await openAskedBook(registry, schemas, log) : null;
  return {
    context: {
      sources: {
        ...registry,
        async close() {
          book?.close();
          await settledSoon(asked);
          await Promise.all([registry.close(), schemas.close()]);
        },
      },
      getSchema: schemas.getSchema,
      getPatterns: (source) => (source.place === undefined ? null : book),
      asked,
      now: Date.now,
    },
    log,
    meter,
    deadlineMs: config.callTimeoutMs,
    learn() {
      grafana?.keepLooking();
      void book?.read(new AbortController().signal, 0);
    },
  };
}

/** Time that the end of the process waits for what is still to be remembered, milliseconds. */
const LAST_WRITE_MS = 1_000;

/** Waits a little until what was asked is kept. */
async function settledSoon(asked: AskedBook | null): Promise<void> {
  if (asked === null) return;
  const patience = new AbortController();
  const waiting = setTimeout(LAST_WRITE_MS, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([asked.settled(), waiting]);
  patience.abort();
}

/** Opens the memory of queries that worked, in the place of the schema cache. */
async function openAskedBook(registry: SourceRegistry, schemas: Schemas, log: Log): Promise<AskedBook> {
  const { createAskedBook } = await import('../patterns/asked/book.js');
  let hasFailed = false;
  return createAskedBook({
    now: Date.now,
    async findSource(name) {
      const all = await registry.all(AbortSignal.timeout(LAST_WRITE_MS)).catch(() => []);
      const [source = null, ...others] = all.filter((each) => each.name === name);
      return others.length === 0 ? source : null;
    },
    getRows: ({ owner }) => (owner === undefined ? undefined : schemas.getRows(owner)),
    onFailure(error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!hasFailed) log.warn('queries that worked cannot be kept, the server works on', { detail });
      hasFailed = true;
    },
  });
}

/** Opens the book of patterns from the dashboards. Its code is loaded only where there is a Grafana. */
async function openBook(grafana: GrafanaSources, schemas: Schemas, config: Config): Promise<PatternBook> {
  const { createPatternBook } = await import('../patterns/book.js');
  const cache = config.grafana === null ? undefined : schemas.openCache(grafanaOwner(config.grafana, ''));
  return createPatternBook(grafana.dashboards, {
    now: Date.now,
    ...(cache === undefined ? {} : { cache }),
  });
}
