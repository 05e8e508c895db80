import { describe, expect, test } from 'vitest';
import { byName, findFunction, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { joinProfiles } from './join.js';
import {
  findEntries,
  isBelow,
  nearestOwnAbove,
  sumBackground,
  sumLibraryWork,
  sumOfRequests,
  sumOutside,
  totalsAround,
  totalsBelow,
} from './through.js';

const joinParts = (...parts: readonly Stacks[]) => joinProfiles(parts.map(profileFrom));
const STACKS = {
  'runtime.main serve price lib.parse': 5,
  'serve stock': 3,
  'price lib.parse': 2,
  'runtime.gc': 9,
};

const above = (...[joined, parts, fn]: Parameters<typeof totalsAround>) =>
  totalsAround(joined, parts, fn).above;

describe('totals below and above a function', () => {
  test('only the stacks through the function, from it down and from it up', () => {
    const joined = joinParts(STACKS);
    const price = findFunction({ joined }, 'price');
    expect(byName(joined, totalsBelow(joined, [0], price))).toEqual({ price: 7, 'lib.parse': 7 });
    expect(byName(joined, above(joined, [0], price))).toEqual({ 'runtime.main': 5, serve: 5 });
  });

  test('of a recursion the outermost frame counts, and each function once a stack', () => {
    const joined = joinParts({ 'main walk visit walk visit walk leaf': 4 });
    const walk = findFunction({ joined }, 'walk');
    expect(byName(joined, totalsBelow(joined, [0], walk))).toEqual({ walk: 4, visit: 4, leaf: 4 });
    expect(byName(joined, above(joined, [0], walk))).toEqual({ main: 4 });
  });

  test('several parts add up; parts that are not there and functions that nobody calls are nothing', () => {
    const joined = joinParts({ 'main a': 1 }, { 'main a': 2 });
    const a = findFunction({ joined }, 'a');
    expect(byName(joined, above(joined, [0, 1], a))).toEqual({ main: 3 });
    expect(byName(joined, totalsBelow(joined, [7], a))).toEqual({});
    expect(byName(joined, totalsBelow(joined, [], a))).toEqual({});
    expect(byName(joined, totalsBelow(joined, [0], -1))).toEqual({});
  });

  test('whether one function is called below another', () => {
    const joined = joinParts(STACKS);
    const [serve, parse, stock] = ['serve', 'lib.parse', 'stock'].map((name) =>
      findFunction({ joined }, name),
    );
    expect(isBelow(joined, [0], parse ?? -1, serve ?? -1)).toBe(true);
    expect(isBelow(joined, [0], serve ?? -1, parse ?? -1)).toBe(false);
    expect(isBelow(joined, [0], parse ?? -1, stock ?? -1)).toBe(false);
  });
});

describe('besideOf and entriesOf', () => {
  test('what enters own code where the function does, but does not pass through it', () => {
    const joined = joinParts({
      'runtime.main serve price': 5,
      'runtime.main serve stock': 3,
      poll: 9,
      'runtime.gc serve': 1,
    });
    const price = findFunction({ joined }, 'price');
    const entries = findEntries(joined, [0], price);
    expect([...entries].map((fn) => joined.functions[fn]?.name)).toEqual(['serve']);
    expect(sumOutside(joined, [0], price, entries)).toBe(4);
  });

  test('a function that is its own entry point has nothing beside it', () => {
    const joined = joinParts({ 'runtime.main serve price': 5, serve: 3 });
    const serve = findFunction({ joined }, 'serve');
    expect(findEntries(joined, [0], serve).size).toBe(0);
    expect(sumOutside(joined, [0], serve, findEntries(joined, [0], serve))).toBe(0);
  });
});

describe('the functions above and below one, in one pass', () => {
  const STACKS_OF_TWO: Stacks = {
    'runtime.main serve price lib.parse runtime.mallocgc': 5,
    'runtime.main serve price': 4,
    'runtime.main serve stock lib.parse': 3,
    'poll price lib.parse': 2,
    'runtime.gc': 9,
  };

  test('of several parts together', () => {
    const joined = joinParts(STACKS_OF_TWO, { 'main price price lib.log': 7 });
    const price = findFunction({ joined }, 'price');
    const { above, below } = totalsAround(joined, [0, 1], price);
    expect(byName(joined, above)).toEqual({ 'runtime.main': 9, serve: 9, poll: 2, main: 7 });
    expect(byName(joined, below)).toEqual({
      price: 18,
      'lib.parse': 7,
      'runtime.mallocgc': 5,
      'lib.log': 7,
    });
  });

  test('those of a side are kept, for two functions and by what was joined', () => {
    const joined = joinParts(STACKS_OF_TWO);
    const side = [0];
    const [price, stock, serve] = ['price', 'stock', 'serve'].map((name) => findFunction({ joined }, name));
    const first = totalsAround(joined, side, price ?? -1);
    expect(totalsAround(joined, side, stock ?? -1)).not.toBe(first);
    expect(totalsAround(joined, side, price ?? -1)).toBe(first);
    expect(totalsAround({ ...joined }, side, price ?? -1)).not.toBe(first);
    totalsAround(joined, side, serve ?? -1);
    expect(totalsAround(joined, side, price ?? -1)).not.toBe(first);
    expect(totalsAround(joined, side, price ?? -1)).toEqual(first);
  });

  test('the cost of the stacks in which a function calls a library, through whatever others', () => {
    const joined = joinParts(STACKS_OF_TWO, { 'main price round lib.log lib.write': 7, 'lib.http price': 8 });
    const work = (name: string, ...parts: number[]) =>
      sumLibraryWork(joined, parts, findFunction({ joined }, name));
    expect(work('price', 0)).toBe(7);
    expect(work('price', 0, 1)).toBe(14);
    expect(work('serve', 0)).toBe(8);
    // A library is no work of its own, and what calls a function is none of it.
    expect(work('lib.write', 1)).toBe(0);
    expect(work('lib.log', 1)).toBe(7);
    expect(work('runtime.gc', 0)).toBe(0);
  });

  test('a function is below itself, and below what calls it in any of the parts', () => {
    const joined = joinParts(STACKS_OF_TWO, { 'stock price': 1, 'serve price': 0 });
    const find = (name: string) => findFunction({ joined }, name);
    const [price, stock] = [find('price'), find('stock')];
    expect(isBelow(joined, [0], price, price)).toBe(true);
    expect(isBelow(joined, [0], price, stock)).toBe(false);
    expect(isBelow(joined, [0, 1], price, stock)).toBe(true);
    expect(isBelow(joined, [1], stock, price)).toBe(false);
    // The outermost frame of all is above the others.
    expect(isBelow(joined, [0], find('runtime.mallocgc'), find('runtime.main'))).toBe(true);
  });
});

describe('what the same requests drive outside a function', () => {
  test('by the outermost own frame, in all of the parts', () => {
    const joined = joinParts(
      { 'runtime.main serve price lib.parse': 5, 'runtime.main serve stock': 3, 'poll serve': 9 },
      { 'lib.http serve': 2, 'serve price': 4, 'runtime.main': 6, poll: 8, 'lib.http': 1 },
    );
    const price = findFunction({ joined }, 'price');
    const entries = findEntries(joined, [0], price);
    expect([...entries].map((fn) => joined.functions[fn]?.name)).toEqual(['serve']);
    expect(sumOutside(joined, [0, 1], price, entries)).toBe(5);
    expect(sumOutside(joined, [1], price, entries)).toBe(2);
    expect(sumOutside(joined, [0], price, new Set())).toBe(0);
    const both = new Set([...entries, findFunction({ joined }, 'poll')]);
    expect(sumOutside(joined, [0, 1], price, both)).toBe(22);
  });

  test('the entry points of all the parts, the function itself left out', () => {
    const joined = joinParts(
      { 'runtime.main serve price': 5, price: 1, 'price poll': 4 },
      { 'lib.http poll price': 1, 'runtime.main show': 9, 'lib.http lib.parse': 3 },
    );
    const find = (name: string, ...parts: number[]) =>
      [...findEntries(joined, parts, findFunction({ joined }, name))]
        .map((fn) => joined.functions[fn]?.name)
        .sort();
    expect(find('price', 0)).toEqual(['serve']);
    expect(find('price', 0, 1)).toEqual(['poll', 'serve']);
    expect(find('lib.http', 1)).toEqual(['poll']);
    // A library that no own code calls has none.
    expect(find('lib.parse', 1)).toEqual([]);
  });
});

test('the cost through a function that serves requests, of a recursion once', () => {
  const serve = 'runtime.goexit net/http.(*conn).serve';
  const joined = joinParts(
    {
      [`${serve} handle price`]: 5,
      [`${serve} price handle price`]: 3,
      'runtime.main price': 8,
      [`${serve} stock`]: 2,
    },
    { [`price ${serve}`]: 9 },
  );
  const price = findFunction({ joined }, 'price');
  expect(sumOfRequests(joined, [0], price)).toBe(8);
  expect(sumOfRequests(joined, [1], price)).toBe(0);
});

test('the cost through a function by the own function that is the nearest one above it', () => {
  const joined = joinParts(
    {
      'serve page render lib.http lib.parse': 5,
      'serve page render lib.parse lib.each render lib.parse': 4,
      'poll lib.parse': 3,
      'lib.run lib.parse': 2,
      'serve page': 9,
    },
    { 'serve lib.parse': 7 },
  );
  const above = (...parts: number[]) =>
    Object.fromEntries(
      [...nearestOwnAbove(joined, parts, findFunction({ joined }, 'lib.parse'))].map(([fn, cost]) => [
        joined.functions[fn]?.name,
        cost,
      ]),
    );
  expect(above(0)).toEqual({ render: 9, poll: 3 });
  expect(above(0, 1)).toEqual({ render: 9, poll: 3, serve: 7 });
});

test('of requests are stacks that are served above the function, and not by it or below it', () => {
  const server = 'net/http.(*conn).serve';
  const joined = joinParts({
    [`runtime.goexit ${server} price`]: 5,
    [`runtime.main price ${server}`]: 3,
    [`runtime.main poll ${server}`]: 2,
  });
  const cost = (name: string) => sumOfRequests(joined, [0], findFunction({ joined }, name));
  expect(cost('price')).toBe(5);
  expect(cost(server)).toBe(0);
});

describe('work in the background', () => {
  const background = (stacks: Stacks, name = 'runtime.sweep') => {
    const joined = joinParts(stacks);
    return sumBackground(joined, [0], findFunction({ joined }, name));
  };

  test('is in stacks that no own code and no library is in', () => {
    expect(background({ 'runtime.bg runtime.sweep': 7, 'runtime.bg runtime.sweep runtime.free': 2 })).toBe(9);
    expect(background({ 'runtime.bg runtime.sweep lib.log': 7 })).toBe(0);
    // Own code in one of a hundred stacks does not make their entry point one that serves requests.
    expect(background({ 'runtime.bg runtime.sweep': 99, 'runtime.bg runtime.sweep finish': 1 })).toBe(99);
  });

  test('is told by each stack alone, whatever lies next to it', () => {
    expect(background({ 'runtime.bg runtime.sweep': 99, price: 1 })).toBe(99);
    expect(background({ price: 1, 'runtime.bg runtime.sweep': 99 })).toBe(99);
  });

  test('is none below an entry point that serves', () => {
    expect(background({ 'runtime.main runtime.sweep': 40, 'runtime.main price': 60 })).toBe(0);
  });
});

test('own code at the leaf is an entry, too', () => {
  const joined = joinParts({ 'lib.run price': 5 });
  const entries = findEntries(joined, [0], findFunction({ joined }, 'lib.run'));
  expect([...entries].map((fn) => joined.functions[fn]?.name)).toEqual(['price']);
});
