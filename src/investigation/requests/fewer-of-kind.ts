import type { Analysis } from '../../profile/compare/analysis.js';
import type { LensRow } from '../../profile/compare/finding.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { DIVERSE_AMONG_FALLEN, testComposition } from '../../profile/compare/requests/composition.js';
import { eachStack, listKinds } from '../../profile/compare/requests/entries.js';
import { splitIntoStrata } from '../../profile/compare/requests/strata.js';
import { type Contrast, share } from '../../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { LensReadings } from '../evidence/evidence.js';

/** Part of a fall that kinds of requests must hold. */
const NEARLY_ALL = 0.8;
/** Part of a kind that a function must do itself, or with what it calls of others, to stand for it. */
const MOST = 0.5;
/** Parts that must have been compared: without them nothing says that all fell alike. */
const MIN_PARTS = 3;
/** Fewer samples elsewhere do not tell whether a function costs others what it did. */
const MIN_ELSEWHERE = 20;

/**
 * The rows whose fall is that of some kinds of requests, of which fewer came, so that it is no news: nearly
 * all of it lies in kinds whose parts fell alike, as one function that became cheaper does not let them. A
 * kind of few parts tells that only where the function that does most of it costs others as much as before.
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
  const { joined, before, after } = contrast;
  const { entryOfStack } = analysis.requests;
  const fall = share(before.costs.total, before.profiles) - share(after.costs.total, after.profiles);
  const fewer = listKinds(joined, analysis.requests).filter((kind) => kind.after < kind.before / MIN_RISE);
  const fallOfKinds = fewer.reduce((sum, kind) => sum + kind.before - kind.after, 0);
  if (fewer.length === 0 || fallOfKinds < NEARLY_ALL * fall) return false;
  return fewer.every(({ fn }) => {
    const { isAlike, diversity, parts } = testComposition(contrast, entryOfStack, fn);
    const isDiverse = diversity >= DIVERSE_AMONG_FALLEN && parts >= MIN_PARTS;
    return isAlike && (isDiverse || isKeptElsewhere(contrast, entryOfStack, fn));
  });
}

/** Whether the own function that does most of a kind costs others as much as before. */
function isKeptElsewhere(contrast: Contrast, entryOfStack: readonly Int32Array[], kind: number): boolean {
  const { before, after } = contrast;
  const does = findDoer(contrast, entryOfStack, kind);
  if (does === null || does === kind) return false;
  let [was, is] = [0, 0];
  for (const [entry, { through }] of splitIntoStrata(contrast, entryOfStack, does)) {
    if (entry === kind) continue;
    was += through[0];
    is += through[1];
  }
  return was >= MIN_ELSEWHERE && share(is, after.profiles) >= share(was, before.profiles) / MIN_RISE;
}

/** The own function nearest to the leaf in most of what a kind cost before; null where there is none. */
function findDoer(
  { joined, before }: Contrast,
  entryOfStack: readonly Int32Array[],
  kind: number,
): number | null {
  const sums = new Float64Array(joined.functions.length);
  let whole = 0;
  eachStack(joined, entryOfStack, before.parts, (entry, value, part, stack) => {
    if (entry !== kind) return;
    whole += value;
    const { stackStart, stackFrames } = part.profile;
    let at = stackStart[stack] ?? 0;
    // The entry point itself is own code, so there is one.
    while (part.frameApplication[stackFrames[at] ?? 0] !== 1) at++;
    const fn = part.frameFunction[stackFrames[at] ?? 0] ?? 0;
    sums[fn] = (sums[fn] ?? 0) + value;
  });
  const does = sums.indexOf(Math.max(...sums));
  return whole > 0 && (sums[does] ?? 0) >= MOST * whole ? does : null;
}
