import { likelyTimes, type StepContext, type StepLikelihoods } from '../../profile/compare/onset/step.js';
import type { Span } from '../../profile/series/timeline.js';

/** A stretch of time that was read, with the starts of its profiles, Unix ms, ascending. */
export interface Stretch {
  window: Span;
  starts: readonly number[];
}

/** How a step is told by stretches, and how more of them are read. */
export interface Narrowing<S extends Stretch> extends Pick<StepContext, 'gapMs'> {
  findLikelihoods(stretches: readonly S[]): StepLikelihoods | null;
  /** Number of different times with a profile in a window. */
  countTimes(window: Span): number;
  /** Reads a window once more in shorter stretches; none where no request is left. */
  read(window: Span): Promise<readonly S[]>;
  /** Maximum number of times that stretches are read. */
  looks: number;
}

/**
 * Tells a step by the stretches that were read, and then by those about the likely times once more, in rounds
 * of profiles as single as the requests allow.
 */
export async function narrow<S extends Stretch>(
  coarse: readonly S[],
  { gapMs, findLikelihoods, countTimes, read, looks }: Narrowing<S>,
): Promise<{ stretches: readonly S[]; likelihoods: StepLikelihoods | null }> {
  let stretches = coarse;
  let likelihoods = findLikelihoods(stretches);
  for (let look = 0; look < looks && likelihoods !== null; look++) {
    const open = openStretches(stretches, likelihoods, gapMs);
    const around = { from: open[0]?.window.from ?? 0, to: open.at(-1)?.window.to ?? 0 };
    if (countTimes(around) <= open.length) break;
    const fine = await read(around);
    if (fine.length <= open.length) break;
    stretches = [
      ...stretches.filter(({ window }) => window.to < around.from),
      ...fine,
      ...stretches.filter(({ window }) => window.from > around.to),
    ];
    likelihoods = findLikelihoods(stretches);
  }
  return { stretches, likelihoods };
}

/** The stretches whose profiles may hold both sides of a likely step. */
export function openStretches<S extends Stretch>(
  stretches: readonly S[],
  likelihoods: StepLikelihoods,
  gapMs: number,
): S[] {
  const span = likelyTimes(likelihoods, gapMs);
  return stretches.filter(({ starts }) => starts.some((time) => time >= span.from && time <= span.to));
}
