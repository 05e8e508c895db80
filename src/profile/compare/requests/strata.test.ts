import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Stacks } from '../../../../test/support/contrast.js';
import { HANDLERS, times } from '../../../../test/support/handlers.js';
import { findRequests } from './entries.js';
import { entriesThrough, splitIntoStrata } from './strata.js';

describe('the samples of each kind of request, and those through a function', () => {
  /** The strata by the name of the entry point; `none` for stacks without one. */
  const split = (before: Stacks, after: Stacks, name: string, quantum = 1) => {
    const contrasted = contrast(before, after, { quantum });
    const strata = splitIntoStrata(
      contrasted,
      findRequests(contrasted).entryOfStack,
      findFunction(contrasted, name),
    );
    return Object.fromEntries(
      [...strata].map(([entry, stratum]) => [entry < 0 ? 'none' : getName(contrasted, entry), stratum]),
    );
  };
  const AFTER = times(HANDLERS, ' save', 2);
  const none = { all: [180, 180], through: [0, 0], above: [0, 0] };

  test.each([
    {
      what: 'below one entry point',
      name: 'validate',
      strata: {
        show: { all: [460, 460], through: [0, 0], above: [0, 0] },
        save: { all: [460, 920], through: [400, 800], above: [0, 0] },
        none,
      },
    },
    {
      what: 'the entry point itself, which is not above itself',
      name: 'save',
      strata: {
        show: { all: [460, 460], through: [0, 0], above: [0, 0] },
        save: { all: [460, 920], through: [460, 920], above: [0, 0] },
        none,
      },
    },
    {
      what: 'above all of them',
      name: 'runtime.mux',
      strata: {
        show: { all: [460, 460], through: [460, 460], above: [460, 460] },
        save: { all: [460, 920], through: [460, 920], above: [460, 920] },
        none,
      },
    },
    {
      what: 'above all of them and by itself, where nothing is below it',
      name: 'runtime.serve',
      strata: {
        show: { all: [460, 460], through: [460, 460], above: [460, 460] },
        save: { all: [460, 920], through: [460, 920], above: [460, 920] },
        none: { all: [180, 180], through: [80, 80], above: [0, 0] },
      },
    },
  ])('$what', ({ name, strata }) => {
    expect(split(HANDLERS, AFTER, name)).toEqual(strata);
  });

  test('samples are what the values are worth', () => {
    expect(split(times(HANDLERS, '', 10), times(AFTER, '', 10), 'validate', 10)).toEqual(
      split(HANDLERS, AFTER, 'validate'),
    );
  });

  test('a function counts once in a stack, above the entry point where it is there too', () => {
    const recursive: Stacks = {
      ...HANDLERS,
      'runtime.serve access runtime.mux show runtime.mux encode': 10,
      'runtime.serve access save lib.retry lib.retry': 7,
      'runtime.serve access lib.retry save lib.retry': 5,
    };
    const { show, save } = split(recursive, recursive, 'lib.retry');
    expect(show).toEqual({ all: [470, 470], through: [0, 0], above: [0, 0] });
    expect(save).toEqual({ all: [472, 472], through: [12, 12], above: [5, 5] });
    expect(split(recursive, recursive, 'runtime.mux').show).toEqual({
      all: [470, 470],
      through: [470, 470],
      above: [470, 470],
    });
  });

  test('a stack that costs nothing makes no kind of request', () => {
    const more: Stacks = { ...HANDLERS, 'runtime.serve access runtime.mux list scan': 500 };
    const contrasted = contrast(more, more);
    const { entryOfStack } = findRequests(contrasted);
    // The analysis of one entry point lets all others count as nothing.
    for (const { profile } of contrasted.joined.parts) profile.values.fill(0, -1);
    const [list, scan] = [findFunction(contrasted, 'list'), findFunction(contrasted, 'scan')];
    expect(splitIntoStrata(contrasted, entryOfStack, scan).has(list)).toBe(false);
  });

  test('the first function of all may be an entry point', () => {
    const stacks: Stacks = { 'list scan': 3, 'wrap list': 2 };
    const contrasted = contrast(stacks, stacks);
    const [list, wrap] = [findFunction(contrasted, 'list'), findFunction(contrasted, 'wrap')];
    expect(list).toBe(0);
    const strata = splitIntoStrata(contrasted, entriesThrough(contrasted, list), wrap);
    expect([...strata]).toEqual([[list, { all: [5, 5], through: [2, 2], above: [2, 2] }]]);
  });
});

test('a function as the one entry point of all stacks that pass through it', () => {
  const before: Stacks = { 'main show render': 1, main: 1, 'main save show': 1, 'main save': 1, show: 1 };
  const contrasted = contrast(before, { 'main save': 1, 'main show': 1 });
  const show = findFunction(contrasted, 'show');
  expect(entriesThrough(contrasted, show)).toEqual([
    Int32Array.of(show, -1, show, -1, show),
    Int32Array.of(-1, show),
  ]);
});
