import type { Investigation } from './investigation.js';

/** The fields of an answer that tell what was not read. */
type Unsettled = Pick<Investigation, 'isSoFar' | 'verdict' | 'notRead'>;

/** Added to the word `Verdict` where another part could change it. */
export function soFarWord({ isSoFar, verdict }: Unsettled): string {
  return isSoFar && verdict !== 'inconclusive' ? ' so far' : '';
}

/** Added to the reason of a verdict that another part could change. */
export function soFarText({ isSoFar, verdict, notRead }: Unsettled): string {
  if (!isSoFar || verdict === 'inconclusive') return '';
  return `; so far: ${notRead.map(({ what }) => what).join(', ')} could not be read and may say otherwise`;
}

/** Added to the first line, where a reader cannot miss it; nothing where all was read. */
export function notReadText({ notRead }: Unsettled): string {
  if (notRead.length === 0) return '';
  return `; NOT READ: ${notRead.map(({ what, why }) => `${what} (${why})`).join(', ')}`;
}
