import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { functionTable } from '../tables/table.js';
import { buildFlameTree, cutFlameTree, type FlameTree, followPath } from './tree.js';

function makeTree(after: Stacks, before: Stacks = {}) {
  const all = profileFrom({ ...before, ...after });
  const read = (stacks: Stacks) => {
    const profile = profileFrom(stacks);
    const ids = profile.functions.map(({ name }) => all.functions.findIndex((other) => other.name === name));
    return { ...profile, frameFunction: profile.frameFunction.map((fn) => ids[fn] ?? -1) };
  };
  const tree = buildFlameTree(
    Object.keys(before).length === 0 ? [] : [read(before)],
    [read(after)],
    all.functions.length,
  );
  return { tree, readName: (node: number) => all.functions[tree.fn[node] ?? -1]?.name ?? '' };
}

/** Each node as its path with its totals. */
function listed({ tree, readName }: { tree: FlameTree; readName: (node: number) => string }) {
  const path = (node: number): string =>
    node === 0 ? '' : `${path(tree.parent[node] ?? 0)}/${readName(node)}`;
  return Object.fromEntries(
    Array.from(tree.fn.keys(), (node) => [
      path(node),
      [tree.totalBefore[node], tree.totalAfter[node], tree.selfBefore[node], tree.selfAfter[node]],
    ]),
  );
}

describe('the tree of a flame graph', () => {
  test('stacks with the same callers share their nodes, on both sides', () => {
    const made = makeTree({ 'main a b': 3, 'main a': 2, other: 1 }, { 'main a b': 5, 'main c': 4 });
    expect(listed(made)).toEqual({
      '': [9, 6, 0, 0],
      '/main': [9, 5, 0, 0],
      '/main/a': [5, 5, 0, 2],
      '/main/a/b': [5, 3, 5, 3],
      '/main/c': [4, 0, 4, 0],
      '/other': [0, 1, 0, 1],
    });
  });

  test('direct recursion is one node, and a call back is two', () => {
    expect(Object.keys(listed(makeTree({ 'f f f g f': 1 })))).toEqual(['', '/f', '/f/g', '/f/g/f']);
  });

  test('the totals of outermost frames are those of the function table', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const stacks = fc.dictionary(
      fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join(' ')),
      fc.integer({ min: 1, max: 99 }),
      { minKeys: 1, maxKeys: 12 },
    );
    fc.assert(
      fc.property(stacks, (given) => {
        const profile = profileFrom(given);
        const tree = buildFlameTree([], [profile], profile.functions.length);
        const { self, totals, total } = functionTable(profile);
        const sums = [new Float64Array(self.length), new Float64Array(self.length)] as const;
        for (let node = 1; node < tree.fn.length; node++) {
          const fn = tree.fn[node] ?? 0;
          sums[0][fn] = (sums[0][fn] ?? 0) + (tree.selfAfter[node] ?? 0);
          let above = tree.parent[node] ?? 0;
          while (above > 0 && tree.fn[above] !== fn) above = tree.parent[above] ?? 0;
          if (above === 0) sums[1][fn] = (sums[1][fn] ?? 0) + (tree.totalAfter[node] ?? 0);
        }
        expect(sums).toEqual([self, totals]);
        expect(tree.totalAfter[0]).toBe(total);
      }),
    );
  });
});

describe('a cut', () => {
  const made = makeTree(
    { 'main big': 60, 'main mid x': 25, 'main small y z': 5 },
    { 'main gone': 50, 'main big': 50 },
  );
  const namesIn = (limit: number, keep: readonly number[] = []) => {
    const cut = cutFlameTree(made.tree, limit, keep);
    return {
      ...cut,
      shown: Array.from(
        cut.order,
        (node, at) =>
          `${'.'.repeat(cut.depth[at] ?? 0)}${node < 0 ? `-${cut.hiddenAfter[~node]}` : made.readName(node)}`,
      ),
    };
  };

  test('without need nothing is left out, and the heaviest callee comes first', () => {
    const { shown, hidden, largestHidden } = namesIn(100);
    expect(shown).toEqual(['main', '.big', '.gone', '.mid', '..x', '.small', '..y', '...z']);
    expect([hidden, largestHidden]).toEqual([0, 0]);
  });

  test('the heaviest nodes of either side stay, and the rest is said', () => {
    const { shown, hidden, largestHidden } = namesIn(3);
    expect(shown).toEqual(['main', '.big', '.gone', '.-30']);
    expect(hidden).toBe(5);
    expect(largestHidden).toBeCloseTo(25 / 90, 10);
  });

  test('a node that must stay is kept with its callers, at the cost of others', () => {
    const z = made.tree.fn.findIndex((_, node) => made.readName(node) === 'z');
    expect(namesIn(5, [z]).shown).toEqual(['main', '.big', '.small', '..y', '...z', '.-25']);
  });

  test.each([1, 2, 3, 4, 5, 6])('what %i nodes hold and what is cut add up to the whole', (limit) => {
    const { tree } = made;
    const cut = cutFlameTree(tree, limit, []);
    let sum = 0;
    for (const node of cut.order)
      sum += node < 0 ? (cut.hiddenAfter[~node] ?? 0) : (tree.selfAfter[node] ?? 0);
    expect(sum).toBe(tree.totalAfter[0]);
  });
});

describe('a path', () => {
  const made = makeTree({ 'main f f g': 1, 'main f h': 5, 'other f g': 9 });
  const follow = (names: string[]) => {
    const is = (name: string) => (fn: number) => made.readName(made.tree.fn.indexOf(fn)) === name;
    return followPath(made.tree, names.map(is)).map((node) => made.readName(node));
  };

  test.each([
    [
      ['main', 'f', 'g'],
      ['main', 'f', 'g'],
    ],
    // A path may name a recursion step by step.
    [
      ['main', 'f', 'f', 'g'],
      ['main', 'f', 'g'],
    ],
    [['main', 'nothing', 'g'], ['main']],
    [['nothing'], []],
  ])('%j leads along %j', (names, expected) => {
    expect(follow(names)).toEqual(expected);
  });
});
