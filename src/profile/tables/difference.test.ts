import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProfile, listStacks } from '../../../test/support/profiles.js';
import { totalValue } from '../model.js';
import { subtractProfiles } from './difference.js';
import { mergeProfiles } from './merge.js';

const at = (line: number, file = 'w.go') => ({ name: 'work', file, line });

describe('subtractProfiles', () => {
  test('leaves what the parts do not hold, and only the functions that this needs', () => {
    const whole = buildProfile([['main', 'a'], 5], [['main', 'b'], 3], [['c'], 2]);
    const rest = subtractProfiles([whole], [buildProfile([['main', 'b'], 3], [['main', 'a'], 1])]);
    expect(listStacks(rest)).toEqual([
      [['main', 'a'], 4],
      [['c'], 2],
    ]);
    expect(rest.functions.map(({ name }) => name).sort()).toEqual(['a', 'c', 'main']);
  });

  test('adds up several wholes first', () => {
    const rest = subtractProfiles(
      [buildProfile([['a'], 5]), buildProfile([['a'], 2], [['b'], 1])],
      [buildProfile([['a'], 6])],
    );
    expect(listStacks(rest)).toEqual([
      [['a'], 1],
      [['b'], 1],
    ]);
  });

  test('tells lines apart', () => {
    const whole = buildProfile([['main', at(1)], 4], [['main', at(2)], 6]);
    const rest = subtractProfiles([whole], [buildProfile([['main', at(2)], 5])]);
    expect(Array.from(rest.values)).toEqual([4, 1]);
    expect(Array.from(rest.stackFrames, (frame) => rest.frameLine[frame])).toEqual([1, 0, 2, 0]);
  });

  test('a line that the whole does not have is taken from the heaviest line of the same functions', () => {
    const whole = buildProfile([['main', at(1)], 4], [['main', at(2)], 6]);
    const rest = subtractProfiles([whole], [buildProfile([['main', at(9)], 5])]);
    expect(Array.from(rest.values)).toEqual([4, 1]);
  });

  test('what a part holds beyond the whole is nothing', () => {
    const rest = subtractProfiles([buildProfile([['a'], 4], [['b'], 1])], [buildProfile([['a'], 5])]);
    expect(listStacks(rest)).toEqual([[['b'], 1]]);
  });

  test('nothing is left of a whole without its only part', () => {
    const whole = buildProfile([['a'], 4]);
    const rest = subtractProfiles([whole], [whole]);
    expect([rest.values.length, rest.functions.length]).toEqual([0, 0]);
  });

  test('with any two parts of a whole, the whole without one of them costs what the other does', () => {
    const profile = fc
      .array(
        fc.tuple(
          fc.array(
            fc.record({
              name: fc.constantFrom('a', 'b', '(anonymous)'),
              file: fc.constantFrom('x.js', 'y.js'),
              line: fc.nat(3),
            }),
            { minLength: 1, maxLength: 4 },
          ),
          fc.integer({ min: 1, max: 9 }),
        ),
        { minLength: 1, maxLength: 8 },
      )
      .map((stacks) => buildProfile(...stacks));
    fc.assert(
      fc.property(profile, profile, (one, other) => {
        const rest = subtractProfiles([mergeProfiles([one, other])], [one]);
        expect(totalValue(rest)).toBe(totalValue(other));
        expect(costByFunctions(rest)).toEqual(costByFunctions(other));
      }),
    );
  });
});

/** Cost of every stack by the names of its functions, with the place of unnamed ones. */
function costByFunctions(profile: ReturnType<typeof buildProfile>): Record<string, number> {
  const costs: Record<string, number> = {};
  listStacks(profile).forEach(([names, value]) => {
    costs[names.join(' ')] = (costs[names.join(' ')] ?? 0) + value;
  });
  return costs;
}
