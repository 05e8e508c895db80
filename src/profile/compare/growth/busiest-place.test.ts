import { describe, expect, test } from 'vitest';
import { contrast, findFunction } from '../../../../test/support/contrast.js';
import { buildProfile } from '../../../../test/support/profiles.js';
import { busiestPlace } from './busiest-place.js';

type Contrasted = ReturnType<typeof contrast>;

const getLine = (sides: Contrasted, parts: readonly number[], fn: number) =>
  busiestPlace(sides, parts, fn).line;

describe('the busiest line', () => {
  test('the line with most value; each stack counts once', () => {
    const at = (line: number) => ({ name: 'price', file: '/src/price.go', line });
    const profile = buildProfile([[at(3)], 5], [[at(7), 'x'], 4], [[at(7), 'y'], 4], [[at(9), at(9)], 6]);
    const contrasted = contrast(profile, profile);
    expect(getLine(contrasted, [0, 1], findFunction(contrasted, 'price'))).toBe(7);
  });

  test('the lower one of two that tie, and 0 where none is known', () => {
    const tie = buildProfile([[{ name: 'f', line: 9 }], 5], [[{ name: 'f', line: 2 }], 5], [['g'], 1]);
    const contrasted = contrast(tie, tie);
    expect(getLine(contrasted, [0], findFunction(contrasted, 'f'))).toBe(2);
    expect(getLine(contrasted, [0], findFunction(contrasted, 'g'))).toBeNull();
    expect(getLine(contrasted, [], findFunction(contrasted, 'f'))).toBeNull();
  });

  test('a frame without a line counts for none', () => {
    const known = buildProfile(
      [[{ name: 'f' }], 9],
      [[{ name: 'f', line: 4 }, 'main'], 1],
      [[{ name: 'f', line: 6 }, { name: 'f' }], 2],
    );
    const contrasted = contrast(known, known);
    expect(getLine(contrasted, [0], findFunction(contrasted, 'f'))).toBe(6);
  });
});

test('of a function that calls itself the line next to the leaf counts', () => {
  const inner = { name: 'f', line: 6 };
  const profile = buildProfile([[{ name: 'f', line: 8 }, inner], 3], [[{ name: 'f', line: 8 }, 'g'], 2]);
  const contrasted = contrast(profile, profile);
  expect(getLine(contrasted, [0], findFunction(contrasted, 'f'))).toBe(6);
});

describe('file and line are of one place', () => {
  const get = (file: string, line: number, startLine = 0) => ({ name: 'store.Get', file, line, startLine });
  const place = (before: ReturnType<typeof get>[], after: ReturnType<typeof get>[]) => {
    const side = (frames: typeof before) =>
      buildProfile(...frames.map((frame, at) => [['main', frame], 10 + at] as const));
    const sides = contrast(side(before), side(after));
    const { file, line } = busiestPlace(sides, [1], findFunction(sides, 'store.Get'));
    return `${file}:${line}`;
  };

  test.each([
    { what: 'the later file', before: [get('v1.go', 17)], after: [get('v2.go', 29)], is: 'v2.go:29' },
    { what: 'whichever is the first', before: [get('v2.go', 29)], after: [get('v1.go', 17)], is: 'v1.go:17' },
    {
      what: 'the start line is of the same file, too',
      before: [get('v1.go', 0, 11)],
      after: [get('v2.go', 0, 23)],
      is: 'v2.go:23',
    },
    {
      what: 'a file without a line takes none of another one',
      before: [get('v1.go', 17)],
      after: [get('v2.go', 0)],
      is: 'v2.go:null',
    },
    {
      what: 'the file with most of the cost',
      before: [get('v1.go', 17)],
      after: [get('v2.go', 29), get('v2.go', 31)],
      is: 'v2.go:31',
    },
  ])('$what', ({ before, after, is }) => {
    expect(place(before, after)).toBe(is);
  });

  test('of two later parts the one with more cost, known lines before unknown ones', () => {
    const part = (file: string, line: number, value: number) =>
      buildProfile([['main', get(file, line)], value]);
    const at = (first: ReturnType<typeof part>, second: ReturnType<typeof part>) => {
      const sides = contrast(first, second);
      const { file, line } = busiestPlace(sides, [0, 1], findFunction(sides, 'store.Get'));
      return `${file}:${line}`;
    };
    expect(at(part('a.go', 3, 5), part('b.go', 7, 6))).toBe('b.go:7');
    expect(at(part('a.go', 3, 6), part('b.go', 7, 5))).toBe('a.go:3');
    expect(at(part('a.go', 3, 5), part('b.go', 0, 60))).toBe('a.go:3');
    expect(at(part('b.go', 3, 5), part('a.go', 7, 5))).toBe('a.go:7');
    expect(at(part('a.go', 7, 5), part('b.go', 3, 5))).toBe('a.go:7');
    expect(at(part('a.go', 0, 5), part('b.go', 0, 6))).toBe('b.go:null');
  });

  test('stacks without the function count for no file', () => {
    const first = buildProfile([['main', get('a.go', 0)], 5], [['main', 'other'], 90]);
    const sides = contrast(first, buildProfile([['main', get('b.go', 0)], 6]));
    expect(busiestPlace(sides, [0, 1], findFunction(sides, 'store.Get')).file).toBe('b.go');
  });

  test('a function that no later part has keeps the place that all give it', () => {
    const sides = contrast(buildProfile([['main', get('v1.go', 17, 11)], 5]), buildProfile([['main'], 5]));
    expect(busiestPlace(sides, [1], findFunction(sides, 'store.Get'))).toEqual({
      function: 'store.Get',
      file: 'v1.go',
      line: 11,
    });
  });
});
