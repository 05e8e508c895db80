import { expect, test } from 'vitest';
import { displayApart, displayName, shortName } from './functions.js';

test('escaped dots of a package are shown as dots', () => {
  const name = 'github.com/nats-io/nats%2ego.(*Conn).waitForMsgs';
  expect(displayName(name)).toBe('github.com/nats-io/nats.go.(*Conn).waitForMsgs');
  expect(shortName({ function: name, file: null, line: null })).toBe('nats.go.(*Conn).waitForMsgs');
});

test.each([
  { function: 'parse', file: '/srv/docs/filters.py', line: 44, is: 'parse docs/filters.py:44' },
  { function: 'shop.Cart.parse', file: '/srv/cart.py', line: 4, is: 'shop.Cart.parse' },
])('$is tells the function from others', ({ is, ...fn }) => {
  expect(displayApart(fn)).toBe(is);
});
