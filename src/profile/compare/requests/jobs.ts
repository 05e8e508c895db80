import { type Contrast, deviation } from '../../contrast/contrast.js';
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

/** Part of what requests cost that is left without a function, for them to tell its growth from theirs. */
const MIN_BESIDE = 0.05;

/**
 * Whether a function that requests lead to outgrew them, next to jobs. Under more load all that requests do
 * outgrows jobs, which cost the same as before, and a job of half of all cost makes that look like code.
 *
 * @param gate least z among what requests cost
 * @returns true as well where there are no jobs, where the function is one, and where it is nearly all
 */
export function outgrewRequests(
  contrast: Contrast,
  { entryOfStack, jobs }: Requests,
  fn: number,
  gate: number,
): boolean {
  if (jobs.size === 0) return true;
  const through: [number, number] = [0, 0];
  const all: [number, number] = [0, 0];
  let inJobs = 0;
  for (const [entry, stratum] of splitIntoStrata(contrast, entryOfStack, fn)) {
    if (entry < 0) continue;
    if (jobs.has(entry)) {
      inJobs += stratum.through[0] + stratum.through[1];
      continue;
    }
    for (const side of [0, 1] as const) {
      through[side] += stratum.through[side];
      all[side] += stratum.all[side];
    }
  }
  if (inJobs >= through[0] + through[1]) return true;
  const isNearlyAll = ([0, 1] as const).some((side) => all[side] - through[side] < MIN_BESIDE * all[side]);
  return isNearlyAll || deviation([through[0], all[0]], [through[1], all[1]], contrast.dispersion) >= gate;
}
