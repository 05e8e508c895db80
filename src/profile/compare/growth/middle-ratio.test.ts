import { expect, test } from 'vitest';
import { contrast, findFunction } from '../../../../test/support/contrast.js';
import { middleRatio } from './middle-ratio.js';

test('the middle ratio is without what mostly runs below any of the functions that are left out', () => {
  const before = { 'main serve price': 300, 'main poll read': 300, 'main stock': 200 };
  const after = { 'main serve price': 900, 'main poll read': 900, 'main stock': 100 };
  const contrasted = contrast(before, after);
  const ratio = (...left: string[]) =>
    middleRatio(contrasted, new Set(left.map((name) => findFunction(contrasted, name))));
  expect(ratio()).toBe(3);
  expect(ratio('serve')).toBe(3);
  expect(ratio('serve', 'poll')).toBe(0.5);
});
