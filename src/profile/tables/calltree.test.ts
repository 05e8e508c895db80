import { expect, test } from 'vitest';
import { buildProfile } from '../../../test/support/profiles.js';
import { callTreeRoot, expandNode } from './calltree.js';

test('a node is expanded into its own cost and its children, heaviest first, direct recursion folded', () => {
  const profile = buildProfile(
    [['main', 'walk', 'walk', 'walk', 'leaf'], 4],
    [['main', 'walk'], 3],
    [['main', 'walk', 'walk'], 2],
    [['main', 'other'], 9],
    [['main'], 1],
  );
  const name = (id: number) => profile.functions[id]?.name;
  const root = callTreeRoot(profile);
  expect(root).toMatchObject({ functionId: -1, depth: 0, total: 19 });
  const [main] = expandNode(profile, root).children;
  if (main === undefined) throw new Error('there is an entry point');
  expect([name(main.functionId), main.depth, main.total]).toEqual(['main', 1, 19]);
  const { children, self } = expandNode(profile, main);
  expect(self).toBe(1);
  expect(children.map(({ functionId, depth, total }) => [name(functionId), depth, total])).toEqual([
    ['other', 2, 9],
    ['walk', 2, 9],
  ]);
  const walk = children[1];
  if (walk === undefined) throw new Error('there is a second child');
  const below = expandNode(profile, walk);
  expect([below.self, below.children.map(({ functionId, total }) => [name(functionId), total])]).toEqual([
    5,
    [['leaf', 4]],
  ]);
});
