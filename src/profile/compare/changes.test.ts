import { describe, expect, test } from 'vitest';
import { getName, profileFrom, type Stacks } from '../../../test/support/contrast.js';
import { analyse } from './analysis.js';
import { type ChangeSearch, changesIn, cheaperIn } from './changes.js';

const CALM = { 'main serve price': 100, 'main serve stock': 300, 'main poll': 400, 'runtime.gc': 100 };
const GROWN = { ...CALM, 'main serve price': 500 };
const SEARCH: ChangeSearch = { without: new Set(), gate: 4.1, sliceGate: 4.6, allowsBursts: true };

function reading(
  incident: readonly Stacks[],
  slices: readonly Stacks[] = [],
  baseline: readonly Stacks[] = [CALM, CALM],
) {
  const counted = (all: readonly Stacks[]) =>
    all.map((stacks) => ({ profile: profileFrom(stacks), profiles: 1 }));
  return { baseline: counted(baseline), incident: counted(incident), slices: counted(slices), quantum: 1 };
}

describe('changes over time and in every slice', () => {
  const named = ({ analysis, overTime, inSlices }: ReturnType<typeof changesIn>) => ({
    overTime: getName(analysis, overTime?.culprit.fn),
    inSlices: inSlices.map((change) => getName(analysis, change?.culprit.fn)),
  });

  test('each is looked for', () => {
    const changes = changesIn(reading([GROWN, GROWN], [GROWN, CALM]), SEARCH);
    expect(named(changes)).toEqual({ overTime: 'price', inSlices: ['price', null] });
  });

  test('each has its own gate', () => {
    const both = reading([GROWN, GROWN], [GROWN]);
    expect(named(changesIn(both, { ...SEARCH, gate: 99 }))).toEqual({ overTime: null, inSlices: ['price'] });
    expect(named(changesIn(both, { ...SEARCH, sliceGate: 99 }))).toEqual({
      overTime: 'price',
      inSlices: [null],
    });
  });

  test('bursts are looked for where they are wanted', () => {
    const burst = reading([CALM, GROWN, CALM, CALM]);
    expect(named(changesIn(burst, SEARCH)).overTime).toBe('price');
    expect(named(changesIn(burst, { ...SEARCH, allowsBursts: false })).overTime).toBeNull();
  });

  test('a function that is left out is not named, and nothing else is taken for it', () => {
    const changes = changesIn(reading([GROWN, GROWN], [GROWN]), { ...SEARCH, without: new Set(['price']) });
    expect(named(changes)).toEqual({ overTime: null, inSlices: [null] });
  });
});

describe('a library in the place of another one', () => {
  const rest = { 'main serve price': 300, 'main serve stock': 300, 'main poll': 300 };
  const before = { ...rest, 'main serve page lib.Parse lib.scan': 400 };
  const after = { ...rest, 'main serve page lib.Parse lib.render': 440 };
  const replaced = (search: Partial<ChangeSearch>) => {
    const { analysis } = changesIn(reading([after, after], [], [before, before]), { ...SEARCH, ...search });
    const { callers, isSettled } = analysis.replacedBelow ?? {};
    return { callers: [...(callers ?? [])].map((fn) => getName(analysis, fn)), isSettled };
  };

  test('is known below the own functions that this reading shows', () => {
    expect(replaced({})).toEqual({ callers: ['page'], isSettled: false });
  });

  test('is known below those that the whole showed before its functions were left out', () => {
    const without = new Set(['lib.scan', 'lib.render']);
    expect(replaced({ without })).toEqual({ callers: [], isSettled: false });
    expect(replaced({ without, replacedBelow: ['page', 'gone'] })).toEqual({
      callers: ['page'],
      isSettled: true,
    });
  });
});

describe('what became cheaper', () => {
  const cheaper = (baseline: Stacks, incident: Stacks) => {
    const analysis = analyse(reading([incident, incident], [], [baseline, baseline]));
    const changes = cheaperIn(analysis, 4.1);
    return changes === null ? null : [getName(analysis, changes.culprit.fn), getName(analysis, changes.from)];
  };

  test('is the function that costs less', () => {
    expect(cheaper(GROWN, CALM)).toEqual(['price', null]);
  });

  test('is nothing where cost rose or stayed', () => {
    expect(cheaper(CALM, GROWN)).toBeNull();
    expect(cheaper(CALM, CALM)).toBeNull();
  });

  test('is a move where another function took the cost over', () => {
    const { 'main serve price': moved, ...rest } = GROWN;
    expect(cheaper(GROWN, { ...rest, 'main serve cost': moved })).toEqual(['price', 'cost']);
  });
});
