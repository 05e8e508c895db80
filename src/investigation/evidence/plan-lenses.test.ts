import { expect, test } from 'vitest';
import { orderTypes } from '../../profile/types/types.js';
import { planLenses } from './lens.js';

/**
 * The plan for a list of type ids: `alias/kind` for each type that is read, `alias=alias` for each left out.
 */
function planned(...ids: string[]): string[] {
  const { toRead, same } = planLenses(orderTypes(ids));
  return [
    ...toRead.map(({ type, kind }) => `${type.alias}/${kind}`),
    ...same.map(({ type, as }) => `${type.alias}=${as}`),
  ];
}

test('every type of a Go service is read, or left out for what it counts', () => {
  expect(
    planned(
      'process_cpu:samples:count:cpu:nanoseconds',
      'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
      'memory:alloc_objects:count:space:bytes',
      'memory:alloc_space:bytes:space:bytes',
      'memory:inuse_objects:count:space:bytes',
      'memory:inuse_space:bytes:space:bytes',
      'goroutine:goroutine:count:goroutine:count',
      'goroutineleak:goroutineleak:count:goroutineleak:count',
      'threadcreate:threadcreate:count:threadcreate:count',
      'mutex:contentions:count:contentions:count',
      'mutex:delay:nanoseconds:contentions:count',
      'fgprof:time:nanoseconds:wallclock:nanoseconds',
      'network:net_bytes:bytes::',
    ),
  ).toEqual([
    ...['cpu/time', 'wall/time', 'alloc/amount', 'inuse/level', 'goroutines/level', 'mutex/wait'],
    ...['leaked_goroutines/level', 'threads/level', 'net_bytes/amount'],
    ...['cpu_samples=cpu', 'alloc_objects=alloc', 'inuse_objects=inuse', 'mutex_contentions=mutex'],
  ]);
});

test('counts are read where nothing measures what they count', () => {
  expect(planned('process_cpu:samples:count:cpu:nanoseconds', 'memory:live:count:objects:count')).toEqual([
    'cpu_samples/time',
    'inuse_objects/level',
  ]);
});

test('the collector is no part of the service, and two types with one alias are both read', () => {
  expect(
    planned(
      'gc:cpu:nanoseconds:cpu:nanoseconds',
      'cpu:cpu:nanoseconds:cpu:nanoseconds',
      'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
    ),
  ).toEqual(['cpu/time', 'cpu/time', 'gc_cpu/amount']);
});
