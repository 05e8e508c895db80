import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildFlameTree } from '../src/profile/flame/tree.js';
import { decodePprof, pprofToProfile } from '../src/profile/pprof/pprof.js';
import { askFiles } from './support/ask.js';
import { type GeneratedProfile, generateProfile } from './support/generate-profile.js';

// A runtime leaf that hangs on thousands of cold paths is what truncated answers get wrong.

/**
 * Shares of a function's own cost that flame graphs of some sizes show, cut as Pyroscope cuts them: the nodes
 * with the largest totals stay, and what was below the others becomes "other".
 */
function readCuts(bytes: Uint8Array, name: string, sizes: readonly number[]): Map<number, number> {
  const profile = pprofToProfile(decodePprof(bytes));
  const { fn, selfAfter, totalAfter } = buildFlameTree([], [profile], profile.functions.length);
  const ranked = totalAfter.toSorted((a, b) => b - a);
  const total = totalAfter[0] ?? 0;
  return new Map(
    sizes.map((size) => {
      const smallest = ranked[Math.min(size, ranked.length) - 1] ?? 0;
      let self = 0;
      for (const [node, id] of fn.entries()) {
        if (profile.functions[id]?.name === name && (totalAfter[node] ?? 0) >= smallest) {
          self += selfAfter[node] ?? 0;
        }
      }
      return [size, self / total];
    }),
  );
}

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

  test('flame graphs of the usual sizes show a part of it only', () => {
    const sizes = [2_048, 8_192, 16_384, 32_768, 65_536, 100_000_000];
    const cuts = readCuts(made.bytes, made.hot.name, sizes);
    for (const [size, share] of cuts) {
      console.log(`cut to ${size.toLocaleString('en')} nodes: ${(share * 100).toFixed(2)} %`);
    }
    expect(cuts.get(8_192)).toBeCloseTo(0.0121, 4);
    expect(cuts.get(16_384)).toBeCloseTo(0.0451, 4);
    expect(cuts.get(100_000_000)).toBeCloseTo(0.3024, 4);
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
