import { describe, expect, test } from 'vitest';
import { buildPart, CALM, getName, profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { always, readyFor, type SmallInstance } from '../../../../test/support/small-service.js';
import { joinProfiles } from '../../../profile/contrast/join.js';
import { MAIN, MAIN_AT_FIRST } from '../../thresholds.js';
import { type Resolution, readShares } from '../shares.js';
import { seenStarts } from './seen-starts.js';

const FINE: Resolution = { baselineParts: 4, incidentParts: 4, slices: 7 };
const REST = { 'main serve': 60, 'main poll': 40 };

async function decide(instances: readonly SmallInstance[], resolution = FINE) {
  const { context, lens, profileTimes } = await readyFor('cpu', instances);
  const share = await readShares(context, lens, profileTimes, resolution);
  if (share === null) throw new Error('one of the windows has no profile');
  const { analysis, change, notes, unsettled, settledFrom, windows } = share;
  return {
    accused: getName(analysis, change?.culprit.fn),
    notes,
    baselineParts: windows.baseline.length,
    unsettled: unsettled?.name ?? null,
    isSeen: unsettled?.isSeen ?? false,
    settledFrom: settledFrom === null ? null : new Date(settledFrom).toISOString().slice(11, 19),
  };
}

/** A service whose profiles have no label that tells instances or versions apart. */
const unnamed = (samplesAt: (minute: number) => Stacks): SmallInstance[] => [
  { labels: {}, profiles: { cpu: samplesAt } },
];
/** A service with a label of versions, of which the second comes with the incident. */
const versions = (samplesAt: (minute: number) => Stacks): SmallInstance[] => [
  { labels: { version: '1' }, minutes: { to: -1 }, profiles: { cpu: always(REST) } },
  { labels: { version: '2' }, minutes: { from: 0 }, profiles: { cpu: samplesAt } },
];

/** Loading with own functions below it, as the start of a process has it. */
const loading = (samples: number, rest: Stacks = REST): Stacks => ({
  ...rest,
  'runtime.main runtime.doInit1 tables': samples,
  'runtime.main runtime.doInit1 routes': samples / 2,
});
const price = (samples: number): Stacks => ({ ...REST, 'main price': samples });
const starting =
  (during: Stacks, after: Stacks, { from = 0, to = 3 } = {}) =>
  (minute: number): Stacks =>
    minute >= from && minute < to ? during : minute < 0 ? REST : after;

describe('without a label of instances', () => {
  test.each([
    {
      what: 'loading until minute 3: left out with the time until then',
      samplesAt: starting(loading(60), REST),
      expected: { accused: null, settledFrom: '14:03:35' },
    },
    {
      what: 'loading in the middle of the window: left out, too',
      samplesAt: starting(loading(60), REST, { from: 4, to: 7 }),
      expected: { accused: null, settledFrom: '14:07:35' },
    },
    {
      what: 'other work that settles with it: left out, too',
      samplesAt: starting(loading(30, price(60)), REST),
      expected: { accused: null, settledFrom: '14:03:35' },
    },
    {
      what: 'a change that stays behind it: the change is named',
      samplesAt: starting(loading(60, price(40)), price(40)),
      expected: { accused: 'price', settledFrom: '14:03:35' },
    },
    {
      what: 'work that settles where nothing loads: a burst',
      samplesAt: starting(price(60), REST),
      expected: { accused: 'price', settledFrom: null },
    },
    {
      what: 'loading that stays to the end, as in each request: named',
      samplesAt: starting(loading(30), loading(30)),
      expected: { accused: 'tables', settledFrom: null },
    },
    {
      what: 'work that settles next to loading that hardly falls and stays: a burst',
      samplesAt: starting(loading(120, price(40)), loading(60)),
      expected: { settledFrom: null, unsettled: null },
    },
    {
      what: 'loading below a handler that stays: the handler is named',
      samplesAt: starting(
        { ...REST, 'main handle runtime.doInit1': 40 },
        { ...REST, 'main handle runtime.doInit1': 40 },
      ),
      expected: { accused: 'handle', settledFrom: null },
    },
    {
      what: 'loading in the last part alone: not judged',
      samplesAt: starting(loading(60), REST, { from: 12, to: 15 }),
      expected: { accused: null, unsettled: 'tables', isSeen: true },
    },
    {
      what: 'other work in the last part alone: named',
      samplesAt: starting(price(60), REST, { from: 12, to: 15 }),
      expected: { accused: 'price', unsettled: null },
    },
    {
      what: 'loading that fades to the end: not judged',
      samplesAt: (minute: number) => (minute < 0 ? REST : loading(120 * Math.exp(-minute / 5))),
      expected: { accused: null, unsettled: 'tables', isSeen: true },
    },
  ])('$what', async ({ samplesAt, expected }) => {
    expect(await decide(unnamed(samplesAt))).toMatchObject(expected);
  });

  test('a cost as a whole that settles with loading is no load', async () => {
    const all = (factor: number) => ({ 'main serve': 60 * factor, 'main poll': 40 * factor });
    const instances = unnamed(starting(loading(3, all(3)), all(1)));
    const staged = { ...MAIN, atFirst: MAIN_AT_FIRST };
    expect(await decide(instances, staged)).toMatchObject({ accused: null, settledFrom: '14:03:35' });
  });

  test('instances that have a label and stayed do not start: loading in the last part is named', async () => {
    const cpu = starting(loading(60), REST, { from: 12, to: 15 });
    expect(await decide([{ labels: { pod: 'a' }, profiles: { cpu } }])).toMatchObject({ accused: 'tables' });
  });

  test('the answer says by what the start is seen', async () => {
    expect((await decide(unnamed(starting(loading(60), REST)))).notes).toEqual([
      'Processes started in the window, as what they load shows; what they cost until 2026-11-20T14:03:35Z is left out as warm-up that settled (tables above all).',
    ]);
  });
});

describe('a label of versions alone', () => {
  test.each([
    {
      what: 'work that settles in the new one: left out, whatever it is',
      samplesAt: starting(price(60), REST),
      expected: { accused: null, settledFrom: '14:03:35' },
    },
    {
      what: 'work that stays: named',
      samplesAt: starting(price(40), price(40)),
      expected: { accused: 'price', settledFrom: null },
    },
  ])('$what', async ({ samplesAt, expected }) => {
    expect(await decide(versions(samplesAt))).toMatchObject(expected);
  });
});

describe('instances that took the place of others shortly before the window', () => {
  /** All instances are replaced in a minute; what they cost by the minutes that they are old. */
  const young = (minute: number, samplesAt: (age: number) => Stacks): SmallInstance[] => [
    { labels: { pod: 'a' }, minutes: { to: minute - 1 }, profiles: { cpu: always(REST) } },
    { labels: { pod: 'x' }, minutes: { from: minute }, profiles: { cpu: (now) => samplesAt(now - minute) } },
  ];
  const until = (age: number, during: Stacks, after: Stacks) => (now: number) => (now < age ? during : after);

  test.each([
    {
      what: 'work that settles in the window: left out',
      instances: young(-5, until(9, price(60), REST)),
      expected: { accused: null, settledFrom: '14:03:35', baselineParts: 3 },
    },
    {
      what: 'work that settled before it: left out, and the window is judged as a whole',
      instances: young(-6, until(6, price(60), REST)),
      expected: { accused: null, settledFrom: null },
    },
    {
      what: 'work that stays: named',
      instances: young(-5, always(price(40))),
      expected: { accused: 'price' },
    },
    {
      what: 'work that settles, of instances older than half of the window: a burst',
      instances: young(-9, (age) => (age >= 9 && age < 13 ? price(60) : REST)),
      expected: { accused: 'price' },
    },
    {
      what: 'the same of younger ones: left out',
      instances: young(-7, (age) => (age < 11 ? price(60) : REST)),
      expected: { accused: null },
    },
  ])('$what', async ({ instances, expected }) => {
    expect(await decide(instances)).toMatchObject(expected);
  });

  test('a cost as a whole that falls with every part is no load, and nothing is told', async () => {
    const scaled = (age: number): Stacks => {
      const factor = 1 + 3 * Math.exp(-age / 6);
      return { 'main serve': 60 * factor, 'main poll': 40 * factor };
    };
    const { context, lens, profileTimes } = await readyFor('cpu', young(0, scaled));
    const share = await readShares(context, lens, profileTimes, FINE);
    expect(share?.unsettled).toEqual({ name: null, from: context.plan.incident.to + 1 });
  });
});

describe('a start that loading tells', () => {
  /** The parts in which loading of so many samples in each tells of a start; all else costs 200 in each. */
  function findParts(
    before: number,
    after: readonly number[],
  ): readonly [first: number, last: number] | null {
    const loads = [before, before, ...after];
    const stacks = loads.map((load) => ({ 'main serve': 200, 'runtime.main runtime.doInit1': load }));
    const joined = joinProfiles(stacks.map(profileFrom));
    const [one, two, ...incident] = stacks.map((_, at) => buildPart(joined, at));
    if (one === undefined || two === undefined) throw new Error('two parts of the baseline');
    const sides = { baseline: [one, two], incident };
    const windows = after.map((_, at) => ({ from: 10 * at, to: 10 * at + 9 }));
    const found = seenStarts({ joined, quantum: 1, dispersion: CALM, ...sides }, windows);
    return found === null ? null : [found.first / 10, (found.last - 9) / 10];
  }

  test.each<[string, number, readonly number[], readonly [number, number] | null]>([
    ['in the first part', 0, [60, 0, 0, 0], [0, 0]],
    ['in two parts', 0, [60, 50, 0, 0], [0, 1]],
    ['in the second part', 0, [0, 60, 0, 0], [1, 1]],
    ['above a cost that is always there', 20, [90, 20, 22, 19], [0, 0]],
    ['that fades to the end', 0, [160, 90, 50, 30], [0, 3]],
    ['is none where it stays', 0, [60, 62, 58, 60], null],
    ['is none where most of it stays', 0, [100, 70, 70, 70], null],
    ['is none in the last part, after which nothing tells', 0, [0, 0, 0, 60], null],
    ['is none where nothing loads', 0, [0, 0, 0, 0], null],
  ])('%s', (_, before, after, expected) => {
    expect(findParts(before, after)).toEqual(expected);
  });
});
