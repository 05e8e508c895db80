import { setFlagsFromString } from 'node:v8';

/**
 * Makes the collector tidy up earlier. Left alone, V8 lets garbage pile up until the heap has doubled, and typed arrays
 * outside of it with it: after 1,000 calls the server held 200 MiB, with these values about 140 after the first hundred (bench/README.md). V8 reads both
 * values at every collection, so that they may be set while it runs.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--max-semi-space-size=2');
}
