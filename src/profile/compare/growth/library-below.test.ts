import { expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { libraryBelow } from './library-below.js';

interface Row {
  what: string;
  before?: Stacks;
  after: Stacks;
  load?: number;
  profiles?: readonly [number, number];
  is: string | null;
}

test.each<Row>([
  {
    what: 'that several own callees lead to, the outermost one',
    after: {
      'main all a lib.copy lib.walk': 30,
      'main all b lib.copy lib.walk': 30,
      'main all c lib.copy': 30,
      'main all d': 10,
    },
    is: 'lib.copy',
  },
  {
    what: 'the outermost one of two with as much, whatever their names',
    after: { 'main all a lib.zip lib.add': 50, 'main all b lib.zip lib.add': 50 },
    is: 'lib.zip',
  },
  {
    what: 'with four fifths of the growth',
    after: { 'main all a lib.copy': 40, 'main all b lib.copy': 40, 'main all c': 20 },
    is: 'lib.copy',
  },
  {
    what: 'with less: none',
    after: { 'main all a lib.copy': 40, 'main all b lib.copy': 39, 'main all c': 21 },
    is: null,
  },
  {
    what: 'of several that share it: none',
    after: { 'main all a lib.copy': 50, 'main all b lib.scan': 50 },
    is: null,
  },
  { what: 'not own code', after: { 'main all a x': 50, 'main all b x': 50 }, is: null },
  { what: 'not the runtime', after: { 'main all a runtime.x': 50, 'main all b runtime.x': 50 }, is: null },
  {
    what: 'not above the function',
    after: { 'main lib.serve all a': 50, 'main lib.serve all b': 50 },
    is: null,
  },
  {
    what: 'not one of two that stands above the function as well, before its own cost',
    after: {
      'main lib.add all a lib.zip lib.add': 50,
      'main lib.add all b lib.zip lib.add': 50,
      'main all': 5,
    },
    is: 'lib.zip',
  },
  {
    what: 'where nothing was profiled before',
    after: { 'main all lib.copy': 9 },
    profiles: [0, 1],
    is: 'lib.copy',
  },
  {
    what: 'of what fell, though it costs the same: none',
    before: { 'main all a x': 90, 'main all b lib.copy': 10 },
    after: { 'main all a x': 9, 'main all b lib.copy': 10 },
    is: null,
  },
  { what: 'not elsewhere', after: { 'main all a': 50, 'main other lib.copy': 90 }, is: null },
  {
    what: 'by growth, not by cost',
    before: { 'main all a lib.old': 900 },
    after: { 'main all a lib.old': 900, 'main all b lib.copy': 50, 'main all c lib.copy': 50 },
    is: 'lib.copy',
  },
  {
    what: 'beyond the load',
    before: { 'main all a lib.old': 100 },
    after: { 'main all a lib.old': 200, 'main all b lib.copy': 50, 'main all c lib.copy': 50 },
    load: 2,
    is: 'lib.copy',
  },
  {
    what: 'per profile',
    before: { 'main all a lib.old': 100 },
    after: { 'main all a lib.old': 200, 'main all b lib.copy': 50, 'main all c lib.copy': 50 },
    profiles: [1, 2],
    is: 'lib.copy',
  },
  {
    what: 'of what fell: none',
    before: { 'main all a lib.copy': 90 },
    after: { 'main all a lib.copy': 9 },
    is: null,
  },
])('the library below $what', ({ before = {}, after, load = 1, profiles = [1, 1], is }) => {
  const sides = contrast(before, after, { profiles });
  expect(getName(sides, libraryBelow(sides, findFunction(sides, 'all'), load))).toBe(is);
});

test('a library is not below itself where it calls itself', () => {
  const sides = contrast({}, { 'main lib.all lib.all a': 50, 'main lib.all lib.all b': 50 });
  expect(libraryBelow(sides, findFunction(sides, 'lib.all'), 1)).toBeNull();
});
