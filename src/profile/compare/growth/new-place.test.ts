import { describe, expect, test } from 'vitest';
import { contrast, getName, type Sides, type Stacks } from '../../../../test/support/contrast.js';
import { keepsFilling, newPlace } from './new-place.js';

const SAMPLE = 2 ** 19;

/** Sampled objects of half a MiB on both sides, of two instances. */
function place(before: Stacks, after: Stacks, least = 2) {
  const sides = contrast(before, after);
  const level = { instances: 2, unitBytes: SAMPLE, least };
  const found = newPlace({ ...sides, site: null }, level);
  return found === null ? null : getName(sides, found.fn);
}

describe('a place that held nothing before', () => {
  const OLD = { 'main boot': 20, 'main cache': 10 };

  test.each([
    { what: 'own', after: { 'main boot': 5, 'main serve keep': 8 }, expected: 'keep' },
    {
      what: 'own, above the library that holds it',
      after: { 'main serve lib.keep runtime.malloc': 8 },
      expected: 'serve',
    },
    {
      what: "a library's without own code above",
      after: { 'runtime.run lib.keep runtime.malloc': 8 },
      expected: 'lib.keep',
    },
    { what: "nobody's of the runtime", after: { 'runtime.run runtime.malloc': 8 }, expected: null },
    { what: 'too small', after: { 'main serve keep': 1.9 }, expected: null },
    { what: 'within sampling', after: { 'main serve keep': 2 }, expected: null },
    { what: 'one that held as much before', after: { 'main boot': 5, 'main cache': 14 }, expected: null },
  ])('$what: $expected', ({ after, expected }) => {
    expect(place(OLD, after)).toBe(expected);
  });

  test('may have held a fifth of it', () => {
    expect(place({ 'main keep': 2 }, { 'main keep': 10 })).toBe('keep');
    expect(place({ 'main keep': 3 }, { 'main keep': 10 })).toBeNull();
  });

  /** Counts, which no sampling moves. */
  const counted = (before: Stacks, after: Stacks, sides: Sides = {}) => {
    const both = contrast(before, after, sides);
    const site = newPlace({ ...both, site: null }, { instances: 2, unitBytes: null, least: 10 });
    return site === null ? null : { ...site, fn: getName(both, site.fn) };
  };

  test.each<[string, Stacks, Stacks, string | null]>([
    ['a growth that matters', {}, { 'main keep': 10 }, 'keep'],
    ['a smaller one', {}, { 'main keep': 9 }, null],
    ['a smaller one of more', { 'main keep': 2 }, { 'main keep': 11 }, null],
    ['with a fifth of it before', { 'main keep': 20 }, { 'main keep': 100 }, 'keep'],
    ['with more than that before', { 'main keep': 21 }, { 'main keep': 100 }, null],
    ['four fifths in the inner one', {}, { 'main serve': 20, 'main serve keep': 80 }, 'keep'],
    ['less than that in the inner one', {}, { 'main serve': 21, 'main serve keep': 79 }, 'serve'],
    ['a small place elsewhere', {}, { 'main keep': 80, 'main serve': 20 }, 'keep'],
  ])('%s', (_, before, after, expected) => {
    const OUTER = { main: 1_000 };
    expect(counted({ ...OUTER, ...before }, { ...OUTER, ...after })?.fn ?? null).toBe(expected);
  });

  test('is told with its growth, and its part of all that is held', () => {
    const [before, after] = [
      { 'main boot': 200, 'main keep': 20 },
      { 'main boot': 100, 'main keep': 300 },
    ];
    expect(counted(before, after)).toEqual({ fn: 'keep', growth: 280, part: 0.7 });
    expect(counted(before, after, { profiles: [2, 2] })).toEqual({ fn: 'keep', growth: 140, part: 0.7 });
  });
});

test.each([
  { what: 'a straight line', course: [1.5, 2.5, 3.5], expected: true },
  { what: 'a straight line that began late', course: [0, 1, 2], expected: true },
  { what: 'a straight line as few objects show it', course: [4, 4, 8], expected: true },
  { what: 'a cache that filled at once', course: [8, 8, 8], expected: false },
  {
    what: 'one that fills with a time constant of a third of the window',
    course: [6.75, 8.47, 9.27],
    expected: false,
  },
  { what: 'one that was full in the third quarter', course: [3, 8, 8], expected: false },
  { what: 'one that was nearly full in the third quarter', course: [10, 19, 20], expected: false },
  { what: 'one that is given back', course: [3, 6, 2], expected: false },
] as const)('$what keeps filling: $expected', ({ course, expected }) => {
  expect(keepsFilling([...course])).toBe(expected);
});
