import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProfile, listStacks, pprofFile, type TestStack } from '../../../test/support/profiles.js';
import type { Profile } from '../model.js';
import { totalValue } from '../model.js';
import { ProfileBuilder } from '../pprof/builder.js';
import { addPprof, pprofToProfile } from '../pprof/pprof.js';
import { mergeProfiles } from './merge.js';
import { coalesceStacks } from './stacks.js';
import { functionTable } from './table.js';

/** Every function with its place and figures, by name; every stack with its lines. */
function contents(profile: Profile) {
  const { self, totals, lines } = functionTable(profile);
  const functions = profile.functions
    .map((info, id) => ({ ...info, self: self[id], total: totals[id], line: lines[id] }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const { stackStart, stackFrames, frameFunction, frameLine, frameKin, values } = profile;
  const stacks = Array.from(values, (value, stack) => {
    const frames = Array.from(
      stackFrames.subarray(stackStart[stack], stackStart[stack + 1]),
      (frame) =>
        `${profile.functions[frameFunction[frame] ?? 0]?.name}:${frameLine[frame]}:${frameKin[frame]}`,
    );
    return `${frames.join(' ')} = ${value}`;
  }).sort();
  return { total: totalValue(profile), functions, stacks };
}

const frame = fc.record({
  name: fc.constantFrom('main', 'work', 'leaf', 'parse', '(anonymous)'),
  line: fc.nat(3),
  startLine: fc.constant(1),
  file: fc.constantFrom('a.go'),
});
const stacks: fc.Arbitrary<TestStack[]> = fc.array(
  fc.record({
    frames: fc.array(frame, { minLength: 1, maxLength: 4 }),
    values: fc.tuple(fc.integer({ min: 1, max: 1e6 })),
  }),
  { maxLength: 6 },
);

describe('mergeProfiles', () => {
  test('is the profile that one file with all samples gives', () => {
    fc.assert(
      fc.property(fc.array(stacks, { minLength: 1, maxLength: 4 }), (parts) => {
        const merged = mergeProfiles(parts.map((part) => pprofToProfile(pprofFile({ stacks: part }))));
        const builder = new ProfileBuilder('cpu', 'nanoseconds');
        for (const part of parts) addPprof(builder, pprofFile({ stacks: part }), 0);
        expect(contents(coalesceStacks(merged))).toEqual(contents(coalesceStacks(builder.build())));
      }),
      { numRuns: 60 },
    );
  });

  test('equal stacks are one, with the sum', () => {
    const merged = mergeProfiles([
      buildProfile([['main', 'work'], 3], [['main'], 1]),
      buildProfile([['main', 'work'], 4], [['other'], 2]),
    ]);
    expect(listStacks(merged)).toEqual([
      [['main', 'work'], 7],
      [['main'], 1],
      [['other'], 2],
    ]);
  });

  test('nothing, one, and one beside empty ones', () => {
    const single = buildProfile([['main'], 1]);
    const empty = new ProfileBuilder('cpu', 'nanoseconds').build();
    expect(totalValue(mergeProfiles([]))).toBe(0);
    expect(mergeProfiles([empty])).toBe(empty);
    expect(mergeProfiles([empty, single, empty])).toBe(single);
  });

  test('a function in several files stands in the one with most of its cost over all parts', () => {
    const at = (file: string, line: number) => ({ name: 'size', file, line, startLine: 1 });
    const merged = mergeProfiles([
      buildProfile([['main', at('/app/a.go', 7)], 3]),
      buildProfile([['main', at('/app/b.go', 9)], 5]),
    ]);
    const size = merged.functions.find(({ name }) => name === 'size');
    expect(size?.file).toBe('/app/b.go');
    const { lines, self } = functionTable(merged);
    const id = merged.functions.findIndex(({ name }) => name === 'size');
    expect([lines[id], self[id]]).toEqual([9, 8]);
  });
});
