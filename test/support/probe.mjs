// Loaded into the server by `--import`: says what the process holds whenever its parent asks; command to
// collect, after a collection of all garbage.
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.send !== undefined) {
  process.on('message', async (command) => {
    if (command === 'collect') {
      // Objects that finalizers let go of are garbage of the next round.
      for (let round = 0; round < 3; round++) {
        globalThis.gc?.();
        await pause(50);
      }
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, heapUsed, external, resources: process.getActiveResourcesInfo() });
  });
  process.channel?.unref();
}
