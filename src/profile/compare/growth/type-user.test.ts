import { describe, expect, test } from 'vitest';
import { contrast, getName, type Stacks } from '../../../../test/support/contrast.js';
import { findTypeUser, getType } from './type-user.js';

test.each([
  ['net/http.(*persistConn).readLoop', 'net/http.(*persistConn)'],
  ['net/http.(*persistConn).addTLS.func2', 'net/http.(*persistConn)'],
  ['gopkg.in/natefinch/lumberjack.(*Logger).millRun', 'gopkg.in/natefinch/lumberjack.(*Logger)'],
  ['example.org/cache.NewLRU[...].func1', 'example.org/cache'],
  ['example.org/cache.start', 'example.org/cache'],
  ['java/util/concurrent/ThreadPoolExecutor$Worker.run', 'java/util/concurrent/ThreadPoolExecutor$Worker'],
  ['example.org/cache.(*LRU[...]).Get', 'example.org/cache.(*LRU)'],
  ['shop::pricing::Quote::total', 'shop::pricing::Quote'],
  ['run', 'run'],
  ['run.func1', 'run'],
])('the type of %s is %s', (name, type) => {
  expect(getType(name)).toBe(type);
});

describe('the own code that uses a type', () => {
  const TYPE = 'lib.(*Conn)';
  const call = 'lib.get lib.(*Conn).roundTrip runtime.write';
  const find = (stacks: Stacks, quantum = 1) => {
    const sides = contrast({}, stacks);
    const user = findTypeUser(sides.joined, sides.after.parts, TYPE, quantum);
    return user === null ? null : { fn: getName(sides, user.fn), part: user.part };
  };

  test.each<[string, Stacks, string | null]>([
    ['the one that calls it, through others', { [`main describe ${call}`]: 4 }, 'describe'],
    [
      'the one with half of the calls',
      { [`main describe ${call}`]: 4, [`main find ${call}`]: 4 },
      'describe',
    ],
    [
      'none of three that call it alike',
      { [`main describe ${call}`]: 4, [`main find ${call}`]: 4, [`main list ${call}`]: 4 },
      null,
    ],
    ['none where its functions run by themselves', { 'lib.(*Conn).loop runtime.park': 9, main: 9 }, null],
    ['none that it calls', { 'lib.(*Conn).serve handle': 9 }, null],
    ['none with two samples', { [`main describe ${call}`]: 2 }, null],
    ['none of another type', { 'main describe lib.(*Pool).get': 9 }, null],
  ])('is %s', (_what, stacks, expected) => {
    expect(find(stacks)?.fn ?? null).toBe(expected);
  });

  test('is told with its part of the calls, whichever function comes first', () => {
    const stacks = { [`main describe ${call}`]: 2, [`main search ${call}`]: 6 };
    expect(find(stacks)).toEqual({ fn: 'search', part: 0.75 });
  });

  test.each([
    [29, null],
    [30, 'describe'],
  ])('three samples of ten units tell it: %s', (value, fn) => {
    expect(find({ [`main describe ${call}`]: value }, 10)?.fn ?? null).toBe(fn);
  });

  test('may be of that type itself', () => {
    const sides = contrast({}, { 'shop.(*Conn).run shop.(*Conn).get': 9 });
    const user = findTypeUser(sides.joined, sides.after.parts, 'shop.(*Conn)', 1);
    expect(getName(sides, user?.fn)).toBe('shop.(*Conn).get');
  });
});
