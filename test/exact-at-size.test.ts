import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { askFiles } from './support/ask.js';
import { type GeneratedProfile, generateProfile } from './support/generate-profile.js';

// A runtime leaf that hangs on thousands of cold paths is what truncated answers get wrong: of 100,000 nodes,
// tables built on them said 15.06 % or 25.12 % where the truth is 30.24 %.

describe('a profile of 100,000 nodes', () => {
  let made: GeneratedProfile;
  let ask: ReturnType<typeof askFiles>;

  beforeAll(async () => {
    made = generateProfile({ nodes: 100_000, seed: 1, hotShare: 0.3024 });
    const directory = await mkdtemp(path.join(tmpdir(), 'large-'));
    await writeFile(path.join(directory, 'cpu.pb.gz'), gzipSync(made.bytes));
    ask = askFiles(directory);
  });

  test('is as large as it should be, and its hot leaf is cold on every path', () => {
    expect(made.nodes).toBeGreaterThanOrEqual(100_000);
    expect(made.hot.paths).toBeGreaterThan(4_000);
    expect(made.hot.share).toBeCloseTo(0.3024, 4);
  });

  test('summarize_profile gives the exact share', async () => {
    const text = (await ask('summarize_profile', { profile_type: 'cpu' })).text;
    expect(text).toContain('Largest own cost: runtime.mallocgc (allocation) with 30.2%');
    const json = JSON.parse((await ask('summarize_profile', { profile_type: 'cpu', format: 'json' })).text);
    expect(json.total.value).toBe(made.total);
    expect(json.top_functions[0]).toMatchObject({ function: 'runtime.mallocgc', self_share: 0.3024 });
    expect(json.coverage).toEqual({ kept_share: 1, truncated: false });
  });

  test('query_profile gives the exact share, by self, total and focus', async () => {
    for (const args of [{ sort: 'self' }, { sort: 'total', limit: 200 }, { focus: '^runtime\\.mallocgc$' }]) {
      const { text } = await ask('query_profile', { profile_type: 'cpu', format: 'json', ...args });
      const rows: { function: string; self_share: number }[] = JSON.parse(text).top_functions;
      expect(rows.find((row) => row.function === 'runtime.mallocgc')?.self_share).toBe(0.3024);
    }
  });
});
