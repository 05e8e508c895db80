import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import { asker, askFiles, fixture } from '../support/ask.js';
import { mergingLocatedOnly } from '../support/located.js';

// Inputs as real profilers, converters and failed downloads leave them, with the right values worked out by
// google/pprof's own library and `go tool pprof` where that can read them.

const field = (...parts: string[]) => fixture('field', ...parts);

/** The JSON form of an answer about a folder of profiles. */
async function answer(folder: string, tool: string, args: object) {
  const { text, isError } = await askFiles(folder)(tool, { ...args, format: 'json' });
  expect(isError, text).toBe(false);
  return JSON.parse(text);
}

const HOUR = { from: '2026-09-21T14:00:00Z', to: '2026-09-21T15:00:00Z' };

describe('11: labels of samples', () => {
  const folder = field('11-sample-labels', 'sample-labels');

  test('are labels to list, to select by and to group by', async () => {
    const labels = await answer(folder, 'list_labels', { service: 'shop', ...HOUR });
    expect(JSON.stringify(labels)).toContain('tenant');
    const values = await answer(folder, 'list_labels', { service: 'shop', label: 'tenant', ...HOUR });
    const shares = values.values.map((row: { value: string; share: number }) => [row.value, row.share]);
    expect(shares).toEqual([
      ['acme', 0.7],
      ['globex', 0.2],
      ['initech', 0.1],
    ]);
  });

  test('select the samples that have them, with one profile each', async () => {
    const { total, top_functions } = await answer(folder, 'summarize_profile', {
      service: 'shop',
      selector: 'tenant="globex"',
      ...HOUR,
    });
    expect(total).toMatchObject({ value: 2e9, profiles: 1 });
    expect(top_functions[0]).toMatchObject({ function: 'example.com/shop/report.build', self_share: 1 });
  });
});

describe('12: counters since the process started', () => {
  const ALLOC = { service: 'svc', profile_type: 'alloc', ...HOUR };

  test('a single scrape says nothing about a window, and says so first', async () => {
    const folder = field('12-counters-since-start', 'heap-scrape-single');
    const { text } = await askFiles(folder)('summarize_profile', ALLOC);
    expect(text).toContain('Total unknown in this window: 100 MiB since the process started');
    const json = await answer(folder, 'summarize_profile', ALLOC);
    expect(json.total).toMatchObject({ value: null, rate: null, per_profile: null, since_start: 104857600 });
  });

  test.each([
    [
      'compare_profiles',
      'No data (counts since start): The alloc profiles in this window count since the process',
    ],
    ['get_timeline', 'Nothing is known over time: these alloc profiles count since the process started'],
    ['inspect_function', 'Total unknown in this window: 100 MiB since the process started'],
    ['query_profile', 'Total unknown in this window: 100 MiB since the process started'],
  ])('%s says so, too', async (tool, words) => {
    const folder = field('12-counters-since-start', 'heap-scrape-single');
    const more = tool === 'inspect_function' ? { function: 'main.load' } : {};
    expect((await askFiles(folder)(tool, { ...ALLOC, ...more })).text).toContain(words);
  });

  test('a single scrape is found without a window', async () => {
    const { text } = await askFiles(field('12-counters-since-start', 'heap-scrape-single'))(
      'summarize_profile',
    );
    expect(text).toContain('Total unknown in this window: 100 MiB');
  });

  test('investigate names it as not read, with the reason, and so the type that counts its samples', async () => {
    const { text } = await askFiles(field('12-counters-since-start', 'heap-scrape-single'))('investigate', {
      ...{ service: 'svc', from: '2026-09-21T14:13:20Z', to: '2026-09-21T14:29:20Z' },
      ...{ baseline_from: '2026-09-21T13:41:20Z', baseline_to: '2026-09-21T14:13:20Z' },
    });
    expect(text).toMatch(/^Types .*alloc: not read/m);
    expect(text).toContain('nor the type whose samples they count: alloc_objects (of alloc)');
    expect(text).toContain(
      'Not determined: alloc: counts since the process started; with one reading of each instance the amount in the window is unknown',
    );
  });

  test('between two equal scrapes nothing was allocated', async () => {
    const folder = field('12-counters-since-start', 'heap-scrapes-idle');
    const { text } = await askFiles(folder)('summarize_profile', ALLOC);
    expect(text).toContain('Total 0 B');
    expect((await answer(folder, 'summarize_profile', ALLOC)).total.value).toBe(0);
  });

  test('live heap is a state, however often it was scraped', async () => {
    for (const name of ['heap-scrape-single', 'heap-scrapes-idle']) {
      const folder = field('12-counters-since-start', name);
      const { total } = await answer(folder, 'summarize_profile', { ...ALLOC, profile_type: 'inuse' });
      expect(total.value).toBe(52428800);
    }
  });
});

describe('14: files of other formats are named, with what they are and what to do', () => {
  test.each([
    ['html', 'svc/heap.pb.gz', 'an HTML page ("404 Not Found")', 'Fetch it again'],
    ['json-error', 'svc/heap.pb.gz', 'a JSON text ("no credentials")', 'Fetch it again'],
    ['text-404', 'svc/heap.pprof', 'an error text ("404 page not found")', 'Fetch it again'],
    ['legacy-heap-text', 'svc/heap.pprof', 'a heap profile in the text form of gperftools', 'pprof -proto'],
    ['double-gzip', 'svc/cpu.pb.gz', 'gzip within gzip', 'gunzip'],
    ['empty-file', 'svc/cpu.pb.gz', 'an empty file', 'Fetch it again'],
  ])('%s', async (folder, file, what, todo) => {
    const ask = askFiles(field('14-foreign-files', folder));
    for (const [tool, args] of [
      ['summarize_profile', { service: 'svc', ...HOUR }],
      ['list_services', HOUR],
      ['list_data_sources', {}],
    ] as const) {
      const { text } = await ask(tool, args);
      expect(text, tool).toContain(file);
      expect(text, tool).toContain(what);
      expect(text, tool).toContain(todo);
      expect(text, tool).not.toContain('protobuf');
    }
  });

  test('zstd is read where Node can, and else it is said how to unpack it', async () => {
    const { text } = await askFiles(field('14-foreign-files', 'zstd'))('summarize_profile', HOUR);
    const { zstdDecompress } = (await import('node:zlib')) as { zstdDecompress?: unknown };
    if (zstdDecompress === undefined) expect(text).toMatch(/svc\/cpu\.pb\.zst .*zstd.* `unzstd /);
    else expect(text).toContain('main.work');
  });
});

describe('15: a profile counts under any name', () => {
  test.each(['ignored-file', 'ignored-file2'])('%s', async (name) => {
    const folder = field('15-silently-ignored', name);
    const { total, top_functions } = await answer(folder, 'summarize_profile', { service: 'svc', ...HOUR });
    expect(total.value).toBe(1.76e9);
    expect(top_functions).toMatchObject([{ function: 'main.work', self_share: 1 }]);
  });
});

describe('16: negative values are a difference', () => {
  const ask = { service: 'svc', profile_type: 'cpu', ...HOUR };
  const folder = field('16-negative-values', 'negative');

  test('and shown as one, with shares of all that changed', async () => {
    const { text } = await askFiles(folder)('summarize_profile', ask);
    expect(text).toContain('difference');
    for (const part of ['+3 s', '-2 s', '+500 ms', '54.5%', '-36.4%', '9.1%']) expect(text).toContain(part);
    expect(text).not.toContain('200.0%');
    const json = await answer(folder, 'summarize_profile', ask);
    expect(json.total).toMatchObject({ value: 1.5e9, increase: 3.5e9, decrease: -2e9 });
    const rows = json.top_functions.map((row: { function: string; self: number; self_share: number }) => [
      row.function,
      row.self,
      row.self_share,
    ]);
    expect(rows).toEqual([
      ['main.a', 3e9, 0.545455],
      ['main.b', -2e9, -0.363636],
      ['main.c', 5e8, 0.090909],
    ]);
  });

  test.each(['top', 'tree'])('also as %s', async (view) => {
    const { text } = await askFiles(folder)('query_profile', { ...ask, view });
    for (const part of ['main.a', 'main.b', '-2 s', '-36.4%']) expect(text).toContain(part);
  });

  test('also of one function', async () => {
    const { text } = await askFiles(folder)('inspect_function', { ...ask, function: 'main.b' });
    for (const part of ['-2 s', '-36.4%']) expect(text).toContain(part);
  });
});

describe('17: samples without a stack', () => {
  const ask = { service: 'svc', profile_type: 'cpu', ...HOUR };
  const folder = field('17-samples-without-stack', 'no-stack');

  test('that a server leaves out of its profiles are told by what its series count', async () => {
    const source = createFilesSource({ directory: folder });
    const note = '30.0% of the value over time has no stack';
    const served = asker(mergingLocatedOnly(source));
    expect((await served('get_timeline', ask)).text).toContain(note);
    const byLabel = { ...ask, group_by: 'service_name' };
    expect((await served('get_timeline', byLabel)).text).toContain(note);
    expect((await asker(source)('get_timeline', ask)).text).not.toContain('no stack');
    await source.close();
  });

  test('count in the total, apart', async () => {
    const { total, top_functions, hottest_path, application_functions } = await answer(
      folder,
      'summarize_profile',
      ask,
    );
    expect(total.value).toBe(1e10);
    expect(top_functions).toMatchObject([
      { function: 'main.work', self_share: 0.7 },
      { function: '[no stack]', self_share: 0.3 },
    ]);
    expect(hottest_path.frames.map((row: { function: string }) => row.function)).toEqual([
      'main.main',
      'main.work',
    ]);
    expect(JSON.stringify(application_functions)).not.toContain('no stack');
  });

  test('are told in words', async () => {
    const { text } = await askFiles(folder)('summarize_profile', ask);
    expect(text).toContain('Total 10 s');
    expect(text).toContain('30.0% of the total has no stack');
  });
});

test('19: a time in microseconds is corrected, and so is the duration', async () => {
  const folder = field('19-time-in-microseconds', 'time-in-microseconds');
  const { text } = await askFiles(folder)('summarize_profile', {});
  expect(text).toContain('2026-09-21T14:13:20Z');
  expect(text).toContain('1 file with a time in microseconds instead of nanoseconds, which was corrected');
  expect(text).not.toContain('1970');
  const source = createFilesSource({ directory: folder });
  const { signal } = new AbortController();
  const profileTypeId = 'process_cpu:samples:count:cpu:nanoseconds';
  const window = { from: 0, to: Date.parse('2100-01-01') };
  expect((await source.profile({ profileTypeId, matchers: [], window }, signal)).profiledSeconds).toBe(10);
});

describe('22: what a file says about how it is read', () => {
  test('drop_frames takes the allocator out of the stacks', async () => {
    const folder = field('22-drop-frames-default-type', 'drop-frames');
    const { top_functions } = await answer(folder, 'summarize_profile', {
      service: 'svc',
      profile_type: 'inuse',
      ...HOUR,
    });
    expect(top_functions).toMatchObject([
      { function: 'acme::Cache::put', self: 10485760 },
      { function: 'acme::Feed::read', self: 5242880 },
    ]);
  });

  test('default_sample_type is what an answer is about when nothing was asked for', async () => {
    const folder = field('22-drop-frames-default-type', 'default-sample-type');
    const { scope, top_functions } = await answer(folder, 'summarize_profile', { service: 'svc', ...HOUR });
    expect(scope.profile_type_id).toBe('memory:inuse_space:bytes:space:bytes');
    expect(top_functions[0]).toMatchObject({ function: 'main.b' });
  });
});
