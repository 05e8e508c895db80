import { growthSite } from '../../profile/compare/growth.js';
import { followsTime } from '../../profile/compare/requests/follows.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { ShareLens } from './shares.js';

/**
 * Leaves out the changes of an amount that the time of the same function shows as well, where the mix of
 * requests changed and no code is to blame for that time: then more of its requests came.
 */
export function withoutRequests(amount: ShareLens, shares: readonly ShareLens[]): ShareLens {
  const time = shares.find(({ lens }) => lens.kind === 'time');
  if (amount.lens.kind !== 'amount' || time === undefined || time.change !== null) return amount;
  if (time.analysis.mix.length === 0) return amount;
  const changes = [amount.change, ...amount.further].filter(
    (change) => change !== null && !followsTime(change.analysis, change.culprit.fn, time.analysis),
  );
  const [change = null, ...further] = changes.filter((left) => left !== null);
  const { joined, before, after } = buildContrast(amount.analysis, wholeRun(amount.analysis));
  const site = growthSite(joined, before, after);
  const isOfRequests = site !== null && followsTime(amount.analysis, site.fn, time.analysis);
  return { ...amount, change, further, isOfRequests };
}
