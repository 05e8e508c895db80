import { expect, test } from 'vitest';
import type { GeneratedCase, Kind } from './case.js';
import { generateCase } from './generate.js';
import { expectedSamples, type LensPlan, type Snapshot } from './plan.js';

/** Whether the truths of the kinds K, L and M are in the data, by the expectation without any noise. */

const listCases = (kind: Kind) => Array.from({ length: 24 }, (_, seed) => generateCase(kind, seed));

test.each<Kind>(['K', 'L', 'M'])('kind %s: the same seed gives the same case', (kind) => {
  const text = ({ source: _, ...rest }: GeneratedCase) => JSON.stringify(rest);
  expect(text(generateCase(kind, 5))).toBe(text(generateCase(kind, 5)));
  expect(text(generateCase(kind, 6))).not.toBe(text(generateCase(kind, 5)));
});

/** Samples of the culprit that a snapshot is expected to have. */
function countGuilty({ truth }: GeneratedCase, lens: LensPlan, at: Snapshot): number {
  const expected = expectedSamples(lens, at);
  return lens.stacks.reduce((sum, { path }, stack) => {
    const isGuilty = path.some(({ fn }) => truth.functions.includes(fn.name));
    return sum + (isGuilty ? (expected[stack] ?? 0) : 0);
  }, 0);
}

const findLens = ({ plan }: GeneratedCase, isShown: (lens: LensPlan) => boolean): LensPlan => {
  const lens = plan.lenses.find(isShown);
  if (lens === undefined) throw new Error('no such lens');
  return lens;
};

test('kind K: what leaks grows in all pods that are there at the end, or in one', () => {
  const kinds = listCases('K');
  for (const generated of kinds) {
    const [effect] = generated.effects;
    const lens = findLens(generated, ({ types }) => types.some(({ id }) => id === effect?.profileTypeId));
    const { snapshots } = generated.plan;
    const pods = [...new Set(snapshots.map(({ labels }) => labels.pod ?? ''))];
    const leaking = pods.filter((pod) => {
      const own = snapshots.filter(({ labels, activation }) => labels.pod === pod && activation > 0);
      const [first, last] = [own[0], own.at(-1)];
      if (first === undefined || last === undefined) return false;
      return countGuilty(generated, lens, last) > countGuilty(generated, lens, first);
    });
    const end = generated.windows.incident.to;
    const there = pods.filter((pod) =>
      snapshots.some(
        ({ labels, time }) =>
          labels.pod === pod && end - time < 0.3 * (end - generated.windows.incident.from),
      ),
    );
    expect(leaking).toEqual(generated.truth.leaksIn === 'all' ? there : [generated.truth.leaksIn]);
  }
  expect(new Set(kinds.map(({ truth }) => truth.leaksIn === 'all')).size).toBe(2);
});

test('kind L: waits of goroutines that leak become more, those of a queue longer', () => {
  const kinds = listCases('L');
  for (const generated of kinds) {
    const block = findLens(generated, ({ name }) => name === 'block');
    const guilty = block.stacks.findIndex(
      ({ path, planted, size }) =>
        (planted > 0 || size !== undefined) &&
        path.some(({ fn }) => generated.truth.functions.includes(fn.name)),
    );
    const late = generated.plan.snapshots.filter(({ activation }) => activation > 0);
    const [first, last] = [late[0], late.at(-1)].map((at) => {
      if (at === undefined) throw new Error('nothing happens');
      return {
        waits: expectedSamples(block, at)[guilty] ?? 0,
        size: block.stacks[guilty]?.size?.(at) ?? 1,
        at,
      };
    });
    if (first === undefined || last === undefined) throw new Error('nothing happens');
    const more = last.at.activation / first.at.activation;
    if (generated.truth.verdict === 'leak') {
      expect(last.waits / first.waits).toBeCloseTo(more, 6);
      expect(last.size).toBe(first.size);
    } else expect([last.waits, last.size > first.size]).toEqual([first.waits, true]);
  }
  expect(new Set(kinds.map(({ truth }) => truth.verdict))).toEqual(new Set(['leak', 'contention']));
});

test('kind M: waits are long in one round, neither the first nor the last of the incident', () => {
  for (const { plan, windows } of listCases('M')) {
    const hit = plan.snapshots.filter(({ activation }) => activation > 0);
    const spacing = Math.min(
      ...plan.snapshots.flatMap(({ labels, time }) =>
        plan.snapshots
          .filter((at) => at.labels.pod === labels.pod && at.time > time)
          .map((at) => at.time - time),
      ),
    );
    const times = hit.map(({ time }) => time);
    expect(new Set(hit.map(({ labels }) => labels.pod)).size).toBe(hit.length);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(spacing);
    expect(Math.min(...times)).toBeGreaterThan(windows.incident.from + spacing);
    expect(Math.max(...times)).toBeLessThan(windows.incident.to - spacing);
  }
});
