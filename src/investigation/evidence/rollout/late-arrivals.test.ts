import { describe, expect, test } from 'vitest';
import type { ProfileTimes } from '../profile-times.js';
import type { Plan } from '../windows.js';
import { endNotes, withoutLateArrivals } from './late-arrivals.js';

const STEP = 1_000;
const GAP = 10_000;

/** Rounds 0 to 19 are the baseline and 20 to 39 the incident; a round begins where its number says. */
const PLAN: Plan = {
  baseline: { from: 0, to: 20 * GAP - 1 },
  incident: { from: 20 * GAP, to: 40 * GAP - 1 },
  stepMs: STEP,
};

type Fleet = Readonly<Record<string, readonly [first: number, last: number]>>;

/** Instances by name, each with the rounds of its first and its last profile. */
function listTimes(instances: Fleet): ProfileTimes {
  const series = Object.entries(instances).map(([pod, [first, last]]) => ({
    labels: { pod },
    points: Array.from({ length: Math.floor(last - first) + 1 }, (_, at) => ({
      time: (first + at) * GAP + STEP,
      value: 1,
    })),
  }));
  return { series, stepMs: STEP };
}

/** The round from which on the end of the incident is left out; null for none of it. */
function end(fleet: Fleet, instanceLabel: string | null = 'pod', asked = PLAN) {
  const { plan, incidentEnd } = withoutLateArrivals(asked, { instanceLabel }, listTimes(fleet));
  const to = incidentEnd === null ? asked.incident.to : incidentEnd - 1;
  expect(plan).toEqual({ ...asked, incident: { ...asked.incident, to } });
  return incidentEnd === null ? null : incidentEnd / GAP;
}

describe('the incident ends before the first profiles of instances that came late', () => {
  test.each<{ what: string; fleet: Fleet; ends: number | null }>([
    { what: 'all new from the window on', fleet: { a: [0, 19], c: [20, 39] }, ends: null },
    { what: 'none new', fleet: { a: [0, 39], b: [0, 39] }, ends: null },
    {
      what: 'new ones in the last round',
      fleet: { a: [0, 39], b: [0, 39], c: [38.8, 39], d: [38.9, 39] },
      ends: 38.8,
    },
    { what: 'a new one for five rounds', fleet: { a: [0, 39], b: [0, 39], c: [35, 39] }, ends: null },
    {
      what: 'one after the other up to the end',
      fleet: { a: [0, 39], c: [30, 39], d: [38.8, 39] },
      ends: null,
    },
  ])('$what: $ends', ({ fleet, ends }) => {
    expect(end(fleet)).toBe(ends);
  });

  test('the type of which they sent something first tells since when they are there', () => {
    const [main, other] = [{ a: [0, 39], b: [0, 39] } as const, { a: [38, 39], c: [38.8, 39] } as const];
    const { incidentEnd } = withoutLateArrivals(PLAN, { instanceLabel: 'pod' }, listTimes(main), [
      listTimes(other),
    ]);
    expect(incidentEnd).toBe(38.8 * GAP);
  });

  test('a label of versions tells them apart where no other does', () => {
    const times = listTimes({ a: [0, 39], c: [38.8, 39] });
    const fleet = { instanceLabel: null, versionLabel: 'pod' };
    expect(withoutLateArrivals(PLAN, fleet, times).incidentEnd).toBe(38.8 * GAP);
  });

  test('nothing is left out where instances are not told apart', () => {
    expect(end({ a: [0, 39], c: [38.8, 39] }, null)).toBeNull();
  });

  test.each([
    { from: 36, ends: 38.8 },
    { from: 37, ends: null },
  ])('of a window from round $from on two rounds are left, or nothing is left out', ({ from, ends }) => {
    const short: Plan = { ...PLAN, incident: { from: from * GAP, to: 40 * GAP - 1 } };
    expect(end({ a: [0, 39], c: [38.8, 39] }, 'pod', short)).toBe(ends);
  });
});

describe('the edges of the last rounds', () => {
  test.each([
    { what: 'two and a half rounds before the last one', first: 36.6, ends: null },
    { what: 'a little later', first: 36.7, ends: 36.7 },
    { what: 'a little earlier', first: 36.5, ends: null },
  ])('a new instance that came $what: $ends', ({ first, ends }) => {
    expect(end({ a: [0, 39], c: [first, 39] })).toBe(ends);
  });

  test.each([
    { what: 'as the window began needs its time', first: 20, ends: null },
    { what: 'just before it does not', first: 19.9, ends: 38.8 },
  ])('one that came $what', ({ first, ends }) => {
    expect(end({ a: [0, 39], c: [first, 39], d: [38.8, 39] })).toBe(ends);
  });

  test.each([
    { from: 36.3, ends: 38.8 },
    { from: 36.4, ends: null },
  ])('of a window from round $from on two and a half rounds are left, or all of it', ({ from, ends }) => {
    const short: Plan = { ...PLAN, incident: { from: from * GAP, to: 40 * GAP - 1 } };
    expect(end({ a: [0, 39], c: [38.8, 39] }, 'pod', short)).toBe(ends);
  });
});

describe('series that are not those of one instance', () => {
  const fleet = listTimes({ a: [0, 39], c: [38.8, 39] });
  const ends = (times: ProfileTimes) =>
    withoutLateArrivals(PLAN, { instanceLabel: 'pod' }, times).incidentEnd;

  test('tell nothing of instances, as those of a large fleet', () => {
    expect(ends(fleet)).toBe(38.8 * GAP);
    expect(ends({ ...fleet, largeFleet: [] })).toBeNull();
  });

  test('do not come late, as those without the label', () => {
    const [old, late] = fleet.series;
    if (old === undefined || late === undefined) throw new Error('two series');
    expect(ends({ ...fleet, series: [old, { ...late, labels: {} }] })).toBeNull();
  });
});

test('the end that is left out is told in whole seconds', () => {
  expect(endNotes(null)).toEqual([]);
  expect(endNotes(Date.parse('2026-11-20T14:10:04.600Z'))).toEqual([
    'Instances that came at 2026-11-20T14:10:05Z, at the end of the window, still load and warm up: what is later is not judged. Ask about a later window.',
  ]);
});
