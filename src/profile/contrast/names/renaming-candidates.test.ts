import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { joinKeys } from '../../code/names.js';
import type { Profile } from '../../model.js';
import { joinNames } from '../joined-names.js';
import { samplesIn, sideCosts } from '../side-costs.js';
import { apartIn } from './apart.js';
import { matchRenamed } from './renamed.js';
import { hasCandidates } from './renaming-candidates.js';

const asks = (profiles: readonly Profile[], before: number) =>
  hasCandidates(profiles, joinNames(profiles), before);

/** Work that stays, so that few names changed, with stacks of a single sample. */
const STEADY: Stacks = {
  ...{ 'main a': 20, 'main b': 20, 'main c': 20, 'main d': 20, 'main e': 20, 'main f': 20 },
  ...{ 'main g': 1, 'main h': 1 },
};
const OLD: Stacks = { ...STEADY, 'main app.parse': 10, 'main app.render': 10 };

describe('hasCandidates', () => {
  test.each<[string, readonly Stacks[], readonly Stacks[], boolean]>([
    ['the same names', [STEADY], [STEADY], false],
    ['new code', [STEADY], [{ ...STEADY, 'main x': 10, 'main y': 10 }], false],
    ['a name that differs in its numbers', [{ 'main f.func1': 9 }], [{ 'main f.func2': 9 }], true],
    ['half of the names', [{ a: 9, b: 9 }], [{ a: 9, x: 9 }], true],
    ['fewer names', [{ a: 9, b: 9, c: 9 }], [{ a: 9, c: 9, x: 9 }], false],
    ['most names', [{ 'main a': 9, 'main b': 9 }], [{ 'main x': 9, 'main y': 9 }], true],
    [
      'several similar names under the same caller',
      [OLD],
      [{ ...STEADY, 'main app.parseAll': 10, 'main app.renderAll': 10 }],
      true,
    ],
    [
      'several similar names, one of them under the same caller',
      [OLD],
      [{ ...STEADY, 'main app.parseAll': 10, 'main b app.renderAll': 90 }],
      true,
    ],
    ['other names', [OLD], [{ ...STEADY, 'main web.listen': 10, 'main web.close': 10 }], false],
    [
      'several new names that are like a single old one',
      [{ ...STEADY, 'main app.parse': 10, 'main web.close': 10 }],
      [{ ...STEADY, 'main app.parseAll': 10, 'main app.parseOne': 10, 'main web.close': 10 }],
      false,
    ],
    [
      'similar names where the later side is too small to show the old ones',
      [OLD],
      [
        {
          'main a': 1,
          'main b': 1,
          'main c': 1,
          'main d': 1,
          'main app.parseAll': 1,
          'main app.renderAll': 1,
        },
      ],
      false,
    ],
    [
      'similar names where it is large enough',
      [OLD],
      [{ ...STEADY, 'main app.parseAll': 10, 'main app.renderAll': 10 }],
      true,
    ],
    ['a single similar name', [OLD], [{ ...OLD, 'main app.parse': 0, 'main app.parseAll': 10 }], false],
    [
      'similar names of a few samples, which are missing by chance',
      [{ ...STEADY, 'main app.parse': 1, 'main app.render': 1 }],
      [{ ...STEADY, 'main app.parseAll': 1, 'main app.renderAll': 1 }],
      false,
    ],
    [
      'similar names that stay next to the new ones in every profile',
      [OLD],
      [{ ...OLD, 'main app.parseAll': 10, 'main app.renderAll': 10 }],
      false,
    ],
    [
      'similar names that stay in the instances of the old build',
      [OLD],
      [OLD, { ...STEADY, 'main app.parseAll': 10, 'main app.renderAll': 10 }],
      true,
    ],
    [
      'similar names under another caller, but of another cost',
      [OLD],
      [{ ...STEADY, 'main b app.parseAll': 90, 'main b app.renderAll': 90 }],
      false,
    ],
    [
      'very similar names of the same cost under another caller',
      [{ ...STEADY, 'main app.parse.item': 10, 'main app.render.item': 10 }],
      [{ ...STEADY, 'main b app2.parse.item': 10, 'main b app2.render.item': 10 }],
      true,
    ],
  ])('%s', (_, before, after, expected) => {
    const profiles = [...before, ...after].map(profileFrom);
    expect(asks(profiles, before.length)).toBe(expected);
  });

  test('where it finds none, there is none to be paired', () => {
    const name = fc.constantFrom(
      ...['a', 'b', 'app.parse', 'app.parseAll', 'app.render', 'app.renderAll', 'app.renderAll.func1'],
      ...['app.renderAll.func2', 'lib.encode', 'lib.encodeAll', 'web.apply.rule', 'web2.apply.rule'],
    );
    const stacks = fc.array(
      fc.tuple(fc.array(name, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 30 })),
      { minLength: 1, maxLength: 8 },
    );
    const side = fc.array(stacks, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(side, side, fc.constantFrom({}, STEADY, STEADY), (before, after, steady) => {
        const profiles = [...before, ...after].map((all) =>
          profileFrom({
            ...steady,
            ...Object.fromEntries(all.map(([names, value]) => [names.join(' '), value])),
          }),
        );
        if (asks(profiles, before.length)) return;
        const keys = profiles.map(({ functions }) => joinKeys(functions));
        const [earlier, later] = [profiles.slice(0, before.length), profiles.slice(before.length)];
        const laterKeys = keys.slice(before.length);
        const costsBefore = sideCosts(earlier, keys.slice(0, before.length));
        const found = matchRenamed(
          costsBefore,
          sideCosts(later, laterKeys),
          apartIn(costsBefore, { profiles: later, keysOf: laterKeys }),
          { before: samplesIn(earlier), after: samplesIn(later) },
        );
        expect([...found]).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
