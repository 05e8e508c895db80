import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { HANDLERS, times } from '../../../../test/support/handlers.js';
import { analyse, changeOverTime, type Reading } from '../analysis.js';
import { changesIn } from '../changes.js';
import { lookFirst } from './calm.js';

const CALM = { 'main serve price': 100, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 };
const LOWERED = { without: new Set<string>(), gate: 2.8, sliceGate: 2.8, allowsBursts: true };
const scaled = (factor: number): Stacks =>
  Object.fromEntries(Object.entries(CALM).map(([stack, value]) => [stack, Math.round(factor * value)]));

interface Parts {
  baseline?: readonly Stacks[];
  incident?: readonly Stacks[];
  slices?: readonly Stacks[];
}

/** @param quantum value of one sample: the stacks are numbers of samples */
function reading(
  { baseline = [CALM, CALM], incident = [CALM, CALM], slices = [] }: Parts,
  quantum = 1,
): Reading {
  const toValues = (stacks: Stacks) =>
    Object.fromEntries(Object.entries(stacks).map(([stack, samples]) => [stack, quantum * samples]));
  const counted = (all: readonly Stacks[]) =>
    all.map((stacks) => ({ profile: profileFrom(toValues(stacks)), profiles: 1 }));
  return { baseline: counted(baseline), incident: counted(incident), slices: counted(slices), quantum };
}

describe('a reading in few parts is calm', () => {
  const price = (samples: number) => ({ ...CALM, 'main serve price': samples });
  const load = (before: number, after: number): Parts => ({
    baseline: [scaled(before), scaled(before)],
    incident: [scaled(after), scaled(after)],
  });
  const mixed = times(times(HANDLERS, ' save', 1.5), ' show', 0.5);
  /** Twenty functions with some samples each, and a rare one. */
  const few = (samples: number, rare: number): Stacks => ({
    ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`main f${at}`, samples])),
    'main rare': rare,
  });

  test.each<{ what: string; parts: Parts; calm: boolean }>([
    { what: 'where nothing changed', parts: {}, calm: true },
    {
      what: 'not where a function grew a little',
      parts: { incident: [price(170), price(170)] },
      calm: false,
    },
    {
      what: 'where it grew less than chance does',
      parts: { incident: [price(115), price(115)] },
      calm: true,
    },
    { what: 'not where it grew in one half', parts: { incident: [CALM, price(200)] }, calm: false },
    { what: 'not where it grew in a slice', parts: { slices: [CALM, price(200)] }, calm: false },
    { what: 'not where it cost more at first', parts: { baseline: [price(170), CALM] }, calm: false },
    { what: 'not where it cost less at first', parts: { baseline: [price(50), CALM] }, calm: false },
    { what: 'where the load varies a little', parts: { incident: [scaled(1.05), scaled(1.05)] }, calm: true },
    {
      what: 'not where the load may have risen',
      parts: { incident: [scaled(1.3), scaled(1.3)] },
      calm: false,
    },
    { what: 'where a slice differs by chance', parts: { slices: [CALM, price(115)] }, calm: true },
    { what: 'where the baseline has one part', parts: { baseline: [CALM] }, calm: true },
    {
      what: 'not where a function grew after that',
      parts: { baseline: [CALM], incident: [price(200), price(200)] },
      calm: false,
    },
    { what: 'not where the load may have risen by a tenth', parts: load(10, 11), calm: false },
    { what: 'where it rose by less', parts: load(10, 10.9), calm: true },
    { what: 'where it rose by a tenth of few samples', parts: load(0.2, 0.22), calm: true },
    {
      what: 'not where the mix of requests changed',
      parts: { baseline: [HANDLERS, HANDLERS], incident: [mixed, mixed] },
      calm: false,
    },
    // 4 of 104 samples, and none of 1,000 before, stand out by 3.6 standard errors.
    {
      what: 'not where five samples tell',
      parts: { baseline: [few(50, 0), few(5, 5)], incident: [few(28, 2), few(28, 2)] },
      calm: false,
    },
    {
      what: 'where fewer do',
      parts: { baseline: [few(50, 0), few(5, 4)], incident: [few(28, 2), few(28, 2)] },
      calm: true,
    },
  ])('$what', ({ parts, calm }) => {
    for (const quantum of [1, 10])
      expect(lookFirst(reading(parts, quantum), LOWERED).calm !== null).toBe(calm);
  });

  test('and has no change in any slice', () => {
    expect(lookFirst(reading({ slices: [CALM, CALM] }), LOWERED).calm).toMatchObject({
      overTime: null,
      inSlices: [null, null],
    });
  });

  test.each<{ what: string; parts: Parts; baseline: boolean; incident: boolean }>([
    { what: 'nothing', parts: {}, baseline: true, incident: true },
    { what: 'the baseline', parts: { baseline: [price(170), CALM] }, baseline: false, incident: true },
    { what: 'the incident', parts: { incident: [CALM, price(200)] }, baseline: true, incident: false },
    {
      what: 'the baseline, where five samples were there at first alone',
      parts: { baseline: [few(5, 5), few(50, 0)] },
      baseline: false,
      incident: false,
    },
    {
      what: 'the incident alone, where fewer were',
      parts: { baseline: [few(5, 4), few(50, 0)] },
      baseline: true,
      incident: false,
    },
    {
      what: 'both',
      parts: { baseline: [price(170), CALM], incident: [price(400), price(400)] },
      baseline: false,
      incident: false,
    },
  ])('and says what was not: $what', ({ parts, baseline, incident }) => {
    expect(lookFirst(reading(parts), LOWERED)).toMatchObject({
      hasCalmBaseline: baseline,
      hasCalmIncident: incident,
    });
  });

  test('where its baseline was divided, whatever the first part of that is', () => {
    const divided = reading({ baseline: [price(170), CALM, CALM, CALM] });
    expect(lookFirst(divided, LOWERED).calm).toBeNull();
    expect(lookFirst(divided, { ...LOWERED, isBaselineDivided: true }).calm).not.toBeNull();
    const changed = reading({ baseline: [CALM, CALM, CALM, CALM], incident: [price(200), price(200)] });
    expect(lookFirst(changed, { ...LOWERED, isBaselineDivided: true }).calm).toBeNull();
  });

  test('also where the load rose, if the totals of finer parts have told it', () => {
    const risen = reading({ incident: [scaled(1.5), scaled(1.5)] });
    const levels = (value: number) => [[{ value, profiles: 1 }], [{ value, profiles: 1 }]];
    const finer = { baseline: levels(900), incident: levels(1_350) };
    expect(lookFirst({ ...risen, finer }, LOWERED)).toMatchObject({
      calm: { overTime: null, inSlices: [] },
      hasCalmBaseline: true,
      hasRisen: true,
    });
  });
});

test('the load is told by the totals of finer parts, with the share of own code of the part that they are of', () => {
  const finer = (values: readonly number[]) => [values.map((value) => ({ value, profiles: 1 }))];
  const calm = reading({ baseline: [scaled(4)], incident: [scaled(4)] });
  const steady = changesIn(calm, LOWERED).analysis.load;
  expect(steady).toMatchObject({ ratio: 1, hasRisen: false });
  // The half with all of the rise is told although both windows cost the same as a whole.
  const { load } = changesIn(
    { ...calm, finer: { baseline: finer([900, 900, 900, 900]), incident: finer([450, 450, 1_350, 1_350]) } },
    LOWERED,
  ).analysis;
  expect(load.ratio).toBeCloseTo(1);
  expect(load.risen).toBeCloseTo(1.5);
});

test('a first look says how far a change over time stands out', () => {
  const grown = { ...CALM, 'main serve price': 170 };
  expect(lookFirst(reading({ incident: [grown, grown] }), LOWERED).z).toBeGreaterThan(LOWERED.gate);
  expect(lookFirst(reading({}), LOWERED).z).toBe(0);
});

test('a first look is content with a function above the one that is to blame', () => {
  const calls = (cart: number, round: number): Stacks => ({
    ...CALM,
    'main serve cart': cart,
    'main serve cart round': round,
  });
  const parts = { baseline: [calls(20, 100), calls(20, 100)], incident: [calls(32, 160), calls(32, 160)] };
  const z = (isRough: boolean) =>
    changeOverTime(analyse(reading(parts)), { gate: LOWERED.gate, isRough })?.culprit.z;
  expect(lookFirst(reading(parts), LOWERED).z).toBe(z(true));
  expect(z(true)).not.toBe(z(false));
});
