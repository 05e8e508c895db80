import { functionData } from '../../profile/code/named-function.js';
import { sumRequests } from '../../profile/compare/requests/entries.js';
import { share } from '../../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { MixRow } from '../../report/change/mix.js';
import type { ShareLens } from '../evidence/shares.js';

/**
 * Entry points of a type whose part of the cost changed; with none, or a change of code, there is nothing to
 * say.
 */
export function listMix({ analysis, change }: Pick<ShareLens, 'analysis' | 'change'>): MixRow[] {
  if (change !== null) return [];
  const { joined, mix, requests } = analysis;
  const whole = buildContrast(analysis, wholeRun(analysis));
  const [before, after] = sumRequests(whole, requests);
  return mix.map((entry) => ({
    ...functionData(joined.functions[entry.fn], 0),
    before: entry.before,
    after: entry.after,
    shareBefore: share(entry.before, share(before, whole.before.profiles)),
    shareAfter: share(entry.after, share(after, whole.after.profiles)),
  }));
}
