import { describe, expect, test } from 'vitest';
import { buildFinding } from '../../../test/support/finding.js';
import { parseProfileType } from '../../profile/types/types.js';
import { computeLoss, doublingMs, rateSeverity } from './severity.js';

const nameType = (id: string) => {
  const type = parseProfileType(id);
  if (type === null) throw new Error(id);
  return type;
};
const HEAP = nameType('memory:inuse_space:bytes:space:bytes');
const MUTEX = nameType('mutex:delay:nanoseconds:mutex:count');
const HOUR = 3_600_000;

describe('the part of a service that is lost', () => {
  test.each([
    ['code that took nothing and takes half', { shareBefore: 0, shareAfter: 0.5 }, 0.5],
    ['code that took a half and takes three quarters', { shareBefore: 0.5, shareAfter: 0.75 }, 0.5],
    ['code whose share fell', { shareBefore: 0.5, shareAfter: 0.2 }, 0],
    ['a leak that doubles in an hour', { kind: 'leak', type: HEAP, valueBefore: 1, valueAfter: 2 }, 0.333],
    ['a leak in other units', { kind: 'leak', type: HEAP, valueBefore: 1e9, valueAfter: 2e9 }, 0.333],
    ['waiting all of the time', { kind: 'contention', type: MUTEX, valueAfter: 15e9 }, 0.5],
    ['load', { kind: 'load', valueBefore: 1, valueAfter: 3 }, 0],
    ['moved code', { kind: 'moved', shareAfter: 0.9 }, 0],
  ] as const)('%s', (_, more, expected) => {
    expect(computeLoss(buildFinding(more), 15_000, HOUR)).toBeCloseTo(expected, 3);
  });

  test('a level that does not rise never doubles', () => {
    expect(doublingMs({ valueBefore: 3, valueAfter: 3 }, HOUR)).toBe(Number.POSITIVE_INFINITY);
    expect(computeLoss(buildFinding({ kind: 'leak', valueBefore: 3, valueAfter: 3 }), 1, HOUR)).toBe(0);
  });
});

describe('severity', () => {
  const half = buildFinding({ shareBefore: 0, shareAfter: 0.5 });
  test.each([
    ['the whole fleet', 1, 0.5],
    ['a quarter of it', 0.25, 0.25],
    ['a hundredth of it', 0.01, 0.05],
    ['nothing of it', 0, 0],
  ])('half of a service that is %s', (_, weight, expected) => {
    expect(rateSeverity(half, { weight, gapMs: 1, lastedMs: 1 })).toBeCloseTo(expected, 6);
  });
});
