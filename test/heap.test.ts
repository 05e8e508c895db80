import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from './support/root.js';

/** MiB of the space of new objects after many of them survived, in a process of its own. */
function newSpaceAfterGrowth(before: string): number {
  const script = `
    import { setImmediate } from 'node:timers/promises';
    import { getHeapSpaceStatistics } from 'node:v8';
    import { keepHeapSmall } from './dist/commands/heap.js';
    ${before}
    const kept = [];
    for (let turn = 0; turn < 500; turn++) {
      for (let at = 0; at < 2_000; at++) kept.push({ at });
      await setImmediate();
    }
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    console.log(space.space_size / 2 ** 20);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT }));
}

it('keeps new objects in a few MiB, which V8 left alone does not', () => {
  expect(newSpaceAfterGrowth('keepHeapSmall();')).toBeLessThan(16);
  expect(newSpaceAfterGrowth('void keepHeapSmall;')).toBeGreaterThan(16);
});
