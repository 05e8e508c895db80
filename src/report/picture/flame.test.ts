import { describe, expect, test } from 'vitest';
import { CALM, contrast, type Stacks } from '../../../test/support/contrast.js';
import { functionData } from '../../profile/code/named-function.js';
import { parseProfileType } from '../../profile/types/types.js';
import { changeFlame } from './flame.js';
import type { Flame } from './format.js';
import { readFrames } from './layout.js';

const CPU = parseProfileType('process_cpu:cpu:nanoseconds:cpu:nanoseconds');
const WINDOWS = { before: { from: 0, to: 1 }, after: { from: 2, to: 3 } };

/** The flame graph of two sides; `culprit` is the path of the finding, whose last function it names. */
function draw(
  before: Stacks,
  after: Stacks,
  options: { culprit?: string; byAmount?: boolean; limit?: number } = {},
) {
  if (CPU === null) throw new Error('cpu is a type');
  const { quantum, dispersion, ...sides } = contrast(before, after, { dispersion: CALM });
  const path = (options.culprit ?? '').split(' ').filter(Boolean);
  const named = path.map((name) =>
    functionData(
      sides.joined.functions.find((info) => info.name === name),
      0,
    ),
  );
  const finding = path.length === 0 ? null : { fn: named.at(-1) ?? null, path: named, at: path.length - 1 };
  return changeFlame(
    {
      kind: 'change',
      type: CPU,
      sides: options.byAmount === true ? sides : { ...sides, quantum, dispersion },
      gate: 4,
      windows: WINDOWS,
      of: '',
      finding,
    },
    options.limit ?? 100,
  );
}

function readName({ strings, functions }: Flame, fn: number): string {
  return strings[functions.name[fn] ?? -1] ?? '…';
}

/** The marks of the nodes by name. */
function marks(flame: Flame): Record<string, number> {
  return Object.fromEntries(
    flame.nodes.fn.map((fn, at) => [readName(flame, fn), flame.nodes.mark[at] ?? -1]),
  );
}

describe('what is coloured', () => {
  test.each<[string, Stacks, Stacks, Parameters<typeof draw>[2], Record<string, number>]>([
    ['all as it was', { 'm a': 500, 'm b': 500 }, { 'm a': 500, 'm b': 500 }, {}, { m: 0, a: 0, b: 0 }],
    // Load drives all code alike: shares stay.
    ['twice the load', { 'm a': 500, 'm b': 500 }, { 'm a': 1000, 'm b': 1000 }, {}, { m: 0, a: 0, b: 0 }],
    [
      'a change within noise',
      { 'm a': 500, 'm b': 500 },
      { 'm a': 530, 'm b': 470 },
      {},
      { m: 0, a: 0, b: 0 },
    ],
    ['few samples', { 'm a': 3, 'm b': 3 }, { 'm a': 6, 'm b': 0 }, {}, { m: 0, a: 0, b: 0 }],
    ['a growth and a fall', { 'm a': 500, 'm b': 500 }, { 'm a': 700, 'm b': 300 }, {}, { m: 0, a: 1, b: 2 }],
    // Outside of the named function nothing fell: its growth dilutes the rest.
    [
      'a fall that only the growth of the finding makes',
      { 'm a': 500, 'm b': 500 },
      { 'm a': 1500, 'm b': 500 },
      { culprit: 'm a' },
      { m: 0, a: 1, b: 0 },
    ],
    [
      'the same without a finding',
      { 'm a': 500, 'm b': 500 },
      { 'm a': 1500, 'm b': 500 },
      {},
      { m: 0, a: 1, b: 2 },
    ],
    [
      'amounts: a tenth of the growth or more',
      { 'm a': 10, 'm b': 10 },
      { 'm a': 101, 'm b': 19 },
      { byAmount: true },
      { m: 1, a: 1, b: 0 },
    ],
    [
      'amounts: what gave back a tenth',
      { 'm a': 10, 'm b': 20 },
      { 'm a': 120, 'm b': 8 },
      { byAmount: true },
      { m: 1, a: 1, b: 2 },
    ],
    ['amounts: no growth at all', { 'm a': 10 }, { 'm a': 10 }, { byAmount: true }, { m: 0, a: 0 }],
  ])('%s', (_name, before, after, options, expected) => {
    const flame = draw(before, after, options);
    expect(marks(flame)).toEqual(expected);
    expect(flame.by).toBe(options?.byAmount === true ? 'amount' : 'share');
  });

  test('functions have the mark of their own total, wherever they stand', () => {
    const flame = draw(
      { 'm a x': 250, 'm b x': 250, 'm c': 500 },
      { 'm a x': 350, 'm b x': 350, 'm c': 300 },
    );
    const fn = flame.functions.name.findIndex((_, at) => readName(flame, at) === 'x');
    expect(flame.functions.mark[fn]).toBe(1);
  });
});

describe('the data', () => {
  test('whose code a function is', () => {
    const flame = draw({ 'own lib.do runtime.go': 1 }, { 'own lib.do runtime.go': 1 });
    const owners = flame.functions.owner.map((owner, at) => [readName(flame, at), owner]);
    expect(Object.fromEntries(owners)).toEqual({ own: 0, 'lib.do': 1, 'runtime.go': 2 });
  });

  test('values are stored without their common divisor and read back as they were', () => {
    const flame = draw({ 'm a': 600 }, { 'm a': 900, 'm b': 300 });
    expect([flame.scale, flame.nodes.self]).toEqual([
      300,
      [
        [0, 2, 0],
        [0, 3, 1],
      ],
    ]);
    expect([...readFrames(flame).after]).toEqual([1200, 900, 300]);
    expect(readFrames(flame).whole).toEqual([600, 1200]);
  });

  test('the path and the function of the finding are nodes; a path that is not there ends early', () => {
    const flame = draw({ 'm a b': 5 }, { 'm a b': 5, 'm c': 50 }, { culprit: 'm a b' });
    expect(flame.path.map((node) => readName(flame, flame.nodes.fn[node] ?? -1))).toEqual(['m', 'a', 'b']);
    expect(flame.named).toBe(2);
    const lost = draw({ 'm a': 5 }, { 'm a': 5, other: 5 }, { culprit: 'm other' });
    expect([lost.path.length, lost.named]).toEqual([1, -1]);
  });

  test('a cut keeps the path, the sums and the numbers of the table', () => {
    const after = { 'm a': 100, 'm b': 50, 'm c d': 2 };
    const flame = draw(after, after, { limit: 3, culprit: 'm c d' });
    expect(flame.cut).toEqual({ nodes: 2, largest: expect.closeTo(100 / 152, 10) });
    expect(flame.path.length).toBe(3);
    expect(readFrames(flame).whole).toEqual([152, 152]);
    const names = flame.functions.name.map((_, fn) => readName(flame, fn));
    expect(names.toSorted()).toEqual(['a', 'b', 'c', 'd', 'm']);
    expect(flame.nodes.fn).toContain(names.length);
  });

  test('long and hostile names are cut and cleaned', () => {
    const long = `x${'y'.repeat(1_000)}`;
    const flame = draw({ [long]: 1, 'a\u202eb': 1 }, { [long]: 1, 'a\u202eb': 1 });
    expect(flame.strings.every((text) => text.length <= 400 && !text.includes('\u202e'))).toBe(true);
  });
});
