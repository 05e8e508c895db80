import { expect, test } from 'vitest';
import { createRandom, overdispersed } from '../../../test/evaluation/generator/random.js';
import { contrast } from '../../../test/support/contrast.js';
import { deviation, findUniverse } from './contrast.js';
import { computeSight, neededFactor, type Sight, smallestGrowth } from './power.js';
import { shiftWithin } from './within.js';

const sight = (before: number, after: number, factor = 1, phi = 1.5): Sight => ({
  before: { total: before, population: factor * before },
  after: { total: after, population: factor * after },
  dispersion: { phi, freedom: 40 },
  gate: 4.1,
  minGrowth: 0.014,
  mix: null,
});

test.each<[string, Sight, number, number]>([
  ['few samples', sight(600, 300), 0.05, 16.5],
  ['a usual number', sight(10_000, 5_000), 0.05, 3.3],
  ['a function with a fifth', sight(10_000, 5_000), 0.2, 5.5],
  ['a new function', sight(10_000, 5_000), 0, 1.9],
  ['very many samples: the least growth that is looked for remains', sight(1e7, 1e7), 0.05, 1.4],
])('%s', (_, given, share, points) => {
  expect(100 * (smallestGrowth(given, share) ?? 0)).toBeCloseTo(points, 1);
});

test('more samples, less dispersion and a lower gate see more', () => {
  const growth = (given: Sight) => smallestGrowth(given, 0.05) ?? 1;
  const usual = sight(10_000, 5_000);
  expect(growth(sight(20_000, 10_000))).toBeLessThan(growth(usual));
  expect(growth(sight(10_000, 5_000, 1, 1))).toBeLessThan(growth(usual));
  expect(growth({ ...usual, gate: 3 })).toBeLessThan(growth(usual));
});

test('the sight of a comparison is that of its samples', () => {
  const contrasted = contrast(
    { 'main price': 30e7, 'runtime.gc': 10e7 },
    { 'main price': 60e7, 'runtime.gc': 15e7 },
    { quantum: 1e7 },
  );
  const universe = findUniverse(contrasted);
  expect(computeSight(contrasted, universe, { gate: 4.1, minGrowth: 0.02, mix: null })).toEqual({
    before: { total: 40, population: 30 },
    after: { total: 75, population: 60 },
    dispersion: contrasted.dispersion,
    gate: 4.1,
    minGrowth: 0.02,
    mix: null,
  });
});

test('where the gate lets all pass, an unlucky outcome still shows the least growth', () => {
  const [share, samples] = [0.05, 1_000];
  const growth = smallestGrowth({ ...sight(samples, samples, 1, 1), gate: 0 }, share) ?? 0;
  const [after, added] = [share + growth, growth / (1 - share - growth)];
  const error = Math.sqrt((share * (1 - share)) / samples + (after * (1 - after)) / (samples * (1 + added)));
  expect(growth - 1.959964 * error).toBeCloseTo(0.014, 6);
});

test('a function that is all of the cost cannot grow as a share', () => {
  expect(smallestGrowth(sight(10_000, 5_000), 1)).toBeNull();
});

test('a growth that must be told from a change of the mix of requests is larger, and more so in small kinds', () => {
  const growth = (mix: Sight['mix']) => 100 * (smallestGrowth({ ...sight(10_000, 5_000), mix }, 0.05) ?? 0);
  expect(growth(null)).toBeCloseTo(3.3, 1);
  expect(growth({ leastZ: 3, kinds: 2 })).toBeCloseTo(3.3, 1);
  expect(growth({ leastZ: 5, kinds: 2 })).toBeCloseTo(3.8, 1);
  expect(growth({ leastZ: 5, kinds: 8 })).toBeCloseTo(5.7, 1);
});

test.each<[kinds: number, samples: number]>([
  [1, 18_000],
  [5, 29_000],
])('docs/use/gate.md: of %d kinds of requests, %d samples a side see 2 points', (kinds, samples) => {
  const mix = kinds > 1 ? { leastZ: 5, kinds } : null;
  const growth = (of: number) => smallestGrowth({ ...sight(of, of), mix }, 0.05) ?? 1;
  expect(growth(samples)).toBeLessThanOrEqual(0.02);
  expect(growth(0.97 * samples)).toBeGreaterThan(0.02);
});

test('without samples nothing is seen', () => {
  // Nor does a longer window help, where the baseline stays without any.
  expect(neededFactor(sight(0, 5_000), 0.05, 0.02, false)).toBeNull();
  expect(smallestGrowth(sight(0, 5_000), 0.05)).toBeNull();
  expect(smallestGrowth(sight(5_000, 0), 0.05)).toBeNull();
});

test('a growth that is just seen needs the window at hand, and one below the least none', () => {
  const usual = sight(10_000, 5_000);
  const growth = smallestGrowth(usual, 0.05) ?? 0;
  expect(neededFactor(usual, 0.05, growth, true)).toBeCloseTo(1, 2);
  expect(neededFactor(usual, 0.05, growth / 2, true)).toBeGreaterThan(2);
  expect(neededFactor(usual, 0.05, 0.01, true)).toBeNull();
  // With a baseline of 500 samples no window helps.
  expect(neededFactor(sight(500, 5_000), 0.05, 0.02, false)).toBeNull();
});

test.each<[string, Sight, number]>([
  ['few samples', sight(900, 400, 0.8), 0.05],
  ['few samples, new function', sight(900, 400, 0.8), 0],
  ['many samples', sight(30_000, 8_000, 0.9), 0.1],
  ['a longer incident', sight(3_000, 9_000, 0.9), 0.05],
  ['a large function', sight(8_000, 8_000, 1), 0.35],
  ['a bursty service', sight(20_000, 10_000, 1, 2.4), 0.05],
  [
    'a new function in several kinds of requests',
    { ...sight(2_000, 1_500), mix: { leastZ: 5, kinds: 4 } },
    0,
  ],
  ['a function in one of them', { ...sight(3_000, 3_000), mix: { leastZ: 5, kinds: 3 } }, 0.05],
])('what it promises is seen in 95 of 100 draws: %s', (name, given, share) => {
  const { before, after, dispersion, gate, minGrowth, mix } = given;
  const growth = smallestGrowth(given, share) ?? 0;
  const added = growth / (1 - share - growth);
  const random = createRandom(name);
  const draw = (mean: number) => overdispersed(random, mean, dispersion.phi);
  let seen = 0;
  const draws = 2_000;
  for (let at = 0; at < draws; at++) {
    const [x1, x2] = [draw(share * before.total), draw((share + added) * after.total)];
    // The function runs in one kind of requests, which has the same part of the population as any other.
    const kind = 1 / (mix?.kinds ?? 1);
    const ofKind = ({ population, total }: Sight['before']) => draw(kind * population - share * total);
    const ofOthers = ({ population }: Sight['before']) => draw((1 - kind) * population);
    const all = [x1 + ofKind(before), x2 + ofKind(after)] as const;
    const [n1, n2] = [all[0] + ofOthers(before), all[1] + ofOthers(after)];
    const rest = (side: Sight['before']) => draw(side.total - side.population);
    const points = x2 / (n2 + rest(after)) - x1 / (n1 + rest(before));
    const isBeyondMix =
      mix === null || shiftWithin([{ all, through: [x1, x2] }], dispersion.phi) >= mix.leastZ;
    const isBeyondNoise = deviation([x1, n1], [x2, n2], dispersion) >= gate;
    if (points >= minGrowth && isBeyondNoise && isBeyondMix) seen++;
  }
  expect(seen / draws).toBeGreaterThanOrEqual(0.95);
});

test('a function that is all of the code that it is compared with does not outgrow it', () => {
  expect(smallestGrowth(sight(10_000, 10_000, 0.1), 0.1)).toBeNull();
  expect(smallestGrowth(sight(10_000, 10_000, 0.2), 0.1)).not.toBeNull();
});

test('a function is taken to be half of its kind of requests at the most, however many kinds there are', () => {
  const growth = (share: number, kinds: number) =>
    smallestGrowth({ ...sight(10_000, 10_000), mix: { leastZ: 6, kinds } }, share) ?? 1;
  expect(growth(0.3, 2)).toBe(growth(0.3, 6));
  expect(growth(0.05, 2)).not.toBe(growth(0.05, 6));
});
