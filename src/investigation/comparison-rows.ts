import { functionData } from '../profile/code/named-function.js';
import type { Cheaper } from '../profile/compare/changes.js';
import type { Finding } from '../profile/compare/finding.js';
import { busiestPlace } from '../profile/compare/growth/busiest-place.js';
import { growthPath } from '../profile/compare/growth/path.js';
import { listMovers, type Mover } from '../profile/compare/movers/movers.js';
import type { Contrast } from '../profile/contrast/contrast.js';
import type { Joined } from '../profile/contrast/join.js';
import { buildContrast, wholeRun } from '../profile/contrast/runs.js';
import { totalsBelow } from '../profile/contrast/through.js';
import type { ProfileType } from '../profile/types/types.js';
import type { MoverRow } from '../report/answers/comparison.js';
import type { Cause } from './conclude.js';
import type { Since } from './evidence/rounds.js';
import type { ShareLens } from './evidence/shares.js';
import { bareFinding, causeFinding, rateConfidence } from './findings.js';

/** Result of a comparison, as far as its rows depend on it. */
export interface ComparisonInput {
  shares: ShareLens;
  cheaper: Cheaper | null;
  /** Subject of the finding; null where there is none. */
  cause: Cause | 'cheaper' | null;
  since: Since | null;
  gate: number;
  limit: number;
}

/** The finding and the table of a comparison. */
export interface ComparedRows {
  finding: Finding | null;
  movers: MoverRow[];
  /** Functions whose share changed. */
  tested: number;
}

/** Names the finding. It takes a pass over all stacks for every row of it. */
export function comparedRows({ shares, cheaper, cause, since, gate, limit }: ComparisonInput): ComparedRows {
  const { analysis, change } = shares;
  const whole = buildContrast(analysis, wholeRun(analysis));
  const culprit = change?.culprit ?? cheaper?.culprit ?? null;
  const moved = new Set(change === null || change.from === null ? [] : [change.culprit.fn, change.from]);
  const all = listMovers(whole, { gate, culprit: culprit?.fn ?? null, moved });
  const finding = buildFinding(shares, cheaper, cause, since, whole);
  const rows = withoutAncestors(all, change === null ? mirrored(whole) : whole, culprit?.fn ?? null)
    // A part of the window, or the amount, may show beyond doubt a function whose share of all of it says
    // nothing: the finding is not called noise for that.
    .filter(
      ({ fn, significant }) => significant || (fn !== culprit?.fn && !isAbout(finding, analysis.joined, fn)),
    );
  return {
    finding,
    movers: moverRows(rows.slice(0, limit), whole, culprit?.fn ?? null),
    tested: all.length,
  };
}

function isAbout(finding: Finding | null, { functions }: Joined, fn: number): boolean {
  const row = functionData(functions[fn], 0);
  return finding?.fn?.function === row.function && finding.fn.file === row.file;
}

function buildFinding(
  { lens }: ShareLens,
  cheaper: Cheaper | null,
  cause: ComparisonInput['cause'],
  since: Since | null,
  whole: Contrast,
): Finding | null {
  if (cause === null) return null;
  if (cause !== 'cheaper') return causeFinding(cause, since);
  return cheaper === null ? null : cheaperFinding(lens.type, cheaper, whole);
}

function cheaperFinding(type: ProfileType, cheaper: Cheaper, whole: Contrast): Finding {
  const { fn, load, z } = cheaper.culprit;
  const {
    shareBefore,
    shareAfter,
    valueBefore,
    valueAfter,
    wholeBefore: wholeAfter,
    wholeAfter: wholeBefore,
    ...rest
  } = bareFinding(mirrored(whole), fn, load);
  return {
    ...rest,
    type,
    kind: 'improvement',
    shareBefore: shareAfter,
    shareAfter: shareBefore,
    valueBefore: valueAfter,
    valueAfter: valueBefore,
    wholeBefore,
    wholeAfter,
    load: 1 / load,
    confidence: rateConfidence(z),
    z,
  };
}

function mirrored({ before, after, ...rest }: Contrast): Contrast {
  return { ...rest, before: after, after: before };
}

/** Leaves a single row for a change: the callers of the named function only pass it on. */
function withoutAncestors(
  movers: readonly Mover[],
  contrast: Contrast,
  culprit: number | null,
): readonly Mover[] {
  if (culprit === null) return movers;
  const path = growthPath(contrast, culprit, 1, false);
  const above = new Set(path.functions.slice(0, Math.max(0, path.at)));
  return movers.filter(({ fn }) => !above.has(fn));
}

/** Smallest part of a function's cost below the named one for it to count as standing below. */
const BELOW = 0.5;

/** Movers with their names, places and paths. */
export function moverRows(movers: readonly Mover[], contrast: Contrast, culprit: number | null): MoverRow[] {
  const { joined, after, before } = contrast;
  const below = (side: Contrast['after']) =>
    culprit === null ? null : totalsBelow(joined, side.parts, culprit);
  const belowCulprit = { before: below(before), after: below(after) };
  return movers.map(({ fn, ...rest }) => {
    const side = rest.totalShareAfter > 0 ? 'after' : 'before';
    const { parts, costs } = contrast[side];
    const below = fn === culprit ? 0 : (belowCulprit[side]?.[fn] ?? 0);
    const isBelow = below >= BELOW * (costs.totals[fn] ?? 0) && below > 0;
    const path = growthPath(contrast, fn, 1, false);
    return {
      ...rest,
      ...busiestPlace(contrast, parts, fn),
      chargedTo: isBelow && culprit !== null ? functionData(joined.functions[culprit], 0).function : null,
      path: path.functions.slice(0, path.at + 1).map((id) => functionData(joined.functions[id], 0).function),
    };
  });
}
