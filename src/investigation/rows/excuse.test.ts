import { describe, expect, test } from 'vitest';
import { lensRow as row } from '../../../test/support/lens-row.js';
import type { LensRow } from '../../profile/compare/finding.js';
import { agreeing, inAgreement } from '../agreement.js';
import { withExcuse } from './excuse.js';

describe('circumstances that make a movement no news', () => {
  const replaced = {
    isReplaced: true,
    served: 1.2,
    later: null,
    usual: null,
    withoutStall: null,
    dismissed: null,
  };
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
      { ...replaced, isReplaced: false, usual: 0.127, withoutStall: null },
      'passing',
    ],
    [
      'waiting that fell from what it was in all parts of the baseline',
      row('mutex', 150e6, 51e6, null),
      { ...replaced, isReplaced: false, usual: 0.128, withoutStall: null },
      undefined,
    ],
    [
      'waiting that rose in one round only',
      row('mutex', 51e6, 150e6, null),
      { ...replaced, isReplaced: false, withoutStall: 0.127 },
      'stalled',
    ],
    [
      'waiting that rose in one round above all, and stays higher in the others',
      row('mutex', 51e6, 150e6, null),
      { ...replaced, isReplaced: false, withoutStall: 0.128 },
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
    withoutStall: null,
    dismissed: 'starved',
  } as const;
  expect(withExcuse(given, circumstances)).toBe(given);
});

test('where the time served is unknown, no waiting is immaterial', () => {
  const fell: LensRow = { ...row('mutex', 2e6, 1e6, null), verdict: 'fell' };
  expect(
    withExcuse(fell, {
      isReplaced: false,
      served: null,
      later: null,
      usual: null,
      withoutStall: null,
      dismissed: null,
    }),
  ).toBe(fell);
});

test('amounts, which follow no restart, have no excuse', () => {
  const fell: LensRow = { ...row('alloc', 9e9, 1e9, 0.01), verdict: 'fell' };
  expect(
    withExcuse(fell, {
      isReplaced: true,
      served: 1.2,
      later: null,
      usual: null,
      withoutStall: null,
      dismissed: null,
    }),
  ).toBe(fell);
});

test('waiting that fell has no excuse of waiting that grew', () => {
  const fell: LensRow = { ...row('mutex', 150e6, 51e6, null), verdict: 'fell' };
  const circumstances = {
    isReplaced: false,
    served: 1.2,
    later: 0.001,
    usual: null,
    withoutStall: null,
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
    withExcuse(rose, {
      isReplaced: false,
      served: 1.2,
      later: null,
      usual: null,
      withoutStall: null,
      dismissed: null,
    }).excuse,
  ).toBe(excuse);
});
