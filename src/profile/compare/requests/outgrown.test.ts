import { expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { times } from '../../../../test/support/handlers.js';
import { findRequests } from './entries.js';
import { outgrewItsRequests } from './outgrown.js';

const service = (above: string): Stacks => ({
  [`${above} show render`]: 300,
  [`${above} show load`]: 500,
  [`${above} show`]: 200,
  [`${above} save check`]: 400,
  [`${above} save store`]: 600,
});
const outgrew = (above: string, after: Stacks, fn = 'render') => {
  const sides = contrast(service(above), after);
  return outgrewItsRequests(sides, findRequests(sides), findFunction(sides, fn));
};
/** Half of the load, but for one function, which costs what it did. */
const halfBut = (above: string, part: string): Stacks => ({
  ...times(service(above), '', 0.5),
  ...Object.fromEntries(Object.entries(service(above)).filter(([stack]) => stack.includes(part))),
});

test.each<[string, string, boolean]>([
  ['a framework calls the handler', 'lib.router', true],
  ['a known server calls the handler', 'net/http.(*conn).serve', true],
  ['middleware stands between', 'lib.router access', true],
  ['nothing calls it: a loop of its own', '', false],
  ['a pool of threads calls it', 'runtime.pool', false],
  ['a library calls it by the clock', 'lib.scheduler', false],
  ['a timer starts the library that calls it', 'runtime.timer lib.router', false],
])('a function that stayed while the rest of its requests halved: %s', (_, above, is) => {
  expect(outgrew(above, halfBut(above, 'render'))).toBe(is);
});

test.each<[string, Stacks, string, boolean]>([
  ['all fell alike', times(service('lib.router'), '', 0.5), 'render', false],
  ['the whole handler stayed: more of its requests', halfBut('lib.router', 'show'), 'render', false],
  ['the handler itself', halfBut('lib.router', 'show'), 'show', false],
  [
    'by less than five standard errors',
    { ...times(service('lib.router'), '', 0.5), 'lib.router show render': 195 },
    'render',
    false,
  ],
  ['by more', { ...times(service('lib.router'), '', 0.5), 'lib.router show render': 270 }, 'render', true],
  [
    'a small part outside requests',
    { ...halfBut('lib.router', 'render'), 'flush render': 20 },
    'render',
    true,
  ],
  ['mostly outside requests', { ...halfBut('lib.router', 'render'), 'flush render': 700 }, 'render', false],
])('%s', (_, after, fn, is) => {
  expect(outgrew('lib.router', after, fn)).toBe(is);
});

test('a library that a handler calls below does not serve it', () => {
  const below = (stacks: Stacks) =>
    Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [`${stack} lib.work`, value]));
  const sides = contrast(below(service('')), below(halfBut('', 'render')));
  expect(outgrewItsRequests(sides, findRequests(sides), findFunction(sides, 'render'))).toBe(false);
});

test('a function that is mostly called as a handler of its own did not outgrow the requests of another', () => {
  const own = { 'lib.router render encode': 700 };
  const sides = contrast(
    { ...service('lib.router'), ...own },
    { ...halfBut('lib.router', 'render'), ...own },
  );
  expect(outgrewItsRequests(sides, findRequests(sides), findFunction(sides, 'render'))).toBe(false);
});

test('what a library does without own code is outside requests', () => {
  const works = { 'lib.queue lib.render': 700 };
  const inLibrary = (stacks: Stacks) =>
    Object.fromEntries(
      Object.entries(stacks).map(([stack, value]) => [stack.replace('render', 'render lib.render'), value]),
    );
  const sides = (other: Stacks) =>
    contrast(
      { ...inLibrary(service('lib.router')), ...other },
      { ...inLibrary(halfBut('lib.router', 'render')), ...other },
    );
  const outgrew = (both: ReturnType<typeof sides>) =>
    outgrewItsRequests(both, findRequests(both), findFunction(both, 'lib.render'));
  expect(outgrew(sides({}))).toBe(true);
  expect(outgrew(sides(works))).toBe(false);
});

test('the first function of all may be a handler', () => {
  const named = (stacks: Stacks) =>
    Object.fromEntries(
      Object.entries(stacks).map(([stack, value]) => [stack.replace('show', 'account'), value]),
    );
  const sides = contrast(named(service('lib.router')), named(halfBut('lib.router', 'render')));
  expect(findFunction(sides, 'account')).toBe(0);
  expect(outgrewItsRequests(sides, findRequests(sides), findFunction(sides, 'render'))).toBe(true);
});
