import { expect, test } from 'vitest';
import { buildProfile } from '../../../../test/support/profiles.js';
import { joinSides } from '../join.js';
import { withEarlierKeys } from './earlier-keys.js';

const side = (file: string) =>
  buildProfile(
    [
      [
        { name: 'main', file: 'app.py' },
        { name: 'quote', file },
      ],
      90,
    ],
    [
      [
        { name: 'main', file: 'app.py' },
        { name: 'stock', file: 'stock.py' },
      ],
      10,
    ],
  );

test.each([
  { what: 'that a function had in another file', keys: ['quote\0later.py'], more: ['quote\0price.py'] },
  { what: 'of no function that kept its file', keys: ['stock\0stock.py'], more: [] },
  { what: 'of none', keys: [], more: [] },
])('the key $what', ({ keys, more }) => {
  const names = joinSides([side('price.py'), side('later.py')], 1);
  expect([...withEarlierKeys(names, new Set(keys))]).toEqual([...keys, ...more]);
});

test('the key of a function that had another name is none', () => {
  const numbered = (number: number) =>
    buildProfile([['shop.run', `shop.run.func${number}`], 90], [['shop.run', 'shop.stop'], 10]);
  const names = joinSides([numbered(1), numbered(2)], 1);
  const keys = names.names.keys.filter((key) => key.includes('func'));
  expect(keys).toHaveLength(1);
  expect([...withEarlierKeys(names, new Set(keys))]).toEqual(keys);
  expect(names.plain.keys.filter((key) => key.includes('func'))).toHaveLength(2);
});
