import { servesRequest } from '../../code/request-input.js';
import type { Contrast } from '../../contrast/contrast.js';
import type { Joined } from '../../contrast/join.js';
import { shiftWithin } from '../../contrast/within.js';
import { MAIN_PART } from './above.js';
import type { Requests } from './entries.js';
import { WITHIN_Z } from './mix.js';
import { splitIntoStrata } from './strata.js';

/** Libraries call jobs by the clock, too: what these do does not follow the requests. */
const BY_CLOCK = /schedul|timer|cron|interval/i;

/**
 * Whether a function grew inside the requests that lead to it, beyond all else that these do. Under less load
 * that is a growth of each request, however little the function costs as a whole. Work by the clock, in
 * loops of its own, costs the same at any load; so only what a framework or a server calls counts.
 */
export function outgrewItsRequests(contrast: Contrast, requests: Requests, fn: number): boolean {
  const { joined, before, after, dispersion } = contrast;
  const strata = splitIntoStrata(contrast, requests.entryOfStack, fn);
  const served = findServed(joined, [...before.parts, ...after.parts], requests);
  let [cost, ofRequests] = [0, 0];
  const kinds = [...strata].flatMap(([entry, stratum]) => {
    cost += stratum.through[1];
    if (entry === fn || !served.has(entry)) return [];
    ofRequests += stratum.through[1];
    return [stratum];
  });
  return ofRequests >= MAIN_PART * cost && shiftWithin(kinds, dispersion.phi) >= WITHIN_Z;
}

/** Entry points with a library or a known server above them, and nothing that runs by the clock. */
function findServed(joined: Joined, indices: readonly number[], { entryOfStack }: Requests): Set<number> {
  const above = joined.functions.map(({ name }, fn) => ({
    isServer: joined.library[fn] === 1 || servesRequest(name),
    isClock: BY_CLOCK.test(name),
  }));
  const served = new Set<number>();
  const clocked = new Set<number>();
  for (const index of indices) {
    const [part, entries] = [joined.parts[index], entryOfStack[index]];
    if (part === undefined || entries === undefined) continue;
    const { stackStart, stackFrames } = part.profile;
    entries.forEach((entry, stack) => {
      if (entry < 0 || clocked.has(entry)) return;
      for (let at = (stackStart[stack + 1] ?? 0) - 1; at >= (stackStart[stack] ?? 0); at--) {
        const fn = part.frameFunction[stackFrames[at] ?? 0] ?? 0;
        if (fn === entry) break;
        if (above[fn]?.isServer === true) served.add(entry);
        if (above[fn]?.isClock === true) clocked.add(entry);
      }
    });
  }
  for (const entry of clocked) served.delete(entry);
  return served;
}
