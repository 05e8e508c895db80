import type { Analysis } from '../../profile/compare/analysis.js';
import type { LensRow } from '../../profile/compare/finding.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { DIVERSE_AMONG_FALLEN, testComposition } from '../../profile/compare/requests/composition.js';
import { splitIntoStrata } from '../../profile/compare/requests/strata.js';
import { type Contrast, share } from '../../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { LensReadings } from '../evidence/evidence.js';

/** Part of a fall that kinds of requests must hold. */
const NEARLY_ALL = 0.8;
/** Part of a kind that a function must be to stand for it. */
const MOST = 0.5;
/** Fewer samples do not tell whether a function costs other kinds what it did. */
const MIN_SAMPLES = 20;

/**
 * The rows whose fall is that of some kinds of requests, of which fewer came, so that it is no news: nearly
 * all of it lies in kinds whose parts all fell alike, as one function that became cheaper does not let them.
 * A kind of few parts tells that only where its main function costs other kinds as much as before.
 */
export function withFewerOfKind(
  rows: readonly LensRow[],
  { shares }: Pick<LensReadings, 'shares'>,
): LensRow[] {
  return rows.map((row) => {
    if (row.verdict !== 'fell' || row.excuse !== undefined) return row;
    const read = shares.find(({ lens }) => lens.type.id === row.type.id);
    if (read === undefined || read.change !== null || read.unsettled !== null) return row;
    return isFallOfKinds(read.analysis) ? { ...row, excuse: 'kinds' } : row;
  });
}

function isFallOfKinds(analysis: Analysis): boolean {
  const contrast = buildContrast(analysis, wholeRun(analysis));
  const { before, after } = contrast;
  const { points, entryOfStack } = analysis.requests;
  const fall = share(before.costs.total, before.profiles) - share(after.costs.total, after.profiles);
  const fewer = points.filter((kind) => kind.after < kind.before / MIN_RISE);
  const fallOfKinds = fewer.reduce((sum, kind) => sum + kind.before - kind.after, 0);
  if (fewer.length === 0 || fallOfKinds < NEARLY_ALL * fall) return false;
  return fewer.every(({ fn }) => {
    const { isAlike, diversity } = testComposition(contrast, entryOfStack, fn);
    return isAlike && (diversity >= DIVERSE_AMONG_FALLEN || isKeptElsewhere(contrast, entryOfStack, fn));
  });
}

/** Whether an own function that most of a kind passes through costs the others as much as before. */
function isKeptElsewhere(contrast: Contrast, entryOfStack: readonly Int32Array[], kind: number): boolean {
  const { joined, before, after, quantum } = contrast;
  for (let fn = 0; fn < joined.functions.length; fn++) {
    if (joined.application[fn] !== 1 || fn === kind) continue;
    if ((before.costs.totals[fn] ?? 0) < MIN_SAMPLES * quantum) continue;
    const strata = splitIntoStrata(contrast, entryOfStack, fn);
    const own = strata.get(kind);
    // A function above the kind leads to all of them.
    if (own === undefined || own.through[0] < MOST * own.all[0] || own.above[0] > 0) continue;
    let [was, is] = [0, 0];
    for (const [entry, { through }] of strata) {
      if (entry === kind) continue;
      was += through[0];
      is += through[1];
    }
    if (was >= MIN_SAMPLES && share(is, after.profiles) >= share(was, before.profiles) / MIN_RISE)
      return true;
  }
  return false;
}
