import type { LensRow, Verdict } from '../profile/compare/finding.js';
import { amountRose, MIN_AMOUNT_RISE } from '../profile/compare/growth/rise.js';
import { activePerProfile } from '../profile/contrast/runs.js';
import { inAgreement, samplingError } from './agreement.js';
import { isRiseOfChange } from './causes/same-change.js';
import { loadCauses } from './conclude.js';
import type { LensReadings } from './evidence/evidence.js';
import type { LevelLens } from './evidence/levels.js';
import { computeMean } from './evidence/profile-times.js';
import type { TotalsLens } from './evidence/totals.js';
import { smallestChange } from './smallest.js';

/** Rows of all profile types, in the order in which they were read; each word agrees with its numbers. */
export function lensRows(reading: Omit<LensReadings, 'collector'>): LensRow[] {
  return plainRows(reading).map(inAgreement);
}

function plainRows(reading: Omit<LensReadings, 'collector'>): LensRow[] {
  const { totals, shares, levels, waits, wholes } = reading;
  const loaded = loadCauses(shares);
  const rows = totals.map(({ lens, before, after }): LensRow => {
    const plain = {
      type: lens.type,
      kind: lens.kind,
      before: computeMean(before),
      after: computeMean(after),
      smallest: smallestChange(reading, lens),
      sameAs: null,
      error: null,
    };
    const shared = shares.find((row) => row.lens === lens);
    if (shared !== undefined) {
      const { analysis, change } = shared;
      const row = {
        ...plain,
        before: activePerProfile(analysis.baseline),
        after: activePerProfile(analysis.incident),
        error: samplingError(analysis),
      };
      if (change !== null) return { verdict: change.from === null ? 'code_regression' : 'moved', ...row };
      if (shared.unsettled !== null) return { verdict: 'inconclusive', ...row };
      if (isRiseOfChange(shared, shares)) return { verdict: 'code_regression', ...row };
      // Amounts follow the mix of requests: a smaller rise of them is no finding.
      const hasRisen =
        lens.kind === 'amount' ? amountRose(analysis.load) : loaded.some(({ of }) => of === shared);
      return { verdict: hasRisen ? 'load_increase' : 'no_change', ...row };
    }
    const level = levels.find((row) => row.lens === lens);
    if (level !== undefined) {
      return { verdict: levelVerdict(level), ...plain, before: level.before, after: level.after };
    }
    const whole = wholes.find((row) => row.lens === lens);
    if (whole !== undefined) {
      return { verdict: wholeVerdict(whole), ...plain, before: whole.before };
    }
    const wait = waits.find((row) => row.lens === lens);
    if (wait === undefined) return { verdict: 'not_read', ...plain };
    // Without waiting there may be no wait profile; without any profile nothing is known.
    const unheard = totals[0]?.before.profiles === 0 ? 'inconclusive' : 'no_change';
    if (wait.contention === null) return { verdict: unheard, ...plain };
    return { verdict: wait.contention.waiters === 'leak' ? 'leak' : 'contention', ...plain };
  });
  const left = reading.same.map(
    ({ type, as }): LensRow => ({
      type,
      kind: type.nature,
      verdict: 'not_read',
      before: null,
      after: null,
      error: null,
      smallest: null,
      sameAs: as,
    }),
  );
  return [...rows, ...left];
}

/** A total that differs widely, though its own variation may explain it, is not called unchanged. */
function wholeVerdict({ before, after, hasRisen }: TotalsLens): Verdict {
  if (hasRisen) return 'load_increase';
  return after >= MIN_AMOUNT_RISE * before && after > 0 ? 'inconclusive' : 'no_change';
}

function levelVerdict({ leak, before, rise }: LevelLens): Verdict {
  if (leak !== null) return 'leak';
  if (rise !== null) return rise.growth === null ? 'load_increase' : 'code_regression';
  return before === null ? 'inconclusive' : 'no_change';
}
