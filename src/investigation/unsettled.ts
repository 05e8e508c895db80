import type { NextCall } from '../report/next.js';
import type { JsonObject } from '../report/render.js';
import type { Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import { describeUnsettled, type Unsettled } from './evidence/shares/warming.js';
import type { ShareLens } from './evidence/shares.js';

type UnsettledShare = ShareLens & { unsettled: Unsettled };

/** The first type in which new instances still warm up, so that nothing is said about its code. */
export function findUnsettled(shares: readonly ShareLens[]): UnsettledShare | undefined {
  return shares.find((share): share is UnsettledShare => share.unsettled !== null);
}

/** Says of types in which new instances still warm up that their code was not judged. */
export function unsettledNotes(shares: readonly ShareLens[]): string[] {
  return shares.flatMap(({ lens, unsettled }) =>
    unsettled === null ? [] : [`changes of code in ${lens.type.alias}: ${describeUnsettled(unsettled)}`],
  );
}

/** The question about a window of the same length that begins when instances have settled. */
export function laterWindow(
  { unsettled: { from } }: UnsettledShare,
  callScope: JsonObject,
  window: Window,
  baseline: Window,
): NextCall {
  return {
    tool: 'investigate',
    arguments: {
      ...callScope,
      from: formatTime(from),
      to: formatTime(from + window.to - window.from),
      baseline_from: formatTime(baseline.from),
      baseline_to: formatTime(baseline.to),
    },
  };
}
