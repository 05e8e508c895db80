import { expect, test } from 'vitest';
import type { GrownFunction } from './grown.js';
import { compareSuspicions } from './together.js';

test('what stands out of its own service is looked for first, moved costs last', () => {
  const grown = (key: string, z: number, more: Partial<GrownFunction> = {}) => {
    const info = { name: key, file: '', startLine: 1, isSymbolised: true };
    const one = { key, info, before: 10, after: 90, added: 80, z, ...more };
    return { hasMoved: false, isOfLoad: false, isApart: false, ...one };
  };
  const suspicions = [
    grown('moved', 90, { hasMoved: true, isApart: true }),
    grown('load', 80, { isOfLoad: true }),
    grown('unknown', 30),
    grown('weaker', 5, { isApart: true }),
    grown('stronger', 9, { isApart: true }),
  ].map((one) => ({ change: { grown: one, quantum: 1 } }));
  expect(suspicions.sort(compareSuspicions).map(({ change }) => change.grown.key)).toEqual([
    'stronger',
    'weaker',
    'unknown',
    'load',
    'moved',
  ]);
});
