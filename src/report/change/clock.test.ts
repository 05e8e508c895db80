import { expect, test } from 'vitest';
import { createClock, createWriter } from './clock.js';

test('the date stands once, and again where the day changes', () => {
  const clock = createClock();
  const times = [
    '2026-11-20T14:28:05Z',
    '2026-11-20T14:30:00Z',
    '2026-11-20T14:30:59.600Z',
    '2026-11-21T00:00:00Z',
    '2026-11-20T23:59:59Z',
  ];
  expect(times.map((time) => clock(Date.parse(time)))).toEqual([
    '2026-11-20T14:28:05Z',
    '14:30Z',
    '14:31Z',
    '2026-11-21T00:00:00Z',
    '2026-11-20T23:59:59Z',
  ]);
  expect(createClock()(Date.parse('2026-11-20T14:30:00Z'))).toBe('2026-11-20T14:30:00Z');
});

test('a name stands in full once; one that is told by its place keeps it', () => {
  const { name, place } = createWriter();
  const fn = (text: string) => ({ function: text, file: 'src/money.js', line: 7 });
  const pattern = fn('shop.dev/checkout/coupon.(*Validator).pattern');
  expect([name(pattern), name(pattern), place(pattern)]).toEqual([
    'shop.dev/checkout/coupon.(*Validator).pattern',
    'coupon.(*Validator).pattern',
    'coupon.(*Validator).pattern',
  ]);
  expect(place(fn('net/http.(*conn).serve'))).toBe('net/http.(*conn).serve src/money.js:7');
  expect([name(fn('(anonymous)')), name(fn('(anonymous)'))]).toEqual([
    '(anonymous) src/money.js:7',
    '(anonymous) src/money.js:7',
  ]);
});
