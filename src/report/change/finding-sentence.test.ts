import { describe, expect, test } from 'vitest';
import { buildFinding } from '../../../test/support/finding.js';
import { toLens } from '../../../test/support/type-ids.js';
import type { Finding } from '../../profile/compare/finding.js';
import { pathText } from './change-path.js';
import { createWriter } from './clock.js';
import { claimText, rangeText, whereText, writeSentence } from './finding-sentence.js';
import { loadReason, whyNotLoad } from './verdict-reason.js';

const fn = (name: string) => ({ function: name, file: null, line: null });
const MINUTE = 60_000;
const NOON = Date.parse('2026-11-20T12:00:00Z');
const CPU = toLens('cpu').type;
const GOROUTINES = toLens('goroutines').type;
const MS = 1e6;

const FINDING = buildFinding({
  fn: fn('shop.dev/checkout/coupon.load'),
  shareBefore: 0.1,
  shareAfter: 0.4,
  valueBefore: 10 * MS,
  valueAfter: 80 * MS,
  wholeBefore: 100 * MS,
  wholeAfter: 200 * MS,
  load: 1,
});
const claim = (more: Partial<Finding>) => claimText({ ...FINDING, ...more }, createWriter());

describe('what a finding says', () => {
  test('own code that calls a library function stands with it, either way', () => {
    const library = { fn: fn('github.com/rs/cors.(*Cors).handle'), caller: fn('shop.dev/api.serve') };
    expect(claim(library)).toMatch(
      /^github\.com\/rs\/cors\.\(\*Cors\)\.handle, called by shop\.dev\/api\.serve, grew: /,
    );
    expect(claim({ callee: fn('github.com/rs/cors.split') })).toMatch(
      /^shop\.dev\/checkout\/coupon\.load \(mostly in github\.com\/rs\/cors\.split\) grew: /,
    );
  });

  const version = { name: 'version', value: '3.8' };
  test.each<[string, Partial<Finding>, string]>([
    ['the service', {}, "10.0% -> 40.0% of the service's cpu (10 of 100 ms -> 80 of 200 ms per profile)"],
    [
      'one value of a label',
      { of: { label: version, stretch: null }, valueAfter: 600 * MS, wholeAfter: 900 * MS },
      "10.0% of the service's cpu -> 40.0% of that in version=3.8 (10 of 100 ms -> 600 of 900 ms per profile)",
    ],
    [
      'what another change leaves of one value of a label',
      { of: { label: version, stretch: null, isRestOfLabel: true } },
      "10.0% of the rest of the service's cpu -> 40.0% of that in version=3.8 (10 of 100 ms",
    ],
    [
      'a part of the window',
      { of: { label: null, stretch: { from: NOON, to: NOON + MINUTE } } },
      "10.0% -> 40.0% of the service's cpu from 2026-11-20T12:00:00Z to 12:01Z (10 of 100 ms",
    ],
    [
      'what another change leaves',
      { of: { label: null, stretch: null, isRest: true } },
      "10.0% -> 40.0% of the rest of the service's cpu (10 of 100 ms",
    ],
    [
      'active time',
      { type: { ...CPU, alias: 'wall', isWallClock: true } },
      "10.0% -> 40.0% of the service's active wall time (10 of 100 ms",
    ],
    [
      'the ends of the windows',
      {
        type: GOROUTINES,
        kind: 'leak',
        valueBefore: 1,
        wholeBefore: 7,
        valueAfter: 2_110,
        wholeAfter: 2_120,
      },
      '(1 of 7 goroutines -> 2.11k of 2.12k goroutines, mean snapshots at the ends of the windows)',
    ],
  ])('shares and values are of %s', (_name, more, expected) => {
    expect(claim(more)).toContain(expected);
  });

  test.each<[string, Partial<Finding>, string]>([
    [
      'what goroutines wait for',
      {
        waits: [
          { kind: 'channel receive', part: 0.9 },
          { kind: 'select', part: 0.1 },
        ],
      },
      '; they wait for: channel receive 90.0%, select 10.0%',
    ],
    [
      'callees that hold the growth',
      {
        spread: {
          at: fn('shop.dev/checkout/coupon.load'),
          parts: [
            { callee: fn('a/b.x'), part: 0.6 },
            { callee: null, part: 0.4 },
          ],
        },
      },
      '; the growth below it: a/b.x 60.0%, itself 40.0%',
    ],
    [
      'callees further down',
      {
        spread: {
          at: fn('a/b.y'),
          parts: [
            { callee: fn('a/b.x'), part: 0.6 },
            { callee: null, part: 0.3 },
          ],
        },
      },
      '; the growth below a/b.y: a/b.x 60.0%, itself 30.0%',
    ],
    [
      'callees, and what cost hardly anything there before',
      {
        spread: {
          at: fn('shop.dev/checkout/coupon.load'),
          parts: [
            { callee: fn('a/b.x'), part: 0.5 },
            { callee: fn('a/b.z'), part: 0.5 },
          ],
          fresh: fn('a/b.make'),
        },
      },
      '; the growth below it: a/b.x 50.0%, a/b.z 50.0%; hardly any cost there before: a/b.make',
    ],
    [
      'the one place below it',
      { spread: { at: fn('a/b.y'), parts: [{ callee: null, part: 1 }] } },
      '; all of it in a/b.y',
    ],
    [
      'time of the collector',
      {
        collector: {
          type: CPU,
          shareBefore: 0.05,
          shareAfter: 0.2,
          valueBefore: 5 * MS,
          valueAfter: 40 * MS,
        },
      },
      '; with it the garbage collector took 5.0% -> 20.0% of cpu (5 -> 40 ms per profile)',
    ],
    [
      'other types of the same function',
      { also: [{ type: GOROUTINES, shareBefore: 0, shareAfter: 0.5 }] },
      '; also 0% -> 50.0% of goroutines',
    ],
  ])('names %s', (_name, more, expected) => {
    expect(claim(more).endsWith(expected)).toBe(true);
  });

  test('nothing is said of growth in the named function itself', () => {
    const spread = { at: fn('shop.dev/checkout/coupon.load'), parts: [{ callee: null, part: 1 }] };
    expect(claim({ spread })).toBe(claim({}));
  });
});

describe('where', () => {
  const rise = (risen: readonly string[], all: number, unclear?: number) => ({
    instances: { label: 'pod', risen, all, ...(unclear === undefined ? {} : { unclear }) },
  });
  test.each<[string, Partial<Finding>, string]>([
    [
      'a label that carries it',
      {
        label: { name: 'version', value: '3.8', shareAfter: 0.7, shareOthers: 0.4, also: ['pod=c'] },
        alike: ['region'],
      },
      'only in version=3.8 (70.0% vs 40.0% elsewhere; same profiles: pod=c)',
    ],
    [
      'values that are alike',
      { alike: ['region', 'pod'], ...rise(['a'], 2) },
      'no value of region, pod stands out from the others',
    ],
    ['one instance', rise(['a'], 1), 'there is only one instance'],
    ['all instances', rise(['a', 'b'], 2), 'the type rose in all 2 instances (pod)'],
    [
      'some instances',
      rise(['a', 'b', 'c'], 9),
      'the type rose in 3 of 9 instances: pod=a, pod=b and 1 more',
    ],
    [
      'all instances but new ones',
      rise(['a', 'b'], 2, 1),
      'the type rose in all 2 instances that ran long enough to tell (pod)',
    ],
    [
      'some instances, next to new ones',
      rise(['a'], 2, 1),
      'the type rose in 1 of 2 instances that ran long enough to tell: pod=a',
    ],
    ['instances without a rise', rise([], 3), 'no label was compared; 3 instances'],
    ['nothing known', {}, 'no label was compared'],
  ])('%s', (_name, more, expected) => {
    expect(whereText({ ...FINDING, ...more })).toBe(expected);
  });
});

describe('why not load: levels', () => {
  const held = (function_: [number, number], whole: [number, number]): Partial<Finding> => ({
    ...{ kind: 'leak', type: toLens('inuse').type, wholeBefore: whole[0], wholeAfter: whole[1] },
    ...{ valueBefore: function_[0], valueAfter: function_[1] },
  });
  test.each<[string, Partial<Finding>, string]>([
    ['the whole rose by more', held([1, 20], [10, 41]), 'inuse x4.10'],
    ['the function alone', held([4, 20], [20, 39]), 'inuse of the function x5.00'],
    ['a function that is new', held([0, 20], [20, 39]), 'but the function held nothing before'],
  ])('%s', (_name, more, expected) => {
    const findings = [{ ...FINDING, ...more }];
    const text = whyNotLoad({ findings, main: CPU, totals: { before: 100, after: 200 } });
    expect(text).toBe(`Why not load: cpu per profile x2.00, ${expected}`);
  });
});

describe('why not load', () => {
  test.each<[Partial<Finding>, string]>([
    [{ load: 1.01 }, 'Why not load: load drives all code alike, and all else costs about the same (x1.01)'],
    [
      { load: 1.3 },
      'Why not load alone: all else rose x1.30, too (more load, or a second cause); so the function would cost 13, not 80 ms',
    ],
    [
      { load: 2, valueBefore: 0 },
      'Why not load alone: all else rose x2.00, too (more load, or a second cause), but the function cost nothing before',
    ],
    [
      { load: 0.5 },
      'Why not load: load drives all code alike, and all else fell to x0.50 (less load, or less work elsewhere)',
    ],
    [
      { load: 0.5, wholeBefore: 100, wholeAfter: 101 },
      'Why not load: load drives all code alike, and all else fell to x0.50 within an unchanged total (x1.01) to make room',
    ],
    [
      { load: 0.5, wholeBefore: 100, wholeAfter: 112 },
      'Why not load: load drives all code alike, and all else fell to x0.50 (less load, or less work elsewhere)',
    ],
    [
      { load: 0.5, wholeBefore: 100, wholeAfter: 89 },
      'Why not load: load drives all code alike, and all else fell to x0.50 (less load, or less work elsewhere)',
    ],
    [
      {
        load: 0.5,
        wholeBefore: 100,
        wholeAfter: 101,
        of: { label: { name: 'pod', value: 'a' }, stretch: null },
      },
      'Why not load: load drives all code alike, and all else fell to x0.50 (less load, or less work elsewhere)',
    ],
    [{ load: null }, ''],
    [{ kind: 'moved' }, ''],
    [{ kind: 'load' }, ''],
  ])('%j', (more, expected) => {
    expect(loadReason({ ...FINDING, ...more })).toBe(expected);
  });
});

describe('the path', () => {
  const chain = (length: number) => Array.from({ length }, (_, index) => fn(`pkg/p.f${index}`));
  test.each<[string, number, number, number, string]>([
    ['a short one', 3, 1, 1, 'p.f0 > [p.f1] > p.f2'],
    ['its leaf with its part', 3, 1, 0.47, 'p.f0 > [p.f1] > p.f2 (47.0% of the added cpu ends here)'],
    ['one that spreads', 3, 1, 0, 'p.f0 > [p.f1] > p.f2 (spreads over many below)'],
    [
      'a long one, cut in the middle on both sides',
      20,
      9,
      1,
      'p.f0 > … > p.f5 > p.f6 > p.f7 > p.f8 > [p.f9] > p.f10 > p.f11 > p.f12 > … > p.f19',
    ],
    ['one that ends in the function', 9, 8, 1, 'p.f0 > … > p.f4 > p.f5 > p.f6 > p.f7 > [p.f8]'],
  ])('%s', (_name, length, at, leafPart, expected) => {
    expect(pathText({ ...FINDING, path: chain(length), at, leafPart })).toBe(expected);
  });

  test('none, and that of a level, whose leaf is where it waits', () => {
    expect(pathText(FINDING)).toBe('');
    expect(pathText({ ...FINDING, type: GOROUTINES, path: chain(2), at: 0 })).toBe('[p.f0] > p.f1');
  });
});

test.each([
  { alias: 'mutex' as const, says: 'waits for a lock: 10 -> 80 ms per profile of mutex delay, 40.0% of all' },
  { alias: 'block' as const, says: 'is blocked: 10 -> 80 ms per profile of block delay, 40.0% of all' },
])('what a place waits for in $alias profiles', ({ alias, says }) => {
  const { type } = toLens(alias);
  expect(claim({ type, kind: 'contention' })).toBe(`shop.dev/checkout/coupon.load ${says}`);
});

test('waiting for an event in own code may be a queue or on purpose', () => {
  const { type } = toLens('block');
  expect(claim({ type, kind: 'contention', mayBeOnPurpose: true })).toContain(
    '40.0% of all; it waits in own code for an event, in a queue or on purpose (a long poll): profiles cannot tell which',
  );
});

test.each([
  { allocations: 1.182, says: '(bytes allocated x1.18): compare the settings of the runtime' },
  {
    allocations: null,
    says: '(allocations were not compared): compare alloc first, and where it did not rise as much the settings',
  },
])('a collector that costs more for itself points to settings, $says', ({ allocations, says }) => {
  expect(claim({ type: FINDING.type, kind: 'code', collectorAlone: { allocations } })).toContain(
    `; it is the garbage collector, and no own code grew with it ${says}`,
  );
});

test('added wall-clock time that waits for the network points beyond the service', () => {
  const wall = { ...FINDING.type, isWallClock: true };
  const finding = { ...FINDING, type: wall, waits: [{ kind: 'network', part: 0.974 }] };
  expect(writeSentence(finding)).toContain(
    '; 97.4% of the added time waits for an answer over the network: what it calls may be the cause',
  );
});

test('a sentence is understood alone and names a time with its date once', () => {
  const since = { after: NOON, before: NOON + MINUTE };
  const finding = { ...FINDING, alike: ['pod'], since, until: NOON + 2 * MINUTE };
  expect(writeSentence(finding)).toMatch(
    /; no value of pod stands out from the others; began between 2026-11-20T12:00:00Z and 12:01Z, until 12:02Z \(a burst\); confidence high\.$/,
  );
  expect(writeSentence({ ...finding, kind: 'leak' })).toContain('; growth began between ');
  expect(writeSentence(finding, createWriter(), whereText(finding))).not.toContain('alike');
});

test.each([
  [385 * MS, 525 * MS, '385 -> 525 ms'],
  [0, 108 * MS, '0 -> 108 ms'],
  [900 * MS, 1_100 * MS, '900 ms -> 1.1 s'],
  [108 * MS, 0, '108 ms -> 0 ns'],
])('%d to %d is %s', (before, after, expected) => {
  expect(rangeText(before, after, CPU)).toBe(expected);
});
