import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { networkPartBelow, spreadBelow, waitsBelow } from './below.js';

function spread(after: Stacks, before: Stacks) {
  const contrasted = contrast(before, after);
  const below = spreadBelow(contrasted, findFunction(contrasted, 'hold'));
  return (
    below && [
      getName(contrasted, below.at),
      ...below.parts.map(({ what, part }) => [getName(contrasted, what), Math.round(100 * part)]),
    ]
  );
}

describe('spreadBelow', () => {
  test.each<[string, Stacks, unknown]>([
    [
      'the callees between which it is divided',
      { 'main hold lib.a': 50, 'main hold lib.b': 30, 'main hold': 20 },
      ['hold', ['lib.a', 50], ['lib.b', 30], [null, 20]],
    ],
    [
      'below the callee that keeps it',
      { 'main hold lib.a lib.x': 60, 'main hold lib.a lib.y': 40, 'main other': 90 },
      ['lib.a', ['lib.x', 60], ['lib.y', 40]],
    ],
    [
      'below the callee that keeps most of it, of what that keeps',
      { 'main hold lib.a lib.x': 60, 'main hold lib.a lib.y': 30, 'main hold lib.b': 10 },
      ['lib.a', ['lib.x', 67], ['lib.y', 33]],
    ],
    [
      'its own, with what the runtime does for it',
      { 'main hold runtime.mallocgc': 100 },
      ['hold', [null, 100]],
    ],
    [
      'code that the standard library calls back, below it',
      { 'main hold runtime.route b': 60, 'main hold lib.a': 40 },
      ['hold', ['b', 60], ['lib.a', 40]],
    ],
    [
      'no more than three, none below a tenth',
      { 'main hold b': 40, 'main hold c': 25, 'main hold d': 15, 'main hold e': 12, 'main hold f': 8 },
      ['hold', ['b', 40], ['c', 25], ['d', 15]],
    ],
    [
      'one part where the rest is small',
      { 'main hold b': 75, 'main hold c': 9, 'main hold d': 9, 'main hold e': 7 },
      ['hold', ['b', 75]],
    ],
    [
      'below a callee that keeps exactly four fifths',
      { 'main hold b': 80, 'main hold c': 20 },
      ['b', [null, 100]],
    ],
    [
      'what is a tenth, too',
      { 'main hold b': 60, 'main hold c': 30, 'main hold d': 10 },
      ['hold', ['b', 60], ['c', 30], ['d', 10]],
    ],
    [
      'nothing of a stack that lies next to those of the callee',
      { 'main hold lib.z': 5, 'main hold lib.x': 40, 'main hold lib.y': 5 },
      ['lib.x', [null, 100]],
    ],
    ['the innermost of a recursion', { 'main hold b hold b': 100 }, ['b', [null, 100]]],
  ])('%s', (_name, after, expected) => {
    expect(spread(after, { 'main other': 50 })).toEqual(expected);
  });

  test('what was there before is taken out', () => {
    const before = { 'main hold lib.a': 10, 'main other': 50 };
    expect(spread({ 'main hold lib.a': 60, 'main hold lib.b': 50 }, before)).toEqual([
      'hold',
      ['lib.a', 50],
      ['lib.b', 50],
    ]);
  });

  test('what fell is no part: the others add up to all of the growth, not to more', () => {
    const before = { 'main hold lib.a': 30, 'main hold lib.b': 10, 'main other': 50 };
    expect(spread({ 'main hold lib.a': 10, 'main hold lib.b': 40, 'main hold lib.c': 30 }, before)).toEqual([
      'hold',
      ['lib.b', 50],
      ['lib.c', 50],
    ]);
  });

  test('nothing where nothing grew', () => {
    expect(spread({ 'main hold lib.a': 5 }, { 'main hold lib.a': 10 })).toBeNull();
  });
});

describe('waitsBelow', () => {
  const parked = (name: string) => `main hold runtime.${name} runtime.gopark`;

  test('the parts of the growth, by what its leaves wait for', () => {
    const contrasted = contrast(
      { [parked('chanrecv')]: 30 },
      { [parked('chanrecv')]: 90, [parked('selectgo')]: 30, 'main hold run': 8, [parked('chansend')]: 2 },
    );
    expect(waitsBelow(contrasted, findFunction(contrasted, 'hold'))).toEqual([
      { what: 'channel receive', part: 0.6 },
      { what: 'select', part: 0.3 },
    ]);
  });

  test('of which one may be a tenth, and not those of a stack that lies next to them', () => {
    const contrasted = contrast(
      { main: 1 },
      {
        'runtime.chansend': 40,
        'main hold': 10,
        [parked('chanrecv')]: 80,
        [parked('selectgo')]: 10,
        'runtime.selectgo': 7,
      },
    );
    expect(waitsBelow(contrasted, findFunction(contrasted, 'hold'))).toEqual([
      { what: 'channel receive', part: 0.8 },
      { what: 'select', part: 0.1 },
    ]);
  });

  test('no more than three of them', () => {
    const kinds = { chanrecv: 40, selectgo: 25, chansend: 20, timeSleep: 15 };
    const after = Object.fromEntries(Object.entries(kinds).map(([name, count]) => [parked(name), count]));
    const contrasted = contrast({ main: 1 }, after);
    expect(waitsBelow(contrasted, findFunction(contrasted, 'hold')).map(({ part }) => part)).toEqual([
      0.4, 0.25, 0.2,
    ]);
  });

  test('nothing where none waits, or none grew', () => {
    const running = contrast({ main: 1 }, { 'main hold run': 8 });
    expect(waitsBelow(running, findFunction(running, 'hold'))).toEqual([]);
    const fewer = contrast({ [parked('chanrecv')]: 9 }, { [parked('chanrecv')]: 8 });
    expect(waitsBelow(fewer, findFunction(fewer, 'hold'))).toEqual([]);
  });
});

describe('networkPartBelow', () => {
  const read =
    'main fetch client sun.nio.ch.NioSocketImpl.implRead sun.nio.ch.NioSocketImpl.park sun.nio.ch.Net.poll';
  const part = (before: Stacks, after: Stacks) => {
    const contrasted = contrast(before, after);
    return networkPartBelow(contrasted, findFunction(contrasted, 'fetch'));
  };

  test.each<[string, Stacks, Stacks, number]>([
    ['all of it', { [read]: 10 }, { [read]: 60 }, 1],
    ['a part of it', { [read]: 10, 'main fetch parse': 10 }, { [read]: 40, 'main fetch parse': 20 }, 0.75],
    ['a fall is none', { [read]: 40, 'main fetch parse': 10 }, { [read]: 20, 'main fetch parse': 90 }, 0],
    ['nothing grew', { [read]: 40 }, { [read]: 40 }, 0],
    [
      'only below the function',
      { 'main fetch parse': 1 },
      { 'main fetch parse': 9, [read.replace('fetch', 'other')]: 90 },
      0,
    ],
    [
      'only next to the leaf',
      { 'main fetch parse': 1 },
      { 'main fetch sun.nio.ch.Net.poll a b c d e f': 9 },
      0,
    ],
  ])('%s', (_name, before, after, expected) => {
    expect(part(before, after)).toBeCloseTo(expected, 9);
  });
});

describe('sides of more than one profile', () => {
  const parts = (before: Stacks, after: Stacks) => {
    const contrasted = contrast(before, after, { profiles: [2, 4] });
    const below = spreadBelow(contrasted, findFunction(contrasted, 'hold'));
    return below?.parts.map(({ what, part }) => [getName(contrasted, what), Math.round(100 * part)]) ?? null;
  };

  test('count per profile, the largest part first', () => {
    const before = { 'main hold lib.a': 20, 'main hold lib.b': 20 };
    expect(parts(before, { 'main hold lib.a': 80, 'main hold lib.b': 160 })).toEqual([
      ['lib.b', 75],
      ['lib.a', 25],
    ]);
    expect(parts(before, { 'main hold lib.a': 40, 'main hold lib.b': 40 })).toBeNull();
  });
});

test('a side without a profile tells no growth', () => {
  const contrasted = contrast({ 'main hold': 10 }, { 'main hold': 20 }, { profiles: [1, 0] });
  expect(spreadBelow(contrasted, findFunction(contrasted, 'hold'))).toBeNull();
});

test('a baseline without a profile takes nothing from the growth', () => {
  const after = { 'main hold lib.a': 20, 'main hold lib.b': 20 };
  const contrasted = contrast({ 'main hold lib.a': 10 }, after, { profiles: [0, 1] });
  const below = spreadBelow(contrasted, findFunction(contrasted, 'hold'));
  expect(below?.parts.map(({ part }) => part)).toEqual([0.5, 0.5]);
});
