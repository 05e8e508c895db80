import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Bytes that the space of new objects grows to, both halves together. With 2 MiB fifty agents got a seventh
 * fewer answers in a minute, with the 32 MiB of V8 left alone a twenty-fifth more, for 30 MiB
 * (bench/README.md).
 */
const NEW_SPACE = 8 * 2 ** 20;

/**
 * Makes the collector tidy up earlier. Left alone, V8 lets garbage pile up until the heap has doubled, typed
 * arrays outside of it with it, and gives 32 MiB to the space of new objects: after 1,000 calls the server
 * held 200 MiB (bench/README.md). V8 reads these values while it runs.
 *
 * The space of new objects stops to grow when the growth factor is 1: `--max-semi-space-size` counts only at
 * the start of a process, where no user would give it. Worker threads, started later and for large profiles
 * only, begin with what they would else grow to: they decode a third faster.
 *
 * The collector works on the thread that answers alone. Left to itself it marks and copies on others, too,
 * which took a fifth of all processor time of an investigation and saved the first thread nothing.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--min-semi-space-size=16');
  setFlagsFromString('--no-concurrent-marking');
  setFlagsFromString('--no-parallel-scavenge');
  // It grows in collections only, so they are the time to look.
  const collections = new PerformanceObserver(() => {
    if (newSpace() < NEW_SPACE) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    collections.disconnect();
  });
  collections.observe({ entryTypes: ['gc'] });
}

/**
 * Makes the collector of a single call tidy up at half as much again as lives. The merges over a fleet of
 * 1,000 services leave some 100 MiB of garbage otherwise: 244 MiB were resident, and are 162, for 0.6 s more
 * of processor time in a call of half a minute (bench/README.md).
 */
export function keepGarbageSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}

function newSpace(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
