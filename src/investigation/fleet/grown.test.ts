import { describe, expect, test } from 'vitest';
import { ProfileBuilder } from '../../profile/pprof/builder.js';
import { grownFunctions } from './grown.js';

/** A profile in which own functions have so many samples each, called by `main`. */
function profile(samples: Readonly<Record<string, number>>) {
  const builder = new ProfileBuilder('cpu', 'nanoseconds');
  const frame = (name: string) =>
    builder.frameId(builder.functionId({ name, file: 'shop/a.go', startLine: 1, isSymbolised: true }), 1);
  const main = frame('example.com/shop.main');
  for (const [name, count] of Object.entries(samples)) {
    builder.pushFrames(Uint32Array.of(frame(`example.com/shop.${name}`), main), 0, 2);
    builder.endStack(count);
  }
  return builder.build();
}

const grownIn = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  spread: readonly [number, number] = [1, 1],
) =>
  grownFunctions({
    before: profile(before),
    after: profile(after),
    quantum: 1,
    spread,
    gate: 4,
    minGrowth: 20,
  }).map(({ info, hasMoved }) => `${info.name.split('.').at(-1)}${hasMoved ? ' moved' : ''}`);

const CALM = { a: 1_000, b: 1_000, c: 1_000, d: 1_000 };

describe('functions that grew in one of several services', () => {
  test('one that costs more than the load of all explains', () => {
    expect(grownIn({ ...CALM, slow: 100 }, { ...CALM, slow: 300 })).toEqual(['slow']);
  });

  test('a load that all share is none, whatever the totals say', () => {
    const doubled = { a: 2_000, b: 2_000, c: 2_000, d: 2_000 };
    expect(grownIn(CALM, doubled)).toEqual([]);
    expect(grownIn({ ...CALM, slow: 100 }, { ...doubled, slow: 500 })).toEqual(['slow']);
  });

  test('the load of one that has more than the others is none', () => {
    expect(grownIn(CALM, { ...CALM, d: 1_300 }, [0.9, 1.3])).toEqual([]);
    expect(grownIn(CALM, { ...CALM, d: 1_300 })).toContain('d');
  });

  test('a cost that went from one function to another has moved', () => {
    expect(grownIn({ ...CALM, old: 500 }, { ...CALM, new: 510 })).toEqual(['new moved']);
  });

  test('a loss explains one gain alone', () => {
    const grown = grownIn({ ...CALM, old: 500 }, { ...CALM, new: 505, slow: 480 });
    // The caller of both has grown by what did not move.
    expect(grown).toEqual(['new moved', 'slow', 'main']);
  });
});
