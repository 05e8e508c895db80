import { setFlagsFromString } from 'node:v8';

/**
 * Makes the collector tidy up earlier. Left alone, V8 lets garbage pile up until the heap has doubled, typed arrays
 * outside of it with it, and gives 32 MiB to the space of new objects: after 1,000 calls the server held 200 MiB
 * (bench/README.md). V8 reads both values while it runs.
 *
 * New objects stay in the few MiB that they have when this is called, before the first answer. A growth factor of 1 is
 * what does that in a running process: `--max-semi-space-size` counts only at its start, where no user would give it. Worker
 * threads, started later and for large profiles only, begin with what they would else grow to: they decode a third faster.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--min-semi-space-size=16');
}
