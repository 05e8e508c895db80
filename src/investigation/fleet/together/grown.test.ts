import { describe, expect, test } from 'vitest';
import { ProfileBuilder } from '../../../profile/pprof/builder.js';
import { grownFunctions } from './grown.js';

/**
 * A profile in which own functions have so many samples each, called by `main`; `service.name` is called by
 * `run` of that service, `caller>name` by `caller` below that, and a function of the runtime by none.
 */
function profile(samples: Readonly<Record<string, number>>) {
  const builder = new ProfileBuilder('cpu', 'nanoseconds');
  const frame = (name: string) =>
    builder.frameId(builder.functionId({ name, file: 'shop/a.go', startLine: 1, isSymbolised: true }), 1);
  const runtime = (name: string) =>
    builder.frameId(
      builder.functionId({
        name,
        file: '/usr/local/go/src/runtime/mgc.go',
        startLine: 1,
        isSymbolised: true,
      }),
      1,
    );
  for (const [name, count] of Object.entries(samples)) {
    const [service, called = ''] = name.includes('.') ? name.split('.') : ['shop', name];
    const chain = [service === 'shop' ? 'main' : 'run', ...called.split('>')];
    const stack =
      service === 'runtime'
        ? [runtime(name)]
        : chain.reverse().map((fn) => frame(`example.com/${service}.${fn}`));
    builder.pushFrames(Uint32Array.from(stack), 0, stack.length);
    builder.endStack(count);
  }
  return builder.build();
}

const listGrown = (
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
  }).grown.map(({ info, ...one }) => ({ name: info.name.split('.').at(-1) ?? '', ...one }));

const grownIn = (...sides: Parameters<typeof listGrown>) =>
  listGrown(...sides).map(({ name, hasMoved }) => `${name}${hasMoved ? ' moved' : ''}`);

const grownByLoad = (...sides: Parameters<typeof listGrown>) =>
  listGrown(...sides)
    .filter(({ isOfLoad }) => isOfLoad)
    .map(({ name }) => name)
    .sort();

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

  test('a cost that another service lost has not moved', () => {
    const before = { ...CALM, 'cart.old': 500 };
    const after = { ...CALM, 'price.slow': 510 };
    expect(grownIn(before, after)).toContain('slow');
  });

  test('a cost that went from a function to one that it calls has moved', () => {
    expect(grownIn({ ...CALM, sum: 600 }, { ...CALM, sum: 100, 'sum>add': 500 })).toEqual(['add moved']);
    expect(grownIn({ ...CALM, sum: 600 }, { ...CALM, sum: 600, 'sum>add': 500 })).toContain('add');
  });

  test('a service with more load: its functions grew alike, at each level', () => {
    const cart = (load: number, slow: number) => ({
      'cart.add': 300 * load,
      'cart.add>tax': 300 * load + slow,
      'cart.add>sum': 300 * load,
    });
    const loaded = grownByLoad({ ...CALM, ...cart(1, 0) }, { ...CALM, ...cart(2, 0) });
    expect(loaded).toEqual(['add', 'run', 'sum', 'tax']);
    expect(grownByLoad({ ...CALM, ...cart(1, 0) }, { ...CALM, ...cart(1, 300) })).toEqual([]);
    expect(grownByLoad({ ...CALM, ...cart(1, 0) }, { ...CALM, ...cart(2, 900) })).not.toContain('tax');
  });

  test('few samples beside a function do not tell the load', () => {
    const cart = (load: number) => ({ 'cart.add': 2 * load, 'cart.add>tax': 300 * load });
    expect(grownByLoad({ ...CALM, ...cart(1) }, { ...CALM, ...cart(2) })).toEqual([]);
  });

  test('the collector, whose time is in no function of the team', () => {
    const collected = { ...CALM, 'runtime.gcBgMarkWorker': 300 };
    expect(grownIn(collected, { ...collected, 'runtime.gcBgMarkWorker': 700 })).toEqual(['gcBgMarkWorker']);
    expect(grownIn(collected, { ...collected, 'runtime.gcBgMarkWorker': 320 })).toEqual([]);
  });
});
