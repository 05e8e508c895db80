import { UpstreamError } from '../../errors.js';
import type { DashboardRef, DashboardStore } from '../../sources/grafana/dashboards.js';
import type { KnownDataSource } from './data-source.js';
import { libraryUids } from './extract.js';
import { learnFrom } from './learn.js';
import type { PlaceQueries } from './merge.js';
import { normalise } from './normalise.js';
import { traceLinks } from './traces.js';

/** Upper bounds of one scan; what is left over comes first in the next. */
export interface ScanBudget {
  /** Dashboards read. */
  dashboards: number;
  /** Requests to Grafana, lists and library panels included. */
  requests: number;
  concurrency: number;
}

export const SCAN_BUDGET: ScanBudget = { dashboards: 300, requests: 600, concurrency: 4 };

/** A dashboard as it was when it was last read. */
export interface ScannedDashboard extends PlaceQueries {
  version: number | null;
  /** Unix ms. */
  scanned: number;
}

/** What the scans found so far; a scan brings it up to date dashboard by dashboard. */
export interface ScanMemory {
  dashboards: Map<string, ScannedDashboard>;
  traces: readonly PlaceQueries[];
  /** Labels that trace data sources map `service.name` to. */
  serviceLabels: readonly string[];
}

export function emptyMemory(): ScanMemory {
  return { dashboards: new Map(), traces: [], serviceLabels: [] };
}

/** How far a scan is; numbers of dashboards. */
export interface ScanProgress {
  /** That the credentials may see; grows while they are listed. */
  total: number;
  /** Read now or known unchanged. */
  done: number;
  failed: number;
  /** Left for the next scan: over the budget, or after too many failures in a row. */
  left: number;
}

const PAGE = 1_000;
/** Dashboards listed: memory stays bounded however many there are. */
const MAX_LISTED = 20_000;
/** A Grafana that fails so many times in a row is left in peace. */
const MAX_FAILURES_IN_A_ROW = 10;
/** Library panels that stand for library panels, one request each. */
const MAX_LIBRARY_PANELS = 50;
/** How long a dashboard is taken to be unchanged where only reading it would tell. */
const REREAD_MS = 6 * 3_600_000;
/** Titles and folders that promise profiles; read first. */
const PROMISING = /profil|pyroscope|phlare|flame|cpu|memory|heap|alloc|goroutine|perf/i;

/**
 * Reads the dashboards that are new or changed, the promising ones first, within a budget, and puts what they teach
 * into the memory at once. A dashboard that cannot be read is counted and skipped. Where the list does not tell
 * versions (`/api/search` does not), those read some hours ago are read again, after all that were never read.
 *
 * @throws UpstreamError when the dashboards cannot be listed at all
 */
export async function scanDashboards(
  store: DashboardStore,
  memory: ScanMemory,
  options: {
    budget: ScanBudget;
    now(): number;
    signal: AbortSignal;
    onProgress?(progress: ScanProgress): void;
  },
): Promise<ScanProgress> {
  const { budget, now, signal, onProgress } = options;
  const progress: ScanProgress = { total: 0, done: 0, failed: 0, left: 0 };
  let requests = 0;
  const maySpend = () => requests < budget.requests;
  const spend = <T>(request: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    requests++;
    return request();
  };

  const sources = await spend(() => store.dataSources(signal)).catch(noneIfUpstreamFailed);
  memory.traces = tracePlaces(sources, memory);
  const { refs, complete } = await listAll(store, signal, spend, maySpend);
  progress.total = refs.length;
  if (complete) forget(memory, refs);
  const queue = inOrder(refs, memory, now());
  progress.done = refs.length - queue.length;
  onProgress?.({ ...progress });

  const library = libraryReader(store, signal, spend, maySpend);
  let started = 0;
  let failuresInARow = 0;
  const work = async () => {
    while (failuresInARow < MAX_FAILURES_IN_A_ROW && started < budget.dashboards && maySpend()) {
      const ref = queue[started];
      if (ref === undefined) return;
      started++;
      try {
        const read = await readDashboard(ref, store, sources, library, spend, signal);
        memory.dashboards.set(ref.uid, { ...read, scanned: now() });
        progress.done++;
        failuresInARow = 0;
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        progress.failed++;
        failuresInARow++;
      }
      onProgress?.({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: budget.concurrency }, work));
  progress.left = progress.total - progress.done - progress.failed;
  onProgress?.({ ...progress });
  return progress;
}

type Spend = <T>(request: () => Promise<T>) => Promise<T>;

/** Without the list the dashboards still teach something: their references carry the type. */
function noneIfUpstreamFailed(error: unknown): (KnownDataSource & { jsonData: unknown })[] {
  if (error instanceof UpstreamError) return [];
  throw error;
}

function tracePlaces(
  sources: readonly (KnownDataSource & { jsonData: unknown })[],
  memory: ScanMemory,
): PlaceQueries[] {
  const { queries, serviceLabels } = traceLinks(sources);
  memory.serviceLabels = serviceLabels;
  return queries.map((query) => ({
    place: { uid: `data source ${query.name}`, title: `trace links of ${query.name}`, url: null },
    updated: null,
    queries: normalise(query, new Map()),
  }));
}

/** All dashboards, page by page; `complete` is false where the budget or a failure ended the list early. */
async function listAll(store: DashboardStore, signal: AbortSignal, spend: Spend, maySpend: () => boolean) {
  const refs = new Map<string, DashboardRef>();
  for (let page = 1; refs.size < MAX_LISTED && maySpend(); page++) {
    const before = refs.size;
    let rows: DashboardRef[];
    try {
      rows = await spend(() => store.search(page, PAGE, signal));
    } catch (error) {
      if (page === 1 || !(error instanceof UpstreamError)) throw error;
      return { refs: [...refs.values()], complete: false };
    }
    for (const ref of rows) refs.set(ref.uid, ref);
    // A page that brings nothing new comes from a server that does not count pages.
    if (rows.length < PAGE || refs.size === before) return { refs: [...refs.values()], complete: true };
  }
  return { refs: [...refs.values()], complete: false };
}

function forget(memory: ScanMemory, refs: readonly DashboardRef[]): void {
  const present = new Set(refs.map(({ uid }) => uid));
  for (const uid of memory.dashboards.keys()) if (!present.has(uid)) memory.dashboards.delete(uid);
}

/** What has to be read: never read and promising, never read, changed or read longest ago. */
function inOrder(refs: readonly DashboardRef[], memory: ScanMemory, now: number): DashboardRef[] {
  const scanned = (ref: DashboardRef) => memory.dashboards.get(ref.uid)?.scanned ?? 0;
  const promise = (ref: DashboardRef) => (PROMISING.test(`${ref.title} ${ref.folder ?? ''}`) ? 0 : 1);
  return refs
    .filter((ref) => {
      const known = memory.dashboards.get(ref.uid);
      if (known === undefined) return true;
      return ref.version === null ? now - known.scanned >= REREAD_MS : ref.version !== known.version;
    })
    .sort(
      (a, b) => scanned(a) - scanned(b) || promise(a) - promise(b) || (b.updated ?? 0) - (a.updated ?? 0),
    );
}

/** Models of the library panels that a dashboard stands on, each asked for once per scan. */
function libraryReader(store: DashboardStore, signal: AbortSignal, spend: Spend, maySpend: () => boolean) {
  const asked = new Map<string, Promise<unknown>>();
  const ask = (uid: string) => {
    const known = asked.get(uid);
    if (known !== undefined || !maySpend()) return known;
    const request = spend(() => store.libraryPanel(uid, signal));
    asked.set(uid, request);
    return request;
  };
  return async (model: unknown): Promise<Map<string, unknown>> => {
    const models = new Map<string, unknown>();
    const pending = libraryUids(model);
    while (pending.length > 0 && models.size < MAX_LIBRARY_PANELS) {
      const uid = pending.shift() ?? '';
      if (models.has(uid)) continue;
      try {
        models.set(uid, await ask(uid));
      } catch (error) {
        // The rest of the dashboard is still worth reading.
        if (!(error instanceof UpstreamError)) throw error;
        models.set(uid, undefined);
      }
      pending.push(...libraryUids(models.get(uid)));
    }
    return models;
  };
}

async function readDashboard(
  ref: DashboardRef,
  store: DashboardStore,
  sources: readonly KnownDataSource[],
  library: (model: unknown) => Promise<Map<string, unknown>>,
  spend: Spend,
  signal: AbortSignal,
): Promise<Omit<ScannedDashboard, 'scanned'>> {
  const { model, version, updated } = await spend(() => store.dashboard(ref.uid, signal));
  const { title, queries } = learnFrom(model, { sources, library: await library(model) });
  return {
    place: { uid: ref.uid, title: ref.title || title, url: ref.url },
    updated: updated ?? ref.updated,
    version: version ?? ref.version,
    queries,
  };
}
