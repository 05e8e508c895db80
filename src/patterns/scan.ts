import { UpstreamError } from '../errors.js';
import { hash } from '../schema/identity.js';
import type { DashboardRef, DashboardStore, VersionPage } from '../sources/grafana/dashboards.js';
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
  /** How long requests are begun, milliseconds. */
  ms: number;
}

export const SCAN_BUDGET: ScanBudget = { dashboards: 300, requests: 600, concurrency: 4, ms: 5 * 60_000 };

/** A dashboard as it was when it was last read. */
export interface ScannedDashboard extends PlaceQueries {
  /** As it says itself. */
  version: number | null;
  /** Its version as the list told before it was read; null where the list does not tell. */
  listed: string | null;
  /** Whether its own version tells all of it: library panels change without it. */
  alone: boolean;
  /** Stands for the data sources by which its references were read. */
  sources: string;
  /** Unix ms. */
  scanned: number;
}

/** Results of the scans so far; a scan updates them dashboard by dashboard. */
export interface ScanMemory {
  dashboards: Map<string, ScannedDashboard>;
  traces: readonly PlaceQueries[];
  /** Labels that trace data sources map `service.name` to. */
  serviceLabels: readonly string[];
  /** Grows whenever something else was learned than was known. */
  changes: number;
}

export function emptyMemory(): ScanMemory {
  return { dashboards: new Map(), traces: [], serviceLabels: [], changes: 0 };
}

/** How far a scan is; numbers of dashboards. */
export interface ScanProgress {
  /** Number of dashboards that the credentials may see; grows while they are listed. */
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
/** Number of failures in a row after which a scan stops asking Grafana. */
const MAX_FAILURES_IN_A_ROW = 10;
/** Library panels that stand for library panels, one request each. */
const MAX_LIBRARY_PANELS = 50;
/** How long a dashboard is taken to be unchanged where only reading it would tell. */
const REREAD_MS = 6 * 3_600_000;
/**
 * Number, or part, of such dashboards that a scan reads again. Scans are a quarter of an hour apart, so none
 * waits for more than twice that time, and Grafana never has to give them all at once.
 */
const REREAD_AT_ONCE = 25;
const REREAD_PART = 1 / 24;
/** Titles and folders that promise profiles; read first. */
const PROMISING = /profil|pyroscope|phlare|flame|cpu|memory|heap|alloc|goroutine|perf/i;

/**
 * Reads new and changed dashboards within a budget, the promising ones first, and puts their queries into the
 * memory at once. A dashboard that cannot be read is counted and skipped. Where Grafana lists no versions,
 * some dashboards that were read hours ago are read again, after all that were never read; one that has not
 * changed is not learned from again.
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
  const deadline = now() + budget.ms;
  const maySpend = () => requests < budget.requests && now() < deadline;
  const sendInBudget = <T>(request: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    requests++;
    return request();
  };

  const sources = await sendInBudget(() => store.dataSources(signal)).catch(noneIfUpstreamFailed);
  readTraces(sources, memory);
  const listed = await listAll(store, signal, sendInBudget, maySpend);
  const refs = await withVersions(listed.refs, store, signal, sendInBudget, maySpend);
  progress.total = refs.length;
  if (listed.complete) forget(memory, refs);
  const reading: Reading = { store, sources, known: computeFingerprint(sources), sendInBudget, signal };
  const queue = inOrder(refs, memory, reading.known, now());
  progress.done = refs.length - queue.length;
  onProgress?.({ ...progress });

  const library = libraryReader(store, signal, sendInBudget, maySpend);
  let started = 0;
  let failuresInARow = 0;
  const work = async () => {
    while (failuresInARow < MAX_FAILURES_IN_A_ROW && started < budget.dashboards && maySpend()) {
      const ref = queue[started];
      if (ref === undefined) return;
      started++;
      try {
        const known = memory.dashboards.get(ref.uid);
        const read = await readDashboard(ref, known, library, reading);
        memory.dashboards.set(ref.uid, { ...read, scanned: now() });
        if (read.queries !== known?.queries) memory.changes++;
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

type SendInBudget = <T>(request: () => Promise<T>) => Promise<T>;

/** Without the list the dashboards still teach something: their references carry the type. */
function noneIfUpstreamFailed(error: unknown): (KnownDataSource & { jsonData: unknown })[] {
  if (error instanceof UpstreamError) return [];
  throw error;
}

function readTraces(sources: readonly (KnownDataSource & { jsonData: unknown })[], memory: ScanMemory): void {
  const { queries, serviceLabels } = traceLinks(sources);
  const traces = queries.map((query) => ({
    place: { uid: `data source ${query.name}`, title: `trace links of ${query.name}`, url: null },
    updated: null,
    queries: normalise(query, new Map()),
  }));
  if (JSON.stringify(traces) !== JSON.stringify(memory.traces)) memory.changes++;
  memory.traces = traces;
  memory.serviceLabels = serviceLabels;
}

function computeFingerprint(sources: readonly KnownDataSource[]): string {
  return hash(JSON.stringify(sources.map(({ uid, name, type }) => [uid, name, type]).sort())).slice(0, 16);
}

/** All dashboards, page by page; `complete` is false where the budget or a failure ended the list early. */
async function listAll(
  store: DashboardStore,
  signal: AbortSignal,
  sendInBudget: SendInBudget,
  maySpend: () => boolean,
) {
  const refs = new Map<string, DashboardRef>();
  for (let page = 1; refs.size < MAX_LISTED && maySpend(); page++) {
    const previousCount = refs.size;
    let rows: DashboardRef[];
    try {
      rows = await sendInBudget(() => store.search(page, PAGE, signal));
    } catch (error) {
      if (page === 1 || !(error instanceof UpstreamError)) throw error;
      return { refs: [...refs.values()], complete: false };
    }
    for (const ref of rows) refs.set(ref.uid, ref);
    // A page that brings nothing new comes from a server that does not count pages.
    if (rows.length < PAGE || refs.size === previousCount)
      return { refs: [...refs.values()], complete: true };
  }
  return { refs: [...refs.values()], complete: false };
}

/** The dashboards with their versions, as far as Grafana tells them. */
async function withVersions(
  refs: readonly DashboardRef[],
  store: DashboardStore,
  signal: AbortSignal,
  sendInBudget: SendInBudget,
  maySpend: () => boolean,
): Promise<readonly DashboardRef[]> {
  const versions = new Map<string, { version: string; updated: number | null }>();
  const ask = store.versions?.bind(store);
  let page: string | null = null;
  do {
    const from: string | null = page;
    // Nothing to compare, nothing to ask for.
    if (ask === undefined || refs.length === 0 || !maySpend()) break;
    const previousCount = versions.size;
    const list: VersionPage | null = await sendInBudget(() => ask(from, signal));
    for (const [uid, version] of list?.versions ?? []) versions.set(uid, version);
    // As with the list itself: a page that brings nothing new is the last one.
    page = versions.size === previousCount ? null : (list?.next ?? null);
  } while (page !== null && versions.size < MAX_LISTED);
  if (versions.size === 0) return refs;
  return refs.map((ref) => {
    const { version = ref.version, updated = null } = versions.get(ref.uid) ?? {};
    return { ...ref, version, updated: updated ?? ref.updated };
  });
}

function forget(memory: ScanMemory, refs: readonly DashboardRef[]): void {
  const present = new Set(refs.map(({ uid }) => uid));
  for (const uid of memory.dashboards.keys()) {
    if (present.has(uid)) continue;
    memory.dashboards.delete(uid);
    memory.changes++;
  }
}

/**
 * Puts the dashboards to read in order: new and promising ones, other new ones, changed ones, and some of
 * those whose change only reading can tell, the longest unread first.
 */
function inOrder(
  refs: readonly DashboardRef[],
  memory: ScanMemory,
  sources: string,
  now: number,
): DashboardRef[] {
  const scanned = (ref: DashboardRef) => memory.dashboards.get(ref.uid)?.scanned ?? 0;
  const promise = (ref: DashboardRef) => (PROMISING.test(`${ref.title} ${ref.folder ?? ''}`) ? 0 : 1);
  const byPromise = (a: DashboardRef, b: DashboardRef) =>
    scanned(a) - scanned(b) || promise(a) - promise(b) || (b.updated ?? 0) - (a.updated ?? 0);
  const due: DashboardRef[] = [];
  const maybeChanged: DashboardRef[] = [];
  for (const ref of refs) {
    const known = memory.dashboards.get(ref.uid);
    if (known === undefined || (ref.version !== null && ref.version !== known.listed)) due.push(ref);
    else if (now - known.scanned < REREAD_MS) continue;
    else if (ref.version === null || !known.alone || known.sources !== sources) maybeChanged.push(ref);
  }
  const batch = Math.max(REREAD_AT_ONCE, Math.ceil(refs.length * REREAD_PART));
  return [...due, ...maybeChanged.sort(byPromise).slice(0, batch)].sort(byPromise);
}

/** Models of the library panels that a dashboard stands on, each asked for once per scan. */
function libraryReader(
  store: DashboardStore,
  signal: AbortSignal,
  sendInBudget: SendInBudget,
  maySpend: () => boolean,
) {
  const panels = new Map<string, Promise<unknown>>();
  const ask = (uid: string) => {
    const known = panels.get(uid);
    if (known !== undefined || !maySpend()) return known;
    const request = sendInBudget(() => store.libraryPanel(uid, signal));
    panels.set(uid, request);
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

interface Reading {
  store: DashboardStore;
  sources: readonly KnownDataSource[];
  /** Stands for those sources. */
  known: string;
  sendInBudget: SendInBudget;
  signal: AbortSignal;
}

/** @param before the dashboard as it was when it was last read; unchanged parts are not learned from again */
async function readDashboard(
  ref: DashboardRef,
  before: ScannedDashboard | undefined,
  library: (model: unknown) => Promise<Map<string, unknown>>,
  { store, sources, known, sendInBudget, signal }: Reading,
): Promise<Omit<ScannedDashboard, 'scanned'>> {
  const { model, version, updated: changed } = await sendInBudget(() => store.dashboard(ref.uid, signal));
  const updated = changed ?? ref.updated;
  if (before?.alone && before.sources === known && version !== null) {
    const isUnchanged = before.version === version && before.updated === updated;
    if (isUnchanged) return { ...before, listed: ref.version };
  }
  const panels = await library(model);
  const { title, queries } = learnFrom(model, { sources, library: panels });
  return {
    place: { uid: ref.uid, title: ref.title || title, url: ref.url },
    updated,
    version,
    listed: ref.version,
    alone: panels.size === 0,
    sources: known,
    queries,
  };
}
