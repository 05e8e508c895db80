import { describe, expect, test } from 'vitest';
import { buildPattern } from '../../test/support/pattern.js';
import type { QueryPattern } from './pattern.js';
import { defaultGroupings, findServiceLabel, serviceByWord } from './words.js';

function pattern(more: Partial<QueryPattern> & { service?: string; serviceLabel?: string }): QueryPattern {
  const { service, serviceLabel = 'service_name', ...rest } = more;
  return buildPattern({
    sourceUid: 'a',
    profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
    matchers: service === undefined ? [] : [{ name: serviceLabel, op: '=', value: service }],
    valid: true,
    ...rest,
  });
}
const on = (title: string) => [{ uid: title, title, url: null }];

describe("the team's word for a service", () => {
  const patterns = [
    pattern({ service: 'pay-ledger-v2', titles: ['Ledger CPU', 'Payments'] }),
    pattern({
      service: 'pay-ledger-v2',
      titles: ['Ledger heap'],
      dashboards: on('Money movement: overview'),
    }),
    pattern({ service: 'checkout-api', titles: ['Coupon CPU'], dashboards: on('Checkout team') }),
    pattern({ service: 'cart-api', titles: ['Cart'], dashboards: on('Checkout team') }),
    pattern({ service: 'gone', titles: ['Basket'], valid: false }),
    pattern({
      variesBy: ['service_name'],
      valueNames: [{ label: 'service_name', value: 'storefront-bff', word: 'Web shop' }],
    }),
  ];

  test.each([
    ['ledger', 'pay-ledger-v2'],
    ['Payments', 'pay-ledger-v2'],
    ['money movement', 'pay-ledger-v2'],
    ['money-movement', 'pay-ledger-v2'],
    ['web shop', 'storefront-bff'],
    ['WEB SHOP', 'storefront-bff'],
    ['coupon', 'checkout-api'],
  ])('%s', (word, service) => {
    expect(serviceByWord(patterns, word)).toBe(service);
  });

  test.each([
    ['checkout team', 'two services'],
    ['cpu', 'a word of every dashboard'],
    ['heap', 'a word of every dashboard'],
    ['overview', 'a word of every dashboard'],
    ['basket', 'a pattern that is out of date'],
    ['movement money', 'other order'],
    ['ledg', 'part of a word'],
    ['shop', 'part of a variable entry'],
    ['', 'no word'],
    ['…', 'no word'],
  ])('%s leads nowhere: %s', (word) => {
    expect(serviceByWord(patterns, word)).toBeNull();
  });

  test('with another label for services', () => {
    const byApp = [pattern({ service: 'ledger', serviceLabel: 'app', titles: ['Money'] })];
    expect(serviceByWord(byApp, 'money')).toBeNull();
    expect(serviceByWord(byApp, 'money', 'app')).toBe('ledger');
  });
});

describe('the label that tells services apart', () => {
  test('is the one that weighs most, and service_name where none weighs more', () => {
    const mixed = (score: number) => [
      pattern({ service: 'a', score: 2 }),
      pattern({ service: 'a', serviceLabel: 'app', score }),
    ];
    expect(findServiceLabel(mixed(1))).toBeNull();
    expect(findServiceLabel(mixed(2))).toBeNull();
    expect(findServiceLabel(mixed(2.5))).toBe('app');
    expect(findServiceLabel(mixed(1.5), ['app'])).toBe('app');
    expect(findServiceLabel(mixed(2.5), ['service_name'])).toBeNull();
  });

  test('is service_name where queries name both', () => {
    const both = [{ name: 'app', op: '=' as const, value: 'a' }];
    expect(findServiceLabel([pattern({ matchers: both, variesBy: ['service_name'] })])).toBeNull();
  });

  test('is what the queries name or leave open', () => {
    const patterns = [
      pattern({ service: 'a', serviceLabel: 'app' }),
      pattern({ variesBy: ['app', 'pod'] }),
      pattern({ service: 'a', serviceLabel: 'job' }),
    ];
    expect(findServiceLabel(patterns)).toBe('app');
    expect(findServiceLabel([pattern({ variesBy: ['pod', 'region'] })])).toBeNull();
  });

  test('is what traces are mapped to', () => {
    expect(findServiceLabel([], ['team_service'])).toBe('team_service');
    expect(findServiceLabel([], ['service_name'])).toBeNull();
    expect(findServiceLabel([pattern({ variesBy: ['team_service'] })], ['team_service'])).toBe(
      'team_service',
    );
  });

  test('is not one that a pattern excludes, nor of a pattern that is out of date', () => {
    expect(findServiceLabel([pattern({ matchers: [{ name: 'app', op: '!=', value: 'x' }] })])).toBeNull();
    expect(findServiceLabel([pattern({ service: 'a', serviceLabel: 'app', valid: false })])).toBeNull();
  });
});

test('groupings are ordered by use', () => {
  const patterns = [
    pattern({ groupBy: ['pod'], score: 1 }),
    pattern({ groupBy: ['version', 'pod'], score: 2 }),
    pattern({ groupBy: ['zone'], score: 9, valid: false }),
  ];
  expect(defaultGroupings(patterns)).toEqual(['pod', 'version']);
});
