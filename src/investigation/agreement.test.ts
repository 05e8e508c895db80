import { expect, test } from 'vitest';
import { profileFrom } from '../../test/support/contrast.js';
import { lensRow as row } from '../../test/support/lens-row.js';
import { analyse } from '../profile/compare/analysis.js';
import type { LensRow } from '../profile/compare/finding.js';
import { agreeing, computeChance, inAgreement, newsIn, samplingError } from './agreement.js';

const MIB = 2 ** 20;

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
