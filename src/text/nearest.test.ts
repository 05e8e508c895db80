import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNearest } from './nearest.js';

const SERVICES = ['checkout-api', 'checkout-worker', 'auth-gateway', 'geo-routing', 'storefront-bff'];

test.each([
  ['chekout-api', ['checkout-api']],
  ['CHECKOUT_API', ['checkout-api']],
  ['checkout', ['checkout-api', 'checkout-worker']],
  ['auth', ['auth-gateway']],
  ['my-auth-gateway-prod', ['auth-gateway']],
  ['gatway', ['auth-gateway']],
  ['payments', []],
  ['', []],
  ['---', []],
])('%s: %j', (wrong, names) => {
  expect(findNearest(wrong, SERVICES)).toEqual(names);
});

test('the nearest comes first, equals in alphabetical order, each once', () => {
  expect(findNearest('pods', ['pots', 'pod', 'pods2', 'pod'])).toEqual(['pod', 'pods2', 'pots']);
});

test('offers at most three of the names given, whatever their order', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ maxLength: 8 })), (wrong, names) => {
      const offered = findNearest(wrong, names);
      expect(offered.length).toBeLessThanOrEqual(3);
      expect(new Set(offered).size).toBe(offered.length);
      expect(offered.every((name) => names.includes(name))).toBe(true);
      expect(findNearest(wrong, [...names].reverse())).toEqual(offered);
    }),
  );
});

test('names of any length cost little', () => {
  const long = 'abcdefghij'.repeat(7_000);
  const names = Array.from({ length: 200 }, (_, index) => `${index}${'jihgfedcba'.repeat(7_000)}`);
  expect(findNearest(long, names).length).toBeLessThanOrEqual(3);
}, 5_000);
