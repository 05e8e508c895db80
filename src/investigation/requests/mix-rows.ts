import { functionData } from '../../profile/code/named-function.js';
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
  const { joined, mix } = analysis;
  const whole = buildContrast(analysis, wholeRun(analysis));
  const served = ({ costs, profiles }: typeof whole.before) => share(costs.served, profiles);
  return mix.map((entry) => ({
    ...functionData(joined.functions[entry.fn], 0),
    before: entry.before,
    after: entry.after,
    shareBefore: share(entry.before, served(whole.before)),
    shareAfter: share(entry.after, served(whole.after)),
  }));
}
