import { share } from '../../contrast/contrast.js';
import { buildContrast, wholeRun } from '../../contrast/runs.js';
import type { Analysis } from '../analysis.js';
import { MIN_RISE } from '../load.js';
import { DIVERSE_AMONG_FALLEN, testComposition } from './composition.js';

/** The one group that all stacks with own code are taken for. */
const OWN = 0;

/**
 * How far own code fell as a whole, after ÷ before, where all its parts fell alike: fewer requests came, and
 * none of them costs more than before. To be asked where no code changed.
 *
 * Parts are own functions with what they call. They must be diverse: a service in which one function does all
 * of the work falls alike, too, when that function became cheaper. Where the mix of requests changed as well,
 * the parts of each kind of request must have fallen alike.
 *
 * @returns null where own code fell by less than a rise of the load must be, or its parts not alike
 */
export function fallOfRequests(analysis: Analysis): number | null {
  const contrast = buildContrast(analysis, wholeRun(analysis));
  const { joined, before, after } = contrast;
  const factor = share(
    share(after.costs.application, after.profiles),
    share(before.costs.application, before.profiles),
  );
  if (factor <= 0 || factor > 1 / MIN_RISE) return null;
  const ownStacks = joined.parts.map(({ profile, frameApplication }) => {
    const { stackStart, stackFrames, values } = profile;
    return Int32Array.from(values, (_, stack) => {
      for (let at = stackStart[stack] ?? 0; at < (stackStart[stack + 1] ?? 0); at++)
        if (frameApplication[stackFrames[at] ?? 0] === 1) return OWN;
      return -1;
    });
  });
  const whole = testComposition(contrast, ownStacks, OWN);
  if (whole.diversity < DIVERSE_AMONG_FALLEN) return null;
  if (whole.isAlike) return factor;
  const { points, entryOfStack } = analysis.requests;
  const isAlike = points.every(({ fn }) => testComposition(contrast, entryOfStack, fn).isAlike);
  return points.length > 1 && isAlike ? factor : null;
}
