import { describe, expect, test } from 'vitest';
import { contrast, findFunction, profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { analyse } from '../analysis.js';
import { type Activity, measureActivity, readActivity, waitsByDesign, waitsForEvents } from './by-design.js';

const SERVER = 'net/http.(*conn).serve';
const NEXT = 'net/http.HandlerFunc.ServeHTTP';
/** A middleware and a handler ran before. */
const OLD = ['access', 'levels'];
const activity: Activity = {
  hasRun: ({ name }) => OLD.includes(name),
  isAbove: ({ name }) => name === 'limit',
};
const isByDesign = (after: Stacks, site: string, before: Stacks = {}) => {
  const sides = contrast({ 'runtime.idle': 9, ...before }, after);
  return waitsByDesign({ ...sides, site: { fn: findFunction(sides, site), growth: 1, part: 1 } }, activity);
};

describe('waits on purpose', () => {
  test.each<[string, string, string, boolean]>([
    ['a new handler for the events of its clients', `${SERVER} events runtime.selectgo`, 'events', true],
    ['a new handler behind middleware', `${SERVER} access ${NEXT} events runtime.selectgo`, 'events', true],
    ['a new handler with a function of its own', `${SERVER} poll next runtime.chanrecv1`, 'next', true],
    ['an old handler', `${SERVER} access ${NEXT} levels runtime.selectgo`, 'levels', false],
    [
      'an old handler in a new function',
      `${SERVER} ${NEXT} levels acquire runtime.chanrecv1`,
      'acquire',
      false,
    ],
    ['a new middleware above old requests', `${SERVER} limit runtime.chanrecv1`, 'limit', false],
    ['a new handler for a lock', `${SERVER} events sync.(*Mutex).Lock`, 'events', false],
    ['a new handler to hand something on', `${SERVER} events runtime.chansend1`, 'events', false],
    ['a new handler in a pool of a library', `${SERVER} events lib.conn runtime.selectgo`, 'events', false],
    [
      'a new handler in the pool of the standard library',
      `${SERVER} events database/sql.(*DB).conn runtime.selectgo`,
      'events',
      false,
    ],
    ['a new worker for work', 'worker runtime.chanrecv2', 'worker', true],
    ['a new worker for its next turn', 'worker time.Sleep', 'worker', true],
    ['an old loop for work', 'levels runtime.chanrecv2', 'levels', true],
    ['old work in a function that waits', 'levels acquire runtime.chanrecv2', 'acquire', false],
    ['nothing, as far as the frames tell', 'worker', 'worker', false],
  ])('%s', (_, stack, site, is) => {
    expect(isByDesign({ 'runtime.idle': 9, [stack]: 900 }, site)).toBe(is);
  });

  test.each<[string, number, boolean]>([
    ['a profile that ran into the deploy', 44, true],
    ['a wait that was there before', 45, false],
  ])('before the deploy stands %s', (_, before, is) => {
    const stack = `${SERVER} events runtime.selectgo`;
    expect(isByDesign({ [stack]: 900 }, 'events', { [stack]: before })).toBe(is);
  });

  test('four fifths of what was added must be on purpose', () => {
    const [stream, lock] = [`${SERVER} events runtime.selectgo`, `${SERVER} events sync.(*Mutex).Lock`];
    expect(isByDesign({ [stream]: 800, [lock]: 200 }, 'events')).toBe(true);
    expect(isByDesign({ [stream]: 799, [lock]: 201 }, 'events')).toBe(false);
  });

  test('only own code waits on purpose', () => {
    expect(isByDesign({ [`${SERVER} lib.wait runtime.selectgo`]: 900 }, 'lib.wait')).toBe(false);
    expect(isByDesign({ [`${SERVER} lib.mux events runtime.selectgo`]: 900 }, 'lib.mux')).toBe(false);
  });
});

describe('waits that may be a queue or on purpose', () => {
  const mayBe = (after: Stacks, site: string) => {
    const sides = contrast({ 'runtime.idle': 9 }, { 'runtime.idle': 9, ...after });
    return waitsForEvents({ ...sides, site: { fn: findFunction(sides, site), growth: 1, part: 1 } });
  };

  test.each<[string, string, string, boolean]>([
    ['an old handler for news or for a place', `${SERVER} levels runtime.selectgo`, 'levels', true],
    [
      'an old handler in a function of its own',
      `${SERVER} levels acquire runtime.chanrecv1`,
      'acquire',
      true,
    ],
    ['an old handler for a condition', `${SERVER} levels sync.(*Cond).Wait`, 'levels', true],
    ['an old handler for a lock', `${SERVER} levels sync.(*Mutex).Lock`, 'levels', false],
    ['an old handler to hand something on', `${SERVER} levels runtime.chansend1`, 'levels', false],
    ['a pool', `${SERVER} levels database/sql.(*DB).conn runtime.selectgo`, 'levels', false],
    ['a library', `${SERVER} levels lib.wait runtime.selectgo`, 'lib.wait', false],
    ['a library above own code', `${SERVER} lib.mux levels runtime.selectgo`, 'lib.mux', false],
  ])('%s', (_, stack, site, is) => {
    expect(mayBe({ [stack]: 900 }, site)).toBe(is);
  });

  test('they are four fifths of what was added', () => {
    const [news, lock] = [`${SERVER} levels runtime.selectgo`, `${SERVER} levels sync.(*Mutex).Lock`];
    expect(mayBe({ [news]: 800, [lock]: 200 }, 'levels')).toBe(true);
    expect(mayBe({ [news]: 799, [lock]: 201 }, 'levels')).toBe(false);
  });
});

test('what ran before, and what stands above much of own code, by the time of the service', () => {
  const of = (stacks: Stacks) => ({ profile: profileFrom(stacks), profiles: 1 });
  const before = of({ 'access show': 900, 'access list': 4, 'access none': 0 });
  const after = of({ 'access show': 900, 'access list': 100, 'access fresh': 100 });
  const analysis = analyse({ baseline: [before], incident: [after], slices: [], quantum: 1 });
  const { hasRun, isAbove } = measureActivity(analysis);
  const named = (name: string) => ({ name, file: `/src/shop/${name}.go`, startLine: 0, isSymbolised: true });
  const names = ['access', 'show', 'list', 'fresh', 'none', 'unknown'];
  expect(names.filter((name) => hasRun(named(name)))).toEqual(['access', 'show']);
  expect(names.filter((name) => isAbove(named(name)))).toEqual(['access', 'show']);
});

test('only a type that measures time tells what ran before', () => {
  const show = { name: 'show', file: '/src/shop/show.go', startLine: 0, isSymbolised: true };
  const side = { profile: profileFrom({ 'access show': 900 }), profiles: 1 };
  const analysis = analyse({ baseline: [side], incident: [side], slices: [], quantum: 1 });
  expect(readActivity({ lens: { kind: 'time' }, analysis })?.hasRun(show)).toBe(true);
  expect(readActivity({ lens: { kind: 'amount' }, analysis })).toBeNull();
  expect(readActivity(undefined)).toBeNull();
});
