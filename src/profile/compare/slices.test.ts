import { describe, expect, test } from 'vitest';
import { analyseParts as analysis, CALM, GROWN, times } from '../../../test/support/calm-service.js';
import { getName, type Stacks } from '../../../test/support/contrast.js';
import { HANDLERS } from '../../../test/support/handlers.js';
import { leastFound } from '../../../test/support/least-found.js';
import { changeInSlice } from './slices.js';

const GATE = 4.25;
describe('changeInSlice', () => {
  test('the slice that changed, though the whole hardly did', () => {
    const analysed = analysis({ slices: [GROWN, CALM, CALM] });
    const change = changeInSlice(analysed, 0, GATE);
    expect([getName(analysed, change?.culprit.fn), change?.run]).toEqual([
      'price',
      { first: 0, last: 1, early: 0 },
    ]);
    expect(changeInSlice(analysed, 1, GATE)).toBeNull();
    expect(changeInSlice(analysed, 9, GATE)).toBeNull();
  });

  test('what a slice has in common with the others must be a change of all of them', () => {
    const shown = (incident: Stacks, ...slices: Stacks[]) =>
      changeInSlice(analysis({ incident: [incident, incident], slices }), 0, GATE)?.culprit.fn ?? null;
    const priced = (samples: number) => ({ ...CALM, 'main serve price': samples });
    expect(shown(CALM, GROWN)).not.toBeNull();
    expect(shown(CALM, GROWN, GROWN)).toBeNull();
    expect(shown(GROWN, GROWN, GROWN)).not.toBeNull();
    // 3 standard errors beyond the sibling: 500 of 900 samples, next to x of 400 + x.
    expect(shown(CALM, GROWN, priced(330))).not.toBeNull();
    expect(shown(CALM, GROWN, priced(400))).toBeNull();
    // 3 standard errors of all together: x of 700 + 2 x in two parts, next to 400 of 3200 in the baseline.
    expect(shown(priced(126), GROWN, GROWN)).toBeNull();
    expect(shown(priced(150), GROWN, GROWN)).not.toBeNull();
  });

  test('a slice that costs more only because it is larger than the others is none, where the load fell', () => {
    const halved = (factor: number, price: number) => ({
      ...times(CALM, factor / 2),
      'main serve price': price,
    });
    const found = (price: number) =>
      changeInSlice(
        analysis({
          incident: [halved(1, price), halved(1, price)],
          slices: [halved(1, 200), halved(3, 500)],
        }),
        0,
        GATE,
      );
    expect(found(100)).toBeNull();
    expect(found(200)).not.toBeNull();
  });

  test('what all slices have in common is a mix of requests where it is one of all together', () => {
    const shown = (incident: Stacks, slice: Stacks) =>
      changeInSlice(
        analysis({ baseline: [HANDLERS, HANDLERS], incident: [incident, incident], slices: [slice, slice] }),
        0,
        GATE,
      )?.culprit.fn ?? null;
    // In the slice, one part of the handler happens to have grown by more than the others.
    const more = times(HANDLERS, 1);
    for (const stack of Object.keys(more)) if (stack.includes(' save')) more[stack] = (more[stack] ?? 0) * 3;
    const uneven = { ...more, 'runtime.serve access runtime.mux save validate': 6_000 };
    expect(shown(more, uneven)).toBeNull();
    expect(shown(uneven, uneven)).not.toBeNull();
  });

  test('costs of two kinds of requests have not moved from one to the other', () => {
    const kinds = (show: number, save: number): Stacks => ({
      'runtime.serve access runtime.mux show encode': show,
      'runtime.serve access runtime.mux save validate': save,
      // The rest of the kind did not grow: its requests alone would not explain the growth.
      'runtime.serve access runtime.mux save decode': 400,
      'runtime.serve access runtime.mux list scan': 4000,
    });
    const oneKind = (show: number, save: number): Stacks => ({
      'runtime.serve access runtime.mux show encode': show,
      'runtime.serve access runtime.mux show validate': save,
      'runtime.serve access runtime.mux show decode': 400,
      'runtime.serve access runtime.mux list scan': 4000,
    });
    const shown = (sides: typeof kinds) => {
      const [calm, moved] = [sides(4000, 4000), sides(2000, 6000)];
      const analysed = analysis({ baseline: [calm, calm], incident: [moved, moved], slices: [moved] });
      const change = changeInSlice(analysed, 0, GATE);
      return [getName(analysed, change?.culprit.fn), getName(analysed, change?.from ?? undefined)];
    };
    expect(shown(oneKind)).toEqual(['validate', 'encode']);
    expect(shown(kinds)).toEqual([null, null]);
  });

  test('a slice is compared with its calm siblings, too, which is more to compare with', () => {
    const slices = [{ ...CALM, 'main serve price': 200 }, ...Array.from({ length: 6 }, () => CALM)];
    const few = { baseline: [times(CALM, 0.1), times(CALM, 0.1)] };
    expect(changeInSlice(analysis({ ...few, slices: slices.slice(0, 1) }), 0, 4)).toBeNull();
    expect(changeInSlice(analysis({ ...few, slices }), 0, 4)).not.toBeNull();
  });

  test('of the comparisons with the baseline and with the siblings, too, the plainer one counts', () => {
    const grown = { ...CALM, 'main serve price': 200 };
    const few = { baseline: [times(CALM, 0.1), times(CALM, 0.1)] };
    const distance = (slices: readonly Stacks[], baseline = few) =>
      changeInSlice(analysis({ ...baseline, slices }), 0, 2)?.culprit.z ?? 0;
    const siblings = Array.from({ length: 6 }, () => CALM);
    expect(distance([grown, ...siblings])).toBeGreaterThan(distance([grown]) + 0.5);
    // Siblings that have some of it, too, hide what the baseline shows.
    const half = Array.from({ length: 2 }, () => ({ ...CALM, 'main serve price': 140 }));
    const much = { baseline: [times(CALM, 2), times(CALM, 2)] };
    expect(distance([GROWN, ...half], much)).toBeCloseTo(distance([GROWN], much), 6);
  });

  test('a library must stand out by 0.6 standard errors more than own code', async () => {
    const serving = (samples: number) => ({ ...HANDLERS, 'runtime.serve access lib.cors': samples });
    const change = (samples: number) => {
      const calm = [serving(10), serving(10), serving(10)];
      const slices = [serving(samples), serving(10)];
      return changeInSlice(analysis({ baseline: calm, incident: calm.slice(1), slices }), 0, GATE);
    };
    const least = await leastFound(10, 1_000, (samples) => change(samples) !== null);
    expect(change(least)?.culprit.z).toBeGreaterThanOrEqual(GATE + 0.6);
    expect(change(least)?.culprit.z).toBeLessThan(GATE + 0.7);
  });

  test('a cost that moved in the slice alone', () => {
    const { 'main serve price': gone, ...rest } = times(CALM, 4);
    const moved = { ...rest, 'main serve cost': gone ?? 0 };
    const analysed = analysis({ slices: [moved, times(CALM, 4)] });
    const change = changeInSlice(analysed, 0, GATE);
    expect([getName(analysed, change?.culprit.fn), getName(analysed, change?.from)]).toEqual([
      'cost',
      'price',
    ]);
  });
});
