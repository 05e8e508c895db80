import { describe, expect, test } from 'vitest';
import { profileFrom } from '../../test/support/contrast.js';
import { type Alias, toLens } from '../../test/support/type-ids.js';
import { analyse } from '../profile/compare/analysis.js';
import type { LensRow } from '../profile/compare/finding.js';
import { agreeing, computeChance, inAgreement, newsIn, samplingError } from './agreement.js';
import { withExcuse } from './rows/excuse.js';

const MIB = 2 ** 20;
const row = (alias: Alias, before: number | null, after: number | null, error: number | null): LensRow => ({
  ...toLens(alias),
  verdict: 'no_change',
  before,
  after,
  error,
  smallest: null,
  sameAs: null,
});

test.each<[string, LensRow, LensRow['verdict']]>([
  ['time by a third', row('cpu', 1e9, 1.33e9, 0.01), 'no_change'],
  ['time by two thirds', row('cpu', 1e9, 1.67e9, 0.01), 'rose'],
  ['time by two thirds, of few samples', row('cpu', 1e9, 1.67e9, 0.11), 'no_change'],
  ['time to a half', row('cpu', 1e9, 0.5e9, 0.01), 'fell'],
  ['exceptions eighteenfold', row('exceptions', 1, 18, 0.2), 'rose'],
  ['memory by less than twofold', row('inuse', 12 * MIB, 23 * MIB, null), 'no_change'],
  ['memory by 2.8', row('inuse', 50 * MIB, 140 * MIB, null), 'rose'],
  ['memory of a few hundred KiB', row('inuse', 2 ** 17, 2 ** 19, null), 'no_change'],
  ['goroutines from 7 to 1,950', row('goroutines', 7, 1_950, null), 'rose'],
  ['goroutines from 7 to 20', row('goroutines', 7, 20, null), 'no_change'],
  ['memory of which there was no profile before', row('inuse', null, 50 * MIB, null), 'no_change'],
  ['waiting twentyfold, from microseconds', row('mutex', 1e3, 2e4, null), 'no_change'],
  ['waiting twentyfold', row('mutex', 1e6, 2e7, null), 'rose'],
  ['waiting where nothing waited', row('mutex', null, 2e7, null), 'rose'],
])('%s', (_, given, word) => {
  expect(inAgreement(given).verdict).toBe(word);
  const conclusion = { verdict: 'no_change', causes: [] } as const;
  expect(agreeing(conclusion, [inAgreement(given)]).verdict).toBe(
    word === 'no_change' ? 'no_change' : 'inconclusive',
  );
});

test('a row that another word explains keeps it', () => {
  const leak: LensRow = { ...row('inuse', 50 * MIB, 140 * MIB, null), verdict: 'leak' };
  expect(inAgreement(leak)).toBe(leak);
  const conclusion = { verdict: 'leak', causes: [] } as const;
  expect(agreeing(conclusion, [inAgreement(row('cpu', 1, 9, 0.01))])).toBe(conclusion);
});

test.each<[string, LensRow, number | null]>([
  ['few samples explain two thirds more', row('cpu', 1e9, 1.67e9, 0.11), Math.exp(0.55)],
  ['many samples do not', row('cpu', 1e9, 1.67e9, 0.01), null],
  ['a third more needs no explanation', row('cpu', 1e9, 1.33e9, 0.11), null],
  ['sampling says nothing of a level', row('inuse', 12 * MIB, 23 * MIB, null), null],
])('%s', (_, given, chance) => {
  expect(computeChance(given)).toBe(chance);
});

test.each<[string, LensRow, LensRow['verdict']]>([
  ['time one and a half times', row('cpu', 1e9, 1.5e9, 0.01), 'rose'],
  ['two objects of a small heap more', row('inuse', MIB, 2 * MIB, null), 'no_change'],
  ['half a heap of some MiB given back', row('inuse', 2 * MIB, 0.9 * MIB, null), 'no_change'],
  ['six mebibytes more', row('inuse', MIB, 7 * MIB, null), 'rose'],
  ['twenty goroutines more', row('goroutines', 10, 30, null), 'rose'],
  ['five milliseconds more', row('mutex', 0, 5e6, null), 'rose'],
  ['nothing on both sides', row('mutex', 0, 0, null), 'no_change'],
  ['time of nothing on both sides', row('cpu', 0, 0, null), 'no_change'],
  ['time that went to nothing', row('cpu', 1e9, 0, null), 'fell'],
  ['a level of less than nothing', row('goroutines', -50, 50, null), 'no_change'],
  ['a level that became less than nothing', row('goroutines', 50, -50, null), 'no_change'],
  ['a level of less than nothing on both sides', row('goroutines', -50, -200, null), 'no_change'],
  ['a type without a value in the incident', row('cpu', 1e9, null, null), 'no_change'],
])('at the edge: %s', (_, given, word) => {
  expect(inAgreement(given).verdict).toBe(word);
});

test('a row without an error of sampling has no chance that explains it', () => {
  expect(computeChance(row('cpu', 1e9, 1.67e9, null))).toBeNull();
});

test('what a person should know of: all that moved, but for a level that fell', () => {
  const rows = [
    inAgreement(row('inuse', 140 * MIB, 50 * MIB, null)),
    inAgreement(row('inuse', 50 * MIB, 140 * MIB, null)),
    inAgreement(row('cpu', 1e9, 0.5e9, 0.01)),
    row('alloc', 1, 1, 0.01),
  ];
  expect(newsIn(rows).map(({ type, verdict }) => `${type.alias} ${verdict}`)).toEqual([
    'inuse rose',
    'cpu fell',
  ]);
});

test('the error of sampling is that of the counts of both sides', () => {
  const stacks = (value: number) => [{ profile: profileFrom({ 'main a': value }), profiles: 1 }];
  const analysis = analyse({ baseline: stacks(400), incident: stacks(1_000), slices: [], quantum: 10 });
  const phi = analysis.dispersion.phi;
  expect(samplingError(analysis)).toBeCloseTo(Math.sqrt(phi * (1 / 40 + 1 / 100)), 10);
  const none = analyse({ baseline: stacks(0), incident: stacks(1_000), slices: [], quantum: 10 });
  expect(samplingError(none)).toBeCloseTo(Math.sqrt(none.dispersion.phi * (1 + 1 / 100)), 10);
});

describe('circumstances that make a movement no news', () => {
  const replaced = { isReplaced: true, served: 1.2, later: null, usual: null, dismissed: null };
  test.each<[string, LensRow, Parameters<typeof withExcuse>[1], LensRow['excuse']]>([
    ['goroutines that fell with a deploy', row('goroutines', 40, 16, null), replaced, 'restart'],
    [
      'goroutines that fell in the same instances',
      row('goroutines', 40, 16, null),
      { ...replaced, isReplaced: false },
      undefined,
    ],
    ['goroutines that rose with a deploy', row('goroutines', 16, 40, null), replaced, undefined],
    ['waiting that fell with a deploy', row('mutex', 150e6, 51e6, null), replaced, 'restart'],
    [
      'waiting that fell in the same instances',
      row('mutex', 150e6, 51e6, null),
      { ...replaced, isReplaced: false },
      undefined,
    ],
    [
      'waiting that fell from a few long waits in one part of the baseline',
      row('mutex', 150e6, 51e6, null),
      { ...replaced, isReplaced: false, usual: 0.127 },
      'passing',
    ],
    [
      'waiting that fell from what it was in all parts of the baseline',
      row('mutex', 150e6, 51e6, null),
      { ...replaced, isReplaced: false, usual: 0.128 },
      undefined,
    ],
    ['CPU of instances that started', row('cpu', 1e9, 1.6e9, 0.01), { ...replaced, later: 1.4 }, 'settled'],
    ['CPU that stays', row('cpu', 1e9, 1.6e9, 0.01), { ...replaced, later: 1.5 }, undefined],
    [
      'CPU that fell with a deploy, in its later half, too',
      row('cpu', 1e9, 0.5e9, 0.01),
      { ...replaced, later: 0.5 },
      undefined,
    ],
    ['CPU of which the later half is not known', row('cpu', 1e9, 1.6e9, 0.01), replaced, undefined],
    [
      'CPU that settled in the same instances',
      row('cpu', 1e9, 1.6e9, 0.01),
      { ...replaced, isReplaced: false, later: 1.4 },
      undefined,
    ],
    ['CPU that fell with a deploy', row('cpu', 1e9, 0.5e9, 0.01), replaced, undefined],
    ['waiting by 7 ms of 1.2 s', row('mutex', 2.5e6, 9.7e6, null), replaced, 'immaterial'],
    ['waiting by 16 ms of 1.2 s', row('mutex', 1e6, 17e6, null), replaced, undefined],
    [
      'waiting beside an unknown time',
      row('mutex', 2.5e6, 9.7e6, null),
      { ...replaced, served: null },
      undefined,
    ],
    [
      'waiting of instances that started',
      row('mutex', 13e6, 271e6, null),
      { ...replaced, later: 0.012 },
      'restart',
    ],
    ['waiting that stays', row('mutex', 13e6, 271e6, null), { ...replaced, later: 0.2 }, undefined],
    [
      'waiting that stopped in the same instances',
      row('mutex', 13e6, 271e6, null),
      { ...replaced, isReplaced: false, later: 0.012 },
      undefined,
    ],
    [
      'waiting on a throttled host',
      row('mutex', 13e6, 3e9, null),
      { ...replaced, isReplaced: false, dismissed: 'starved' },
      'starved',
    ],
  ])('%s', (_, given, circumstances, excuse) => {
    const told = withExcuse(inAgreement(given), circumstances);
    expect(told.excuse).toBe(excuse);
    const conclusion = { verdict: 'no_change', causes: [] } as const;
    expect(agreeing(conclusion, [told]).verdict).toBe(excuse === undefined ? 'inconclusive' : 'no_change');
  });
});

test.each<[string, LensRow]>([
  ['waiting that did not change', row('mutex', 1e6, 1.1e6, null)],
  ['a level that did not change', row('goroutines', 16, 17, null)],
  ['time of another verdict', { ...row('cpu', 1e9, 1.01e9, 0.01), verdict: 'code_regression' }],
])('%s needs no excuse', (_, given) => {
  const circumstances = {
    isReplaced: true,
    served: 1.2,
    later: 0.001,
    usual: null,
    dismissed: 'starved',
  } as const;
  expect(withExcuse(given, circumstances)).toBe(given);
});

test('where the time served is unknown, no waiting is immaterial', () => {
  const fell: LensRow = { ...row('mutex', 2e6, 1e6, null), verdict: 'fell' };
  expect(
    withExcuse(fell, { isReplaced: false, served: null, later: null, usual: null, dismissed: null }),
  ).toBe(fell);
});

test('amounts, which follow no restart, have no excuse', () => {
  const fell: LensRow = { ...row('alloc', 9e9, 1e9, 0.01), verdict: 'fell' };
  expect(withExcuse(fell, { isReplaced: true, served: 1.2, later: null, usual: null, dismissed: null })).toBe(
    fell,
  );
});

test('waiting that fell has no excuse of waiting that grew', () => {
  const fell: LensRow = { ...row('mutex', 150e6, 51e6, null), verdict: 'fell' };
  const circumstances = {
    isReplaced: false,
    served: 1.2,
    later: 0.001,
    usual: null,
    dismissed: 'starved',
  } as const;
  expect(withExcuse(fell, circumstances)).toBe(fell);
  // Only waiting that grew can have settled since.
  expect(withExcuse(fell, { ...circumstances, isReplaced: true, later: 9 }).excuse).toBe('restart');
});

test.each<[string, number | null, LensRow['excuse']]>([
  ['of a hundredth of the time served', 1e6, undefined],
  ['of less', 1.1e6, 'immaterial'],
  ['where nothing waited', null, undefined],
])('waiting that grew to 13 ms of 1.2 s, by a difference %s', (_, before, excuse) => {
  const rose: LensRow = { ...row('mutex', before, 13e6, null), verdict: 'rose' };
  expect(
    withExcuse(rose, { isReplaced: false, served: 1.2, later: null, usual: null, dismissed: null }).excuse,
  ).toBe(excuse);
});
