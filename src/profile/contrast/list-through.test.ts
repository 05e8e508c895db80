import { expect, test } from 'vitest';
import { findFunction, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { joinProfiles } from './join.js';
import { listThrough } from './list-through.js';

const joinParts = (...sides: readonly Stacks[]) => joinProfiles(sides.map(profileFrom));

const STACKS: Stacks = {
  'main serve price lib.parse': 5,
  'main serve price price': 4,
  'main poll': 3,
  'price lib.parse': 2,
  'main serve': 1,
};

test.each([
  ['price', [0, 1, 3]],
  ['lib.parse', [0, 3]],
  ['poll', [2]],
  ['main', [0, 1, 2, 4]],
])('the stacks through %s, each once and in order', (name, stacks) => {
  const joined = joinParts(STACKS);
  const [part] = joined.parts;
  if (part === undefined) throw new Error('no part');
  expect([...listThrough(joined, part, findFunction({ joined }, name))]).toEqual(stacks);
});

test('a part that lacks the function has none', () => {
  const joined = joinParts(STACKS, { 'main other': 1 });
  const [, part] = joined.parts;
  if (part === undefined) throw new Error('no part');
  expect(listThrough(joined, part, findFunction({ joined }, 'price'))).toHaveLength(0);
});

test('lists are kept for four functions of each part', () => {
  const joined = joinParts(STACKS);
  const [part] = joined.parts;
  if (part === undefined) throw new Error('no part');
  const list = (name: string) => listThrough(joined, part, findFunction({ joined }, name));
  const first = list('price');
  for (const name of ['poll', 'serve', 'main']) list(name);
  expect(list('price')).toBe(first);
  list('lib.parse');
  expect(list('price')).not.toBe(first);
});
