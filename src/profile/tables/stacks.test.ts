import { describe, expect, test } from 'vitest';
import { buildProfile, findId, listStacks } from '../../../test/support/profiles.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { coalesceStacks, findHeaviestStack, selectStacks, stacksThrough } from './stacks.js';

describe('selectStacks', () => {
  const profile = buildProfile([['main', 'a'], 1], [['main', 'b'], 2], [['c'], 3]);

  test('keeps the chosen stacks with their values', () => {
    expect(listStacks(selectStacks(profile, (stack) => stack !== 1))).toEqual([
      [['main', 'a'], 1],
      [['c'], 3],
    ]);
  });

  test('gives the same profile when all are chosen', () => {
    expect(selectStacks(profile, () => true)).toBe(profile);
  });

  test('may keep nothing', () => {
    expect(listStacks(selectStacks(profile, () => false))).toEqual([]);
  });
});

test('stacksThrough finds a function at any depth', () => {
  const profile = buildProfile([['main', 'a', 'x'], 1], [['a'], 2], [['main', 'b'], 3]);
  const through = stacksThrough(profile, (id) => id === findId(profile, 'a'));
  expect([0, 1, 2].map(through)).toEqual([true, true, false]);
});

describe('coalesceStacks', () => {
  const at = (line: number) => ({ name: 'work', file: 'w.go', line });

  test('adds up stacks with the same frames; another line is another frame', () => {
    const profile = buildProfile([['main', at(1)], 1], [['main', at(2)], 2], [['main', at(1)], 4]);
    expect(listStacks(coalesceStacks(profile))).toEqual([
      [['main', 'work'], 5],
      [['main', 'work'], 2],
    ]);
  });

  test('leaves out what comes to nothing or less', () => {
    const profile = buildProfile([['a'], 5], [['b'], 3], [['a'], -5], [['b'], -4], [['c'], 1]);
    expect(listStacks(coalesceStacks(profile))).toEqual([[['c'], 1]]);
  });
});

describe('findHeaviestStack', () => {
  test('adds up stacks that differ in lines only', () => {
    const at = (line: number) => ({ name: 'work', file: 'w.go', line });
    const profile = buildProfile([['main', at(1)], 3], [['main', at(2)], 3], [['other'], 5]);
    expect(findHeaviestStack(profile)).toEqual({
      functionIds: [findId(profile, 'main'), findId(profile, 'work')],
      value: 6,
      distinct: 2,
    });
  });

  test('breaks ties by name, then by place, whatever the order', () => {
    const x = { name: '(anonymous)', file: 'x.js', startLine: 3 };
    const y = { name: '(anonymous)', file: 'y.js', startLine: 1 };
    for (const profile of [buildProfile([[x], 2], [[y], 2]), buildProfile([[y], 2], [[x], 2])]) {
      const leaf = findHeaviestStack(profile)?.functionIds.at(-1) ?? -1;
      expect(profile.functions[leaf]?.file).toBe('x.js');
    }
    for (const profile of [
      buildProfile([['a', 'b'], 2], [['a'], 2]),
      buildProfile([['a'], 2], [['a', 'b'], 2]),
    ]) {
      expect(findHeaviestStack(profile)?.functionIds).toHaveLength(1);
    }
  });

  test('tells so many stacks apart that some share a hash of 32 bits', () => {
    const builder = new ProfileBuilder('cpu', 'nanoseconds');
    const frames = Uint32Array.from({ length: 64 }, (_, index) =>
      builder.frameId(
        builder.functionId({ name: `f${index}`, file: '', startLine: 0, isSymbolised: true }),
        0,
      ),
    );
    const different = new Set<string>();
    let state = 1;
    for (let stack = 0; stack < 150_000; stack++) {
      const functions = Array.from({ length: 6 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state >>> 26;
      });
      for (const fn of functions) builder.pushFrames(frames, fn, fn + 1);
      builder.endStack(1);
      different.add(functions.join());
    }
    expect(findHeaviestStack(builder.build())?.distinct).toBe(different.size);
  });

  test('there is none in a profile without stacks', () => {
    expect(findHeaviestStack(buildProfile())).toBeNull();
  });
});
