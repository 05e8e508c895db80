import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { findUniverse } from '../contrast/contrast.js';
import { findCulprit, loadBeside, onlyGainedShare } from './culprit.js';
import { findRequests } from './requests/entries.js';

const REST = { 'main serve stock': 300, 'main poll': 600 };

function name(before: Stacks, after: Stacks, sides: Sides = {}): string | null {
  const contrasted = contrast({ ...REST, ...before }, { ...REST, ...after }, sides);
  return getName(contrasted, findCulprit(contrasted, 4.25)?.fn);
}

describe('how much of the growth a callee keeps', () => {
  const sides = (price: number, hash: number, other: number) => ({
    'main serve price': price,
    'main serve price hash': hash,
    'main other hash': other,
  });

  test.each([
    { what: 'half of it, and grew as visibly elsewhere', price: 150, hash: 70, other: 70, named: 'price' },
    { what: 'three quarters of it', price: 130, hash: 110, other: 50, named: 'hash' },
  ])('of one that keeps $what: $named', ({ price, hash, other, named }) => {
    expect(name(sides(100, 20, 50), sides(price, hash, other))).toBe(named);
    // A function may cost far less than one sample per profile.
    const profiles = { profiles: [1_000, 1_000] as const };
    expect(name(sides(100, 20, 50), sides(price, hash, other), profiles)).toBe(named);
  });

  test.each([
    { what: 'four fifths of it', price: 50, hash: 210, named: 'hash' },
    { what: 'less, where the samples tell them apart', price: 52, hash: 208, named: 'price' },
  ])('of one that keeps $what: $named', ({ price, hash, named }) => {
    expect(name(sides(0, 10, 0), sides(price, hash, 0))).toBe(named);
  });

  test('of two that keep all of it the first one is looked into, which may have grown elsewhere, too', () => {
    const before = { 'main encode': 20 };
    expect(name(before, { 'main encode': 60, 'main report encode write': 50 })).toBe('encode');
    expect(name(before, { 'main encode': 20, 'main report encode write': 50 })).toBe('write');
  });

  test('of two that keep enough, as their caller works less itself, the one that keeps most is named', () => {
    const callees = (own: number, a: number, d: number) => ({
      'main serve price': own,
      'main serve price a': a,
      'main serve price d': d,
    });
    expect(name(callees(100, 10, 10), callees(20, 110, 100))).toBe('a');
    expect(name(callees(100, 10, 10), callees(20, 100, 110))).toBe('d');
  });
});

test('a function beyond all own code tells no load of that', () => {
  const contrasted = contrast(
    { 'lib.encode': 200 },
    { 'lib.encode': 600, 'main price': 300 },
    { profiles: [2, 1] },
  );
  const fn = findFunction(contrasted, 'lib.encode');
  expect(loadBeside(contrasted, findUniverse(contrasted), fn)).toBe(1);
});

describe('what a job costs next to requests that became fewer', () => {
  const sides = (request: number, job: number) => ({
    'runtime.serve wrap show': 4 * request,
    'runtime.serve wrap save': 6 * request,
    'runtime.work zip pack': job,
  });
  const gained = (request: number, job: number, fn = 'pack') => {
    const contrasted = contrast(sides(1000, 5000), sides(request, job));
    const universe = findUniverse(contrasted);
    return onlyGainedShare(contrasted, universe, findFunction(contrasted, fn), findRequests(contrasted));
  };

  test.each([
    { what: 'as much, of a little less load', request: 990, job: 5000, is: true },
    { what: 'a little more', request: 990, job: 5740, is: true },
    { what: 'more by 15 %', request: 990, job: 5760, is: false },
    { what: 'as much, of more load', request: 1001, job: 5000, is: false },
  ])('$what: gained share only: $is', ({ request, job, is }) => {
    expect(gained(request, job)).toBe(is);
  });

  test('the requests themselves must have become fewer by more', () => {
    expect(gained(990, 4900, 'show')).toBe(false);
  });
});

describe('what else costs, next to a function that works outside the stacks of requests', () => {
  const sides = (parse: number): Stacks => ({
    'runtime.serve main show': 100,
    'runtime.serve main runtime.parse': 10,
    'runtime.go runtime.parse': parse,
    'runtime.gc': 50,
  });
  const own = { nameable: null, population: 'application' } as const;

  test.each([
    { what: 'less than these', parse: 90, load: 0.1 },
    { what: 'as much as these', parse: 100, load: 0 },
    { what: 'more than these', parse: 101, load: 1 },
  ])('of $what after the change: x$load', ({ parse, load }) => {
    const contrasted = contrast(sides(0), sides(parse));
    const fn = findFunction(contrasted, 'runtime.parse');
    expect(loadBeside(contrasted, own, fn)).toBeCloseTo(load);
    expect(loadBeside(contrast(sides(101), sides(0)), own, fn)).toBeCloseTo(1);
  });
});
