import { expect, test } from 'vitest';
import { exceedsHeapSampling } from './heap-sampling.js';

const MIB = 2 ** 20;

test.each([
  { what: 'two objects more', before: 0.64, after: 1.82, instances: 1, exceeds: false },
  { what: 'a small heap that doubled', before: 1.6, after: 5.2, instances: 1, exceeds: false },
  { what: 'the same in eight instances', before: 1.6, after: 5.2, instances: 8, exceeds: true },
  { what: 'two MiB from nothing', before: 0, after: 2, instances: 1, exceeds: false },
  { what: 'four MiB from nothing', before: 0, after: 4, instances: 1, exceeds: true },
  { what: 'a leak of a small service', before: 2.3, after: 14.5, instances: 2, exceeds: true },
  { what: 'a leak of one instance', before: 20, after: 60, instances: 1, exceeds: true },
  { what: 'memory that was given back', before: 14.5, after: 2.3, instances: 2, exceeds: true },
  { what: 'few objects given back', before: 2, after: 0.9, instances: 2, exceeds: false },
  { what: 'nothing at all', before: 0, after: 0, instances: 1, exceeds: false },
])('$what: beyond sampling is $exceeds', ({ before, after, instances, exceeds }) => {
  expect(exceedsHeapSampling({ before: before * MIB, after: after * MIB, instances, unitBytes: 1 })).toBe(
    exceeds,
  );
  // The unit of the values does not matter.
  expect(exceedsHeapSampling({ before, after, instances, unitBytes: MIB })).toBe(exceeds);
});

test('counts are exact', () => {
  expect(exceedsHeapSampling({ before: 1, after: 2, instances: 1, unitBytes: null })).toBe(true);
});
