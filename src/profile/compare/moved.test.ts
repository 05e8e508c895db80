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

  describe('a library that does the work of its own caller in another way', () => {
    const before = { ...REST, 'main sync lib.old lib.copy': 900, 'main sync lib.old lib.end': 60 };
    const from = (after: Stacks) => {
      const contrasted = { ...contrast(before, after), isStrict: true };
      const library = { nameable: contrasted.joined.library, population: 'served' } as const;
      const culprit = findCulprit(contrasted, 4.25, library);
      return culprit === null ? 'nobody' : getName(contrasted, movedFrom(contrasted, culprit, library));
    };

    test.each<[string, string | null, Stacks]>([
      [
        'costs it less in all',
        'sync',
        { 'main sync lib.new lib.copy': 60, 'main sync lib.new lib.each': 220 },
      ],
      [
        'costs it as much, and is judged as a whole',
        'nobody',
        { 'main sync lib.new lib.copy': 640, 'main sync lib.new lib.each': 320 },
      ],
      ['costs it less, by a wrapper that is new', 'sync', { 'main sync lib.all lib.new': 280 }],
      ['costs it more', null, { 'main sync lib.new lib.copy': 900, 'main sync lib.new lib.each': 900 }],
    ])('%s: %s lost it', (_, source, after) => {
      expect(from({ ...REST, ...after })).toBe(source);
    });
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
    { what: '60 % of the gain, far away, is another story', answer: () => far(300), from: null },
    { what: '80 % of the gain, far away, is a move', answer: () => far(400), from: 'old' },
    { what: '60 % of the gain under the same caller is a move', answer: () => near(300), from: 'old' },
    { what: '40 % of the gain under the same caller is none', answer: () => near(200), from: null },
  ])('a loss of $what', ({ answer, from }) => {
    expect(answer()).toEqual(['fresh', from]);
  });

  test('a loss far away must stand out', () => {
    const before = { ...REST, 'main a old': 1_000 };
    expect(moved(before, { ...before, 'main a old': 840, 'main b fresh': 160 })).toEqual(['fresh', null]);
  });

  /** All else costs three times as much; `left` is the cost of the function elsewhere then. */
  const underLoad = (left: number) =>
    moved(
      { 'main stock': 4_000, 'main render': 6_000, 'main a old': 1_000 },
      { 'main stock': 12_000, 'main render': 18_000, 'main a old': left, 'main b fresh': 3_000 - left },
    );

  test.each([
    {
      what: 'still costs more than before and lost a third: it handed nothing over',
      left: 2_000,
      from: null,
    },
    { what: 'costs less than before', left: 900, from: 'old' },
    { what: 'lost most of what the load would have made of it', left: 1_200, from: 'old' },
  ])('a function far away that $what', ({ left, from }) => {
    expect(underLoad(left)).toEqual(['fresh', from]);
  });

  const inside = (cost: number, helper: number) =>
    moved({ ...REST, 'main serve': 300 }, { ...REST, 'main serve': cost, 'main serve helper': helper });

  test('the own cost of the caller may lose less visibly where its total stayed', () => {
    expect(inside(252, 60)).toEqual(['helper', 'serve']);
    expect(inside(252, 100)).toEqual(['helper', null]);
  });
});

describe('what a sample is worth changes nothing', () => {
  const dear = (stacks: Stacks): Stacks =>
    Object.fromEntries(Object.entries(stacks).map(([stack, value]) => [stack, value * 100]));
  const sides: [string, Stacks, Stacks, unknown][] = [
    ['far away, by too little', { 'main a old': 1_000 }, { 'main a old': 840, 'main b fresh': 160 }, null],
    ['of a caller', { 'main serve': 300 }, { 'main serve': 252, 'main serve fresh': 60 }, 'serve'],
    ['a new name', { 'main a old': 300 }, { 'main a fresh': 300 }, 'old'],
  ];
  test.each(sides)('%s', (_, before, after, from) => {
    expect(moved({ ...REST, ...before }, { ...REST, ...after })).toEqual(['fresh', from]);
    const scaled = moved(dear({ ...REST, ...before }), dear({ ...REST, ...after }), { quantum: 100 });
    expect(scaled).toEqual(['fresh', from]);
  });
});

describe('inside a caller whose total stayed', () => {
  const spread = (cost: number) => ({ 'main serve a': cost, 'main serve b': cost, 'main serve c': cost });

  test('what several functions lost together came from the caller', () => {
    expect(moved({ ...REST, ...spread(100) }, { ...REST, 'main serve helper': 300 })).toEqual([
      'helper',
      'serve',
    ]);
  });

  test('what they kept did not', () => {
    expect(moved({ ...REST, ...spread(100) }, { ...REST, ...spread(100), 'main serve helper': 300 })).toEqual(
      ['helper', null],
    );
  });

  test('they must lose it beyond noise', () => {
    const [before, after] = [
      { ...REST, ...spread(100) },
      { ...REST, ...spread(86), 'main serve helper': 44 },
    ];
    expect(moved(before, after)).toEqual(['helper', null]);
  });

  test('a caller’s own cost goes before a loss elsewhere', () => {
    const before = { ...REST, 'main serve': 300, 'main other old': 400 };
    const after = { ...REST, 'main serve': 20, 'main serve helper': 280, 'main other old': 20 };
    expect(moved(before, after)).toEqual(['helper', 'serve']);
  });

  test('a caller of four fifths of the calls is not the one that lost it', () => {
    const before = { ...REST, 'main serve': 300 };
    const after = { ...REST, 'main serve': 60, 'main serve helper': 240, 'main push helper': 60 };
    expect(moved(before, after)).toEqual(['helper', null]);
    const direct = { ...REST, 'main serve': 60, 'main serve helper': 240, 'main helper': 60 };
    expect(moved(before, direct)).toEqual(['helper', null]);
  });

  test('a higher load makes it no growth of the caller', () => {
    const before = { 'main stock': 240, 'main render': 360, 'main serve': 180 };
    expect(moved(before, { ...REST, 'main serve': 246, 'main serve helper': 60 })).toEqual([
      'helper',
      'serve',
    ]);
  });

  test('of two callers the one that costs less lost it', () => {
    const before = { ...REST, 'main alpha beta': 300, 'main beta': 500 };
    const after = { ...REST, 'main alpha beta helper': 300, 'main beta': 500 };
    expect(moved(before, after)).toEqual(['helper', 'alpha']);
  });
});

test('strictly, what is left at the old place counts with the new one', () => {
  const before = { ...REST, 'main serve old': 300 };
  const from = (left: number, fresh: number) => {
    const after = { ...REST, 'main serve old': left, 'main serve helper': fresh };
    const contrasted = { ...contrast(before, after), isStrict: true };
    const culprit = describeCulprit(contrasted, findUniverse(contrasted), findFunction(contrasted, 'helper'));
    return getName(contrasted, movedFrom(contrasted, culprit));
  };
  expect(from(100, 220)).toBe('old');
  expect(from(100, 350)).toBeNull();
});

describe('strictly, a cost that took another’s place and grew', () => {
  const strictly = (before: Stacks, after: Stacks) => {
    const contrasted = { ...contrast(before, after), isStrict: true };
    const culprit = describeCulprit(contrasted, findUniverse(contrasted), findFunction(contrasted, 'helper'));
    return getName(contrasted, movedFrom(contrasted, culprit));
  };

  test.each([
    // 0.3 × 285.7 = 85.7 = 285.7 − 200
    { what: 'by less than three tenths of what moved', was: 200, is: 285, rest: 1, from: 'serve' },
    { what: 'by more', was: 200, is: 287, rest: 1, from: null },
    // 26.7 samples are 3 errors of 46.7 + 20 counts and of a load that a hundred samples tell
    { what: 'by less than three standard errors', was: 20, is: 46, rest: 0.1, from: 'serve' },
    { what: 'by more than these', was: 20, is: 48, rest: 0.1, from: null },
  ])('$what: from $from', ({ was, is, rest, from }) => {
    const beside = { 'main stock': 400 * rest, 'main render': 600 * rest };
    expect(strictly({ ...beside, 'main serve': was }, { ...beside, 'main serve helper': is })).toBe(from);
  });

  test('of two loads the lower one counts: that of the middle function', () => {
    const before = { 'main fetch': 600, 'main poll': 400, 'main stock': 400, 'main serve': 200 };
    const grown = { 'main fetch': 600, 'main poll': 1_400, 'main stock': 400, 'main serve helper': 320 };
    expect(strictly(before, grown)).toBeNull();
    // All functions grew: that is the load.
    const loaded = { 'main fetch': 1_030, 'main poll': 690, 'main stock': 690, 'main serve helper': 320 };
    expect(strictly(before, loaded)).toBe('serve');
  });

  test.each([
    { what: 'the function itself', own: 1_500, is: 2_900, from: null },
    { what: 'a callee that mostly runs below it', callee: 1_500, is: 2_900, from: null },
    {
      what: 'a callee that runs below others as often',
      callee: 1_500,
      beside: 1_500,
      is: 3_100,
      from: 'serve',
    },
  ])('$what takes part in no load: from $from', ({ own = 0, callee = 0, beside = 0, is, from }) => {
    const calm = { 'main fetch': 600, 'main stock': 400 };
    const before = { ...calm, 'main poll': 400, 'main serve': 200 };
    const helper = (factor: number) => ({
      'main helper': factor * own,
      'main helper part': factor * callee,
      'main other part': factor * beside,
    });
    const after = { ...calm, 'main poll': 1_400, ...helper(is / 1_500) };
    expect(strictly({ ...before, ...helper(1) }, after)).toBe(from);
  });

  test('functions that went or fell tell nothing about the load', () => {
    const few = { 'main stock': 100, 'main render': 100 };
    expect(strictly({ ...few, 'main a old': 300 }, { ...few, 'main b helper': 300 })).toBe('old');
    const [before, after] = [
      { ...REST, 'main tiny': 40, 'main serve': 200 },
      { ...REST, 'main tiny': 10, 'main serve helper': 205 },
    ];
    expect(strictly(before, after)).toBe('serve');
  });

  test('what a function cost its caller before is not what the caller lost', () => {
    const spread = (cost: number) => ({ 'main serve a': cost, 'main serve b': cost, 'main serve c': cost });
    const before = { ...REST, ...spread(100), 'main serve helper': 100 };
    expect(strictly(before, { ...REST, ...spread(86), 'main serve helper': 144 })).toBeNull();
  });

  test('the same costs under another caller are judged together', () => {
    const before = { ...REST, 'main a old': 300 };
    expect(strictly(before, { ...REST, 'main b helper': 320 })).toBe('old');
    expect(strictly(before, { ...REST, 'main b helper': 450 })).toBeNull();
  });
});

test('of functions that lost as much the one that stands out most is named, of a chain the innermost', () => {
  const before = { ...REST, 'main a wide': 900, 'main a old': 290 };
  const after = { ...REST, 'main a wide': 600, 'main b fresh': 300 };
  expect(moved(before, after)).toEqual(['fresh', 'old']);
  for (const chain of ['y x z', 'z y x', 'x z y'])
    expect(moved({ ...REST, [`main ${chain}`]: 300 }, { ...REST, 'main fresh': 300 })).toEqual([
      'fresh',
      chain.at(-1),
    ]);
  const uneven = { ...REST, 'main a': 60, 'main a old': 260 };
  expect(moved(uneven, { ...REST, 'main fresh': 320 })).toEqual(['fresh', 'a']);
  for (const [more, less] of [
    ['a', 'z'],
    ['z', 'a'],
  ]) {
    const lost = { ...REST, [`main ${more}`]: 300, [`main ${less}`]: 300 };
    expect(moved(lost, { ...REST, [`main ${less}`]: 90, 'main fresh': 260 })).toEqual(['fresh', more]);
  }
});

test('what a function of the team’s own lost below the one that grew is a part of that', () => {
  const before = { ...REST, 'main serve price old': 200, 'main serve price': 100 };
  const after = { ...REST, 'main serve price old': 20, 'main serve price': 480 };
  expect(moved(before, after)).toEqual(['price', null]);
  const large = { 'main stock': 2_000, 'main render': 3_000 };
  expect(moved({ ...before, ...large }, { ...after, ...large })).toEqual(['price', null]);
  // Nor is what is no longer called at all.
  expect(moved({ ...before, ...large }, { ...large, 'main serve price': 480 })).toEqual(['price', null]);
});

test('what a caller no longer does itself is no loss elsewhere', () => {
  const before = { ...REST, 'main other': 400, 'main serve price': 100 };
  const after = { ...REST, 'main other price': 40, 'main serve price': 460 };
  expect(moved(before, after)).toEqual(['price', null]);
});

test('a function that was there before takes over what another one cost', () => {
  const before = { ...REST, 'main a old': 100, 'main b fresh': 150 };
  expect(moved(before, { ...REST, 'main b fresh': 250 })).toEqual(['fresh', 'old']);
});

test('what own code lost in a library is told of the own function', () => {
  expect(moved({ ...REST, 'main a lib.old': 300 }, { ...REST, 'main b fresh': 300 })).toEqual(['fresh', 'a']);
});

test('a library that took the place of another for more has not moved', () => {
  const rest: Stacks = { 'main list': 500, 'main diff': 300 };
  const before = { ...rest, 'main render lib.scan': 600, 'main render lib.finish': 400 };
  const from = (factor: number) => {
    const parts = { 'main render lib.tokenize': 600 * factor, 'main render lib.write': 400 * factor };
    const contrasted = contrast(before, { ...rest, ...parts });
    const universe = { nameable: contrasted.joined.library, population: 'served' as const };
    const culprit = describeCulprit(contrasted, universe, findFunction(contrasted, 'lib.tokenize'));
    return getName(contrasted, movedFrom(contrasted, culprit, universe));
  };
  expect(from(1.1)).toBe('lib.scan');
  expect(from(1.4)).toBeNull();
});
