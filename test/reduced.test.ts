import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallEnvironment } from '../src/mcp/call.js';
import { createFilesSource } from '../src/sources/files/source.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { askerIn, createEnvironment } from './support/ask.js';
import { manifest } from './support/directory.js';
import { generateProfile } from './support/generate-profile.js';
import { until } from './support/http.js';
import { createManualTimer } from './support/manual-timer.js';
import { selfTable, totalTable } from './support/profiles.js';
import { startPyroscopeServer, type TestPyroscope } from './support/pyroscope-server.js';

// A profile that is too large to be read whole, or does not come in time: what is exact is exact, the rest a
// lower bound.

const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const START = Date.parse('2026-11-20T14:30:00Z');
const window = { from: START - 60_000, to: START + 60_000 };
const query = { profileTypeId: TYPE, matchers: [], window };
const { signal } = new AbortController();
const args = {
  service: 'shop',
  profile_type: 'cpu',
  from: '2026-11-20T14:29:00Z',
  to: '2026-11-20T14:31:00Z',
};

async function listFiles(bytes: Uint8Array) {
  const directory = await mkdtemp(path.join(tmpdir(), 'reduced-'));
  await writeFile(path.join(directory, 'cpu.pb.gz'), gzipSync(bytes));
  const labels = { service_name: 'shop', pod: 'a' };
  const listed = [{ file: 'cpu.pb.gz', time: new Date(START).toISOString(), labels }];
  await writeFile(path.join(directory, 'profiles.json'), manifest(listed));
  return createFilesSource({ directory });
}

interface OwnCost {
  rank: number;
  function: string;
  file: string;
  self: number;
  self_share: number;
}

/** The directory of a profile over the size cap, read once for both storages. */
const overTheCap = listFiles(generateProfile({ nodes: 40_000, seed: 5 }).bytes);

/**
 * The rows of a table by own cost; the order of the same cost is not part of it, and the last ones may be
 * such.
 */
function ownCosts({ top_functions: rows }: { top_functions: OwnCost[] }) {
  const least = rows.at(-1)?.self;
  return rows
    .filter(({ self }) => self !== least)
    .map(({ function: name, file, self, self_share }) => ({ name, file, self, self_share }))
    .sort((a, b) => b.self - a.self || (a.name < b.name ? -1 : 1));
}

describe.each(['v2', 'v1'] as const)('over the size cap, %s storage', (mode) => {
  /** Between the sizes of the reduced answers and of the whole. */
  const CAP = 460_000;
  let server: TestPyroscope;
  let whole: ReturnType<typeof askerIn>;
  let ask: ReturnType<typeof askerIn>;

  beforeAll(async () => {
    server = await startPyroscopeServer(await overTheCap, { mode });
    const capped = (more: object) =>
      askerIn(createEnvironment([createPyroscopeSource({ name: 'p', uid: 'p', url: server.url, ...more })]));
    whole = capped({});
    ask = capped({ maxResponseBytes: CAP });
  });
  afterAll(() => server.close());
  const json = async (asking: typeof ask, tool: string, more: object = {}) => {
    const answer = await asking(tool, { ...args, ...more, format: 'json' });
    if (answer.isError) throw new Error(answer.text);
    return JSON.parse(answer.text);
  };

  test('summarize_profile: own cost and ranks are exact, totals and path are at most the truth, and it says so', async () => {
    const truth = await json(whole, 'summarize_profile', { limit: 50 });
    const answer = await json(ask, 'summarize_profile', { limit: 50 });
    expect(truth.coverage).toEqual({ kept_share: 1, truncated: false });
    expect(answer.coverage).toMatchObject({
      kept_share: 1,
      truncated: true,
      reason: 'the full profile is too large (the answer is larger than 0.44 MiB (inflated))',
      exact: ['total', 'self', 'self_share', 'rank'],
      call_sites: 4,
    });
    expect(answer.total).toEqual(truth.total);
    expect(ownCosts(answer)).toEqual(ownCosts(truth));
    const trueTotals = new Map(
      (await json(whole, 'query_profile', { limit: 200 })).top_functions.map(
        (row: { function: string; total: number }) => [row.function, row.total],
      ),
    );
    for (const { function: name, self, total } of answer.top_functions) {
      expect(total).toBeLessThanOrEqual(Number(trueTotals.get(name)));
      expect(total).toBeGreaterThanOrEqual(self);
    }
    expect(answer.hottest_path.frames.length).toBeGreaterThan(3);
    answer.hottest_path.frames.forEach((frame: { function: string; total_share: number }, at: number) => {
      expect(frame.function).toBe(truth.hottest_path.frames[at].function);
      expect(frame.total_share).toBeLessThanOrEqual(truth.hottest_path.frames[at].total_share);
    });
    expect(answer.application_functions).toEqual([]);
    const { text } = await ask('summarize_profile', args);
    expect(text).toContain('Read in part: the full profile is too large');
    expect(text).toContain(
      'Exact: the total, own cost (self) and ranks by it. At least: totals of functions',
    );
    expect(text).toContain('Hottest path (at least; share of the total):');
  });

  test('query_profile: the table by own cost and the tree; a ranking by total or a filter is refused', async () => {
    // More rows are cut to the size of an answer, earlier where they name who a leaf is charged to.
    const truth = await json(whole, 'query_profile', { limit: 80 });
    const answer = await json(ask, 'query_profile', { limit: 80 });
    expect(truth.top_functions).toHaveLength(80);
    expect(ownCosts(answer)).toEqual(ownCosts(truth));
    expect(answer.functions).toBe(truth.functions);
    const tree = await json(ask, 'query_profile', { view: 'tree' });
    expect(tree.tree[0].function).toBe(
      (await json(whole, 'query_profile', { view: 'tree' })).tree[0].function,
    );
    for (const more of [{ sort: 'total' }, { focus: 'mallocgc' }, { view: 'tree', ignore: 'mallocgc' }]) {
      const refused = await ask('query_profile', { ...args, ...more });
      expect(refused.isError).toBe(true);
      expect(refused.text).toMatch(
        /needs the full profile, and the full profile is too large[\s\S]*\nNext: Ask for a shorter window/,
      );
    }
  });

  test('inspect_function: own cost and its callers are exact', async () => {
    const answer = await json(ask, 'inspect_function', { function: 'runtime.mallocgc' });
    const truth = await json(whole, 'inspect_function', { function: 'runtime.mallocgc' });
    // The hot leaf calls nothing, so that all of it is own cost.
    expect(answer.self).toBe(truth.self);
    expect(answer.function_total).toBe(truth.function_total);
    // The lists themselves are cut to the size of an answer.
    expect(answer.callers.slice(0, 20)).toEqual(truth.callers.slice(0, 20));
    expect(answer.timeline).toBeNull();
    expect(answer.notes.join(' ')).toContain('of the own cost of the function alone');
    const inner = await ask('inspect_function', { ...args, function: 'runtime.main' });
    expect(inner.text).toContain('A function without own cost needs the full profile');
  });

  test('what needs all stacks says so, with a next step', async () => {
    const baseline = { baseline_selector: '{pod=~".*"}' };
    const { text, isError } = await ask('compare_profiles', { ...args, ...baseline });
    expect(isError).toBe(true);
    expect(text).toMatch(
      /over the size limit \(HTTP 200\): "the answer is larger than 0\.44 MiB[\s\S]*\nNext: Ask for a shorter window/,
    );
  });

  test('where only the leaves fit, there are no callers and no tree', async () => {
    const source = createPyroscopeSource({ name: 'p', uid: 'p', url: server.url, maxResponseBytes: 190_000 });
    const small = askerIn(createEnvironment([source]));
    const answer = await json(small, 'summarize_profile');
    const truth = await json(whole, 'summarize_profile');
    expect(ownCosts(answer)).toEqual(ownCosts(truth));
    expect([answer.coverage.call_sites, answer.hottest_path.frames]).toEqual([1, []]);
    expect((await small('summarize_profile', args)).text).toContain(
      'only the leaf and no call tree were read',
    );
    expect((await small('query_profile', { ...args, view: 'tree' })).text).toContain(
      'The call tree needs the full profile',
    );
    await source.close();
  });

  test('a question that was too large is not asked whole again', async () => {
    const before = server.requests.count('SelectMergeProfile');
    await json(ask, 'summarize_profile');
    const after = server.requests.count('SelectMergeProfile');
    expect(after - before).toBe(2);
  });
});

describe('not in time, or refused', () => {
  const made = generateProfile({ nodes: 3_000, seed: 2 });
  let server: TestPyroscope;
  beforeAll(async () => {
    server = await startPyroscopeServer(await listFiles(made.bytes), { mode: 'v2' });
  });
  afterAll(() => server.close());

  const summary = async (more: object = {}, timing: Partial<CallEnvironment> = {}) => {
    const source = createPyroscopeSource({ name: 'p', uid: 'p', url: server.url, ...more });
    const answer = await askerIn({ ...createEnvironment([source]), ...timing })('summarize_profile', {
      ...args,
      format: 'json',
    });
    await source.close();
    server.faults.clear();
    return answer;
  };

  test('after half of the time of the call', async () => {
    server.faults.set({ kind: 'hang' }, { on: 'SelectMergeProfile', times: 1 });
    const before = server.requests.count('SelectMergeProfile');
    const { timer, advanceTo } = createManualTimer();
    void until(() => server.requests.count('SelectMergeProfile') > before).then(() => advanceTo(5_000));
    const answer = await summary({}, { deadlineMs: 10_000, timer });
    const { coverage, top_functions } = JSON.parse(answer.text);
    expect(coverage.reason).toMatch(/did not arrive in half of the time/);
    expect(top_functions[0]).toMatchObject({ function: made.hot.name, self_share: made.hot.share });
  });

  test('within the time of a request', async () => {
    server.faults.set({ kind: 'hang' }, { on: 'SelectMergeProfile', times: 1 });
    const before = server.requests.count('SelectMergeProfile');
    const running = new Set<AbortController>();
    const startDeadline = (ms: number) => {
      const controller = new AbortController();
      running.add(controller);
      return {
        signal: controller.signal,
        left: () => ms,
        stop: () => void running.delete(controller),
      };
    };
    // All but the one that hangs are answered; the parts that are read next have their time.
    const onlyOneHangs = () => server.requests.count('SelectMergeProfile') > before && running.size === 1;
    void until(onlyOneHangs).then(() => {
      for (const deadline of running) deadline.abort();
    });
    const answer = await summary({ startDeadline });
    const { coverage, top_functions } = JSON.parse(answer.text);
    expect(coverage.reason).toMatch(/did not arrive in time/);
    expect(top_functions[0]).toMatchObject({ function: made.hot.name, self_share: made.hot.share });
  });

  test.each([
    [
      'as its proxy says',
      { kind: 'status', status: 413, body: '<html>413 Request Entity Too Large</html>' } as const,
      {},
      /refused to send the full profile for its size/,
    ],
    [
      'as its parts say',
      {
        kind: 'status',
        status: 500,
        body: '{"code":"unknown","message":"rpc error: code = ResourceExhausted desc = grpc: received message larger than max (104857601 vs. 104857600)"}',
      } as const,
      {},
      /refused to send the full profile for its size/,
    ],
  ])('%s', async (_, fault, more, reason) => {
    server.faults.set(fault, { on: 'SelectMergeProfile', times: 1 });
    const answer = await summary(more);
    const { coverage, top_functions } = JSON.parse(answer.text);
    expect(coverage.reason).toMatch(reason);
    expect(top_functions[0]).toMatchObject({ function: made.hot.name, self_share: made.hot.share });
  });

  test('any other failure stays one', async () => {
    server.faults.set({ kind: 'status', status: 503 }, { on: 'SelectMergeProfile' });
    expect((await summary()).text).toContain('overloaded');
  });

  test('without a call tree there is the table still', async () => {
    server.faults.set({ kind: 'status', status: 413 }, { on: 'SelectMergeProfile', times: 1 });
    server.faults.set({ kind: 'status', status: 503 }, { on: 'SelectMergeStacktraces' });
    const { headline, hottest_path, top_functions } = JSON.parse((await summary()).text);
    expect(headline).toContain(`Largest own cost: ${made.hot.name}`);
    expect(hottest_path.frames).toEqual([]);
    expect(top_functions.length).toBe(10);
  });
});

describe('cut off on the way', () => {
  const large = generateProfile({ nodes: 100_000, seed: 5 });
  const small = generateProfile({ nodes: 300, seed: 2 });
  const servers = new Map<object, TestPyroscope>();
  beforeAll(async () => {
    for (const made of [large, small]) {
      servers.set(made, await startPyroscopeServer(await listFiles(made.bytes), { mode: 'v2' }));
    }
  });
  afterAll(async () => {
    for (const server of servers.values()) await server.close();
  });

  /** The answer where the first requests for a profile meet a fault, and how many there were. */
  const summary = async (made: { bytes: Uint8Array }, kind: 'half' | 'short', times: number) => {
    const server = servers.get(made);
    if (server === undefined) throw new Error('no server holds this profile');
    const source = createPyroscopeSource({ name: 'p', uid: 'p', url: server.url });
    server.requests.clear();
    server.faults.clear();
    server.faults.set({ kind }, { on: 'SelectMergeProfile', times });
    const { text, isError } = await askerIn(createEnvironment([source]))('summarize_profile', {
      ...args,
      format: 'json',
    });
    await source.close();
    return { text, isError, requests: server.requests.count('SelectMergeProfile') };
  };

  test.each(['half', 'short'] as const)(
    'twice: what is exact is read in part, and it says why (%s)',
    async (kind) => {
      const { text, requests } = await summary(large, kind, 2);
      const { coverage, top_functions, headline } = JSON.parse(text);
      expect(coverage).toMatchObject({ kept_share: 1, truncated: true, call_sites: 4 });
      expect(coverage.reason).toMatch(
        /^the full profile was cut off on its way, twice, the last time after \d+(?:\.\d+)? [KM]iB$/,
      );
      expect(top_functions[0]).toMatchObject({ function: large.hot.name, self_share: large.hot.share });
      expect(headline).toContain(large.hot.name);
      // Twice whole, then the leaves and the call sites next to them.
      expect(requests).toBe(4);
    },
  );

  test('once: it is read again, whole', async () => {
    const { text, requests } = await summary(large, 'half', 1);
    expect(JSON.parse(text).coverage).toEqual({ kept_share: 1, truncated: false });
    expect(requests).toBe(2);
  });

  test.each(['half', 'short'] as const)('a small one was not cut off for its size (%s)', async (kind) => {
    const { text, isError, requests } = await summary(small, kind, 2);
    expect(isError).toBe(true);
    expect(text).toContain('the answer was cut short or damaged');
    expect(requests).toBe(2);
  });

  test('what is read in part is cut off, too: the failure of the whole is told', async () => {
    const { text, isError } = await summary(large, 'half', Number.POSITIVE_INFINITY);
    expect(isError).toBe(true);
    expect(text).toContain('the answer was cut short or damaged');
    expect(text).toContain('Next: ');
  });
});

test('the own cost of every function is that of the whole, and no total is above it, whatever the profile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 50, max: 1_500 }),
      async (seed, nodes) => {
        const source = await listFiles(generateProfile({ nodes, seed }).bytes);
        const server = await startPyroscopeServer(source, { mode: seed % 2 === 0 ? 'v2' : 'v1' });
        const pyroscope = createPyroscopeSource({ name: 'p', uid: 'p', url: server.url });
        const whole = (await pyroscope.profile(query, signal)).profile;
        const reduced = await pyroscope.reduced?.(query, signal, signal);
        await pyroscope.close();
        await server.close();
        expect(reduced && selfTable(reduced.leaves)).toEqual(selfTable(whole));
        const totals = totalTable(whole);
        for (const part of [reduced?.leaves, reduced?.tree]) {
          for (const [name, total] of part ? totalTable(part) : [])
            expect(total).toBeLessThanOrEqual(totals.get(name) ?? 0);
        }
      },
    ),
    { numRuns: 12 },
  );
});
