import { describe, expect, test } from 'vitest';
import { contrast, findFunction, getName, type Sides, type Stacks } from '../../../test/support/contrast.js';
import { findUniverse } from '../contrast/contrast.js';
import { describeCulprit, findCulprit } from './culprit.js';
import { movedFrom } from './moved.js';

/** Name of the culprit, and of the function that its cost came from. */
function moved(before: Stacks, after: Stacks, sides: Sides = {}) {
  const contrasted = contrast(before, after, sides);
  const culprit = findCulprit(contrasted, 4.25);
  return culprit === null
    ? null
    : [getName(contrasted, culprit.fn), getName(contrasted, movedFrom(contrasted, culprit))];
}

const REST = { 'main stock': 400, 'main render': 600 };

describe('movedFrom', () => {
  test('a function under a new name', () => {
    const answer = moved({ ...REST, 'main serve encode': 300 }, { ...REST, 'main serve encodeFast': 300 });
    expect(answer).toEqual(['encodeFast', 'encode']);
  });

  test('code taken out of its caller, with the library below it', () => {
    expect(
      moved({ ...REST, 'main serve': 300 }, { ...REST, 'main serve': 20, 'main serve helper': 280 }),
    ).toEqual(['helper', 'serve']);
    expect(
      moved(
        { ...REST, 'main serve lib.zip': 300 },
        { ...REST, 'main serve lib.zip': 20, 'main serve helper lib.zip': 280 },
      ),
    ).toEqual(['helper', 'serve']);
  });

  test('of a chain of callers with the same cost the nearest lost it, whatever their names', () => {
    for (const [outer, inner] of [
      ['alpha', 'beta'],
      ['beta', 'alpha'],
    ]) {
      const before = { ...REST, [`main ${outer} ${inner}`]: 300 };
      const after = { ...REST, [`main ${outer} ${inner} helper`]: 300 };
      expect(moved(before, after)).toEqual(['helper', inner]);
    }
  });

  test('cost that went to another part of the program', () => {
    expect(
      moved({ ...REST, 'main a sign': 300 }, { ...REST, 'main a sign': 20, 'main b verify': 280 }),
    ).toEqual(['verify', 'sign']);
  });

  test('growth that nobody lost is real', () => {
    expect(moved({ ...REST, 'main serve encode': 100 }, { ...REST, 'main serve encode': 400 })).toEqual([
      'encode',
      null,
    ]);
  });

  test('a loss that is much smaller or larger than the gain is another story', () => {
    const before = { ...REST, 'main a old': 500, 'main b': 500 };
    expect(moved(before, { ...before, 'main a old': 400, 'main c fresh': 400 })).toEqual(['fresh', null]);
    const large = { 'main a old': 900, 'main b': 2000 };
    expect(moved(large, { 'main b': 2000, 'main c fresh': 300 })).toEqual(['fresh', null]);
  });

  test('the load is taken out on both sides of a move', () => {
    const after = { 'main stock': 800, 'main render': 1200, 'main serve encodeFast': 600 };
    expect(moved({ ...REST, 'main serve encode': 300 }, after)).toEqual(['encodeFast', 'encode']);
    expect(moved({ ...REST, 'main serve encode': 300 }, after, { profiles: [1, 2] })).toEqual([
      'encodeFast',
      'encode',
    ]);
  });

  test('callers and callees of the culprit are no counterparts', () => {
    const answer = moved(
      { ...REST, 'main serve price lib.old': 100 },
      { ...REST, 'main serve price lib.fresh': 500 },
    );
    expect(answer).toEqual(['price', null]);
  });

  describe('a function that took over a part of what it costs', () => {
    const before = { ...REST, 'main serve': 200 };
    const after = { ...REST, 'main serve helper': 400 };
    const from = (isStrict: boolean) => {
      const contrasted = { ...contrast(before, after), isStrict };
      const culprit = findCulprit(contrasted, 4.25);
      return culprit === null ? 'nobody' : getName(contrasted, movedFrom(contrasted, culprit));
    };

    test('may have moved at first sight', () => {
      expect(from(false)).toBe('serve');
    });

    test('grew, strictly: the rest is more than noise and more than the load', () => {
      expect(from(true)).toBeNull();
    });

    test('moved, strictly, where it costs as much as before', () => {
      const contrasted = { ...contrast(before, { ...REST, 'main serve helper': 210 }), isStrict: true };
      const culprit = findCulprit(contrasted, 4.25);
      expect(culprit && getName(contrasted, movedFrom(contrasted, culprit))).toBe('serve');
    });
  });

  test('empty sides move nothing', () => {
    const contrasted = contrast({}, { 'main a': 10 });
    const culprit = describeCulprit(contrasted, findUniverse(contrasted), findFunction(contrasted, 'a'));
    expect(movedFrom(contrasted, culprit)).toBeNull();
  });
});

describe('gates', () => {
  /** The share of the gain of `fresh` that another function lost. */
  const far = (lost: number) =>
    moved({ ...REST, 'main a old': 1_000 }, { ...REST, 'main a old': 1_000 - lost, 'main b fresh': 500 });
  const near = (lost: number) =>
    moved({ ...REST, 'main a old': 1_000 }, { ...REST, 'main a old': 1_000 - lost, 'main a fresh': 500 });

  test.each([
    { what: '60 % of the gain, far away, is another story', answer: far(300), from: null },
    { what: '80 % of the gain, far away, is a move', answer: far(400), from: 'old' },
    { what: '60 % of the gain under the same caller is a move', answer: near(300), from: 'old' },
    { what: '40 % of the gain under the same caller is none', answer: near(200), from: null },
  ])('a loss of $what', ({ answer, from }) => {
    expect(answer).toEqual(['fresh', from]);
  });

  test('a loss far away must stand out', () => {
    const before = { ...REST, 'main a old': 1_000 };
    expect(moved(before, { ...before, 'main a old': 840, 'main b fresh': 160 })).toEqual(['fresh', null]);
  });

  const inside = (cost: number, helper: number) =>
    moved({ ...REST, 'main serve': 300 }, { ...REST, 'main serve': cost, 'main serve helper': helper });

  test('the own cost of the caller may lose less visibly where its total stayed', () => {
    expect(inside(252, 60)).toEqual(['helper', 'serve']);
    expect(inside(252, 100)).toEqual(['helper', null]);
  });
});
