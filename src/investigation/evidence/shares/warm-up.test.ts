import { describe, expect, test } from 'vitest';
import { getName, type Stacks } from '../../../../test/support/contrast.js';
import { leastFound } from '../../../../test/support/least-found.js';
import {
  always,
  changing,
  pods,
  readyFor,
  type SmallInstance,
} from '../../../../test/support/small-service.js';
import { GATE } from '../../thresholds.js';
import { type Resolution, readShares } from '../shares.js';
import { backAt, fallsAsWhole, isOver, keepsFalling } from './warm-up.js';

/** The finest reading: that of the main type. */
const FINE: Resolution = { baselineParts: 4, incidentParts: 4, slices: 7 };
const REST = { 'main serve': 60, 'main poll': 40 };

/** The decisions of a lens in a form that a row of a table can state. */
async function decide(instances: readonly SmallInstance[], resolution: Partial<Resolution> = {}) {
  const { context, lens, profileTimes } = await readyFor('cpu', instances);
  const share = await readShares(context, lens, profileTimes, { ...FINE, ...resolution });
  if (share === null) throw new Error('one of the windows has no profile');
  const { analysis, change, further, notes, unsettled, settledFrom } = share;
  const carrier = change?.carrier ?? null;
  return {
    accused: getName(analysis, change?.culprit.fn),
    further: further.map(({ culprit }) => getName(analysis, culprit.fn)),
    carrier: carrier === null ? null : `${carrier.label}=${carrier.value}`,
    notes,
    z: change?.culprit.z ?? null,
    rose: analysis.load.hasRisen,
    unsettled: unsettled?.name ?? null,
    settledFrom: settledFrom === null ? null : new Date(settledFrom).toISOString().slice(11, 19),
  };
}

const cpu = (samplesAt: (minute: number) => Stacks) => ({ profiles: { cpu: samplesAt } });

describe('all instances are new', () => {
  const old = pods(
    2,
    {},
    {
      a: { minutes: { to: -1 }, ...cpu(always(REST)) },
      b: { minutes: { to: -1 }, ...cpu(always(REST)) },
    },
  );
  /** Old instances, and two that came with the incident. */
  const replaced = (samplesAt: (minute: number) => Stacks, minutes = { from: 0, to: 14 }) => [
    ...old,
    ...['x', 'y'].map((pod) => ({ labels: { pod }, minutes, ...cpu(samplesAt) })),
  ];
  const NAMES = ['load', 'compile', 'connect', 'fill', 'parse', 'read'];
  /** Many functions that cost `samples` each, next to the usual ones. */
  const warming = (samples: number, rest: Stacks = REST): Stacks => ({
    ...rest,
    ...Object.fromEntries(NAMES.map((name) => [`main ${name}`, samples])),
  });
  const init = (samples: number): Stacks => ({ ...REST, 'main init': samples });
  const price = (samples: number): Stacks => ({ ...REST, 'main price': samples });

  test.each([
    {
      what: 'six functions until minute 3: left out with the time until then',
      instances: replaced((minute) => (minute < 3 ? warming(40) : REST)),
      expected: { accused: null, further: [], unsettled: null, settledFrom: '14:03:35' },
    },
    {
      what: 'six functions until minute 9: so is more of the window',
      instances: replaced((minute) => (minute < 9 ? warming(40) : REST)),
      expected: { accused: null, further: [], unsettled: null, settledFrom: '14:10:35' },
    },
    {
      what: 'instances that came one after the other',
      instances: [
        { ...pods(1, {})[0], labels: { pod: 'a' }, minutes: { to: 3 }, ...cpu(always(REST)) },
        { labels: { pod: 'x' }, minutes: { from: 0 }, ...cpu((minute) => (minute < 3 ? warming(40) : REST)) },
        { labels: { pod: 'y' }, minutes: { from: 4 }, ...cpu((minute) => (minute < 7 ? warming(40) : REST)) },
      ],
      expected: { accused: null, unsettled: null, settledFrom: '14:07:35' },
    },
    {
      what: 'one that stays to the end: a change of code',
      instances: replaced(always(price(25))),
      expected: { accused: 'price', unsettled: null, settledFrom: null },
    },
    {
      what: 'one that stays, behind many that settle: only it is named',
      instances: replaced((minute) => (minute < 3 ? warming(40, price(25)) : price(25))),
      expected: { accused: 'price', further: [], unsettled: null, settledFrom: '14:03:35' },
    },
    {
      what: 'one that stays, before one that settles: only it is named',
      instances: replaced((minute) => ({ ...price(60), ...(minute < 3 ? { 'main init': 30 } : {}) })),
      expected: { accused: 'price', further: [], unsettled: null },
    },
    {
      what: 'one that is high at first and stays at less: a change of code',
      instances: replaced((minute) => price(minute < 4 ? 60 : 25)),
      expected: { accused: 'price', unsettled: null },
    },
    {
      what: 'one that begins after the first part and ends: a burst',
      instances: replaced((minute) => (minute >= 6 && minute < 9 ? price(60) : REST)),
      expected: { accused: 'price', unsettled: null },
    },
    {
      what: 'one that falls to the end: not judged',
      instances: replaced((minute) => init(200 * Math.exp(-minute / 5))),
      expected: { accused: null, unsettled: 'init', settledFrom: null },
    },
    {
      what: 'one that falls, but not in the last step: a change of code',
      instances: replaced((minute) => init(minute < 4 ? 200 : minute < 8 ? 100 : 50)),
      expected: { accused: 'init', unsettled: null },
    },
    {
      what: 'one that falls by little: a change of code',
      instances: replaced((minute) => init(100 - 3 * minute)),
      expected: { accused: 'init', unsettled: null },
    },
    {
      what: 'one that settles with a single round left: not judged',
      instances: replaced((minute) => (minute < 3 ? init(100) : REST), { from: 0, to: 3 }),
      expected: { accused: null, unsettled: 'init', settledFrom: null },
    },
    {
      what: 'one that settles with two rounds left: judged',
      instances: replaced((minute) => (minute < 2 ? init(100) : REST), { from: 0, to: 3 }),
      expected: { accused: null, unsettled: null, settledFrom: '14:01:35' },
    },
  ])('$what', async ({ instances, expected }) => {
    expect(await decide(instances)).toMatchObject(expected);
  });

  test('two that settle one after the other: one note, about the later time', async () => {
    const stages = (minute: number): Stacks =>
      minute < 3 ? { ...init(200), 'main fill': 40 } : minute < 7 ? { ...REST, 'main fill': 40 } : REST;
    const { accused, notes, settledFrom } = await decide(replaced(stages));
    expect([accused, settledFrom, notes.length]).toEqual([null, '14:07:35', 1]);
  });

  test('a change in what is left of the window must stand out by 0.4 standard errors more', async () => {
    const old = { labels: { pod: 'a' }, minutes: { to: -1 }, ...cpu(always(price(10))) };
    const look = (samples: number) =>
      decide([
        old,
        {
          labels: { pod: 'x' },
          minutes: { from: 0 },
          ...cpu((minute) => (minute < 3 ? warming(40, price(samples)) : price(samples))),
        },
      ]);
    const least = await leastFound(10, 40, async (samples) => (await look(samples)).accused === 'price');
    const { z, settledFrom } = await look(least);
    expect(z).toBeGreaterThanOrEqual(GATE + 0.4);
    expect(z).toBeLessThan(GATE + 0.5);
    expect(settledFrom).not.toBeNull();
  });

  test('a load that is back in the last round only is not known to have settled', async () => {
    const scaled = (minute: number) => ({
      'main serve': minute < 3 ? 180 : 60,
      'main poll': minute < 3 ? 120 : 40,
    });
    expect((await decide(replaced(scaled, { from: 0, to: 3 }))).settledFrom).toBeNull();
  });

  test('the answer says what was left out, and until when', async () => {
    expect((await decide(replaced((minute) => (minute < 3 ? init(100) : REST)))).notes).toEqual([
      'All instances at the end of the window are new; what they cost until 2026-11-20T14:03:35Z is left out as warm-up that settled (init above all).',
    ]);
  });

  test.each([
    {
      what: 'threefold until minute 3: no load',
      factor: (minute: number) => (minute < 3 ? 3 : 1),
      rose: false,
    },
    { what: 'threefold to the end: load', factor: () => 3, rose: true },
    { what: 'threefold, then twofold: load', factor: (minute: number) => (minute < 3 ? 3 : 2), rose: true },
  ])('all cost is $what', async ({ factor, rose }) => {
    const scaled = (minute: number) =>
      Object.fromEntries(Object.entries(REST).map(([name, samples]) => [name, samples * factor(minute)]));
    expect(await decide(replaced(scaled))).toMatchObject({ accused: null, rose });
  });

  test('a load that is back behind a change of code does not hide that', async () => {
    const cost = (minute: number) => (minute < 3 ? { 'main serve': 180, 'main poll': 120 } : REST);
    expect(
      await decide(replaced((minute) => ({ ...cost(minute), 'main price': minute < 3 ? 120 : 40 }))),
    ).toMatchObject({ accused: 'price', settledFrom: null });
  });

  test('a load that did not rise on the whole is no reason to leave a part out', async () => {
    const cost = (minute: number) => (minute < 3 ? { 'main serve': 84, 'main poll': 56 } : REST);
    expect(await decide(replaced(cost))).toMatchObject({ rose: false, settledFrom: null, notes: [] });
  });

  test('an old instance that stays to the end makes them some of all', async () => {
    const instances = [
      ...pods(1, { cpu: always(REST) }),
      { labels: { pod: 'x' }, minutes: { from: 0 }, ...cpu((minute) => (minute < 3 ? init(100) : REST)) },
    ];
    expect(await decide(instances)).toMatchObject({
      accused: null,
      settledFrom: null,
      notes: ['Warm-up of new instances (init) is left out.'],
    });
  });
});

describe('warm-up of instances that came during the incident', () => {
  const stays = pods(2, { cpu: always(REST) });
  const comes = (samplesAt: (minute: number) => Stacks, minutes = { from: 0, to: 14 }): SmallInstance => ({
    labels: { pod: 'x' },
    minutes,
    profiles: { cpu: samplesAt },
  });
  const init = (samples: number) => ({ ...REST, 'main init': samples });
  const note = 'Warm-up of new instances (init) is left out.';

  test.each([
    {
      what: 'only in the first three profiles of a new instance: left out, and said so',
      instances: [...stays, comes(changing(init(200), REST, 3))],
      expected: { accused: null, notes: [note] },
    },
    {
      what: 'in a new instance whose first profile lies just before the window: left out, too',
      instances: [...stays, comes(changing(init(200), REST, 3), { from: -1, to: 14 })],
      expected: { accused: null, notes: [note] },
    },
    {
      what: 'of six functions, only in the first profiles of a new instance: all are left out',
      instances: [
        ...stays,
        comes((minute) =>
          minute < 3
            ? { ...REST, 'main a': 60, 'main b': 50, 'main c': 40, 'main d': 36, 'main e': 33, 'main f': 30 }
            : REST,
        ),
      ],
      expected: { accused: null },
    },
    {
      what: 'that is less later, but more than before: a change of code',
      instances: [...stays, comes(changing(init(300), init(40), 3))],
      expected: { accused: 'init', notes: [] },
    },
    {
      what: 'in a new instance for as long as it is there: a change of code',
      instances: [...stays, comes(always(init(60)))],
      expected: { accused: 'init', carrier: 'pod=x', notes: [] },
    },
    {
      what: 'in the instances that stayed, too: a change of code',
      instances: [...pods(2, { cpu: changing(REST, init(20)) }), comes(changing(init(200), REST, 3))],
      expected: { accused: 'init', notes: [] },
    },
    {
      what: 'in an instance that was there before: no warm-up',
      instances: pods(
        3,
        { cpu: always(REST) },
        { c: cpu((minute) => (minute >= 0 && minute < 3 ? init(200) : REST)) },
      ),
      expected: { accused: 'init', notes: [] },
    },
    {
      what: 'in an instance of which nothing is seen after its first profile: not known to be warm-up',
      instances: [...stays, comes(always(init(300)), { from: 5, to: 5 })],
      expected: { accused: 'init', notes: [] },
    },
    {
      what: 'beside a real change: the change is found behind it',
      instances: [
        ...pods(2, { cpu: changing({ ...REST, 'main price': 10 }, { ...REST, 'main price': 40 }) }),
        comes((minute) => (minute < 3 ? { ...init(2000), 'main price': 40 } : { ...REST, 'main price': 40 })),
      ],
      expected: { accused: 'price', notes: [note] },
    },
  ])('a cost $what', async ({ instances, expected }) => {
    expect(await decide(instances)).toMatchObject(expected);
  });
});

describe('a restart: one instance for one part of the window', () => {
  const QUIET = { 'main serve': 16, 'main poll': 11 };
  /** Additional samples in minute 5, the second of four parts, by pod. */
  const burst = (samples: Readonly<Record<string, number>>, count = 2) =>
    pods(
      count,
      { cpu: always(QUIET) },
      Object.fromEntries(
        Object.entries(samples).map(([pod, init]) => [
          pod,
          cpu((minute) => (minute === 5 ? { ...QUIET, 'main init': init } : QUIET)),
        ]),
      ),
    );
  const note = 'init rose in one instance for a single round only and is left out (a restart does that).';

  test.each([
    {
      what: 'less than 7 standard errors in one of two: left out, and said so',
      instances: burst({ a: 8 }),
      accused: null,
      notes: [note],
    },
    {
      what: 'as much of a function that costs something in all of them all the time: left out',
      instances: pods(
        2,
        { cpu: always({ ...QUIET, 'main init': 2 }) },
        {
          a: cpu((minute) => ({ ...QUIET, 'main init': minute === 5 ? 34 : 2 })),
        },
      ),
      accused: null,
      notes: [note],
    },
    {
      what: 'as much in both of them: a burst',
      instances: burst({ a: 4, b: 4 }),
      accused: 'init',
      notes: [],
    },
    { what: 'more than 7 standard errors: a burst', instances: burst({ a: 60 }), accused: 'init', notes: [] },
    {
      what: 'the only instance there is: a burst',
      instances: burst({ a: 8 }, 1),
      accused: 'init',
      notes: [],
    },
  ])('$what', async ({ instances, accused, notes }) => {
    expect(await decide(instances)).toMatchObject({ accused, notes });
  });

  test('a type that is not searched for bursts has none', async () => {
    expect((await decide(burst({ a: 4, b: 4 }), { allowsBursts: false })).accused).toBeNull();
  });
});

describe('a cost that later parts no longer show', () => {
  const before = { x: 400, n: 4_000 };
  const dispersion = { phi: 1, freedom: 100 };
  test.each([
    { what: 'as before, well below the early ones', early: [300, 1_000], late: [100, 1_000], is: true },
    { what: 'above the baseline by 4.7 standard errors', early: [500, 1_000], late: [150, 1_000], is: false },
    { what: 'not clearly below the early ones', early: [26, 200], late: [100, 1_000], is: false },
    { what: 'as near to the early ones as to the baseline', early: [1_600, 4_000], late: [8, 40], is: false },
    { what: 'without a sample', early: [300, 1_000], late: [0, 0], is: false },
  ])('later parts $what: over is $is', ({ early: [x1 = 0, n1 = 0], late: [x2 = 0, n2 = 0], is }) => {
    expect(isOver(dispersion, before, { x: x1, n: n1 }, { x: x2, n: n2 })).toBe(is);
  });

  test.each([
    { what: 'to the end', n: 1_000, counts: [400, 300, 180, 130], is: true },
    { what: 'to more than half', n: 1_000, counts: [420, 380, 340, 295], is: false },
    { what: 'by little for its samples', n: 60, counts: [24, 15, 6], is: false },
    { what: 'and then stays', n: 1_000, counts: [400, 200, 190], is: false },
    { what: 'and rises in between', n: 1_000, counts: [400, 150, 300, 200], is: false },
    { what: 'in two parts only', n: 1_000, counts: [400, 150], is: false },
  ])('it falls $what: still falling is $is', ({ n, counts, is }) => {
    const parts = counts.map((x) => ({ x, n }));
    expect(keepsFalling(dispersion, before, parts)).toBe(is);
  });
});

test.each([
  { what: 'is back after the first part', levels: [300, 100, 100, 100], young: 0, at: 1 },
  { what: 'is back after the third part', levels: [300, 300, 300, 100], young: 0, at: 3 },
  { what: 'began in the second part', levels: [100, 300, 100, 100], young: 1, at: 2 },
  { what: 'never stood above the baseline', levels: [110, 70, 70, 70], young: 0, at: null },
  { what: 'stays above the baseline', levels: [300, 200, 200, 200], young: 0, at: null },
  { what: 'hardly fell', levels: [125, 108, 108, 108], young: 0, at: null },
])('a level that $what: $at', ({ levels, young, at }) => {
  const parts = levels.map((level) => ({ value: level * 10, profiles: 10 }));
  expect(backAt(100, parts, young)).toBe(at);
});

test.each([
  { what: 'falls to a third of the rise', levels: [400, 300, 200], young: 0, is: true },
  { what: 'falls to half of it', levels: [400, 300, 250], young: 0, is: true },
  { what: 'falls to more', levels: [400, 300, 251], young: 0, is: false },
  { what: 'stays in one step', levels: [400, 200, 200], young: 0, is: false },
  { what: 'falls by a tenth in the last', levels: [400, 221, 200], young: 0, is: true },
  { what: 'hardly falls in the last', levels: [400, 219, 200], young: 0, is: false },
  { what: 'hardly rose', levels: [119, 105, 90], young: 0, is: false },
  { what: 'falls in two parts only', levels: [100, 400, 150], young: 1, is: false },
])('a level that $what: still settling is $is', ({ levels, young, is }) => {
  const parts = levels.map((level) => ({ value: level * 10, profiles: 10 }));
  expect(fallsAsWhole(100, parts, young)).toBe(is);
});
