import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitIdle } from '../code/idle.js';
import type { Profile } from '../model.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { activeStacks, activeTree } from './idle-tree.js';
import { CUT_OFF, type TreeStack, treeProfile } from './stack-tree.js';
import { functionTable } from './table.js';

/** A profile that knows files: of `threading.wait` and of all that is called like it nowhere else. */
function withFiles(stacks: readonly TreeStack[]): Profile {
  const builder = new ProfileBuilder('wall', 'nanoseconds');
  for (const { names, value } of stacks) {
    const frames = Uint32Array.from(names.toReversed(), (name) => {
      const file = name === 'wait' ? 'threading.py' : '';
      return builder.frameId(builder.functionId({ name, file, startLine: 0, isSymbolised: true }), 0);
    });
    builder.pushFrames(frames, 0, frames.length);
    builder.endStack(value);
  }
  return builder.build();
}

const totals = (profile: Profile) => {
  const { totals: all } = functionTable(profile);
  return new Map(profile.functions.map(({ name }, id) => [name, all[id] ?? 0]));
};

test('leaves out what waits, by name or by the file of a namesake, and what was cut off', () => {
  const stacks = [
    { names: ['main', 'epoll_wait'], value: 5 },
    { names: ['main', 'wait'], value: 4 },
    { names: ['main', CUT_OFF], value: 3 },
    { names: ['main', 'work'], value: 2 },
  ];
  const leaves = withFiles(stacks.map(({ names, value }) => ({ names: names.slice(-1), value })));
  const tree = treeProfile(stacks, 'wall', 'nanoseconds');
  expect([...totals(activeTree(tree, leaves))].filter(([, value]) => value > 0)).toEqual([
    ['main', 2],
    ['work', 2],
  ]);
  expect(activeStacks(stacks).map(({ value }) => value)).toEqual([4, 3, 2]);
});

test('no total is above the active one, wherever the store cut the tree off', () => {
  const name = fc.constantFrom('main', 'serve', 'work', 'wait', 'epoll_wait', 'futex_wait', 'sleep');
  const stack = fc.record({
    names: fc.array(name, { minLength: 1, maxLength: 6 }),
    value: fc.integer({ min: 1, max: 99 }),
    kept: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(stack, { minLength: 1, maxLength: 12 }), (stacks) => {
      const whole = withFiles(stacks);
      const cut = stacks.map(({ names, value, kept }) => ({
        names: kept < names.length ? [...names.slice(0, kept), CUT_OFF] : names,
        value,
      }));
      const tree = activeTree(treeProfile(cut, 'wall', 'nanoseconds'), whole);
      const truth = totals(splitIdle(whole).active);
      for (const [fn, total] of totals(tree)) expect(total).toBeLessThanOrEqual(truth.get(fn) ?? 0);
    }),
    { numRuns: 200 },
  );
});
