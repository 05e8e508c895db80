import { LEAST_SIDE_SAMPLES } from '../../profile/compare/analysis.js';
import { type Contrast, share } from '../../profile/compare/contrast.js';
import { busiestLine, growthPath } from '../../profile/compare/growth-path.js';
import { type Mover, moversOf } from '../../profile/compare/movers.js';
import { contrastOf, wholeRun } from '../../profile/compare/runs.js';
import { totalsBelow } from '../../profile/compare/through.js';
import type { ComparedSide, Comparison, MoverRow } from '../../report/comparison.js';
import { functionData } from '../../report/functions.js';
import type { Finding } from '../../report/investigation.js';
import type { NextCall } from '../../report/next.js';
import { formatTime } from '../../report/units.js';
import { formatSelector } from '../../sources/selector.js';
import type { Window } from '../../sources/source.js';
import type { ToolContext } from '../define.js';
import { bareFinding, causeFinding, confidenceOf } from '../investigate/findings.js';
import { onsetOf } from '../investigate/onset.js';
import { GATE } from '../investigate/shares.js';
import { reachNotes } from '../reach.js';
import type { ComparisonReading } from './read.js';

/** More instances by this factor, each at the same cost, are scaling. */
const SCALED = 1.3;
/** Cost of an instance that counts as the same. */
const FLAT = [0.8, 1.2] as const;

/** A reading as the data of an answer. */
export async function comparisonOf(
  reading: ComparisonReading,
  limit: number,
  context: ToolContext,
): Promise<Comparison> {
  const { question, shares, instances, found, baseline } = reading;
  const { scope, window } = question;
  const { analysis, change } = shares;
  const whole = contrastOf(analysis, wholeRun(analysis));
  const { verdict, finding } = await judge(reading, whole);
  const culprit = change?.culprit ?? reading.cheaper?.culprit ?? null;
  const moved = new Set(change === null || change.from === null ? [] : [change.culprit.fn, change.from]);
  const all = moversOf(whole, { gate: GATE, culprit: culprit?.fn ?? null, moved });
  const rows = withoutAncestors(all, change === null ? mirrored(whole) : whole, culprit?.fn ?? null);
  const side = (which: 'before' | 'after'): ComparedSide => ({
    window: which === 'after' ? window : baseline,
    selector: formatSelector(which === 'after' ? question.matchers : question.baseline.matchers),
    profiles: whole[which].profiles,
    samples: scope.type.unit === 'count' ? null : whole[which].costs.total / analysis.quantum,
    perProfile: share(whole[which].costs.total, whole[which].profiles),
    gaps: reading.gaps[which],
  });
  return {
    source: scope.source.name,
    service: scope.service,
    type: scope.type,
    before: side('before'),
    after: side('after'),
    instances,
    verdict,
    finding,
    load:
      change?.culprit.load ??
      (reading.cheaper === null ? analysis.load.ratio : 1 / reading.cheaper.culprit.load),
    movers: moverRows(rows.slice(0, limit), whole, culprit?.fn ?? null),
    tested: all.length,
    attribution: (change?.attribution ?? []).map((row) => ({
      label: row.label,
      value: row.value,
      shareBefore: row.shareBefore,
      shareAfter: row.ofTotal,
      carries: row.carries,
    })),
    notes: [
      ...scope.notes,
      ...shares.notes,
      ...partNotes(reading),
      ...(await reachNotes(scope.source, earliestOf(baseline, window), context)),
    ],
    requests: found.requests.made,
    next: nextCalls(reading, finding, await context.sources.isDefault(scope.source, context.signal)),
  };
}

function earliestOf(a: Window, b: Window): Window {
  return a.from < b.from ? a : b;
}

/** The verdict on one type, and the finding that it is about. */
async function judge(
  reading: ComparisonReading,
  whole: Contrast,
): Promise<{ verdict: string; finding: Finding | null }> {
  const { shares, level, wait, cheaper, instances, continuous, found } = reading;
  const { analysis, change } = shares;
  const since = async (cause: Parameters<typeof onsetOf>[1]) =>
    continuous ? onsetOf({ found }, cause) : null;
  if (level !== null && level.leak !== null) {
    const cause = { kind: 'leak' as const, of: level };
    return { verdict: 'leak', finding: causeFinding(cause, await since(cause)) };
  }
  if (wait !== null && wait.contention !== null) {
    const cause = { kind: 'contention' as const, of: wait };
    return { verdict: 'contention', finding: causeFinding(cause, await since(cause)) };
  }
  if (change !== null) {
    const cause = { kind: change.from === null ? ('code' as const) : ('moved' as const), of: shares };
    return {
      verdict: change.from === null ? 'code_regression' : 'moved',
      finding: causeFinding(cause, await since(cause)),
    };
  }
  if (cheaper !== null && cheaper.from === null)
    return { verdict: 'improvement', finding: cheaperFinding(reading, whole) };
  if (analysis.load.rose) {
    const cause = { kind: 'load' as const, of: shares };
    return { verdict: 'load_increase', finding: causeFinding(cause, await since(cause)) };
  }
  const ratio = analysis.load.ratio ?? 1;
  const scaled =
    instances !== null &&
    instances.stayed + instances.arrived >= SCALED * Math.max(1, instances.stayed + instances.left);
  if (scaled && ratio >= FLAT[0] && ratio <= FLAT[1]) return { verdict: 'scaling', finding: null };
  const few = Math.min(analysis.samples.before, analysis.samples.after) < LEAST_SIDE_SAMPLES;
  return { verdict: few && shares.lens.kind === 'time' ? 'inconclusive' : 'no_change', finding: null };
}

function cheaperFinding({ shares, cheaper }: ComparisonReading, whole: Contrast): Finding | null {
  if (cheaper === null) return null;
  const { fn, load, z } = cheaper.culprit;
  const { shareBefore, shareAfter, valueBefore, valueAfter, ...rest } = bareFinding(
    mirrored(whole),
    fn,
    load,
  );
  return {
    ...rest,
    type: shares.lens.type,
    kind: 'improvement',
    shareBefore: shareAfter,
    shareAfter: shareBefore,
    valueBefore: valueAfter,
    valueAfter: valueBefore,
    confidence: confidenceOf(z),
    z,
  };
}

function mirrored({ before, after, ...rest }: Contrast): Contrast {
  return { ...rest, before: after, after: before };
}

/** One row a change: the callers of the named function only pass it on. */
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

/** Of a function that stands below the named one at least this part of its cost does. */
const BELOW = 0.5;

function moverRows(movers: readonly Mover[], contrast: Contrast, culprit: number | null): MoverRow[] {
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
      ...functionData(joined.functions[fn], busiestLine(contrast, parts, fn)),
      chargedTo: isBelow && culprit !== null ? functionData(joined.functions[culprit], 0).function : null,
      path: path.functions.slice(0, path.at + 1).map((id) => functionData(joined.functions[id], 0).function),
    };
  });
}

function partNotes({ shares }: ComparisonReading): string[] {
  const { change, analysis, windows } = shares;
  if (change === null || change.slice !== null) return [];
  const { first, last } = change.run;
  if (first === 0 && last === analysis.incident.length - 1) return [];
  const [from, to] = [windows.incident[first]?.from, windows.incident[last]?.to];
  return from === undefined || to === undefined
    ? []
    : [
        `The change is strongest from ${formatTime(from)} to ${formatTime(to)}; the finding is about that part, the movers about the whole window.`,
      ];
}

function nextCalls({ question }: ComparisonReading, finding: Finding | null, isDefault: boolean): NextCall[] {
  const { scope, window } = question;
  const call = {
    ...(isDefault ? {} : { source: scope.source.name }),
    ...(scope.service === null ? {} : { service: scope.service }),
  };
  const times = { from: formatTime(window.from), to: formatTime(window.to) };
  if (finding?.fn == null) return [{ tool: 'investigate', arguments: { ...call, ...times } }];
  return [
    {
      tool: 'inspect_function',
      arguments: {
        ...call,
        profile_type: scope.typeArgument,
        ...times,
        function: finding.fn.function,
      },
    },
  ];
}
