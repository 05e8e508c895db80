import type { NamedFunction } from '../../profile/code/named-function.js';
import { round, roundShare } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { formatShare } from '../../text/units.js';
import { displayBriefly } from '../functions.js';
import type { JsonObject } from '../render.js';

/** An entry point of the service with its cost per profile and its share of all that requests cost. */
export interface MixRow extends NamedFunction {
  before: number;
  after: number;
  shareBefore: number;
  shareAfter: number;
}

/** Maximum number of entry points that the reason of a verdict names. */
const MAX_MIX = 3;

/** The change of the mix of requests, as the end of a sentence. */
export function mixText(mix: readonly MixRow[], { alias }: Pick<ProfileType, 'alias'>): string {
  const rows = mix.slice(0, MAX_MIX).map((row) => {
    const times = row.before > 0 ? ` x${(row.after / row.before).toFixed(2)}` : '';
    return `${displayBriefly(row)}${times} (${formatShare(row.shareBefore)} -> ${formatShare(row.shareAfter)} of the requests' ${alias})`;
  });
  const more = mix.length > MAX_MIX ? ` and ${mix.length - MAX_MIX} more` : '';
  return `the mix of requests changed, ${rows.join(', ')}${more}; inside each of them no function grew beyond the rest`;
}

/** The entry points as data. */
export function mixData(mix: readonly MixRow[]): JsonObject[] {
  return mix.map((row) => ({
    function: row.function,
    file: row.file,
    line: row.line,
    value_before: round(row.before),
    value_after: round(row.after),
    share_before: roundShare(row.shareBefore),
    share_after: roundShare(row.shareAfter),
  }));
}
