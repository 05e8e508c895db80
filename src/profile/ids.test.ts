import { expect, test } from 'vitest';
import { idArguments, idsText } from './ids.js';

test('ids become arguments and words', () => {
  expect(idArguments(null)).toEqual({});
  expect(idArguments({ kind: 'span', ids: ['a', 'b'] })).toEqual({ span_id: 'a,b' });
  expect(idsText({ kind: 'trace', ids: ['a'] })).toBe('trace a');
  expect(idsText({ kind: 'span', ids: ['a', 'b'] })).toBe('2 spans a, b');
  expect(idsText({ kind: 'span', ids: ['a', 'b', 'c'] })).toBe('3 spans a, b, c');
  expect(idsText({ kind: 'span', ids: ['a', 'b', 'c', 'd', 'e'] })).toBe('5 spans a, b, c and 2 more');
});
