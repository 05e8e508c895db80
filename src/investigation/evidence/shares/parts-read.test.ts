import { describe, expect, test } from 'vitest';
import { always, pods, readyFor, type SmallInstance, START } from '../../../../test/support/small-service.js';
import { getSampleValue } from '../../../../test/support/type-ids.js';
import type { CountedProfile } from '../../../profile/compare/analysis.js';
import { totalValue } from '../../../profile/model.js';
import type { Matcher, Window } from '../../../sources/source.js';
import { finerTotals, type PartsRead, readParts, readSlices, refineParts, withFirst } from './parts.js';

const MINUTE = 60_000;
/** The window from one minute of the incident to another one, with a profile of each. */
const minutes = (from: number, to: number): Window => ({
  from: START + from * MINUTE + 1,
  to: START + to * MINUTE,
});
/** A pod with 70 samples in the first minute of the incident, and one more from each minute to the next. */
const ONE = pods(1, { cpu: (minute) => ({ 'main serve': 70 + minute }) });

const ready = (instances: readonly SmallInstance[] = ONE) => readyFor('cpu', instances);
/** Samples and profiles of parts. */
const round = (parts: readonly CountedProfile[]) =>
  parts.map(({ profile, profiles }) => [Math.round(totalValue(profile) / getSampleValue('cpu')), profiles]);
const sum = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => 70 + from + at).reduce((all, one) => all + one, 0);

test('what begins within the first coarse part is in it', () => {
  const [coarse, fine] = [
    [minutes(0, 4), minutes(4, 8)],
    [minutes(0, 2), { from: minutes(0, 4).to, to: minutes(0, 6).to }, minutes(6, 8)],
  ];
  expect(withFirst(fine, coarse)).toEqual([coarse[0], fine[2]]);
  expect(withFirst(fine, [])).toBe(fine);
});

describe('parts that are cut finer', () => {
  const coarse = { baseline: [minutes(-9, -3), minutes(-3, 0)], incident: [minutes(0, 7)] };
  const refined = async (
    baseline: readonly Window[],
    incident: readonly Window[],
    known?: Partial<PartsRead>,
  ) => {
    const { context, lens, profileTimes } = await ready();
    const read = { ...(await readParts(context, lens, profileTimes, coarse, [])), ...known };
    const before = context.requests.left;
    const parts = await refineParts(context, lens, profileTimes, read, { baseline, incident });
    return { read, parts, requests: before - context.requests.left };
  };

  test('are read but for the last one, which is what the others leave', async () => {
    const fine = [minutes(-9, -7), minutes(-7, -6), minutes(-6, -3)];
    const { read, parts, requests } = await refined([...fine, minutes(-3, 0)], coarse.incident);
    expect(round(parts.baseline)).toEqual([
      [sum(-9, -7), 2],
      [sum(-7, -6), 1],
      [sum(-6, -3), 3],
      [sum(-3, 0), 3],
    ]);
    expect(parts.baseline[3]).toBe(read.baseline[1]);
    expect(requests).toBe(2);
  });

  test('are those that are known, where none is cut', async () => {
    const { read, parts, requests } = await refined(coarse.baseline, coarse.incident);
    expect(parts.baseline).toBe(read.baseline);
    expect(parts.incident).toBe(read.incident);
    expect(requests).toBe(0);
  });

  test('stay whole where no finer one lies in them', async () => {
    const { read, parts } = await refined([minutes(-3, -1), minutes(-1, 0)], []);
    expect(parts.baseline[0]).toBe(read.baseline[0]);
    expect(round(parts.baseline)).toEqual([
      [sum(-9, -3), 6],
      [sum(-3, -1), 2],
      [sum(-1, 0), 1],
    ]);
    expect(parts.incident).toBe(read.incident);
  });

  test('are nothing where nothing was read', async () => {
    const { parts } = await refined(coarse.baseline, [minutes(0, 2), minutes(2, 7)], { incident: [] });
    expect(parts.incident).toEqual([]);
    const known = await refined([minutes(-9, -6), minutes(-6, -3), minutes(-3, 0)], coarse.incident);
    const { parts: some } = await refined(known.parts.windows.baseline, coarse.incident, {
      baseline: known.read.baseline.slice(0, 1),
    });
    expect(round(some.baseline)).toEqual(round(known.parts.baseline.slice(0, 2)));
  });
});

describe('slices of the fleet', () => {
  const instances: SmallInstance[] = ['a', 'b', 'c'].map((pod, at) => ({
    labels: { pod, region: at === 0 ? 'north' : 'south' },
    profiles: { cpu: always({ 'main serve': 10 * (at + 1) }) },
  }));
  const slice = (name: string, value: string) => ({
    labels: { [name]: value },
    matcher: { name, op: '=', value } satisfies Matcher,
  });

  test('that are not asked for are what those of the same label leave', async () => {
    const { context, lens, profileTimes } = await ready(instances);
    const [a, b, c] = [slice('pod', 'a'), slice('pod', 'b'), slice('pod', 'c')];
    const [north, south] = [slice('region', 'north'), slice('region', 'south')];
    const window = minutes(0, 5);
    const [whole] = (await readParts(context, lens, profileTimes, { baseline: [], incident: [window] }, []))
      .incident;
    if (whole === undefined) throw new Error('one part');
    const before = context.requests.left;
    const slices = [a, b, c, north, south];
    const read = await readSlices(context, lens, profileTimes, {
      window,
      slices,
      told: new Set([c, south]),
      whole: [whole],
    });
    expect(round(read)).toEqual([
      [50, 5],
      [100, 5],
      [150, 5],
      [50, 5],
      [250, 10],
    ]);
    expect(before - context.requests.left).toBe(3);
  });
});

describe('the totals of finer parts', () => {
  const windows = { baseline: [minutes(-4, -2), minutes(-2, 0)], incident: [minutes(0, 2), minutes(2, 4)] };
  const finest = {
    baseline: [-4, -3, -2, -1].map((minute) => minutes(minute, minute + 1)),
    incident: [0, 1, 2, 3].map((minute) => minutes(minute, minute + 1)),
  };
  /** Totals where single merges hold a part more or less than the series tell. */
  const totals = async (change: (read: PartsRead) => Partial<PartsRead> = () => ({})) => {
    const { context, lens, profileTimes } = await ready();
    const read = await readParts(context, lens, profileTimes, windows, []);
    return finerTotals(profileTimes, { ...read, ...change(read) }, finest);
  };
  const scaled = (parts: readonly CountedProfile[], which: number, factor: number) =>
    parts.map((part, at) =>
      at === which
        ? {
            ...part,
            profile: { ...part.profile, values: part.profile.values.map((value) => value * factor) },
          }
        : part,
    );

  test('are told by the part that was read', async () => {
    const told = await totals();
    expect(told?.baseline.map((parts) => parts.map(({ profiles }) => profiles))).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(told?.incident.flat().map(({ value }) => Math.round(value / getSampleValue('cpu')))).toEqual([
      70, 71, 72, 73,
    ]);
  });

  test.each([
    { what: 'a first part of the baseline', side: 'baseline', which: 0 },
    { what: 'the last part of the baseline', side: 'baseline', which: 1 },
    { what: 'a first part of the incident', side: 'incident', which: 0 },
    { what: 'the last part of the incident', side: 'incident', which: 1 },
  ] as const)(
    'are not where the series count what the merge of $what leaves out',
    async ({ side, which }) => {
      const by = (factor: number) => totals((read) => ({ [side]: scaled(read[side], which, factor) }));
      expect(await by(0.98)).toBeUndefined();
      expect(await by(1.02)).toBeUndefined();
      expect(await by(0.995)).not.toBeUndefined();
    },
  );

  test('are not where a part was not read', async () => {
    expect(await totals((read) => ({ incident: read.incident.slice(0, 1) }))).toBeUndefined();
  });
});
