import { describe, expect, test } from 'vitest';
import { shareEvidence } from '../../../../test/support/evidence.js';
import { changing, pods, readyFor, START } from '../../../../test/support/small-service.js';
import { getSampleValue } from '../../../../test/support/type-ids.js';
import type { ShareLens } from '../shares.js';
import { divideStart, divideStretch, listStretches, narrow, readStretch } from './stretches.js';

const MINUTE = 60_000;
const CALM = { 'main serve': 60, 'main poll': 40, 'main price': 10 };
const GROWN = { ...CALM, 'main price': 60 };
/** Value of one sample of the stored profiles. */
const SAMPLE = getSampleValue('cpu');

/** The window of some minutes of the incident, of which each has a profile. */
const minutes = (from: number, to: number) => ({
  from: START + from * MINUTE + 1,
  to: START + to * MINUTE,
});
const SHARE = shareEvidence('cpu', { before: CALM, after: GROWN, change: { culprit: 'price' } });
const BARE: ShareLens = { ...SHARE, change: null };
/** A share whose change was found in another analysis than that of the whole. */
const APART: ShareLens = {
  ...SHARE,
  analysis: {
    ...shareEvidence('cpu', { before: { 'main idle': 1 } }).analysis,
    dispersion: { phi: 1e12, freedom: 6 },
  },
};
/** A share whose functions go by other names in a part of the profiles. */
const RENAMED: ShareLens =
  SHARE.change === null
    ? SHARE
    : {
        ...SHARE,
        change: {
          ...SHARE.change,
          analysis: {
            ...SHARE.change.analysis,
            joined: {
              ...SHARE.change.analysis.joined,
              renamed: { functions: 4, changed: 2, unmatched: 0, pairs: [] },
            },
          },
        },
      };

async function ready(minute = 7) {
  const instances = pods(1, { cpu: changing(CALM, GROWN, minute) });
  const { context, profileTimes } = await readyFor('cpu', instances);
  return { context, narrowing: { profileTimes, matchers: [], p1: 10 / 110, p2: 60 / 160 } };
}

/** Samples of the culprit and of all, with the number of profiles. */
const round = (stretches: readonly { x: number; n: number; starts: readonly number[] }[]) =>
  stretches.map(({ x, n, starts }) => [Math.round(x / SAMPLE), Math.round(n / SAMPLE), starts.length]);

test('stretches are the windows with profiles; what was not counted is nothing', async () => {
  const { narrowing } = await ready();
  const windows = [minutes(0, 2), minutes(90, 99), minutes(2, 5)];
  const counts = [
    { x: 20, n: 220 },
    { x: 1, n: 1 },
  ];
  expect(
    listStretches(narrowing.profileTimes, windows, counts).map(({ starts, ...rest }) => [
      rest,
      starts.length,
    ]),
  ).toEqual([
    [{ window: windows[0], x: 20, n: 220 }, 2],
    [{ window: windows[2], x: 0, n: 0 }, 3],
  ]);
});

describe('a stretch that is read', () => {
  test.each([
    { what: 'of a change', share: SHARE, expected: [[20, 220, 2]] },
    { what: 'of a change that was found in an analysis of its own', share: APART, expected: [[20, 220, 2]] },
    { what: 'without a change', share: BARE, expected: [[0, 220, 2]] },
  ])('counts the culprit $what', async ({ share, expected }) => {
    const { context, narrowing } = await ready();
    expect(round(await readStretch(context, share, narrowing, minutes(0, 2)))).toEqual(expected);
  });
});

describe('a stretch that is divided', () => {
  const windows = { read: minutes(0, 2), rest: minutes(2, 6) };
  const stretch = { window: minutes(0, 6), x: 60 * SAMPLE, n: 660 * SAMPLE, starts: [] };

  test('is read on one side, and the other one is what that leaves', async () => {
    const { context, narrowing } = await ready();
    const divide = (x: number, n: number) =>
      divideStretch(context, SHARE, narrowing, { ...stretch, x: x * SAMPLE, n: n * SAMPLE }, windows);
    expect(round(await divide(60, 660))).toEqual([
      [20, 220, 2],
      [40, 440, 4],
    ]);
    expect(round(await divide(70, 700))).toEqual([
      [20, 220, 2],
      [50, 480, 4],
    ]);
    expect(round(await divide(0, 0))).toEqual([
      [20, 220, 2],
      [0, 0, 4],
    ]);
  });

  test('is read on both sides where names changed in a part of the profiles', async () => {
    const { context, narrowing } = await ready();
    const nothing = { ...stretch, x: 0, n: 0 };
    expect(round(await divideStretch(context, RENAMED, narrowing, nothing, windows))).toEqual([
      [20, 220, 2],
      [40, 440, 4],
    ]);
  });

  test('is the other side alone where there is no profile on one', async () => {
    const { context, narrowing } = await ready();
    const empty = { read: minutes(90, 99), rest: minutes(0, 6) };
    expect(round(await divideStretch(context, SHARE, narrowing, stretch, empty))).toEqual([[60, 660, 6]]);
  });
});

describe('the first stretch after a time', () => {
  const [earlier, later] = [minutes(-8, 0), minutes(0, 8)];

  async function divide(share: ShareLens, time?: number, maxLeft = Number.POSITIVE_INFINITY) {
    const { context, narrowing } = await ready();
    while (context.requests.left > maxLeft) await context.requests.run(async () => null);
    const { left } = context.requests;
    const counts = [
      { x: 80 * SAMPLE, n: 880 * SAMPLE },
      { x: 130 * SAMPLE, n: 930 * SAMPLE },
    ];
    const coarse = listStretches(narrowing.profileTimes, [earlier, later], counts);
    const divided = await divideStart(context, share, narrowing, coarse, time);
    return { stretches: round(divided), requests: left - context.requests.left };
  }
  const UNDIVIDED = [
    [80, 880, 8],
    [130, 930, 8],
  ];

  test.each([
    {
      what: 'is divided, and its first half again',
      stretches: [
        [80, 880, 8],
        [20, 220, 2],
        [20, 220, 2],
        [90, 490, 4],
      ],
      requests: 2,
    },
    {
      what: 'is divided once where each time costs two requests',
      share: RENAMED,
      stretches: [
        [80, 880, 8],
        [40, 440, 4],
        [90, 490, 4],
      ],
      requests: 2,
    },
    {
      what: 'is the first of all without a time',
      time: Number.NEGATIVE_INFINITY,
      stretches: [
        [20, 220, 2],
        [20, 220, 2],
        [40, 440, 4],
        [130, 930, 8],
      ],
      requests: 2,
    },
    { what: 'stays whole where one request is left', maxLeft: 1, stretches: UNDIVIDED, requests: 0 },
    { what: 'is none after the last one', time: later.to, stretches: UNDIVIDED, requests: 0 },
  ])('$what', async ({ share = SHARE, time = earlier.to, maxLeft, stretches, requests }) => {
    expect(await divide(share, time, maxLeft)).toEqual({ stretches, requests });
  });
});

describe('the time of a change', () => {
  const coarse = (share: ShareLens) => async () => {
    const { context, narrowing } = await ready();
    const windows = [minutes(-10, 0), minutes(0, 14)];
    const counts = [
      { x: 100, n: 1_100 },
      { x: 7 * 10 + 7 * 60, n: 7 * 110 + 7 * 160 },
    ].map(({ x, n }) => ({ x: x * SAMPLE, n: n * SAMPLE }));
    return narrow(context, share, narrowing, listStretches(narrowing.profileTimes, windows, counts));
  };

  test('is narrowed down by the noise of the analysis that found it', async () => {
    const since = await coarse(SHARE)();
    expect(since?.after).toBeGreaterThan(START + 5 * MINUTE);
    expect(since?.before).toBeLessThan(START + 9 * MINUTE);
    expect(await coarse(APART)()).toEqual(since);
  });

  test('is not told where nothing was read', async () => {
    const { context, narrowing } = await ready();
    expect(await narrow(context, SHARE, narrowing, [])).toBeNull();
  });
});
