import type { Contrast } from '../../contrast/contrast.js';
import { MAIN_PART } from './above.js';
import type { Requests } from './entries.js';
import { splitIntoStrata } from './strata.js';

/** Whether most of a function runs in jobs next to a server's handler, whether requests come or not. */
export function runsInJobs(contrast: Contrast, { entryOfStack, jobs }: Requests, fn: number): boolean {
  if (jobs.size === 0) return false;
  let [inJobs, whole] = [0, 0];
  for (const [entry, { through }] of splitIntoStrata(contrast, entryOfStack, fn)) {
    const cost = through[0] + through[1];
    whole += cost;
    if (jobs.has(entry)) inJobs += cost;
  }
  return inJobs >= MAIN_PART * whole;
}
