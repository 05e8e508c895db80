import { expect, test } from 'vitest';
import { shareEvidence } from '../../../test/support/evidence.js';
import { measureLater } from './later-half.js';

/** The later half of an incident whose first parts cost three times as much as the last one. */
function later(parts: number): number | null {
  const share = shareEvidence('cpu', { before: { 'main serve price': 6e8 }, parts });
  const { incident } = share.analysis;
  const dear = incident.map((part) => ({ ...part, costs: { ...part.costs, total: 3 * part.costs.total } }));
  const settling = [...dear.slice(0, -1), ...incident.slice(-1)];
  return measureLater({ ...share, analysis: { ...share.analysis, incident: settling } });
}

test.each([
  { parts: 2, seconds: 0.6 },
  { parts: 3, seconds: 1.2 },
  { parts: 4, seconds: 1.2 },
])(
  'the later half of $parts parts, the middle one among it, in seconds per profile',
  ({ parts, seconds }) => {
    expect(later(parts)).toBeCloseTo(seconds, 9);
  },
);

test('one part has no later half, nor has a type that was not compared', () => {
  expect(later(1)).toBeNull();
  expect(measureLater(undefined)).toBeNull();
});
