import { describe, expect, test } from 'vitest';
import { buildPart, CALM, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { findUniverse } from './contrast.js';
import { joinProfiles } from './join.js';
import { compareRuns, listRuns, type Measured, strongestRun, sumSide } from './runs.js';

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
