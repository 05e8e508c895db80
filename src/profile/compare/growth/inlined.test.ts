import { describe, expect, test } from 'vitest';
import { contrast, findFunction, type Stacks } from '../../../../test/support/contrast.js';
import { descendThroughInlined } from './inlined.js';

/** The name of the place of a growth, gone down from `serve`, which holds all of it. */
function findPlace(before: Stacks, after: Stacks): string | undefined {
  const { joined, before: was, after: is } = contrast(before, after);
  const fn = findFunction({ joined }, 'serve');
  const growth =
    is.costs.totals[fn] === undefined ? 0 : (is.costs.totals[fn] ?? 0) - (was.costs.totals[fn] ?? 0);
  const site = { fn, growth: growth / is.profiles, part: 1 };
  return joined.functions[descendThroughInlined(joined, was, is, site).fn]?.name;
}

describe('a place in memory whose callee was compiled into it', () => {
  const before = { 'main serve view lib.subscribe': 10 };
  const grown = (view: number, subscribe: number, other = 0, own = 0) => ({
    'main serve view lib.subscribe': 10 + view,
    'main serve lib.subscribe': subscribe,
    'main serve lib.other': other,
    'main serve': own,
  });

  test.each([
    { what: 'the rest is below what the callee calls, too', after: grown(60, 40), is: 'view' },
    { what: 'nearly all of the rest is', after: grown(60, 20, 10, 10), is: 'view' },
    { what: 'less of the rest is', after: grown(60, 19, 11, 10), is: 'serve' },
    { what: 'the callee holds half', after: grown(50, 50), is: 'view' },
    { what: 'the callee holds less than half', after: grown(49, 51), is: 'serve' },
    { what: 'no own function is called', after: grown(0, 100), is: 'serve' },
    {
      what: 'the callee shrank',
      after: { ...grown(0, 100), 'main serve view lib.subscribe': 5 },
      is: 'serve',
    },
  ])('where $what is $is', ({ after, is }) => {
    expect(findPlace(before, after)).toBe(is);
  });

  test('is told with the growth below the callee, and with that part', () => {
    const { joined, before: was, after: is } = contrast(before, grown(60, 20, 10, 10));
    const site = { fn: findFunction({ joined }, 'serve'), growth: 100, part: 0.5 };
    const found = descendThroughInlined(joined, was, is, site);
    expect(found).toEqual({ fn: findFunction({ joined }, 'view'), growth: 80, part: 0.4 });
  });

  test('of two callees with the same growth is the first by name', () => {
    expect(findPlace({ 'main serve': 1 }, { 'main serve build view': 50, 'main serve view build': 50 })).toBe(
      'build',
    );
  });

  test('is told by the stacks that lead to it alone', () => {
    const after = { 'view lib.subscribe': 90, 'main serve': 100 };
    expect(findPlace({ 'main serve': 1 }, after)).toBe('serve');
  });

  test('may have taken in several, one below the other', () => {
    const after = {
      'main serve view watch lib.subscribe': 64,
      'main serve view lib.subscribe': 18,
      'main serve lib.subscribe': 18,
    };
    expect(findPlace({ 'main serve view watch lib.subscribe': 1 }, after)).toBe('watch');
  });

  test('ends where functions call each other', () => {
    const after = { 'main serve view serve view': 100 };
    expect(findPlace({ 'main serve': 1 }, after)).toBe('view');
  });
});
