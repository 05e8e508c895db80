import { expect, test } from 'vitest';
import { contrast, getName, type Stacks } from '../../../../test/support/contrast.js';
import { growthSite } from '../growth.js';

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
