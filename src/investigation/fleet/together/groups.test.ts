import { describe, expect, test } from 'vitest';
import { bins, hintedBy } from './groups.js';

const SERVICES = ['payments-hub', 'payments-api', 'price-api', 'stock-core'];
const hinted = (name: string, file = '') =>
  hintedBy(
    { name, file },
    SERVICES.map((service) => ({ unit: { service } })),
  ).map(({ unit }) => unit.service);

describe('services that the name of a function hints at', () => {
  test('those that share a word with its name or file', () => {
    expect(hinted('github.com/acme/stock/session.Merge')).toEqual(['stock-core']);
    expect(hinted('merge_session', '/srv/stock/session.py')).toEqual(['stock-core']);
    expect(hinted('com/acme/payments/Session.merge')).toEqual(['payments-hub', 'payments-api']);
  });

  test('a word that fewer services have tells more', () => {
    expect(hinted('com/acme/price/api/Session.merge')).toEqual(['price-api']);
    expect(hinted('com/acme/payments/hub/Session.merge')).toEqual(['payments-hub']);
  });

  test('none where no word fits', () => {
    expect(hinted('(anonymous)', 'main.js')).toEqual([]);
  });
});

describe('units by how much their totals changed', () => {
  const divide = (ratios: readonly number[], maxSize = 6) => bins(ratios, (ratio) => ratio, maxSize);

  test('about the same factor', () => {
    expect(divide([1.2, 1, 1.1, 1, 2, 1.1, 2.1, 2, 2, 2.2])).toEqual([
      [1, 1, 1.1, 1.1],
      [1.2],
      [2, 2, 2, 2.1, 2.2],
    ]);
  });

  test('few units of any factor are one group', () => {
    expect(divide([1, 1.5, 2, 3])).toEqual([[1, 1.5, 2, 3]]);
    expect(divide([1, 1, 1.5, 2, 2, 3, 4, 4, 4])).toEqual([
      [1, 1, 1.5, 2, 2, 3],
      [4, 4, 4],
    ]);
  });

  test('those that were not there before stand for themselves', () => {
    const fresh = Number.POSITIVE_INFINITY;
    expect(divide([1, fresh, 1.5])).toEqual([[1, 1.5], [fresh]]);
  });
});
