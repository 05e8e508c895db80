import { expect, test } from 'vitest';
import { buildReading, levelEvidence } from '../../test/support/evidence.js';
import { smallestChange } from './smallest.js';

const MIB = 2 ** 20;

test.each<[string, number | null, string]>([
  [
    'a leak beneath the level that is seen before it doubles',
    12 * MIB,
    'x2 or a leak of one function by 12 MiB',
  ],
  ['one that would have to be larger than the level', 90 * MIB, 'x2'],
  ['too few snapshots for one', null, 'x2'],
])('of a level: %s', (_, smallestHidden, expected) => {
  const level = { ...levelEvidence('inuse', { before: 80 * MIB, after: 80 * MIB }), smallestHidden };
  expect(smallestChange(buildReading({ levels: [level] }), level.lens)).toBe(expected);
});
