import { joinKey } from '../../code/names.js';
import { share, totalPerProfile } from '../../contrast/contrast.js';
import { buildContrast, wholeRun } from '../../contrast/runs.js';
import type { Analysis } from '../analysis.js';

/**
 * Factor by which an amount may rise beyond the time of the same function and still follow it: mixes vary
 * inside.
 */
const MAX_BEYOND = 1.25;
/** Standard errors of sampling that the two factors may differ by. */
const MAX_ERRORS = 2;
/** A function whose time rose by less does not tell that it was called more often. */
const MIN_TIME_RISE = 1.2;
/** Samples of the function's time on each side, or its factor tells nothing. */
const MIN_SAMPLES = 30;

/**
 * Whether an amount of a function, such as its allocations, rose as its time did: then it was called more
 * often. To be asked where nothing is wrong with the time.
 *
 * @param fn the function in `amount`
 */
export function followsTime(amount: Analysis, fn: number, time: Analysis): boolean {
  const info = amount.joined.functions[fn];
  const sameFn = time.joined.functions.findIndex(
    (other) => info !== undefined && joinKey(other) === joinKey(info),
  );
  if (sameFn < 0) return false;
  const [ofAmount, ofTime] = [measureRise(amount, fn), measureRise(time, sameFn)];
  if (ofTime.samples < MIN_SAMPLES || ofTime.factor < MIN_TIME_RISE) return false;
  const error = Math.sqrt(ofTime.variance + ofAmount.variance);
  const beyond = Math.log(ofAmount.factor / ofTime.factor);
  return beyond <= Math.max(Math.log(MAX_BEYOND), MAX_ERRORS * error);
}

/**
 * Value per profile of a function, after ÷ before; the variance of its logarithm; samples on the smaller
 * side.
 */
function measureRise(analysis: Analysis, fn: number): { factor: number; variance: number; samples: number } {
  const { before, after, quantum, dispersion } = buildContrast(analysis, wholeRun(analysis));
  const [x1, x2] = [before, after].map(({ costs }) => (costs.totals[fn] ?? 0) / quantum) as [number, number];
  return {
    factor: share(totalPerProfile(after, fn), totalPerProfile(before, fn)),
    variance: dispersion.phi * (1 / Math.max(1, x1) + 1 / Math.max(1, x2)),
    samples: Math.min(x1, x2),
  };
}
