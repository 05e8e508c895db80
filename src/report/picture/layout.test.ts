import { describe, expect, test } from 'vitest';
import { layOut, stackUp } from './layout.js';

// a(b(d) c) e, with the cost of the leaves.
const frames = stackUp({
  fn: [0, 1, 3, 2, 4],
  depth: [0, 1, 2, 1, 0],
  mark: [0, 0, 0, 0, 0],
  self: [
    [0, 10, 0, 40, 50],
    [1, 2, 3, 4, 10],
  ],
});

test('totals, callers and ends follow from the order', () => {
  expect([...frames.after]).toEqual([10, 5, 3, 4, 10]);
  expect([...(frames.before ?? [])]).toEqual([50, 10, 0, 40, 50]);
  expect([...frames.parent]).toEqual([-1, 0, 1, 0, -1]);
  expect([...frames.end]).toEqual([4, 3, 3, 4, 5]);
  expect(frames.whole).toEqual([100, 20]);
  expect(frames.maxDepth).toBe(2);
});

describe('places', () => {
  const placed = (width: 'now' | 'before' | 'both', focus = -1) => {
    const { x, width: widths, isShown } = layOut(frames, width, focus);
    return Array.from(x, (left, at) => (isShown(at) ? [left, widths[at]] : null));
  };

  test.each([
    [
      'now',
      [
        [0, 0.5],
        [0, 0.25],
        [0, 0.15],
        [0.25, 0.2],
        [0.5, 0.5],
      ],
    ],
    [
      'before',
      [
        [0, 0.5],
        [0, 0.1],
        [0, 0],
        [0.1, 0.4],
        [0.5, 0.5],
      ],
    ],
    // Shares of both sides count alike.
    [
      'both',
      [
        [0, 0.5],
        [0, 0.175],
        [0, 0.075],
        [0.175, 0.3],
        [0.5, 0.5],
      ],
    ],
  ] as const)('by cost %s', (width, expected) => {
    expect(placed(width).flat()).toEqual(expected.flat().map((value) => expect.closeTo(value, 10)));
  });

  test('a frame in focus fills the width, its callers too, and nothing else is shown', () => {
    expect(placed('now', 1)).toEqual([[0, 1], [0, 1], [0, 0.6], null, null]);
    expect(placed('now', 4)).toEqual([null, null, null, null, [0, 1]]);
  });
});
