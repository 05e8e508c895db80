import { describe, expect, test } from 'vitest';
import { buildPart, CALM, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { findUniverse, measureShift } from './contrast.js';
import { joinProfiles } from './join.js';
import {
  activePerProfile,
  buildContrast,
  type ComparedRun,
  compareRuns,
  listRuns,
  type Measured,
  strongestRun,
  sumSide,
  wholeRun,
} from './runs.js';

function measured(baseline: readonly Stacks[], incident: readonly Stacks[]): Measured {
  const joined = joinProfiles([...baseline, ...incident].map(profileFrom));
  const parts = joined.parts.map((_, part) => buildPart(joined, part));
  return {
    joined,
    baseline: parts.slice(0, baseline.length),
    incident: parts.slice(baseline.length),
    quantum: 1,
    dispersion: CALM,
    earlier: baseline.slice(1).map(() => CALM),
  };
}

function strongest(baseline: readonly Stacks[], incident: readonly Stacks[], mayBeginEarly = true) {
  const all = measured(baseline, incident);
  const { joined } = all;
  const sides = { joined, before: sumSide(joined, all.baseline), after: sumSide(joined, all.incident) };
  return strongestRun(compareRuns(all), findUniverse(sides), ({ early }) => mayBeginEarly || early === 0);
}

const run = (first: number, last: number, early = 0) => ({ first, last, early });

describe('runsOf', () => {
  test('the whole first, then what lasts to the end, then what ended; each stretch once', () => {
    expect(listRuns(3)).toEqual([run(0, 2), run(1, 2), run(2, 2), run(0, 1), run(0, 0), run(1, 1)]);
    expect(listRuns(1)).toEqual([run(0, 0)]);
    expect(listRuns(0)).toEqual([]);
    expect(listRuns(6)).toHaveLength(21);
  });

  test('last those that begin early, but for the first part of the baseline', () => {
    expect(listRuns(2, 3)).toEqual([run(0, 1), run(1, 1), run(0, 0), run(0, 1, 1), run(0, 1, 2)]);
  });
});

describe('sideOf', () => {
  test('adds up costs and profiles and knows its parts', () => {
    const { joined, baseline } = measured([{ main: 2 }, { main: 3 }], []);
    const side = sumSide(joined, baseline);
    expect([side.costs.total, side.profiles, side.parts]).toEqual([5, 2, [0, 1]]);
    expect(sumSide(joined, [])).toMatchObject({ profiles: 0, parts: [] });
  });
});

describe('strongestRun', () => {
  const calm = { 'main a': 100, 'main b': 100 };
  const grown = { 'main a': 300, 'main b': 100 };

  test('a burst is its own stretch, a change inside the window lasts from there to the end', () => {
    expect(strongest([calm, calm], [calm, grown, calm, calm])).toEqual(run(1, 1));
    expect(strongest([calm, calm], [calm, calm, grown, grown])).toEqual(run(2, 3));
  });

  test('a change that began in the baseline takes its last parts with it, where that is allowed', () => {
    const baseline = [calm, calm, calm, grown];
    expect(strongest(baseline, [grown, grown])).toEqual(run(0, 1, 1));
    expect(strongest(baseline, [grown, grown], false)).toEqual(run(0, 1));
  });

  test('a change that was there all the time is the whole; so is no change, one part, and an empty window', () => {
    expect(strongest([calm, calm], [grown, grown, grown])).toEqual(run(0, 2));
    expect(strongest([calm, calm], [calm, calm, calm])).toEqual(run(0, 2));
    expect(strongest([calm], [grown])).toEqual(run(0, 0));
    expect(strongest([calm], [{}, {}])).toEqual(run(0, 1));
    expect(strongest([{}], [{}])).toEqual(run(0, 0));
  });

  test('a stretch must stand out by more than the whole: there are many of them', () => {
    const slightly = { 'main a': 320, 'main b': 100 };
    expect(strongest([calm, calm], [grown, slightly, grown])).toEqual(run(0, 2));
  });
});

describe('what a stretch compares', () => {
  const level = (cost: number): Stacks => ({ 'main a': cost });
  /** Three parts of the baseline and three of the incident, each told by its cost. */
  const build = () => measured([1, 2, 4].map(level), [10, 20, 40].map(level));
  const sides = (all: Measured, stretch: ReturnType<typeof run>) => {
    const { before, after } = buildContrast(all, stretch);
    return [before, after].map(({ costs, parts }) => ({ cost: costs.total, parts }));
  };

  test.each([
    { what: 'the whole', stretch: run(0, 2), before: [0, 1, 2], after: [3, 4, 5], costs: [7, 70] },
    { what: 'its beginning', stretch: run(0, 1), before: [0, 1, 2], after: [3, 4], costs: [7, 30] },
    { what: 'its end', stretch: run(2, 2), before: [0, 1, 2], after: [5], costs: [7, 40] },
    {
      what: 'with a part of the baseline',
      stretch: run(0, 2, 1),
      before: [0, 1],
      after: [2, 3, 4, 5],
      costs: [3, 74],
    },
    { what: 'with two of them', stretch: run(0, 2, 2), before: [0], after: [1, 2, 3, 4, 5], costs: [1, 76] },
  ])('$what', ({ stretch, before, after, costs }) => {
    const expected = [
      { cost: costs[0], parts: before },
      { cost: costs[1], parts: after },
    ];
    expect(sides(build(), stretch)).toEqual(expected);
    // A stretch that was asked about before, or another one, does not change what it is.
    const all = build();
    for (const other of listRuns(3, 3)) sides(all, other);
    expect(sides(all, stretch)).toEqual(expected);
    const compared = compareRuns(all).find((one) => JSON.stringify(one.run) === JSON.stringify(stretch));
    expect([compared?.before.costs.total, compared?.after.costs.total]).toEqual(costs);
  });

  test('functions with five samples in all parts together', () => {
    const [part, other] = [
      { 'main a': 2, b: 2, c: 40 },
      { 'main a': 3, b: 2, c: 10 },
    ];
    const sampled = (quantum: number) => {
      const all = { ...measured([part], [other]), quantum };
      return compareRuns(all)[0]?.sampled.map((fn) => all.joined.functions[fn]?.name);
    };
    expect(sampled(1)).toEqual(['a', 'c', 'main']);
    expect(sampled(10)).toEqual(['c']);
    expect(sampled(0.1)).toEqual(['a', 'b', 'c', 'main']);
  });

  test('nothing before, where the baseline has no part', () => {
    expect(compareRuns(measured([], [level(10)]))[0]?.before.costs).toEqual({
      ...{ total: 0, application: 0, served: 0 },
      totals: new Float64Array(2),
    });
  });

  test('what was summed up for one question is there for the next', () => {
    const all = build();
    const first = buildContrast(all, run(0, 1));
    const second = buildContrast(all, run(0, 1));
    expect(second.before).toBe(first.before);
    expect(second.after).toBe(first.after);
  });

  test('the same incident beside another baseline', () => {
    const all = build();
    expect(sides(all, run(0, 2))[0]?.cost).toBe(7);
    const shorter = { ...all, baseline: all.baseline.slice(1) };
    expect(sides(shorter, run(0, 2))[0]?.cost).toBe(6);
    expect(sides(all, run(0, 2))[0]?.cost).toBe(7);
  });

  test('with the dispersion that the baseline had without its last parts', () => {
    const dispersion = (phi: number) => ({ phi, freedom: 20 });
    const all = { ...build(), dispersion: dispersion(3), earlier: [dispersion(2), dispersion(1)] };
    const phis = [0, 1, 2].map((early) => buildContrast(all, run(0, 2, early)).dispersion.phi);
    expect(phis).toEqual([3, 2, 1]);
    expect(compareRuns(all).map((one) => [one.run.early, one.dispersion.phi])).toContainEqual([2, 1]);
  });

  test('and all that it was measured by', () => {
    const all = { ...build(), quantum: 2, minGrowth: 0.01, isStrict: true };
    const { before: _, after: __, ...rest } = buildContrast(all, wholeRun(all));
    expect(rest).toEqual({
      joined: all.joined,
      quantum: 2,
      dispersion: CALM,
      minGrowth: 0.01,
      isStrict: true,
    });
    expect(compareRuns(all)[0]).toMatchObject({ quantum: 2, minGrowth: 0.01 });
    expect(wholeRun(all)).toEqual(run(0, 2));
  });

  test('the active value per profile of some parts together', () => {
    const { incident } = build();
    const [one, two] = incident;
    if (one === undefined || two === undefined) throw new Error('two parts');
    expect(activePerProfile([one, { ...two, profiles: 5 }])).toBe(30 / 6);
    expect(activePerProfile([])).toBe(0);
  });
});

describe('how much a stretch must stand out', () => {
  const calm = { 'main a': 1_000, 'main b': 1_000 };
  const level = (a: number): Stacks => ({ 'main a': a, 'main b': 1_000 });
  test.each([
    { what: 'by less than 0.4 more than the whole', a: [1_500, 1_520], found: run(0, 1) },
    { what: 'by far more than the whole', a: [1_000, 1_500], found: run(1, 1) },
  ])('$what', ({ a, found }) => {
    expect(strongest([calm, calm], a.map(level))).toEqual(found);
  });

  describe('a stretch must stand out by more than the whole does, for there are many', () => {
    const UNIVERSE = { nameable: null, population: 'total' } as const;
    const side = (cost: number) => ({
      costs: { total: 1_000, application: 1_000, served: 1_000, totals: Float64Array.of(cost) },
    });
    /** A stretch in which a function costs so much, after 100 of 1,000. */
    const compared = (stretch: ReturnType<typeof run>, cost: number): ComparedRun => ({
      run: stretch,
      sampled: [0],
      before: side(100),
      after: side(cost),
      quantum: 1,
      dispersion: CALM,
      minGrowth: undefined,
    });
    const WHOLE = run(0, 1);
    const measure = (cost: number) => measureShift(compared(WHOLE, cost), UNIVERSE, 0);

    test.each([
      { what: 'by 0.4 standard errors', stretch: run(1, 1), margin: 0.4 },
      { what: 'by 0.8, where it begins in the baseline', stretch: run(0, 1, 1), margin: 0.8 },
    ])('$what', ({ stretch, margin }) => {
      const costs = Array.from({ length: 60 }, (_, more) => 200 + more);
      const isFound = (cost: number) =>
        strongestRun([compared(WHOLE, 200), compared(stretch, cost)], UNIVERSE) === stretch;
      expect(costs.map(isFound)).toEqual(costs.map((cost) => measure(cost) - margin > measure(200)));
      expect([isFound(200), isFound(259)]).toEqual([false, true]);
    });

    test('the whole is where none grew, whichever is first', () => {
      expect(strongestRun([compared(run(0, 1, 1), 50), compared(WHOLE, 50)], UNIVERSE)).toEqual(WHOLE);
    });
  });

  test('a stretch that is not allowed is not looked at; by default all are', () => {
    const all = measured([calm, calm], [level(1_000), level(1_500), level(1_000)]);
    const universe = findUniverse({
      joined: all.joined,
      before: sumSide(all.joined, all.baseline),
      after: sumSide(all.joined, all.incident),
    });
    const runs = compareRuns(all);
    expect(strongestRun(runs, universe)).toEqual(run(1, 1));
    expect(strongestRun(runs, universe, ({ last }) => last === 2)).toEqual(run(1, 2));
    expect(strongestRun(runs, universe, () => false)).toEqual(run(0, 2));
    expect(strongestRun([], universe)).toEqual(run(0, -1));
  });

  test('growth of a few samples, by too few points, or of what cannot be named does not count', () => {
    // The second part holds what does not count: 4 samples, less than 2 points, and the collector.
    expect(strongest([{ 'main b': 20 }], [{ 'main b': 20 }, { 'main b': 20, 'main a': 4 }])).toEqual(
      run(0, 1),
    );
    // With 5 samples it does.
    expect(strongest([{ 'main b': 20 }], [{ 'main b': 20 }, { 'main b': 20, 'main a': 5 }])).toEqual(
      run(1, 1),
    );
    // As many in another part of the window do not help.
    const most = { 'main b': 2_000, 'main a': 1 };
    expect(strongest([{ 'main b': 20 }], [most, { 'main b': 20, 'main a': 4 }])).toEqual(run(0, 1));
    expect(strongest([{ 'main b': 20 }], [most, { 'main b': 20, 'main a': 5 }])).toEqual(run(1, 1));
    const large = { 'main a': 100_000, 'main b': 900_000 };
    expect(strongest([large], [large, { 'main a': 118_000, 'main b': 882_000 }])).toEqual(run(0, 1));
    const collected = { ...calm, 'runtime.gc': 5_000 };
    expect(strongest([calm, calm], [calm, collected])).toEqual(run(0, 1));
  });

  test('a growth of exactly the points that are looked for counts', () => {
    const all = measured(
      [{ 'main a': 250, 'main b': 750 }],
      [
        { 'main a': 250, 'main b': 750 },
        { 'main a': 500, 'main b': 500 },
      ],
    );
    const universe = { nameable: null, population: 'total' } as const;
    const find = (minGrowth: number) => strongestRun(compareRuns({ ...all, minGrowth }), universe);
    expect([find(0.25), find(0.26)]).toEqual([run(1, 1), run(0, 1)]);
  });

  test('what a sample is worth does not matter', () => {
    const worth = (stacks: Stacks): Stacks =>
      Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [stack, 1e7 * value]));
    const few = [{ 'main b': 20 }, { 'main b': 20, 'main a': 4 }].map(worth);
    const all = { ...measured([worth({ 'main b': 20 })], few), quantum: 1e7 };
    expect(strongestRun(compareRuns(all), { nameable: null, population: 'total' })).toEqual(run(0, 1));
    const apart = [
      { 'main b': 2_000, 'main a': 1 },
      { 'main b': 20, 'main a': 4 },
    ].map(worth);
    const one = { ...measured([worth({ 'main b': 20 })], apart), quantum: 1e7 };
    expect(strongestRun(compareRuns(one), { nameable: null, population: 'total' })).toEqual(run(0, 1));
  });
});
