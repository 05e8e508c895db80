import { describe, expect, test } from 'vitest';
import { KINDS } from './case.js';
import { describeCase } from './describe.js';
import { generateCase, SAMPLE_LIMITS } from './generate.js';
import { expectedSamples } from './plan.js';
import { createRandom } from './random.js';
import { sampleLens } from './sampling.js';

const signal = new AbortController().signal;
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);
const cases = KINDS.flatMap((kind) => SEEDS.map((seed) => generateCase(kind, seed)));

test.each(KINDS)('kind %s: the same seed gives the same bytes, another seed another case', async (kind) => {
  const fingerprint = async (seed: number) => {
    const { source, plan, windows, ...rest } = generateCase(kind, seed);
    const window = { from: windows.baseline.from, to: windows.incident.to };
    const profiles = [];
    for (const { types } of plan.lenses) {
      for (const { id } of types) {
        const merged = await source.profile({ matchers: [], window, profileTypeId: id }, signal);
        profiles.push([id, [...merged.profile.values], merged.profile.functions]);
      }
    }
    return JSON.stringify({ rest, windows, snapshots: plan.snapshots, profiles });
  };
  const first = await fingerprint(3);
  expect(await fingerprint(3)).toBe(first);
  expect(await fingerprint(4)).not.toBe(first);
});

describe('within what was asked', () => {
  test('pods, profiles, samples and over-dispersion', () => {
    for (const { id, plan, phi, windows, samples } of cases) {
      expect(phi).toBeGreaterThanOrEqual(1);
      expect(phi).toBeLessThanOrEqual(2.5);
      const perPod = (side: 'baseline' | 'incident') => {
        const counts = new Map<string, number>();
        for (const at of plan.snapshots.filter((each) => each.side === side)) {
          counts.set(at.labels.pod ?? '', (counts.get(at.labels.pod ?? '') ?? 0) + 1);
        }
        return [...counts.values()];
      };
      const [before, after] = [perPod('baseline'), perPod('incident')];
      expect(before.length >= 1 && before.length <= 6, id).toBe(true);
      expect(Math.min(...before) >= 8 && Math.max(...before) <= 24, id).toBe(true);
      // Pods come and go inside the incident.
      expect(Math.max(...after) <= 12, id).toBe(true);
      for (const side of ['baseline', 'incident'] as const) {
        expect(samples[side], `${id} ${side}`).toBeGreaterThanOrEqual(SAMPLE_LIMITS.least);
        expect(samples[side], `${id} ${side}`).toBeLessThanOrEqual(SAMPLE_LIMITS.most);
        const window = windows[side];
        for (const at of plan.snapshots.filter((each) => each.side === side)) {
          expect(at.time >= window.from && at.time <= window.to).toBe(true);
        }
      }
    }
  });

  test('small and large cases, all languages and labels come up', () => {
    const sizes = cases.map(({ samples }) => samples.baseline);
    expect(sizes.filter((size) => size < 1_000).length).toBeGreaterThan(cases.length / 20);
    expect(sizes.filter((size) => size > 30_000).length).toBeGreaterThan(cases.length / 20);
    expect(new Set(cases.map(({ language }) => language)).size).toBe(4);
    const labels = Array.from({ length: 40 }, (_, seed) => generateCase('g', seed).truth.label?.name);
    expect([...new Set(labels)].sort()).toEqual(['pod', 'region', 'version']);
  });

  test('size and language can be asked for', () => {
    const generated = generateCase('a', 5, { samples: 20_000, language: 'java' });
    expect(generated.language).toBe('java');
    expect(generated.samples.baseline / 20_000).toBeCloseTo(1, 0);
  });

  test('most planted changes stand out by 6 standard errors or more', () => {
    const changed = cases.filter(({ kind }) => kind !== 'i');
    expect(changed.every(({ effects }) => effects.length > 0)).toBe(true);
    const plain = changed.filter(({ effects }) => (effects[0]?.se ?? 0) >= 6);
    expect(plain.length / changed.length).toBeGreaterThan(0.85);
  });
});

test('profiles vary around the expectation as phi says', () => {
  for (const seed of [1, 2, 3]) {
    const { plan, phi } = generateCase('i', seed, { samples: 30_000, language: 'go' });
    const [lens] = plan.lenses;
    const [moment] = plan.snapshots;
    if (lens === undefined || moment === undefined) throw new Error('no lens');
    const at = { ...moment, jitter: 1, warmth: 0 };
    const expected = expectedSamples(lens, at);
    const count = lens.types[0]?.id ?? '';
    const draws = sampleLens(
      createRandom(`draws ${seed}`),
      lens,
      Array.from({ length: 300 }, () => at),
    );
    let squares = 0;
    let terms = 0;
    for (const { values } of draws) {
      values.get(count)?.forEach((value, stack) => {
        const mean = expected[stack] ?? 0;
        if (mean < 0.5) return;
        squares += (value - mean) ** 2 / mean;
        terms++;
      });
    }
    expect(Math.abs(squares / terms / phi - 1)).toBeLessThan(0.1);
  }
});

test('what the source holds is what was planned', async () => {
  for (const kind of KINDS) {
    const { id, source, plan, windows } = generateCase(kind, 7);
    for (const lens of plan.lenses) {
      const [type] = lens.types;
      if (type === undefined || lens.capacity !== null) continue;
      for (const side of ['baseline', 'incident'] as const) {
        const { profile } = await source.profile(
          { matchers: [], window: windows[side], profileTypeId: type.id },
          signal,
        );
        let expected = 0;
        let variance = 0;
        for (const at of plan.snapshots.filter((each) => each.side === side)) {
          const means = expectedSamples(lens, at);
          let value = 0;
          means.forEach((mean, stack) => {
            const per = type.per[stack] ?? 0;
            value += mean * per;
            variance += lens.phi * mean * per * per;
          });
          expected += value;
          variance += ((at.jitter - 1) * value) ** 2;
        }
        const total = profile.values.reduce((sum, value) => sum + value, 0);
        const drawnWithJitter = plan.snapshots.some(({ jitter }) => jitter !== 1) ? 0.04 * expected : 0;
        expect(Math.abs(total - expected), `${id} ${lens.name} ${side}`).toBeLessThan(
          5 * Math.sqrt(variance) + drawnWithJitter,
        );
      }
    }
  }
});

test('two hundred cases are made in one go', () => {
  const made = Array.from({ length: 200 }, (_, at) =>
    generateCase(KINDS[at % KINDS.length] ?? 'a', 1_000 + at),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(200);
});

test('a case can be read', () => {
  const text = describeCase(generateCase('g', 2));
  expect(text).toContain('code_regression');
  expect(text).toMatch(/label: version=/);
  expect(text).toMatch(/standard errors/);
  expect(describeCase(generateCase('i', 1))).toContain('guilty: nobody');
});
