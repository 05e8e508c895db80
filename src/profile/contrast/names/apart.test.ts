import { describe, expect, test } from 'vitest';
import { profileFrom, type Stacks } from '../../../../test/support/contrast.js';
import { joinKeys } from '../../code/names.js';
import { joinSides } from '../join.js';
import { sideCosts } from '../side-costs.js';
import { apartIn, type NamedSide } from './apart.js';

/** A profile of 100 samples, of which the old and the new function have some: `9+1`. */
function buildPart(samples: string): Stacks {
  const [old = 0, fresh = 0] = samples.split('+').map(Number);
  return {
    main: 100 - old - fresh,
    ...(old > 0 ? { 'main app.parse': old } : {}),
    ...(fresh > 0 ? { 'main app.parseAll': fresh } : {}),
  };
}

function nameSide(stacks: readonly Stacks[]): NamedSide {
  const profiles = stacks.map(profileFrom);
  return { profiles, keysOf: profiles.map(({ functions }) => joinKeys(functions)) };
}

function sumCosts({ profiles, keysOf }: NamedSide) {
  return sideCosts(profiles, keysOf);
}

describe('apartIn', () => {
  test.each([
    { what: 'the new name alone', was: 10, later: '0+10', is: true },
    { what: 'old and new instances', was: 10, later: '10+0 0+10', is: true },
    { what: 'one new instance of many', was: 10, later: '10+0 10+0 10+0 0+1', is: true },
    { what: 'both names in every profile', was: 10, later: '5+5 5+5', is: false },
    { what: 'no new name', was: 10, later: '10+0 0+0', is: false },
    { what: 'a profile without either name', was: 10, later: '5+5 0+0', is: false },
    { what: 'one without either name next to both', was: 4, later: '5+10 0+10 0+0', is: false },
    { what: 'an old name that costs nothing before', was: 0, later: '5+5 0+10', is: false },
    // Samples of a function of lark that runs on, next to one of a similar name that came.
    { what: 'one part that lacks it by chance', was: 3, later: '4+20 7+20 0+20 2+20', is: false },
    { what: 'as much is missing as is found', was: 4, later: '4+20 0+20', is: false },
    { what: 'more is missing', was: 5, later: '4+20 0+20', is: true },
    { what: 'a deploy late in the first part', was: 10, later: '9+1 0+10', is: true },
    { what: 'a deploy in the middle of it that makes it dearer', was: 10, later: '15+20 0+40', is: true },
    { what: 'mixed builds next to a new one', was: 10, later: '8+2 8+2 0+10', is: true },
    { what: 'a part with more of the new one', was: 10, later: '9+40 0+10', is: true },
    {
      what: 'a part with more of the new one and as much of the old',
      was: 10,
      later: '10+40 0+10',
      is: false,
    },
  ])('$what: $is', ({ was, later, is }) => {
    const before = sumCosts(nameSide([buildPart(`${was}+0`)]));
    const profiles = nameSide(later.split(' ').map(buildPart));
    expect(apartIn(before, profiles)('app.parse', 'app.parseAll')).toBe(is);
  });

  test('larger profiles without the old name weigh more', () => {
    const before = sumCosts(nameSide([buildPart('10+0')]));
    const large = { main: 900, 'main app.parseAll': 100 };
    const isApart = (stacks: Stacks) =>
      apartIn(before, nameSide([buildPart('30+10'), stacks]))('app.parse', 'app.parseAll');
    expect([isApart(buildPart('0+10')), isApart(large)]).toEqual([false, true]);
    // As much of the new one in twice the time: all of the old one is of a new build.
    expect(isApart({ main: 180, 'main app.parseAll': 20 })).toBe(false);
  });

  test('functions that go on under their names are not renamed, though one part lacks them by chance', () => {
    const part = (parse: number, render: number, parseAll: number, renderAll: number): Stacks => ({
      ...{ 'main a': 100, 'main b': 100, 'main c': 100, 'main d': 100, 'main e': 1 },
      ...(parse > 0 ? { 'main app.parse': parse } : {}),
      ...(render > 0 ? { 'main app.render': render } : {}),
      ...(parseAll > 0 ? { 'main app.parseAll': parseAll, 'main app.renderAll': renderAll } : {}),
    });
    const namesIn = (...later: Stacks[]) =>
      joinSides([part(6, 6, 0, 0), ...later].map(profileFrom), 1).renamed?.pairs ?? [];
    expect(namesIn(part(8, 8, 80, 60), part(0, 6, 80, 60), part(4, 0, 80, 60))).toEqual([]);
    expect(namesIn(part(6, 6, 0, 0), part(0, 0, 20, 20))).toEqual([
      ['app.parse', 'app.parseAll'],
      ['app.render', 'app.renderAll'],
    ]);
  });
});
