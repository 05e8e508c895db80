import { describe, expect, test } from 'vitest';
import {
  analyseParts as analysis,
  CALM,
  GROWN,
  type Parts,
  readParts as reading,
  times,
} from '../../../test/support/calm-service.js';
import { findFunction, getName, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { leastFound } from '../../../test/support/least-found.js';
import {
  analyse,
  changeOverTime,
  countsIn,
  countsInProfile,
  distance,
  distanceFromBaseline,
  withoutFunctions,
} from './analysis.js';

const GATE = 4.25;
describe('analyse', () => {
  test('samples of own code on both sides, over-dispersion of a calm baseline, load', () => {
    const analysed = analysis({ incident: [times(CALM, 2), times(CALM, 2)] });
    expect(analysed.samples).toEqual({ before: 3200, after: 3200 });
    expect(analysed.dispersion.phi).toBeGreaterThanOrEqual(1);
    expect(analysed.dispersion.phi).toBeLessThan(1.5);
    expect(analysed.load).toMatchObject({ ratio: 2, hasRisen: true });
  });

  test('load is of own code: the collector takes no part in it', () => {
    const busy = { ...CALM, 'runtime.gc': 5000 };
    expect(analysis({ incident: [busy, busy] }).load).toMatchObject({ ratio: 1, hasRisen: false });
  });

  test('a first part of the baseline that differs from the later ones was warm-up', () => {
    const warm = { ...CALM, 'main init': 300 };
    expect(analysis({ baseline: [warm, CALM, CALM, CALM] }).baseline).toHaveLength(3);
    expect(analysis({ baseline: [CALM, warm, CALM, CALM] }).baseline).toHaveLength(4);
    // Not where too few parts would be left.
    expect(analysis({ baseline: [warm, CALM] }).baseline).toHaveLength(2);
  });

  test('one part, empty parts, and nothing at all', () => {
    expect(analysis({ baseline: [CALM], incident: [GROWN] }).samples).toEqual({ before: 800, after: 1200 });
    expect(analysis({ baseline: [{}], incident: [CALM] }).load.ratio).toBeNull();
    expect(analysis({ baseline: [CALM], incident: [{}] }).samples.after).toBe(0);
    expect(analysis({ baseline: [], incident: [] })).toMatchObject({
      baseline: [],
      incident: [],
      slices: [],
    });
    expect(analysis({ profiles: 0 }).load.ratio).toBeNull();
  });
});

describe('changeOverTime', () => {
  const change = (parts: Parts) => {
    const analysed = analysis(parts);
    const answer = changeOverTime(analysed, GATE);
    if (answer === null) return null;
    return {
      fn: getName(analysed, answer.culprit.fn),
      run: answer.run,
      from: getName(analysed, answer.from),
    };
  };

  test('a change all the time, from inside the window on, and in a burst', () => {
    expect(change({ incident: [GROWN, GROWN] })).toEqual({
      fn: 'price',
      run: { first: 0, last: 1, early: 0 },
      from: null,
    });
    expect(change({ incident: [CALM, CALM, GROWN, GROWN] })?.run).toMatchObject({ first: 2, last: 3 });
    expect(change({ incident: [CALM, GROWN, CALM, CALM] })?.run).toMatchObject({ first: 1, last: 1 });
  });

  test('a change that began before the window takes the end of the baseline with it', () => {
    expect(change({ baseline: [CALM, CALM, CALM, GROWN], incident: [GROWN, GROWN] })).toMatchObject({
      fn: 'price',
      run: { early: 1 },
    });
    // A burst in the baseline that is over is not the incident's.
    expect(change({ baseline: [CALM, CALM, CALM, GROWN], incident: [CALM, CALM] })).toBeNull();
  });

  test('cost that moved within the program', () => {
    const moved = { 'main serve cost': 100, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 };
    expect(change({ incident: [moved, moved] })).toMatchObject({ fn: 'cost', from: 'price' });
  });

  test('nothing, load, and empty sides are no change', () => {
    expect(change({})).toBeNull();
    expect(change({ incident: [times(CALM, 1.8), times(CALM, 1.8)] })).toBeNull();
    expect(change({ incident: [{}, {}] })).toBeNull();
    expect(change({ baseline: [{}, {}], incident: [CALM, CALM] })).toBeNull();
    expect(change({ baseline: [], incident: [] })).toBeNull();
    expect(change({ profiles: 0 })).toBeNull();
  });
});

describe('counts and distances', () => {
  test('of a function in parts, and in a profile that was read later', () => {
    const analysed = analysis({ slices: [GROWN] });
    const price = findFunction(analysed, 'price');
    expect(analysed.slices.map((part) => countsIn(analysed, part, price))).toEqual([{ x: 500, n: 1200 }]);
    expect(
      countsInProfile(
        profileFrom({ 'boot main serve price': 7, other: 3 }),
        analysed,
        analysed.joined.functions[price],
      ),
    ).toEqual({
      x: 7,
      n: 10,
    });
    expect(countsInProfile(profileFrom({ other: 3 }), analysed, analysed.joined.functions[price])).toEqual({
      x: 0,
      n: 3,
    });
    expect(countsInProfile(profileFrom({}), analysed, analysed.joined.functions[price])).toEqual({
      x: 0,
      n: 0,
    });
    expect(countsInProfile(profileFrom({ other: 3 }), analysed, undefined)).toEqual({ x: 0, n: 3 });
  });

  test('a later profile may name the function with its type parameters', () => {
    const analysed = analysis({ incident: [{ ...CALM, 'main Key': 9 }] });
    expect(
      countsInProfile(
        profileFrom({ 'main Key[go.shape.int]': 4 }),
        analysed,
        analysed.joined.functions[findFunction(analysed, 'Key')],
      ).x,
    ).toBe(4);
  });

  test('grow with the difference and change sign with the sides', () => {
    const analysed = analysis({ slices: [GROWN, CALM] });
    const price = findFunction(analysed, 'price');
    expect(distanceFromBaseline(analysed, analysed.slices.slice(0, 1), price)).toBeGreaterThan(GATE);
    expect(distanceFromBaseline(analysed, analysed.slices.slice(1), price)).toBe(0);
    const [a, b] = [
      { x: 100, n: 1000 },
      { x: 200, n: 1000 },
    ] as const;
    expect(distance(b, a, analysed.dispersion)).toBeCloseTo(-distance(a, b, analysed.dispersion), 10);
  });
});

test('a reading without some functions has no stack through them, on any side', () => {
  const left = withoutFunctions(reading({ incident: [GROWN], slices: [GROWN] }), new Set(['price', 'poll']));
  const analysed = analyse(left);
  expect(analysed.incident.map(({ costs }) => costs.total)).toEqual([400]);
  expect(analysed.slices.map(({ costs }) => costs.total)).toEqual([400]);
  expect(analysed.baseline.every(({ costs }) => costs.total === 400)).toBe(true);
  expect(left.quantum).toBe(1);
});

describe('gates', () => {
  test('a first part of the baseline is warm-up from 4.5 standard errors on', async () => {
    const warm = (samples: number) => ({ ...CALM, 'main init': samples });
    const left = (samples: number) =>
      analysis({ baseline: [warm(samples), CALM, CALM, CALM] }).baseline.length === 3;
    const least = await leastFound(0, 100, left);
    const later = analysis({ baseline: [CALM, CALM, CALM] });
    // All active samples count here: 900 in each calm part.
    const z = distance({ x: 0, n: 2_700 }, { x: least, n: 900 + least }, later.dispersion);
    expect(z).toBeGreaterThanOrEqual(4.5);
    // Samples are whole.
    expect(z).toBeLessThan(4.75);
  });

  test('a rise is the load where the middle one of the slices takes part in it, by more than 12 %', () => {
    const risen = { incident: [times(CALM, 2), times(CALM, 2)] };
    const loadWith = (...factors: number[]) => {
      const { load, isPartly } = analysis({ ...risen, slices: factors.map((factor) => times(CALM, factor)) });
      return { hasRisen: load.hasRisen, isPartly };
    };
    const everywhere = { hasRisen: true, isPartly: false };
    const somewhere = { hasRisen: false, isPartly: true };
    expect(loadWith()).toEqual(everywhere);
    expect(loadWith(1.11, 1.13, 4)).toEqual(everywhere);
    expect(loadWith(1, 1.11, 4)).toEqual(somewhere);
    expect(loadWith(1, 4)).toEqual(somewhere);
  });

  const priced = (samples: number): Stacks => ({ ...CALM, 'main serve price': samples });
  const changeIn = (parts: Parts, allowsBursts?: boolean) =>
    changeOverTime(analysis(parts), GATE, allowsBursts);

  test('a burst must stand out by 0.6 standard errors more than the gate', async () => {
    const burst = (samples: number) => changeIn({ incident: [CALM, priced(samples), CALM, CALM] });
    const least = await leastFound(100, 300, (samples) => burst(samples) !== null);
    expect(burst(least)?.culprit.z).toBeGreaterThanOrEqual(GATE + 0.6);
    expect(burst(least)?.culprit.z).toBeLessThan(GATE + 0.7);
  });

  test('what is gone from the last part was a burst, though the stretch may last to the end', () => {
    // The last part still has some of it, so that the longest stretch stands out most, but speaks for the
    // share before.
    const fading = { incident: [priced(160), priced(160), priced(110)] };
    expect(changeIn(fading, false)).toBeNull();
    const lasting = { incident: [priced(160), priced(160), priced(150)] };
    expect(changeIn(lasting, false)?.run).toMatchObject({ last: 2 });
  });

  test('what began before the window must be there in the window, too, by 3 standard errors', () => {
    const grown = { ...CALM, 'main serve price': 900 };
    const before = [CALM, CALM, CALM, grown];
    expect(changeIn({ baseline: before, incident: [priced(120), priced(120)] })).toBeNull();
    expect(changeIn({ baseline: before, incident: [priced(200), priced(200)] })?.run).toMatchObject({
      early: 1,
    });
  });
});
