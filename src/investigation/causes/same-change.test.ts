import { describe, expect, test } from 'vitest';
import type { Stacks } from '../../../test/support/contrast.js';
import { type ShareEvidence, shareEvidence } from '../../../test/support/evidence.js';
import type { Alias } from '../../../test/support/type-ids.js';
import { isRiseOfChange } from './same-change.js';

const wall = (price: number, poll: number): Stacks => ({ 'main serve price': price, 'main poll': poll });
const rise = (after: Stacks, further: Partial<ShareEvidence> = {}, alias: Alias = 'wall') =>
  shareEvidence(alias, { before: wall(10, 10), after, ...further });
const CODE = shareEvidence('cpu', { change: {} });

describe('a rise of one type of time is that of a function whose code changed by another', () => {
  test.each([
    { what: 'the function holds all of it', share: rise(wall(60, 10)), is: true },
    { what: 'it holds half of it', share: rise(wall(30, 30)), is: true },
    { what: 'it holds less', share: rise(wall(29, 30)), is: false },
    { what: 'it fell while the rest rose', share: rise(wall(5, 90)), is: false },
    { what: 'nothing rose', share: rise(wall(10, 10)), is: false },
    {
      what: 'the function is not in it',
      share: rise({ 'main poll': 90 }, { before: { 'main poll': 10 } }),
      is: false,
    },
    { what: 'it has a change of its own', share: rise(wall(60, 10), { change: {} }), is: false },
    { what: 'it is no type of time', share: rise(wall(60, 10), {}, 'alloc'), is: false },
  ])('$what: $is', ({ share, is }) => {
    expect(isRiseOfChange(share, [share, CODE])).toBe(is);
  });

  test.each([
    { what: 'of the code of a type of time', other: CODE, is: true },
    { what: 'of allocations', other: shareEvidence('alloc', { change: {} }), is: false },
    { what: 'that only moved', other: shareEvidence('cpu', { change: { from: 'stock' } }), is: false },
    { what: 'of another function', other: shareEvidence('cpu', { change: { culprit: 'stock' } }), is: false },
    { what: 'that is none', other: shareEvidence('cpu'), is: false },
  ])('a change $what: $is', ({ other, is }) => {
    expect(isRiseOfChange(rise(wall(60, 10)), [other])).toBe(is);
  });

  test('of the first function of all: true', () => {
    const stacks = (accept: number): Stacks => ({ 'main accept': accept, 'main poll': 10 });
    const changed = shareEvidence('cpu', { before: stacks(10), change: { culprit: 'accept' } });
    const risen = rise(stacks(60), { before: stacks(10) });
    expect(risen.analysis.joined.functions[0]?.name).toBe('accept');
    expect(isRiseOfChange(risen, [changed])).toBe(true);
  });
});
