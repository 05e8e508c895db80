import { describe, expect, test } from 'vitest';
import { contrast, getName, profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import type { Profile } from '../../model.js';
import { growthSite } from '../growth.js';
import { entrySite } from './entry-site.js';

const READ = 'http.(*persistConn).readLoop runtime.selectgo runtime.gopark';
const WRITE = 'http.(*persistConn).writeLoop runtime.selectgo runtime.gopark';

// Frames without a path are the team's in tests; those of the standard library begin with `runtime.`.
const asStandard = (stacks: Stacks): Stacks =>
  Object.fromEntries(
    Object.entries(stacks).map(([stack, value]) => [stack.replaceAll('http.', 'runtime.http.'), value]),
  );

function site(before: Stacks, after: Stacks) {
  const sides = contrast(
    asStandard({ 'main serve': 20, ...before }),
    asStandard({ 'main serve': 20, ...after }),
  );
  const found = growthSite(sides.joined, sides.before, sides.after);
  return found === null ? null : { fn: getName(sides, found.fn), part: found.part };
}

test('the loops of one connection count together, and the larger one is named', () => {
  expect(site({ [READ]: 10, [WRITE]: 10 }, { [READ]: 500, [WRITE]: 490 })).toEqual({
    fn: 'runtime.http.(*persistConn).readLoop',
    part: 1,
  });
});

test('a single entry point is named', () => {
  expect(site({ [READ]: 10 }, { [READ]: 500, [WRITE]: 5 })).toMatchObject({
    fn: 'runtime.http.(*persistConn).readLoop',
  });
});

test('entry points of several types do not count together', () => {
  const after = {
    'http.(*a).run runtime.gopark': 400,
    'http.(*b).run runtime.gopark': 400,
    'http.(*c).run runtime.gopark': 400,
  };
  // They park in the same place, which is all that they have in common.
  expect(site({ [READ]: 10 }, after)).toMatchObject({ fn: 'runtime.gopark' });
});

test('entry points that did not gain a part of the whole grew with everything', () => {
  expect(site({ [READ]: 300, [WRITE]: 300 }, { [READ]: 330, [WRITE]: 330, 'main serve': 22 })).toBeNull();
});

test('of two loops the one that grew more is named, whichever is larger', () => {
  const before = { [READ]: 300, [WRITE]: 10 };
  const after = { [READ]: 500, 'http.(*persistConn).writeLoop runtime.chanrecv': 245, [WRITE]: 245 };
  expect(site(before, after)).toMatchObject({ fn: 'runtime.http.(*persistConn).writeLoop' });
});

describe('the entry point of a growth', () => {
  const entry = (before: Stacks | Profile, after: Stacks | Profile) => {
    const sides = contrast(before, after);
    const found = entrySite(sides.joined, sides.before, sides.after, 0.15, 0.5);
    return found === null ? null : { ...found, fn: getName(sides, found.fn) };
  };
  const [FIRST, SECOND, OTHER] = ['pool.read runtime.park', 'pool.write runtime.park', 'serve runtime.park'];

  test.each<[string, Stacks, Stacks, ReturnType<typeof entry>]>([
    [
      'the one of its type that grew most, whichever is larger',
      { [FIRST]: 300, [SECOND]: 10, [OTHER]: 500 },
      { [FIRST]: 500, [SECOND]: 490, [OTHER]: 500 },
      { fn: 'pool.write', growth: 680, part: 1 },
    ],
    [
      'the first of its type, if that grew most',
      { [FIRST]: 10, [SECOND]: 10, [OTHER]: 500 },
      { [FIRST]: 500, [SECOND]: 300, [OTHER]: 500 },
      { fn: 'pool.read', growth: 780, part: 1 },
    ],
    [
      'with what an entry point of its type held that is gone',
      { [FIRST]: 100, [OTHER]: 500 },
      { [SECOND]: 600, [OTHER]: 700 },
      { fn: 'pool.write', growth: 500, part: 500 / 700 },
    ],
    [
      'none, where one only took the place of another',
      { [FIRST]: 600, [OTHER]: 10 },
      { [SECOND]: 700, [OTHER]: 10, 'save runtime.park': 100, 'load runtime.park': 90 },
      null,
    ],
    ['none, where the whole fell', { [FIRST]: 100, [OTHER]: 900 }, { [FIRST]: 99, [OTHER]: 100 }, null],
    ['none, where the whole stayed', { [FIRST]: 100, [OTHER]: 900 }, { [FIRST]: 900, [OTHER]: 100 }, null],
  ])('%s', (_, before, after, expected) => {
    expect(entry(before, after)).toEqual(expected);
  });

  test('none, where what grew has no frames', () => {
    const before = profileFrom({ [FIRST]: 100, [OTHER]: 100 });
    const stackStart = Uint32Array.of(...before.stackStart, before.stackFrames.length);
    const values = Float64Array.of(...before.values, 900);
    expect(entry(before, { ...before, stackStart, values })).toBeNull();
  });
});
