import { describe, expect, test } from 'vitest';
import type { StepLikelihoods } from '../../../profile/compare/onset/step.js';
import type { Window } from '../../../sources/source.js';
import { createRequests } from '../requests.js';
import { type Division, divisionAt, narrowDown } from './narrow-down.js';

const STEP = 5_000;
const GAP = 30_000;

/** Profiles of one instance, at the ends of the rounds from 1 on. */
const roundsTo = (last: number) => ({
  series: [
    {
      labels: { pod: 'a' },
      points: Array.from({ length: last }, (_, at) => ({ time: (at + 1) * GAP, value: 1 })),
    },
  ],
  stepMs: STEP,
});
const whole = (last: number): Window => ({ from: 0, to: last * GAP });

describe('a part of the time', () => {
  /** The last round of the earlier side, and whether that is read. */
  const divided = (time: number, last = 8) => {
    const division = divisionAt(roundsTo(last), whole(last), time);
    if (division === null) return null;
    const [early, late] = [division.read, division.rest].sort((a, b) => a.from - b.from);
    expect([early?.from, late?.from, late?.to]).toEqual([0, (early?.to ?? 0) + 1, last * GAP]);
    return [(early?.to ?? 0) / GAP, division.read === early];
  };

  test.each([
    { what: 'after the first round', time: 1.5 * GAP, expected: [1, true] },
    { what: 'within a round', time: 3.5 * GAP, expected: [3, true] },
    { what: 'at the end of one, which is known to a step', time: 4 * GAP, expected: [4, true] },
    { what: 'more than half a step before it', time: 4 * GAP - STEP, expected: [3, true] },
    { what: 'half a step before it', time: 4 * GAP - STEP / 2, expected: [3, true] },
    { what: 'behind the middle: the later side is shorter', time: 4.5 * GAP, last: 7, expected: [4, false] },
    { what: 'one round behind the middle', time: 5.5 * GAP, expected: [5, false] },
    { what: 'before all rounds', time: 0, expected: [1, true] },
    { what: 'after all of them', time: 9 * GAP, expected: [7, false] },
    { what: 'two rounds', time: 9 * GAP, last: 2, expected: [1, true] },
    { what: 'a single round', time: 0, last: 1, expected: null },
    { what: 'no round', time: 0, last: 0, expected: null },
  ])('is divided $what: $expected', ({ time, last, expected }) => {
    expect(divided(time, last)).toEqual(expected);
  });
});

interface Part {
  window: Window;
}

/** A part from one round to another one. */
const part = (from: number, to: number): Part => ({ window: { from: from * GAP + 1, to: to * GAP } });
const ROUNDS = 12;
/** A step between any two rounds, with the probability of each in percent. */
const likely = (...percent: readonly number[]): StepLikelihoods => ({
  times: percent.map((_, at) => (at + 1) * GAP),
  likelihoods: percent.map((one) => Math.log(one)),
  spacing: GAP,
  highest: Math.log(Math.max(...percent)),
});

interface Search {
  /** Likely times at each look; none after the last. */
  looks: readonly StepLikelihoods[];
  coarse?: readonly Part[];
  cost?: number;
  maxRequests?: number;
  /** Requests that are left for all. */
  left?: number;
}

/** Narrows down an onset. */
async function search({ looks, coarse, cost = 1, maxRequests = 6, left = 40 }: Search) {
  const requests = createRequests();
  for (let spent = requests.left; spent > left; spent--) await requests.run(async () => null);
  const asked: number[][] = [[]];
  const further = [...looks];
  const answer = await narrowDown(
    { requests },
    roundsTo(ROUNDS),
    coarse ?? [part(0, 4), part(4, 8), part(8, 12)],
    {
      judge: () => {
        if (asked.at(-1)?.length !== 0) asked.push([]);
        return further.shift() ?? null;
      },
      divide: async ({ window }: Part, { read, rest }: Division) => {
        asked.at(-1)?.push(window.to / GAP);
        // The later side first, in whatever order they are read.
        return [{ window: rest }, { window: read }].sort((a, b) => b.window.from - a.window.from);
      },
      cost,
    },
    maxRequests,
  );
  return {
    /** Last rounds of the parts that were divided, look by look. */
    asked: asked.filter((look) => look.length > 0),
    parts: answer.parts.map(({ window }) => window.to / GAP),
    isLikely: answer.likelihoods !== null,
  };
}

describe('the time about an onset is divided', () => {
  const early = likely(1, 1, 1, 1, 20, 20, 20, 20, 4, 4, 4, 4);

  test('where it is likely, the likeliest two parts at once, and in order of time', async () => {
    expect(await search({ looks: [early] })).toEqual({
      asked: [[8, 12]],
      parts: [4, 6, 8, 10, 12],
      isLikely: false,
    });
    expect((await search({ looks: [likely(16, 16, 16, 16, 1, 1, 1, 1, 8, 8, 8, 8)] })).asked).toEqual([
      [4, 12],
    ]);
  });

  test('the likeliest first, where only one can be', async () => {
    const answer = (further: Partial<Search>) =>
      search({ looks: [early], ...further }).then(({ asked }) => asked);
    expect(await answer({ maxRequests: 1 })).toEqual([[8]]);
    expect(await answer({ left: 1 })).toEqual([[8]]);
    expect(await answer({ cost: 2, maxRequests: 3 })).toEqual([[8]]);
    expect(await answer({ cost: 2, left: 2 })).toEqual([[8]]);
    expect(await answer({ left: 0 })).toEqual([]);
    expect(await answer({ cost: 2, maxRequests: 4 })).toEqual([[8, 12]]);
  });

  test('not where it is hardly likely', async () => {
    const sure = likely(0.1, 0.1, 0.1, 0.1, 24.8, 24.8, 24.8, 24.8, 0.1, 0.1, 0.1, 0.1);
    expect((await search({ looks: [sure] })).asked).toEqual([[8]]);
  });

  test('until no request is left', async () => {
    const same = [early, early, early, early];
    expect((await search({ looks: same, maxRequests: 2 })).asked).toEqual([[8, 12]]);
    expect((await search({ looks: same, maxRequests: 3 })).asked.flat()).toHaveLength(3);
    expect((await search({ looks: same, maxRequests: 4, cost: 2 })).asked).toEqual([[8, 12]]);
    expect((await search({ looks: same, maxRequests: 2 })).isLikely).toBe(true);
  });

  test('until parts are single rounds', async () => {
    const coarse = [part(0, 1), part(1, 2), part(2, 3)];
    const answer = await search({ looks: [likely(1, 1, 1)], coarse });
    expect(answer).toEqual({ asked: [], parts: [1, 2, 3], isLikely: true });
  });

  test('not where nothing is likely', async () => {
    expect(await search({ looks: [] })).toEqual({ asked: [], parts: [4, 8, 12], isLikely: false });
  });
});
