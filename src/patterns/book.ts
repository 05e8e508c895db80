import { UpstreamError } from '../errors.js';
import type { AnswerCache } from '../schema/cache.js';
import type { DashboardStore } from '../sources/grafana/dashboards.js';
import { keepDashboards, recallDashboards } from './kept.js';
import { mergePatterns } from './merge.js';
import type { QueryPattern } from './pattern.js';
import { emptyMemory, SCAN_BUDGET, type ScanBudget, type ScanProgress, scanDashboards } from './scan.js';

/** Patterns learned up to a moment. */
export interface Learned {
  /** Patterns of all data sources of the Grafana, best first; not checked against the data. */
  patterns: readonly QueryPattern[];
  /** Labels that trace data sources map `service.name` to. */
  serviceLabels: readonly string[];
  /** Progress of the running scan, else of the last one; null before the first. */
  progress: ScanProgress | null;
  isScanning: boolean;
  /** Why the last scan could not even list the dashboards; null when it could. */
  failure: string | null;
}

/** The query patterns of one Grafana, learned in the background. */
export interface PatternBook {
  /** Returns the present knowledge without waiting. */
  learned(): Learned;
  /**
   * Returns the knowledge after a scan, or after `waitMs`; begins a scan where the last one is too long ago.
   * It throws only when the signal aborts.
   *
   * @param onProgress called with the progress of the scan that is waited for, at once and with every
   *   dashboard
   */
  read(signal: AbortSignal, waitMs: number, onProgress?: (progress: ScanProgress) => void): Promise<Learned>;
  /** Ends a running scan. */
  close(): void;
}

/** Time until the next scan after a complete one: dashboards change seldom. */
const RESCAN_MS = 15 * 60_000;
/** Time until the next scan after one that failed, or had no time for all dashboards. */
const RETRY_MS = 60_000;
/** Time after which patterns are ranked again even if no scan learned anything: they grow older. */
const RANK_MS = 3_600_000;
/** Time after which the patterns are kept again: the cache forgets them after a day. */
const KEEP_MS = 3_600_000;

/**
 * Learns patterns from the dashboards of one Grafana: a scan runs in the background, one at a time, when
 * somebody asks and the last one is some minutes ago; meanwhile what is known can be used.
 */
export function createPatternBook(
  store: DashboardStore,
  options: {
    now(): number;
    budget?: ScanBudget;
    /** Keeps what was read of this Grafana with these credentials for the next process. */
    cache?: AnswerCache;
    /** Gives the uid that a data source of this Grafana has here; the same where it is left out. */
    toSourceUid?: (uid: string) => string;
  },
): PatternBook {
  const { now, budget = SCAN_BUDGET, toSourceUid = (uid) => uid } = options;
  const closing = new AbortController();
  const memory = emptyMemory();
  const listeners = new Set<(progress: ScanProgress) => void>();
  let progress: ScanProgress | null = null;
  let running: Promise<void> | null = null;
  let due = 0;
  let failure: string | null = null;
  let merged: { patterns: readonly QueryPattern[]; changes: number; at: number } | null = null;
  let saved = { changes: 0, at: Number.NEGATIVE_INFINITY };

  let isRecalled = options.cache === undefined;
  const scan = async () => {
    try {
      if (options.cache !== undefined && !isRecalled) await recallDashboards(options.cache, memory, now());
      isRecalled = true;
      const result = await scanDashboards(store, memory, {
        budget,
        now,
        signal: closing.signal,
        onProgress(newProgress) {
          progress = newProgress;
          for (const tell of listeners) tell(newProgress);
        },
      });
      failure = null;
      due = now() + (result.left > 0 ? RETRY_MS : RESCAN_MS);
      const { changes } = memory;
      if (options.cache !== undefined && (changes !== saved.changes || now() - saved.at >= KEEP_MS)) {
        await keepDashboards(options.cache, memory);
        saved = { changes, at: now() };
      }
    } catch (error) {
      // A bug must not end the process from the background: it is told like a failure of Grafana.
      failure = error instanceof UpstreamError ? `${error.kind}: ${error.detail}` : String(error);
      due = now() + RETRY_MS;
    } finally {
      running = null;
    }
  };
  const learned = (): Learned => {
    if (merged?.changes !== memory.changes || now() - merged.at >= RANK_MS) {
      const ranked = mergePatterns([...memory.dashboards.values(), ...memory.traces], now());
      const patterns = ranked.map((pattern) => ({
        ...pattern,
        sourceUid: pattern.sourceUid === null ? null : toSourceUid(pattern.sourceUid),
      }));
      merged = { patterns, changes: memory.changes, at: now() };
    }
    return {
      patterns: merged.patterns,
      serviceLabels: memory.serviceLabels,
      progress,
      isScanning: running !== null,
      failure,
    };
  };
  return {
    learned,
    async read(signal, waitMs, onProgress) {
      signal.throwIfAborted();
      if (running === null && now() >= due && !closing.signal.aborted) running = scan();
      if (running === null) return learned();
      if (onProgress !== undefined) listeners.add(onProgress);
      try {
        await waitForFirst(running, waitMs, signal);
      } finally {
        if (onProgress !== undefined) listeners.delete(onProgress);
      }
      return learned();
    },
    close: () => closing.abort(new Error('closed')),
  };
}

/** Waits for work, but at most so long. */
async function waitForFirst(work: Promise<void>, waitMs: number, signal: AbortSignal): Promise<void> {
  const waiting = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  await new Promise<void>((resolve) => {
    waiting.addEventListener('abort', () => resolve(), { once: true });
    void work.then(resolve);
  });
  signal.throwIfAborted();
}
