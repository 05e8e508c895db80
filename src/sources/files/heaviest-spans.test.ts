import { expect, test } from 'vitest';
import { pprofBytes, type TestStack } from '../../../test/support/profiles.js';
import { decodePprof } from '../../profile/pprof/pprof.js';
import { sumHeaviestSpans } from './heaviest-spans.js';

const read = (stacks: TestStack[]) =>
  sumHeaviestSpans(
    decodePprof(pprofBytes({ types: ['samples/count', 'cpu/nanoseconds'], stacks }), undefined, {
      labels: true,
    }),
  );
const id = (value: number) => value.toString(16).padStart(16, '0');

test('samples of a span are added up per label set', () => {
  const sample = (span: number, values: number[], labels: Record<string, string> = {}): TestStack => ({
    frames: ['main'],
    values,
    labels: { span_id: id(span), ...labels },
  });
  const { counts, heaviest } = read([
    sample(1, [1, 10]),
    sample(1, [2, 20]),
    sample(1, [4, 40], { endpoint: '/pay' }),
    { frames: ['main'], values: [8, 80] },
    { frames: ['main'], values: [3, 30], labels: { trace_id: 'a'.repeat(32) } },
  ]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(heaviest.map(({ span, totals }) => [span, totals])).toEqual([
    [id(1), [4, 40]],
    [id(1), [3, 30]],
  ]);
});

test('twenty of each sample type are kept, and all are counted', () => {
  const { counts, heaviest } = read(
    Array.from({ length: 50 }, (_, at) => ({
      frames: ['main'],
      values: [at + 1, 100 - at],
      labels: { span_id: id(at + 1) },
    })),
  );
  expect(counts).toEqual([50]);
  const kept = heaviest.map(({ span }) => Number.parseInt(span, 16)).sort((a, b) => a - b);
  expect(kept).toEqual([
    ...Array.from({ length: 20 }, (_, at) => at + 1),
    ...Array.from({ length: 20 }, (_, at) => at + 31),
  ]);
});

test('without span ids there are none', () => {
  expect(read([{ frames: ['main'], values: [1, 1], labels: { endpoint: '/pay' } }])).toEqual({
    counts: [],
    heaviest: [],
  });
});
