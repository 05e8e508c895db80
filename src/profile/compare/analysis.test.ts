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
import { type Dispersion, poolDispersions } from '../contrast/noise.js';
import {
  analyse,
  changeOverTime,
  countsIn,
  countsInProfile,
  distance,
  distanceFromBaseline,
} from './analysis.js';
import { withoutFunctions } from './stages/without.js';

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
    const answer = changeOverTime(analysed, { gate: GATE });
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

  test('kinds of requests that take each other’s place move no cost', () => {
    const priced = { ...CALM, 'main serve price': 170 };
    const without = { ...CALM, 'main serve stock': 0 };
    expect(
      change({ baseline: [without], incident: [{ ...priced, 'main poll': 300 }, priced] }),
    ).toMatchObject({ fn: 'stock', from: null });
    expect(
      change({
        baseline: [{ ...CALM, 'main serve price': 500, 'main serve stock': 450 }],
        incident: [
          { ...CALM, 'main serve price': 200, 'main serve stock': 280 },
          { ...CALM, 'main serve price': 140, 'main poll': 600 },
        ],
      }),
    ).toMatchObject({ fn: 'poll', from: null });
  });

  test('within one kind of request cost may move', () => {
    const before = { ...CALM, 'main serve stock': 320 };
    const after = { ...CALM, 'main serve price': 170, 'main serve stock': 30 };
    expect(change({ baseline: [before], incident: [after] })).toMatchObject({ fn: 'price', from: 'serve' });
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
    expect(countsInProfile(profileFrom({ 'boot other': 3 }), analysed, undefined)).toEqual({ x: 0, n: 3 });
    expect(
      countsInProfile(profileFrom({ price: 7 }), analysed, analysed.joined.functions[price]),
    ).toMatchObject({ x: 7 });
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
    changeOverTime(analysis(parts), { gate: GATE, allowsBursts });

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
    const early = { baseline: before, incident: [priced(200), priced(200)] };
    expect(changeIn(early)?.run).toMatchObject({ early: 1 });
  });
});

test('where all instances were replaced, what began before must stand out by more', async () => {
  const priced = (samples: number): Stacks => ({ ...CALM, 'main serve price': samples });
  const find = (samples: number, isReplaced: boolean) => {
    const grown = priced(samples);
    const analysed = analysis({ baseline: [CALM, CALM, CALM, grown], incident: [CALM, grown] });
    return changeOverTime({ ...analysed, isReplaced }, { gate: GATE });
  };
  const least = (isReplaced: boolean) =>
    leastFound(100, 400, (samples) => (find(samples, isReplaced)?.run.early ?? 0) > 0);
  const [usual, replaced] = [await least(false), await least(true)];
  expect(find(usual, true)?.run.early ?? 0).toBe(0);
  expect(find(replaced, true)?.culprit.z).toBeGreaterThanOrEqual(Math.hypot(GATE, Math.sqrt(8)));
});

describe('what a sample is worth', () => {
  test('changes no count, no noise and no finding', () => {
    const parts: Parts = {
      baseline: [CALM, { ...CALM, 'main poll': 430 }, { ...CALM, 'main serve stock': 280 }, CALM],
      incident: [GROWN, GROWN],
      slices: [GROWN],
    };
    const dear = (all: readonly Stacks[]) => all.map((stacks) => times(stacks, 10));
    const plain = analysis(parts);
    const tenfold = analyse({
      ...reading({
        baseline: dear(parts.baseline ?? []),
        incident: dear(parts.incident ?? []),
        slices: dear(parts.slices ?? []),
      }),
      quantum: 10,
    });
    expect(tenfold.samples).toEqual(plain.samples);
    expect(tenfold.dispersion.phi).toBeCloseTo(plain.dispersion.phi, 10);
    expect(tenfold.load.z).toBeCloseTo(plain.load.z, 10);
    const price = findFunction(plain, 'price');
    expect(tenfold.slices.map((part) => countsIn(tenfold, part, price))).toEqual([{ x: 500, n: 1200 }]);
    expect(changeOverTime(tenfold, { gate: GATE })?.culprit.z).toBeCloseTo(
      changeOverTime(plain, { gate: GATE })?.culprit.z ?? 0,
      10,
    );
    const later = profileFrom({ 'main serve price': 70, other: 30 });
    expect(countsInProfile(later, tenfold, plain.joined.functions[price])).toEqual({ x: 7, n: 10 });
  });
});

describe('noise', () => {
  const varied = [100, 160, 40, 100];
  const withCosts = (stack: string) => varied.map((value) => ({ ...CALM, [stack]: value }));

  test('is that of what each own function costs, and of all else together', () => {
    const own = analysis({ baseline: withCosts('main serve price') });
    const rest = analysis({ baseline: withCosts('runtime.gc') });
    expect(own.dispersion.phi).toBeGreaterThan(analysis({}).dispersion.phi + 0.5);
    expect(rest.dispersion.phi).toBeCloseTo(own.dispersion.phi, 10);
  });

  test('a function that is in some parts only adds to it', () => {
    const jobs = [0, 60, 0, 60].map((value) => ({ ...CALM, 'main job': value }));
    expect(analysis({ baseline: jobs }).dispersion.phi).toBeGreaterThan(analysis({}).dispersion.phi + 0.5);
  });

  test('is known without the last parts of the baseline, too', () => {
    const baseline = withCosts('main serve price');
    const { dispersion, earlier } = analysis({ baseline });
    const measureNoise = (parts: typeof baseline) => analysis({ baseline: parts }).dispersion;
    expect(earlier).toHaveLength(3);
    // Before and after each cut the parts tell the noise among themselves.
    for (const [early, noise] of earlier.entries()) {
      const sides = [baseline.slice(0, 3 - early), baseline.slice(3 - early)].map(measureNoise);
      const [calm, late] = sides as [Dispersion, Dispersion];
      expect(noise).toEqual(poolDispersions(calm, late));
    }
    expect(earlier[0]?.phi).not.toBe(dispersion.phi);
    expect(earlier[2]?.phi).toBeGreaterThan(1.5);
  });
});

describe('slices and the load', () => {
  const risen = { incident: [times(CALM, 2), times(CALM, 2)] };
  const tenTimes = (tenths: number) => times(CALM, tenths / 100);

  test.each([
    {
      what: 'the middle one by its rise, in whatever order they come',
      factors: [400, 100, 113],
      partly: false,
    },
    { what: 'exactly 12 % takes part', factors: [112], partly: false },
    { what: 'less does not', factors: [111], partly: true },
  ])('$what', ({ factors, partly }) => {
    expect(analysis({ ...risen, slices: factors.map(tenTimes) }).isPartly).toBe(partly);
  });

  test('slices count by their cost per profile, those without a profile not at all', () => {
    const plain = reading({ ...risen, slices: [CALM, CALM, times(CALM, 2)], profiles: 2 });
    expect(analyse(plain).isPartly).toBe(true);
    const [one, other, loaded] = plain.slices;
    if (one === undefined || other === undefined || loaded === undefined) throw new Error('three slices');
    const none = [
      { ...one, profile: profileFrom({}), profiles: 0 },
      { ...other, profiles: 0 },
    ];
    expect(analyse({ ...plain, slices: [...none, loaded] }).isPartly).toBe(false);
    const unknown = { ...other, profiles: 0 };
    expect(analyse({ ...plain, slices: [unknown, unknown, other] }).isPartly).toBe(true);
  });
});

describe('what is warm-up', () => {
  test('two parts are enough to be left', () => {
    const warm = { ...CALM, 'main init': 300 };
    expect(analysis({ baseline: [warm, CALM, CALM] }).baseline).toHaveLength(2);
  });

  test.each([
    { samples: 4, left: 4 },
    { samples: 5, left: 3 },
  ])('a function with $samples samples: $left parts are left', ({ samples, left }) => {
    const baseline = [{ 'main poll': 4, 'main init': samples }, CALM, CALM, CALM];
    expect(analysis({ baseline }).baseline).toHaveLength(left);
    const dear = reading({ baseline: baseline.map((stacks) => times(stacks, 10)) });
    expect(analyse({ ...dear, quantum: 10 }).baseline).toHaveLength(left);
  });

  test('finer parts take no part in the load where one was left out', () => {
    const warm = { ...CALM, 'main init': 300 };
    const one = (value: number) => [{ value, profiles: 1 }];
    const finer = { baseline: [one(9_000), one(900), one(900), one(900)], incident: [one(900), one(900)] };
    const measureLoad = (first: Stacks) =>
      analyse({ ...reading({ baseline: [first, CALM, CALM, CALM] }), finer }).load.ratio;
    expect(measureLoad(warm)).toBe(1);
    expect(measureLoad(CALM)).toBeLessThan(0.5);
  });
});

describe('where a change is looked for', () => {
  const busy = { ...times(CALM, 0.5), 'runtime.serve lib.parse': 150 };
  const parsed = (samples: number) => ({ ...busy, 'runtime.serve lib.parse': samples });
  const findChange = (samples: number) =>
    changeOverTime(
      analysis({ baseline: Array(4).fill(busy), incident: [parsed(samples), parsed(samples)] }),
      { gate: GATE },
    );

  test('libraries come last, and must stand out by a little more', async () => {
    const least = await leastFound(150, 400, (samples) => findChange(samples) !== null);
    const found = findChange(least);
    expect(found?.culprit.z).toBeGreaterThanOrEqual(GATE + 0.6);
    expect(found?.culprit.z).toBeLessThan(GATE + 2);
    expect(found?.universe.population).toBe('served');
  });
});

describe('a change that hides in the mix of requests', () => {
  const handlers = (show: number, load: number, save: number): Stacks => ({
    'runtime.serve access runtime.mux show render': 4 * show,
    'runtime.serve access runtime.mux show encode': show,
    'runtime.serve access runtime.mux show load': load,
    'runtime.serve access runtime.mux save check': 4 * save,
    'runtime.serve access runtime.mux save encode': save,
    'runtime.serve': 80,
  });
  const calm = handlers(100, 60, 100);
  const found = (incident: Stacks, allowsBursts?: boolean) => {
    const all = analysis({ baseline: Array(4).fill(calm), incident: [incident, incident] });
    const change = changeOverTime(all, { gate: GATE, allowsBursts });
    return change === null
      ? null
      : { fn: getName(all, change.culprit.fn), of: change.contrast.before.costs.total };
  };

  test('is found inside its kind of request, and shown as a part of the whole', () => {
    // Half as many of these requests; each loads three times as much.
    expect(found(handlers(50, 90, 100))).toEqual({ fn: 'load', of: 4 * 1_140 });
  });

  test('not where only the mix changed, nor where it fell as a part of the whole', () => {
    expect(found(handlers(50, 30, 100))).toBeNull();
    expect(found(handlers(20, 36, 100))).toBeNull();
  });
});

describe('runs', () => {
  const priced = (samples: number): Stacks => ({ ...CALM, 'main serve price': samples });
  const findRun = (parts: Parts, allowsBursts?: boolean) =>
    changeOverTime(analysis(parts), { gate: GATE, allowsBursts })?.run ?? null;

  test('where no bursts are allowed a stretch that ends before the window is none', () => {
    const burst = { incident: [CALM, priced(500), CALM, CALM] };
    expect(findRun(burst)).toMatchObject({ first: 1, last: 1 });
    expect(findRun(burst, false)).toBeNull();
  });

  test('what moved is told by all of the time since, too', () => {
    // In the first part it only grew; from the second on the old place is empty.
    const both = { ...CALM, 'main serve cost': 120 };
    const late = { ...CALM, 'main serve price': 0, 'main serve cost': 120 };
    const all = analysis({ incident: [late, both] });
    const change = changeOverTime(all, { gate: GATE });
    expect(getName(all, change?.culprit.fn)).toBe('cost');
  });

  test.each<[string, Parts]>([
    [
      'before it',
      {
        incident: [
          { ...CALM, 'main serve stock': 0 },
          { ...CALM, 'main serve cost': 300 },
        ],
      },
    ],
    [
      'after it',
      {
        incident: [
          { ...CALM, 'main serve cost': 300 },
          { ...CALM, 'main serve stock': 0 },
        ],
      },
    ],
  ])('what another function lost %s is where the cost came from', (_, parts) => {
    const all = analysis(parts);
    const found = changeOverTime(all, { gate: GATE });
    expect([getName(all, found?.culprit.fn), getName(all, found?.from)]).toEqual(['cost', 'stock']);
  });

  test('a change that the last part no longer shows must stand out as a burst does', () => {
    const parts = (price: number) => ({
      baseline: [CALM, priced(250)],
      incident: [priced(170), priced(price), CALM, priced(130)],
    });
    expect(findRun(parts(300))).toBeNull();
    expect(findRun(parts(500))).not.toBeNull();
  });

  test('a change within the window is found, though one that would be older than all instances is likelier', () => {
    const parts = {
      baseline: [priced(160), priced(40), priced(300)],
      incident: [priced(140), priced(80), priced(300), priced(500)],
    };
    const all = { ...analysis(parts), isReplaced: true };
    expect(changeOverTime(all, { gate: GATE })?.run).toEqual({ first: 3, last: 3, early: 0 });
  });

  test('a rough look does not ask where the cost came from', () => {
    const late = { ...CALM, 'main serve stock': 0, 'main serve cost': 300 };
    const all = analysis({ incident: [late, late] });
    const from = (isRough: boolean) => changeOverTime(all, { gate: GATE, isRough })?.from;
    expect(getName(all, from(false))).toBe('stock');
    expect(from(true)).toBeNull();
  });

  test('what is too weak for a burst may be enough for a change that lasts', () => {
    expect(findRun({ incident: [CALM, priced(155), priced(155), priced(125)] })).toMatchObject({
      first: 1,
      last: 3,
    });
  });

  test('a change that lasts is told where no bursts are allowed, though its middle stands out more', () => {
    const parts = { incident: [priced(130), priced(180), priced(130)] };
    expect(findRun(parts, false)).toMatchObject({ first: 0, last: 2 });
  });
});

describe('a change that is too small for the whole', () => {
  /** A busy handler, and two rare ones with a part each that may grow. */
  const served = (load: number, pick: number): Stacks => ({
    'runtime.serve access runtime.mux show render': 400,
    'runtime.serve access runtime.mux show encode': 100,
    'runtime.serve access runtime.mux show load': load,
    'runtime.serve access runtime.mux list page': 430,
    'runtime.serve access runtime.mux list encode': 100,
    'runtime.serve access runtime.mux list pick': pick,
    'runtime.serve access runtime.mux save check': 7_000,
    'runtime.serve access runtime.mux save encode': 1_000,
    'runtime.serve': 80,
  });
  const found = (load: number, pick: number) => {
    const calm = served(100, 100);
    const all = analysis({ baseline: Array(4).fill(calm), incident: Array(2).fill(served(load, pick)) });
    const change = changeOverTime(all, { gate: GATE });
    return change === null
      ? null
      : [getName(all, change.culprit.fn), change.contrast.before.costs.total, change.universe.population];
  };
  const whole = 4 * 9_310;

  test('is found inside its kind of request, and shown as a part of the whole', () => {
    expect(found(240, 100)).toEqual(['load', whole, 'application']);
    expect(found(100, 240)).toEqual(['pick', whole, 'application']);
  });

  test('of two the one that stands out more is told', () => {
    expect(found(240, 220)).toEqual(['load', whole, 'application']);
    expect(found(220, 240)).toEqual(['pick', whole, 'application']);
  });

  test('it must be a hundredth of the whole', () => {
    expect(found(200, 100)).not.toBeNull();
    expect(found(190, 100)).toBeNull();
    expect(found(100, 100)).toBeNull();
  });
});

describe('a change that is over by now', () => {
  const priced = (samples: number): Stacks => ({ ...CALM, 'main serve price': samples });

  test('must stand out as a burst does', async () => {
    const fading = (samples: number) =>
      changeOverTime(analysis({ incident: [priced(samples), priced(samples), priced(105)] }), { gate: GATE });
    const least = await leastFound(105, 300, (samples) => fading(samples) !== null);
    expect(fading(least)?.culprit.z).toBeGreaterThanOrEqual(GATE + 0.6);
  });

  test('two parts are enough to tell', () => {
    const parts = { incident: [priced(300), priced(100)] };
    expect(changeOverTime(analysis(parts), { gate: GATE, allowsBursts: false })).toBeNull();
    expect(changeOverTime(analysis(parts), { gate: GATE })).not.toBeNull();
  });
});
