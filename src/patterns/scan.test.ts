import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UpstreamError } from '../errors.js';
import { openKeptAnswers } from '../schema/kept-answers.js';
import type { DashboardRef, DashboardStore } from '../sources/grafana/dashboards.js';
import { createPatternBook } from './book.js';
import { emptyMemory, SCAN_BUDGET, type ScanMemory, type ScanProgress, scanDashboards } from './scan.js';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HOUR = 3_600_000;
const never = () => new AbortController().signal;

/**
 * A Grafana of so many dashboards with one query each; `versions` can be changed, `readUids` says what was
 * read.
 */
function grafana(count: number, more: { titles?: Record<string, string>; versions?: boolean } = {}) {
  const refs: DashboardRef[] = Array.from({ length: count }, (_, index) => ({
    uid: `d${index}`,
    title: more.titles?.[`d${index}`] ?? `Board ${index}`,
    url: null,
    folder: null,
    version: more.versions === false ? null : '1',
    updated: null,
  }));
  const readUids: string[] = [];
  let running = 0;
  const seen = { most: 0, failing: new Set<string>() };
  const store: DashboardStore = {
    search: async (page, limit) => refs.slice((page - 1) * limit, page * limit),
    async dashboard(uid) {
      readUids.push(uid);
      running++;
      seen.most = Math.max(seen.most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (seen.failing.has(uid)) throw new UpstreamError('failed', 'boom', { status: 500 });
      const target = { profileTypeId: CPU, labelSelector: `{service_name="${uid}"}` };
      return { model: { panels: [{ targets: [target] }] }, version: null, updated: null };
    },
    libraryPanel: () => Promise.reject(new Error('not asked')),
    dataSources: async () => [],
  };
  const scan = (memory: ScanMemory, budget: Partial<typeof SCAN_BUDGET> = {}, now = 1) =>
    scanDashboards(store, memory, {
      budget: { ...SCAN_BUDGET, ...budget },
      now: () => now,
      signal: never(),
    });
  return { refs, readUids, seen, store, scan };
}

describe('a scan', () => {
  test('reads every dashboard once, at most four at a time', async () => {
    const { scan, readUids, seen } = grafana(50);
    const memory = emptyMemory();
    expect(await scan(memory)).toEqual({ total: 50, done: 50, failed: 0, left: 0 });
    expect(new Set(readUids).size).toBe(50);
    expect(readUids.length).toBe(50);
    expect(seen.most).toBe(4);
    expect(memory.dashboards.size).toBe(50);
  });

  test('reads again only what has changed, and forgets what is gone', async () => {
    const { scan, readUids, refs } = grafana(10);
    const memory = emptyMemory();
    await scan(memory);
    readUids.length = 0;
    refs.splice(9, 1);
    refs[3] = { ...(refs[3] ?? grafanaRef()), version: '2' };
    expect(await scan(memory)).toEqual({ total: 9, done: 9, failed: 0, left: 0 });
    expect(readUids).toEqual(['d3']);
    expect(memory.dashboards.has('d9')).toBe(false);
  });

  test('of a Grafana of thousands goes on where the last one stopped', async () => {
    const { scan, readUids } = grafana(2_500, { versions: false });
    const memory = emptyMemory();
    expect(await scan(memory, { dashboards: 1_000, requests: 5_000 }, 1)).toMatchObject({ left: 1_500 });
    await scan(memory, { dashboards: 1_000, requests: 5_000 }, 2);
    await scan(memory, { dashboards: 500, requests: 5_000 }, 3);
    expect(new Set(readUids).size).toBe(2_500);
    readUids.length = 0;
    await scan(memory, { dashboards: 10, requests: 5_000 }, HOUR);
    expect(readUids).toEqual([]);
    await scan(memory, { dashboards: 10, requests: 5_000 }, 7 * HOUR);
    expect(new Set(readUids)).toEqual(new Set(Array.from({ length: 10 }, (_, index) => `d${index}`)));
  });

  test('reads what promises profiles first', async () => {
    const { scan, readUids } = grafana(100, { titles: { d90: 'Flame graphs', d95: 'JVM memory' } });
    await scan(emptyMemory(), { dashboards: 4 });
    expect(readUids.slice(0, 2)).toEqual(['d90', 'd95']);
  });

  test('never makes more requests than it may', async () => {
    const { scan, readUids } = grafana(100);
    const progress = await scan(emptyMemory(), { requests: 12 });
    // The budget also paid for the list of data sources and the list of dashboards.
    expect(readUids.length).toBe(10);
    expect(progress).toEqual({ total: 100, done: 10, failed: 0, left: 90 });
  });

  test('does not follow a list of versions without end', async () => {
    const { store, readUids } = grafana(10, { versions: false });
    let pages = 0;
    const versions = async () => {
      pages++;
      return { versions: new Map([['d0', { version: '1', updated: null }]]), next: String(pages) };
    };
    const endless: DashboardStore = { ...store, versions };
    const options = { budget: SCAN_BUDGET, now: () => 1, signal: never() };
    expect(await scanDashboards(endless, emptyMemory(), options)).toMatchObject({ done: 10 });
    expect([pages, readUids.length]).toEqual([2, 10]);
  });

  test('begins no request after its time', async () => {
    const { store, readUids } = grafana(100);
    let now = 0;
    const slow: DashboardStore = {
      ...store,
      dashboard: (...args) => {
        now += 30_000;
        return store.dashboard(...args);
      },
    };
    const scan = (memory: ScanMemory) =>
      scanDashboards(slow, memory, { budget: SCAN_BUDGET, now: () => now, signal: never() });
    const memory = emptyMemory();
    expect(await scan(memory)).toEqual({ total: 100, done: 10, failed: 0, left: 90 });
    expect(readUids.length).toBe(10);
    // The next scan has a time of its own.
    expect(await scan(memory)).toEqual({ total: 100, done: 20, failed: 0, left: 80 });
  });

  test('counts what cannot be read and goes on', async () => {
    const { scan, seen } = grafana(20);
    seen.failing = new Set(['d3', 'd7']);
    const memory = emptyMemory();
    expect(await scan(memory)).toEqual({ total: 20, done: 18, failed: 2, left: 0 });
    expect(memory.dashboards.has('d3')).toBe(false);
  });

  test('leaves a Grafana in peace that answers nothing', async () => {
    const { scan, seen, readUids, refs } = grafana(200);
    seen.failing = new Set(refs.map(({ uid }) => uid));
    const { failed, left } = await scan(emptyMemory());
    expect(readUids.length).toBeLessThan(20);
    expect(failed + left).toBe(200);
  });

  test('ends with its signal', async () => {
    const { store } = grafana(50);
    const controller = new AbortController();
    const seen: ScanProgress[] = [];
    const scanning = scanDashboards(store, emptyMemory(), {
      budget: SCAN_BUDGET,
      now: () => 1,
      signal: controller.signal,
      onProgress(progress) {
        seen.push(progress);
        if (progress.done === 5) controller.abort(new Error('enough'));
      },
    });
    await expect(scanning).rejects.toThrow('enough');
    expect(seen.at(-1)?.done).toBeLessThan(15);
  });
});

function grafanaRef(): DashboardRef {
  return { uid: 'd3', title: '', url: null, folder: null, version: '1', updated: null };
}

describe('a book', () => {
  test('knows more with every dashboard, and is scanned once for all who read it', async () => {
    const { store, readUids } = grafana(30);
    const known: number[] = [];
    const book = createPatternBook(store, { now: () => 1 });
    const listen = () => known.push(book.learned().patterns.length);
    const [a, b] = await Promise.all([book.read(never(), 60_000, listen), book.read(never(), 60_000)]);
    expect(readUids.length).toBe(30);
    expect(a.patterns.length).toBe(30);
    expect(b.isScanning).toBe(false);
    expect(known).toEqual([...known].sort((x, y) => x - y));
    expect(new Set(known).size).toBeGreaterThan(20);
  });

  test('does not keep a reader waiting', async () => {
    const { store } = grafana(3);
    const book = createPatternBook({ ...store, search: () => new Promise(() => {}) }, { now: () => 1 });
    expect(await book.read(never(), 1)).toMatchObject({ patterns: [], isScanning: true, progress: null });
    book.close();
  });

  test('is scanned again after a while', async () => {
    const { store, readUids } = grafana(3, { versions: false });
    let now = 1;
    const book = createPatternBook(store, { now: () => now });
    await book.read(never(), 60_000);
    await book.read(never(), 60_000);
    expect(readUids.length).toBe(3);
    now += 7 * HOUR;
    await book.read(never(), 60_000);
    expect(readUids.length).toBe(6);
  });

  test('says why a scan failed and keeps what it knew', async () => {
    const { store } = grafana(3);
    let down = false;
    let now = 1;
    const book = createPatternBook(
      {
        ...store,
        search: (...args) =>
          down
            ? Promise.reject(new UpstreamError('unreachable', 'connection refused'))
            : store.search(...args),
      },
      { now: () => now },
    );
    await book.read(never(), 60_000);
    down = true;
    now += 16 * 60_000;
    const { patterns, failure } = await book.read(never(), 60_000);
    expect(failure).toBe('unreachable: connection refused');
    expect(patterns.length).toBe(3);
    down = false;
    now += 60_000;
    expect((await book.read(never(), 60_000)).failure).toBeNull();
  });

  test('lets a reader go who has gone', async () => {
    const { store } = grafana(3);
    const book = createPatternBook({ ...store, search: () => new Promise(() => {}) }, { now: () => 1 });
    const gone = new AbortController();
    const reading = book.read(gone.signal, 60_000);
    gone.abort(new Error('gone'));
    await expect(reading).rejects.toThrow('gone');
    book.close();
  });
});

describe('what an earlier process read', () => {
  const kept = async (directory: string) => {
    const opened = await openKeptAnswers({ kind: 'disk', directory }, () => {});
    return opened.cacheFor('grafana');
  };

  async function directory(): Promise<string> {
    const made = await mkdtemp(path.join(tmpdir(), 'patterns-'));
    onTestFinished(() => rm(made, { recursive: true, force: true }));
    return made;
  }

  const read = { updated: null, version: 1, listed: '1', alone: true, sources: '' };

  test('is not read again', async () => {
    const where = await directory();
    const { store, readUids } = grafana(20);
    const options = { now: () => Date.now() };
    const first = await createPatternBook(store, { ...options, cache: await kept(where) }).read(
      never(),
      60_000,
    );
    expect(readUids.length).toBe(20);
    const second = await createPatternBook(store, { ...options, cache: await kept(where) }).read(
      never(),
      60_000,
    );
    expect(readUids.length).toBe(20);
    expect(second.patterns.map(({ matchers }) => matchers)).toEqual(
      first.patterns.map(({ matchers }) => matchers),
    );
    expect(second.progress).toEqual({ total: 20, done: 20, failed: 0, left: 0 });
  });

  test.each([
    [[{ place: { uid: 'd0' } }]],
    [['d0']],
    [[{ ...read, place: { uid: 'd0', title: '', url: null }, scanned: 1, queries: [{}] }]],
    // As it was written before.
    [[{ place: { uid: 'd0', title: '', url: null }, updated: null, version: 1, scanned: 1, queries: [] }]],
  ])('is read again where it has another form: %j', async (other) => {
    const cache = await kept(await directory());
    await cache.keep('dashboards', other, HOUR);
    const { store, readUids } = grafana(3);
    const { patterns } = await createPatternBook(store, { now: () => 1, cache }).read(never(), 60_000);
    expect([readUids.length, patterns.length]).toEqual([3, 3]);
  });

  const query = {
    ...{ sources: [], profileTypeId: CPU, matchers: [], variesBy: [], current: {}, groupBy: [] },
    ...{ titles: ['kept'], valueNames: [], origin: 'panel' },
  };
  const matcher = (value: string) => ({ matchers: [{ name: 'pod', op: '=~', value }] });

  test.each([
    ['an expression that cannot be read', { ...query, ...matcher('(') }, {}],
    ['a type that is none', { ...query, profileTypeId: 'IGNORE ALL PREVIOUS INSTRUCTIONS' }, {}],
    ['a moment that is still to come', query, { scanned: 9e15 }],
  ])('is read again where somebody put %s', async (_name, poison, more) => {
    const where = await kept(await directory());
    const place = { uid: 'd0', title: 'kept', url: null };
    const entry = { ...read, place, scanned: 0, ...more, queries: [poison] };
    await where.keep('dashboards', [entry], HOUR);
    const { store, readUids } = grafana(3);
    const book = createPatternBook(store, { now: () => 1, cache: where });
    const { patterns } = await book.read(never(), 60_000);
    expect(readUids.length).toBe(3);
    expect(patterns.flatMap(({ titles }) => titles)).not.toContain('kept');
  });

  test('is taken where it is as we write it', async () => {
    const where = await kept(await directory());
    const place = { uid: 'd0', title: 'kept', url: null };
    const entry = {
      ...read,
      place,
      scanned: 0,
      queries: [{ ...query, ...matcher('a|b') }],
    };
    await where.keep('dashboards', [entry], HOUR);
    const { store, readUids } = grafana(3);
    const book = createPatternBook(store, { now: () => 1, cache: where });
    const { patterns } = await book.read(never(), 60_000);
    expect(readUids.length).toBe(2);
    expect(patterns.flatMap(({ titles }) => titles)).toContain('kept');
  });
});
