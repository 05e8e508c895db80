import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import { type ChangeEvidence, shareEvidence } from '../../../test/support/evidence.js';
import { times } from '../../../test/support/handlers.js';
import { type Alias, toLens } from '../../../test/support/type-ids.js';
import type { LensRow } from '../../profile/compare/finding.js';
import { newsIn } from '../agreement.js';
import type { ShareLens } from '../evidence/shares.js';
import type { TotalsLens } from '../evidence/totals.js';
import { withLessLoad } from './less-load.js';

const SERVICE: Stacks = {
  'main serve price': 400,
  'main serve stock': 300,
  'main serve encode': 500,
  'main poll': 400,
};
const fallen = (
  alias: Alias,
  factor: number,
  change?: ChangeEvidence,
  load: { hasFallen?: boolean } = {},
): ShareLens =>
  shareEvidence(alias, {
    before: SERVICE,
    after: times(SERVICE, '', factor),
    load: { ratio: factor, risen: factor, ...load },
    ...(change === undefined ? {} : { change }),
  });
const row = (alias: Alias, before: number, after: number, verdict: LensRow['verdict'] = 'fell'): LensRow => ({
  ...toLens(alias),
  verdict,
  before,
  after,
  error: 0.01,
  smallest: null,
  sameAs: null,
});
const told = (rows: readonly LensRow[], shares: readonly ShareLens[]) =>
  withLessLoad(rows, { shares, wholes: [] }).map(({ excuse }) => excuse);

describe('what fell with the requests is no news', () => {
  test.each<[string, LensRow, LensRow['excuse']]>([
    ['time', row('cpu', 1_600, 800), 'load'],
    ['an amount that fell as far', row('alloc', 1_600, 800), 'load'],
    ['an amount that fell a little further', row('exceptions', 100, 34), 'load'],
    ['an amount that fell much further', row('exceptions', 100, 33), undefined],
    ['a level that fell further, within what is small', row('goroutines', 400, 101), 'load'],
    ['a level that fell much further', row('goroutines', 400, 99), undefined],
    ['waits, which fall by more than the load', row('mutex', 9e9, 1e7), 'load'],
    ['not what rose', row('mutex', 1e7, 9e9, 'rose'), undefined],
    ['not what is unchanged', row('inuse', 1e7, 1e7, 'no_change'), undefined],
  ])('%s', (_, given, excuse) => {
    const rows = given.type.alias === 'cpu' ? [given] : [row('cpu', 1_600, 800), given];
    const shares = [fallen('cpu', 0.5), fallen('alloc', 0.5)];
    expect(told(rows, shares).at(-1)).toBe(excuse);
    expect(newsIn(withLessLoad(rows, { shares, wholes: [] })).length).toBe(
      excuse === undefined &&
        (given.verdict === 'rose' || given.kind !== 'level') &&
        given.verdict !== 'no_change'
        ? 1
        : 0,
    );
  });

  test.each<[string, number, boolean, readonly unknown[]]>([
    ['beyond the noise of the baseline', 0.72, true, ['fell', 'load']],
    ['within the noise of the baseline', 0.72, false, ['no_change', undefined]],
    ['by no more than drift', 0.9, true, ['no_change', undefined]],
  ])('time that fell by little, %s', (_, factor, hasFallen, expected) => {
    const shares = [fallen('cpu', factor, undefined, { hasFallen })];
    const rows = withLessLoad([row('cpu', 1_600, 1_600 * factor, 'no_change')], { shares, wholes: [] });
    expect(rows.flatMap(({ verdict, excuse }) => [verdict, excuse])).toEqual(expected);
  });

  test('a further type that fell by little is no news, and stays what it is', () => {
    const rows = [row('cpu', 1_600, 1_150, 'no_change'), row('alloc', 1_600, 1_150, 'no_change')];
    const shares = [fallen('cpu', 0.72, undefined, { hasFallen: true }), fallen('alloc', 0.72)];
    expect(told(rows, shares)).toEqual(['load', undefined]);
  });

  test('what came to no verdict is no such fall', () => {
    const shares = [fallen('cpu', 0.72, undefined, { hasFallen: true })];
    expect(told([row('cpu', 1_600, 1_150, 'inconclusive')], shares)).toEqual([undefined]);
  });

  test('the time tells it, whichever type was read first', () => {
    const rows = [row('alloc', 1_600, 1_600, 'no_change'), row('cpu', 1_600, 800)];
    expect(told(rows, [fallen('alloc', 1), fallen('cpu', 0.5)])).toEqual([undefined, 'load']);
  });

  describe('how far a further type fell', () => {
    /** The total fell by more than follows a fall of the requests to a half. */
    const alloc = row('alloc', 1_600, 400);
    const whole = (alias: Alias, factor: number): TotalsLens => {
      const { lens, profileTimes, analysis } = fallen(alias, factor);
      return { lens, profileTimes, before: 1, after: factor, load: analysis.load, hasRisen: false };
    };
    test.each<[string, readonly ShareLens[], readonly TotalsLens[], LensRow['excuse']]>([
      ['its total tells where nothing else was read', [], [], undefined],
      ['own code tells where it was compared', [fallen('alloc', 0.5)], [], 'load'],
      ['own code that fell further tells it, too', [fallen('alloc', 0.2)], [whole('alloc', 0.5)], undefined],
      ['own code as a whole tells it', [], [whole('exceptions', 0.2), whole('alloc', 0.5)], 'load'],
    ])('%s', (_, shares, wholes, excuse) => {
      const rows = [row('cpu', 1_600, 800), alloc];
      const readings = { shares: [fallen('cpu', 0.5), ...shares], wholes };
      expect(withLessLoad(rows, readings).at(-1)?.excuse).toBe(excuse);
    });
  });

  test('an excuse that is known stays', () => {
    const known: LensRow = { ...row('goroutines', 400, 200), excuse: 'restart' };
    expect(told([row('cpu', 1_600, 800), known], [fallen('cpu', 0.5)])).toEqual(['load', 'restart']);
  });
});

describe('the time must tell that fewer requests came', () => {
  const alloc = row('alloc', 1_600, 800);
  const uneven = shareEvidence('cpu', {
    before: SERVICE,
    after: { ...times(SERVICE, '', 0.4), 'main serve price': 400 },
    load: { ratio: 0.5 },
  });
  test.each<[string, readonly ShareLens[]]>([
    ['nothing was compared', []],
    ['the time stayed while allocations fell', [fallen('cpu', 1), fallen('alloc', 0.5)]],
    ['its parts did not fall alike', [uneven, fallen('alloc', 0.5)]],
    ['code changed', [fallen('cpu', 0.5, { culprit: 'price' }), fallen('alloc', 0.5)]],
    [
      'it still warms up',
      [shareEvidence('cpu', { before: SERVICE, after: times(SERVICE, '', 0.5), unsettled: 'price' })],
    ],
  ])('%s', (_, shares) => {
    expect(told([alloc], shares)).toEqual([undefined]);
  });

  test('without a type of time the first type tells it', () => {
    expect(told([alloc], [fallen('alloc', 0.5)])).toEqual(['load']);
  });
});
