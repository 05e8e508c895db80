import { expect, test } from 'vitest';
import { stackUp } from '../src/report/picture/layout.js';
import { buildSandwich } from './sandwich.js';

const NAMES = 'abcfxy';
/** Frames written as `depth name before after`. */
function frames(...rows: readonly (readonly [number, string, number, number])[]) {
  return stackUp({
    fn: rows.map(([, name]) => NAMES.indexOf(name)),
    depth: rows.map(([depth]) => depth),
    mark: rows.map(([, name]) => (name === 'f' ? 1 : 0)),
    self: [rows.map(([, , before]) => before), rows.map(([, , , after]) => after)],
  });
}
function listed({ fn, depth, before, after }: ReturnType<typeof frames>) {
  return fn.map((id, at) => `${'.'.repeat(depth[at] ?? 0)}${NAMES[id]} ${before?.[at]} ${after[at]}`);
}

test('callers and callees are merged over all places; of a recursion the outermost call counts', () => {
  const { callers, callees } = buildSandwich(
    frames(
      [0, 'a', 0, 0],
      [1, 'f', 1, 2],
      [2, 'x', 10, 20],
      [0, 'b', 0, 0],
      [1, 'c', 5, 5],
      [2, 'f', 0, 3],
      [3, 'x', 0, 4],
      [4, 'f', 0, 5],
      [3, 'y', 7, 0],
    ),
    NAMES.indexOf('f'),
  );
  expect(listed(callers)).toEqual(['f 18 34', '.a 11 22', '.c 7 12', '..b 7 12']);
  expect(listed(callees)).toEqual(['f 18 34', '.x 10 29', '..f 0 5', '.y 7 0']);
  expect(callees.mark).toEqual([1, 0, 1, 0]);
});

test('a function that is nowhere has neither', () => {
  const { callers, callees } = buildSandwich(frames([0, 'a', 1, 1]), NAMES.indexOf('f'));
  expect([...listed(callers), ...listed(callees)]).toEqual(['f 0 0', 'f 0 0']);
});
