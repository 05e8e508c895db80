import { describe, expect, test } from 'vitest';
import type { ProfileTimes } from '../profile-times.js';
import type { Plan } from '../windows.js';
import { withoutLateArrivals } from './late-arrivals.js';

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
