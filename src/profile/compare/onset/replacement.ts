import { arrivalInterval, rampInterval } from '../since.js';
import { isStepBetween, type StepContext, type StepLikelihoods, stepInterval } from './step.js';

/**
 * Log-likelihood by which another cut must beat the replacement of all instances, which changes code more
 * often than anything else does.
 */
export const AGAINST_DEPLOY = 4;

/**
 * Whether a change that is said to have begun before the replacement stands out by so much more than its
 * gate: the square of a distance in standard errors is twice a log-likelihood.
 */
export function beatsDeploy(z: number, gate: number): boolean {
  return z ** 2 - 2 * AGAINST_DEPLOY >= gate ** 2;
}

/** An instance that sends nothing for longer than so many rounds is not there. */
const MISSED_ROUNDS = 1.5;

/**
 * The last profile before all instances were replaced and the first after it; null where some stayed.
 *
 * @param lives times of the first and the last profile of each instance
 * @param times times of all profiles, ascending
 */
export function findReplacement(
  lives: readonly { from: number; to: number }[],
  times: readonly number[],
  gapMs: number,
): { last: number; first: number } | null {
  const [begin = 0, end = 0] = [times[0], times.at(-1)];
  const arrived = lives.filter(({ from }) => from > begin + MISSED_ROUNDS * gapMs);
  const stayed = lives.filter((life) => !arrived.includes(life));
  if (arrived.length === 0 || stayed.some(({ to }) => to > end - MISSED_ROUNDS * gapMs)) return null;
  const first = Math.min(...arrived.map(({ from }) => from));
  const last = times.findLast((time) => time < first);
  return last === undefined ? null : { last, first };
}

/**
 * The interval of a likely step. Where all instances were replaced, that is when, unless another time is
 * clearly better.
 *
 * @param resolution.from beginning of the window that was asked about, where there is one
 * @param maxWidth largest width of the interval in milliseconds; by default that of {@link stepInterval}
 */
export function stepOrReplacement(
  likelihoods: StepLikelihoods,
  deploy: ReturnType<typeof findReplacement>,
  resolution: Pick<StepContext, 'gapMs' | 'stepMs'> & { from?: number },
  maxWidth?: number,
): { after: number; before: number } {
  return deploy !== null && isStepBetween(likelihoods, [deploy.last, deploy.first], AGAINST_DEPLOY)
    ? arrivalInterval({ ...deploy, gapMs: resolution.gapMs, stepMs: resolution.stepMs })
    : stepInterval(likelihoods, resolution, maxWidth);
}

/**
 * The interval in which levels began to rise in a straight line. Nothing outside what was read says when that
 * was; where all instances were replaced, the rise of the new ones began with them at the earliest, however
 * the old ones' levels swing.
 *
 * @param foot time around the foot of the line
 */
export function rampOrReplacement(
  foot: { after: number; before: number },
  deploy: ReturnType<typeof findReplacement>,
  { gapMs, stepMs }: Pick<StepContext, 'gapMs' | 'stepMs'>,
): { after: number; before: number } {
  if (deploy !== null && foot.before < deploy.first) return arrivalInterval({ ...deploy, gapMs, stepMs });
  const { after, before } = rampInterval({ last: foot.after, first: foot.before, gapMs });
  // Snapshots are stamped when they are written: the first of new instances shows what they hold already.
  const isFromArrival = deploy !== null && foot.after <= deploy.first;
  return { after: isFromArrival ? Math.min(after, deploy.last) : after, before };
}
