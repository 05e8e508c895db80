import { describe, expect, test } from 'vitest';
import { contrast, getName, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { growthSite } from './growth.js';

function site(before: Stacks, after: Stacks, sides?: Sides) {
  const contrasted = contrast(before, after, sides);
  const answer = growthSite(contrasted.joined, contrasted.before, contrasted.after);
  return answer === null ? null : { ...answer, fn: getName(contrasted, answer.fn) };
}

describe('growthSite', () => {
  test('the innermost own function that holds nearly all of the growth; what is below it is evidence', () => {
    expect(
      site(
        { 'main serve park runtime.gopark': 10, 'main poll': 10 },
        { 'main serve park runtime.gopark': 110, 'main poll': 12 },
      ),
    ).toEqual({ fn: 'park', growth: 100, part: 100 / 102 });
  });

  test('a wrapper with nearly all is the better name than a callee with some more than half', () => {
    const before = { 'main serve a': 0.001, 'main serve b': 0.001 };
    expect(site(before, { 'main serve a': 60, 'main serve b': 40 })).toMatchObject({ fn: 'serve' });
  });

  test('where nothing holds nearly all, half of it will do; less than half names nobody', () => {
    expect(site({ c: 1 }, { a: 60, b: 41 })).toMatchObject({ fn: 'a' });
    expect(site({ d: 1 }, { a: 40, b: 40, c: 40 })).toBeNull();
  });

  test('growth per profile counts', () => {
    expect(site({ 'main a': 10 }, { 'main a': 20 }, { profiles: [1, 2] })).toBeNull();
    expect(site({ 'main a': 10 }, { 'main a': 40 }, { profiles: [1, 2] })).toMatchObject({
      fn: 'a',
      growth: 10,
    });
  });

  test('without own code any function; nothing grew, nobody', () => {
    expect(site({ 'lib.a': 1 }, { 'lib.a': 9 })).toMatchObject({ fn: 'lib.a', part: 1 });
    expect(site({ a: 9 }, { a: 9 })).toBeNull();
    expect(site({ a: 9 }, { a: 2 })).toBeNull();
    expect(site({}, {})).toBeNull();
    expect(site({}, { 'main a': 5 })).toMatchObject({ fn: 'a', part: 1 });
  });

  test('of a chain with one cost the innermost, whatever the names', () => {
    for (const chain of ['z y x', 'x y z']) {
      const last = chain.split(' ').at(-1);
      expect(site({ [`${chain} runtime.park`]: 1 }, { [`${chain} runtime.park`]: 90 })).toMatchObject({
        fn: last,
      });
    }
  });
});
