import { expect, test } from 'vitest';
import { type Alias, toLens } from '../../test/support/type-ids.js';
import type { LensRow } from '../profile/compare/finding.js';
import { agreeing, computeChance, inAgreement } from './agreement.js';

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
  expect(agreeing(conclusion, [row('cpu', 1, 9, 0.01)])).toBe(conclusion);
});

test.each<[string, LensRow, number | null]>([
  ['few samples explain two thirds more', row('cpu', 1e9, 1.67e9, 0.11), Math.exp(0.55)],
  ['many samples do not', row('cpu', 1e9, 1.67e9, 0.01), null],
  ['a third more needs no explanation', row('cpu', 1e9, 1.33e9, 0.11), null],
  ['sampling says nothing of a level', row('inuse', 12 * MIB, 23 * MIB, null), null],
])('%s', (_, given, chance) => {
  expect(computeChance(given)).toBe(chance);
});
