import { describe, expect, test } from 'vitest';
import { isAboveEntries } from './above.js';
import type { Stratum } from './strata.js';

type Counts = readonly [before: number, after: number];

/** A kind of request with a function above its entry point, in all its stacks. */
const below = (...all: Counts): Stratum => ({ all, through: all, above: all });
/** Stacks without an entry point, of which some pass through the function. */
const own = (...through: Counts): Stratum => ({ all: [5_000, 5_000], through, above: [0, 0] });

function isAbove(
  kinds: readonly Stratum[],
  { profiles = [1, 1] as Counts, phi = 1 }: { profiles?: Counts; phi?: number } = {},
): boolean {
  return isAboveEntries(new Map(kinds.map((kind, entry) => [entry, kind])), ...profiles, phi);
}

describe('what dispatches requests grows with them', () => {
  test.each([
    { what: 'all of its growth is theirs', kinds: [below(100, 400), below(100, 100)], is: true },
    { what: '70 % of it is', kinds: [below(100, 170), own(100, 130)], is: true },
    {
      what: '65 % of it is, and its own cost rose by more than chance explains',
      kinds: [below(1_000, 1_650), own(100, 450)],
      is: false,
    },
    {
      what: 'they fell while it grew by itself',
      kinds: [below(1_000, 900), own(100, 400)],
      is: false,
    },
    {
      what: 'it is below the entry point',
      kinds: [{ ...below(100, 400), above: [0, 0] as Counts }],
      is: false,
    },
  ])('$what: $is', ({ kinds, is }) => {
    expect(isAbove(kinds)).toBe(is);
  });

  test('per profile', () => {
    // By profile they grew from 100 to 170 and it did from 100 to 130 itself.
    expect(isAbove([below(200, 510), own(200, 390)], { profiles: [2, 3] })).toBe(true);
    // They kept their cost, and it grew from 100 to 400.
    expect(isAbove([below(2_000, 3_000), own(200, 1_200)], { profiles: [2, 3] })).toBe(false);
  });

  test('a kind that was not there before may be a new name: what is above it is its own cost', () => {
    expect(isAbove([below(100, 110), below(0, 200)])).toBe(false);
    expect(isAbove([below(100, 310), below(0, 20)])).toBe(true);
  });
});

describe('where it cost no more than before, or no more than chance explains, most of its cost must be theirs', () => {
  test.each([
    { what: 'it fell, and all of it is theirs', kinds: [below(1_000, 700)], is: true },
    { what: 'it fell, and 70 % of it is theirs', kinds: [below(1_000, 700), own(1_000, 300)], is: true },
    { what: 'it fell, and 69 % of it is theirs', kinds: [below(1_000, 690), own(1_000, 310)], is: false },
    { what: 'it stayed', kinds: [below(1_000, 1_000), own(100, 100)], is: true },
    {
      what: 'it stayed, and most of its cost is its own',
      kinds: [below(100, 100), own(900, 900)],
      is: false,
    },
    { what: 'it fell, whatever its own cost did', kinds: [below(2_000, 1_600), own(100, 200)], is: true },
    { what: 'it stayed, whatever its own cost did', kinds: [below(2_000, 1_900), own(100, 200)], is: true },
    // The roots of the likelihood ratios of 100 and 130 and of 100 and 160 are 2.0 and 3.7.
    { what: 'a little of its own', kinds: [below(1_000, 1_000), own(100, 130)], is: true },
    { what: 'more of its own', kinds: [below(1_000, 1_000), own(100, 160)], is: false },
    // Those of nothing and 6, and of nothing and 7, are 2.9 and 3.1.
    { what: 'a few samples of its own, and none before', kinds: [below(1_000, 1_000), own(0, 6)], is: true },
    { what: 'more of its own, and none before', kinds: [below(1_000, 1_000), own(0, 7)], is: false },
    { what: 'nothing passes through it', kinds: [own(0, 0)], is: true },
  ])('$what: $is', ({ kinds, is }) => {
    expect(isAbove(kinds)).toBe(is);
  });

  test('over-dispersion explains more of it', () => {
    const kinds = [below(1_000, 1_000), own(100, 160)];
    expect([1, 2].map((phi) => isAbove(kinds, { phi }))).toEqual([false, true]);
  });

  test('as much of its own cost as chance explains lies within three standard errors', () => {
    // The root of the likelihood ratio of 400 and 488 is 2.96, that of 400 and 490 is 3.02.
    const rise = (after: number) => isAbove([below(9_000, 9_000), own(400, after)]);
    expect([488, 490].map(rise)).toEqual([true, false]);
  });
});
