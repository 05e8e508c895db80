import type { JOBS } from './jobs.js';
import { WORKER } from './package-files.js';
import { createOffload, type Offload } from './work/offload.js';
import type { Threads } from './work/threads.js';

/**
 * Runs the jobs of src/jobs.ts in threads of their own pool.
 *
 * @param worker the compiled worker; null runs every job in this thread
 */
export function createJobOffload(
  worker: URL | null,
  start?: (worker: URL) => Promise<Threads>,
): Offload<typeof JOBS> {
  return createOffload(() => import('./jobs.js'), worker, start);
}

/** Runs jobs in worker threads; in this thread where the TypeScript sources run without a build. */
export const offload = createJobOffload(WORKER);
