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
  ['mostly outside requests', { ...halfBut('lib.router', 'render'), 'flush render': 700 }, 'render', false],
])('%s', (_, after, fn, is) => {
  expect(outgrew('lib.router', after, fn)).toBe(is);
});
