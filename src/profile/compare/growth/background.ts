import type { Contrast } from '../../contrast/contrast.js';
import { measureShareGrowth, share, totalPerProfile } from '../../contrast/contrast.js';
import { sumBackground } from '../../contrast/through.js';

/** Part of the whole by which background work must have grown: a pool of connections varies by less. */
const MIN_POINTS = 0.1;
/** Factor by which it must have outgrown own code: connections follow the requests. */
const MIN_RATIO = 2;
/** Part of a function's cost that must run on goroutines or threads of the standard library's own. */
const MIN_PART = 0.9;

/**
 * Whether a function of the standard library does work of its own that grew by far more than own code: as the
 * dialling and the handshakes of an HTTP client that keeps no connection, which run on goroutines that no own
 * frame stands above. What serves requests, or is called by own code or a library, is theirs.
 */
export function isBackgroundGrowth(contrast: Contrast, fn: number): boolean {
  const { joined, before, after } = contrast;
  if (measureShareGrowth(contrast, fn) < MIN_POINTS) return false;
  const own = ({ costs, profiles }: Contrast['before']) => share(costs.application, profiles);
  const load = own(before) > 0 ? Math.max(1, own(after) / own(before)) : 1;
  if (totalPerProfile(after, fn) < MIN_RATIO * load * totalPerProfile(before, fn)) return false;
  return sumBackground(joined, after.parts, fn) >= MIN_PART * (after.costs.totals[fn] ?? 0);
}
