import { describe, expect, test } from 'vitest';
import { buildReading, levelEvidence, shareEvidence, waitEvidence } from '../../test/support/evidence.js';
import { HANDLERS } from '../../test/support/handlers.js';
import { EXAMPLE_SHARE, growthSeen, smallestChange, smallestPoints, wholeSeen } from './smallest.js';

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

describe('what a reading would have seen', () => {
  const cpu = shareEvidence('cpu');
  const alloc = shareEvidence('alloc');
  const inuse = levelEvidence('inuse', { before: 80 * MIB, after: 80 * MIB });
  const mutex = waitEvidence('mutex');
  const exceptions = shareEvidence('exceptions').lens;
  const whole = {
    lens: exceptions,
    profileTimes: cpu.profileTimes,
    before: 1,
    after: 1,
    load: cpu.analysis.load,
    hasRisen: false,
  };
  const reading = {
    ...buildReading({ shares: [alloc, cpu], levels: [inuse], waits: [mutex] }),
    wholes: [whole],
  };

  test.each([
    ['time', cpu.lens, 1.2],
    ['an amount', alloc.lens, 1.5],
    ['a level', inuse.lens, 2],
    ['waits', mutex.lens, 2.5],
    ['a type of which only the whole was read', exceptions, 1.5],
    ['a type that was not read', levelEvidence('goroutines').lens, null],
  ])('%s as a whole', (_, lens, factor) => {
    expect(wholeSeen(reading, lens)).toBe(factor);
  });

  test.each([
    { what: 'less than the rule asks for', told: 1.1, factor: 1.2, text: '1.2' },
    { what: 'more than it', told: 1.31, factor: 1.31, text: '1.4' },
    { what: 'as much, give or take a rounding', told: 1.3 + 1e-12, factor: 1.3 + 1e-12, text: '1.3' },
  ])('a whole whose noise needs $what', ({ told, factor, text }) => {
    const share = shareEvidence('cpu', { load: { noise: { told, unlucky: 1 } } });
    const noisy = buildReading({ shares: [share] });
    expect(wholeSeen(noisy, share.lens)).toBe(factor);
    expect(smallestChange(noisy, share.lens)).toBe(
      `${smallestPoints(share)} points of a function or x${text} in all`,
    );
  });

  test('an amount of which only the whole was read needs what its noise does', () => {
    const load = { ...whole.load, noise: { told: 3, unlucky: 1.5 } };
    expect(wholeSeen({ ...reading, wholes: [{ ...whole, load }] }, exceptions)).toBe(4.5);
  });

  test('a whole with nothing on one side shows nothing', () => {
    const share = shareEvidence('cpu', { load: { noise: null } });
    expect(wholeSeen(buildReading({ shares: [share] }), share.lens)).toBeNull();
  });

  test.each([
    { before: null, after: 1 },
    { before: 1, after: null },
  ])('a level that is missing on one side shows nothing: %j', (sides) => {
    const level = levelEvidence('inuse', sides);
    expect(wholeSeen(buildReading({ levels: [level] }), level.lens)).toBeNull();
    expect(smallestChange(buildReading({ levels: [level] }), level.lens)).toBeNull();
  });

  test('functions and the whole where the composition was read, the whole where only that was', () => {
    expect(smallestChange(reading, cpu.lens)).toBe(
      `${smallestPoints(cpu)} points of a function or x1.2 in all`,
    );
    expect(smallestChange(reading, exceptions)).toBe('x1.5 in all');
    expect(smallestChange(reading, mutex.lens)).toBe('x2.5');
    expect(smallestChange(reading, levelEvidence('goroutines').lens)).toBeNull();
  });

  test('points of a function are whole, and fewer where there are more samples or a lower gate', () => {
    const many = shareEvidence('cpu', { before: { 'main serve price': 50_000, 'main poll': 950_000 } });
    const few = shareEvidence('cpu', { before: { 'main serve price': 1, 'main poll': 19 } });
    expect(growthSeen(many, EXAMPLE_SHARE)).toBeCloseTo(0.02, 2);
    expect(smallestPoints(many)).toBe(Math.ceil(100 * (growthSeen(many, EXAMPLE_SHARE) ?? 1)));
    expect(smallestPoints(few)).toBeGreaterThan(20);
    expect(smallestPoints(few)).toBeLessThanOrEqual(100);
    const at = (gate: number) => growthSeen({ ...cpu, gate }, EXAMPLE_SHARE) ?? 1;
    expect(at(8)).toBeGreaterThan(at(3));
    const least = (minGrowth: number) =>
      growthSeen({ ...many, analysis: { ...many.analysis, minGrowth } }, EXAMPLE_SHARE) ?? 1;
    expect(least(0.1)).toBeGreaterThan(least(0.02));
  });
});

test('among several kinds of requests a growth must also be told from a change of their mix', () => {
  const service = shareEvidence('cpu', { before: HANDLERS });
  const { analysis } = service;
  expect(analysis.requests.points).toHaveLength(2);
  const oneKind = { ...service, analysis: { ...analysis, requests: { ...analysis.requests, points: [] } } };
  const [seen, alone] = [service, oneKind].map((share) => growthSeen(share, EXAMPLE_SHARE) ?? 1);
  expect(seen).toBeGreaterThan(alone ?? 1);
});

test('a hidden leak is told where it is smaller than doubling the level', () => {
  const level = {
    ...levelEvidence('inuse', { before: 80 * MIB, after: 80 * MIB }),
    smallestHidden: 80 * MIB,
  };
  expect(smallestChange(buildReading({ levels: [level] }), level.lens)).toBe('x2');
});
