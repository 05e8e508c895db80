import { describe, expect, test } from 'vitest';
import { layOut, stackUp } from '../src/report/picture/layout.js';
import { keyTarget } from './keys.js';

// 0(1(2) 3) 4; frame 3 has no cost now.
const frames = stackUp({
  fn: [0, 1, 2, 3, 4],
  depth: [0, 1, 2, 1, 0],
  mark: [0, 0, 0, 0, 0],
  self: [null, [1, 1, 1, 0, 1]],
});
const layout = layOut(frames, 'now', -1);
const press = (key: string, selected: number, isUpright = false) =>
  keyTarget(key, { frames, layout, isUpright, selected });

describe('keys', () => {
  test.each([
    ['ArrowDown', -1, 0],
    ['ArrowDown', 0, 1],
    ['ArrowDown', 1, 2],
    ['ArrowDown', 2, 2],
    ['ArrowUp', 2, 1],
    ['ArrowUp', 0, 0],
    ['ArrowRight', 0, 4],
    ['ArrowLeft', 4, 0],
    ['ArrowLeft', 0, 0],
    // Frames without a width are passed over.
    ['ArrowRight', 1, 1],
    ['Home', 2, 0],
    ['Enter', 2, 'zoom'],
    [' ', 2, 'zoom'],
    ['Enter', -1, null],
    ['Escape', 2, 'all'],
    ['x', 2, null],
    ['Tab', 2, null],
  ] as const)('%s at %i leads to %s', (key, selected, expected) => {
    expect(press(key, selected)).toBe(expected);
  });

  test('with entry points at the bottom, up leads to callees', () => {
    expect([press('ArrowUp', 0, true), press('ArrowDown', 1, true)]).toEqual([1, 0]);
  });
});
