import { expect, test } from 'vitest';
import { budgetFor, marginFor, orderForLook } from './budget.js';

test.each([
  [2, 60],
  [22, 60],
  [23, 108],
  [26, 120],
  [1_000, 120],
])('%i services may take %i requests', (services, requests) => {
  expect(budgetFor(services)).toBe(requests);
});

test.each([
  { units: 2, margin: 0 },
  { units: 22, margin: 0 },
  { units: 100, margin: 0.325 },
  { units: 300, margin: 0.547 },
  { units: 1_000, margin: 0.78 },
])('of $units services a change must stand out by $margin more', ({ units, margin }) => {
  expect(marginFor(units, 4.5)).toBeCloseTo(margin, 3);
});

test('the most changed and the heaviest are looked at by turns, each once', () => {
  const units = [
    { name: 'heavy', weight: 9, change: 0 },
    { name: 'large', weight: 5, change: 1 },
    { name: 'risen', weight: 1, change: 8 },
    { name: 'small', weight: 0, change: 2 },
  ];
  const ordered = orderForLook(
    units,
    ({ weight }) => weight,
    ({ change }) => change,
  );
  expect(ordered.map(({ name }) => name)).toEqual(['risen', 'heavy', 'small', 'large']);
});
