import { type Contrast, share, sumIn } from '../profile/compare/contrast.js';
import type { Confidence, Finding, LensRow } from '../profile/compare/finding.js';
import type { SiteGrowth } from '../profile/compare/growth.js';
import { busiestLine, growthPath } from '../profile/compare/growth-path.js';
import { functionData, type NamedFunction } from '../profile/named-function.js';
import type { ProfileType } from '../profile/types.js';
import { inAgreement, samplingError } from './agreement.js';
import type { Cause, Conclusion } from './conclude.js';
import type { LensReadings } from './evidence.js';
import type { Since } from './onset.js';
import type { ShareChange, ShareLens } from './shares.js';

/** Real faults stood out by 5.9 to 33 standard errors (docs/comparison.md §5): from here on nothing else explains it. */
const HIGH_Z = 7.5;
const MEDIUM_Z = 5;
/** A level that grew by this factor is no warm-up. */
const HIGH_RATIO = 3;

/** The confidence of a statement that stands out by `z` standard errors. */
export function confidenceOf(z: number): Confidence {
  if (z >= HIGH_Z) return 'high';
  return z >= MEDIUM_Z ? 'medium' : 'low';
}

/**
 * The findings of an investigation in order, one for each cause; a function that changed in several types is one finding.
 *
 * @param since onset of the first cause
 */
export function findingsOf({ causes }: Conclusion, since: Since | null): Finding[] {
  const findings: Finding[] = [];
  causes.forEach((cause, index) => {
    const finding = causeFinding(cause, index === 0 ? since : null);
    if (finding === null) return;
    const same = findings.findIndex(
      ({ fn, kind }) => kind === finding.kind && fn !== null && fn.function === finding.fn?.function,
    );
    const known = findings[same];
    if (known === undefined) {
      findings.push(finding);
      return;
    }
    const { type, shareBefore, shareAfter } = finding;
    findings[same] = { ...known, also: [...known.also, { type, shareBefore, shareAfter }] };
  });
  return findings;
}

/** One cause as a finding; null where its lens has nothing to show. */
export function causeFinding(cause: Cause, since: Since | null): Finding | null {
  if (cause.kind === 'leak') {
    const { lens, leak } = cause.of;
    if (leak === null) return null;
    return {
      ...growthFinding(lens.type, leak.growth),
      kind: 'leak',
      since: leak.since,
      confidence: leak.after >= HIGH_RATIO * leak.before && leak.growth.site.part >= 0.5 ? 'high' : 'medium',
    };
  }
  if (cause.kind === 'contention') {
    const { lens, contention } = cause.of;
    if (contention === null) return null;
    return {
      ...growthFinding(lens.type, contention.growth),
      kind: 'contention',
      since: contention.since,
      confidence: cause.of.after >= HIGH_RATIO * cause.of.before ? 'high' : 'medium',
    };
  }
  if (cause.kind === 'load') return loadFinding(cause.of, since);
  const { change, lens } = cause.of;
  return change === null ? null : changeFinding(cause.of, lens.type, change, cause.kind, since);
}

function changeFinding(
  { windows }: ShareLens,
  type: ProfileType,
  change: ShareChange,
  kind: 'code' | 'moved',
  since: Since | null,
): Finding {
  const { culprit, contrast, carrier, from, run, analysis, attribution } = change;
  const ties =
    carrier === null
      ? []
      : attribution
          .filter((row) => row !== carrier && row.carries && Math.abs(row.z - carrier.z) < 1e-6)
          .map(({ label, value }) => `${label}=${value}`);
  const ended = run.last < analysis.incident.length - 1 && kind === 'code' && change.slice === null;
  return {
    ...bareFinding(contrast, culprit.fn, culprit.load),
    type,
    kind,
    label:
      carrier === null
        ? null
        : {
            name: carrier.label,
            value: carrier.value,
            shareAfter: carrier.ofTotal,
            shareOthers: carrier.othersOfTotal,
            also: ties,
          },
    since,
    until: ended ? (windows.incident[run.last]?.to ?? null) : null,
    confidence: confidenceOf(culprit.z),
    z: culprit.z,
    from: from === null ? null : functionData(contrast.joined.functions[from], 0),
    also: [],
  };
}

function loadFinding({ lens, analysis }: ShareLens, since: Since | null): Finding {
  const value = (parts: typeof analysis.baseline) =>
    share(
      parts.reduce((sum, { costs }) => sum + sumIn(analysis.universe, costs), 0),
      parts.reduce((sum, { profiles }) => sum + profiles, 0),
    );
  return {
    type: lens.type,
    kind: 'load',
    fn: null,
    caller: null,
    chargedTo: null,
    shareBefore: 1,
    shareAfter: 1,
    valueBefore: value(analysis.baseline),
    valueAfter: value(analysis.incident),
    path: [],
    at: -1,
    label: null,
    since,
    until: null,
    confidence: confidenceOf(analysis.load.z),
    z: analysis.load.z,
    from: null,
    also: [],
  };
}

function growthFinding(
  type: ProfileType,
  { joined, before, after, site }: SiteGrowth,
): Omit<Finding, 'kind' | 'confidence'> {
  return { ...bareFinding({ joined, before, after }, site.fn, 1), type };
}

type Sides = Pick<Contrast, 'joined' | 'before' | 'after'>;

/** A function on both sides, without label, onset or distance. */
export function bareFinding(
  contrast: Sides,
  fn: number,
  load: number,
): Omit<Finding, 'type' | 'kind' | 'confidence'> {
  const { before, after } = contrast;
  const shareIn = ({ costs }: Contrast['before']) => share(costs.totals[fn] ?? 0, costs.total);
  const perProfile = ({ costs, profiles }: Contrast['before']) => share(costs.totals[fn] ?? 0, profiles);
  return {
    ...placed(contrast, fn, load),
    shareBefore: shareIn(before),
    shareAfter: shareIn(after),
    valueBefore: perProfile(before),
    valueAfter: perProfile(after),
    label: null,
    since: null,
    until: null,
    z: null,
    from: null,
    also: [],
  };
}

/** A function with its line, the path of its growth, its nearest own caller on it, and whose it is where it is not the team's. */
function placed(contrast: Sides, fn: number, load: number) {
  const { joined, after } = contrast;
  const path = growthPath(contrast, fn, load);
  const caller = path.functions
    .slice(0, Math.max(0, path.at))
    .findLast((other) => joined.application[other] === 1);
  const named = (id: number, line = 0): NamedFunction => functionData(joined.functions[id], line);
  const ownCaller = caller === undefined ? null : named(caller);
  return {
    fn: named(fn, busiestLine(contrast, after.parts, fn)),
    caller: ownCaller,
    chargedTo: joined.application[fn] === 1 ? null : ownCaller,
    path: path.functions.map((id) => named(id)),
    at: path.at,
  };
}

/** One row for each profile type, in the order in which they were read; its word agrees with its numbers. */
export function lensRows(readings: Omit<LensReadings, 'collector'>): LensRow[] {
  return plainRows(readings).map(inAgreement);
}

function plainRows({ totals, shares, levels, waits }: Omit<LensReadings, 'collector'>): LensRow[] {
  return totals.map(({ lens, before, after }) => {
    const per = ({ value, profiles }: typeof before) => (profiles > 0 ? value / profiles : null);
    const plain = {
      type: lens.type,
      kind: lens.kind,
      before: per(before),
      after: per(after),
      error: null,
    };
    const shared = shares.find((one) => one.lens === lens);
    if (shared !== undefined) {
      const { analysis, change } = shared;
      const active = (parts: typeof analysis.baseline) =>
        share(
          parts.reduce((sum, { costs }) => sum + costs.total, 0),
          parts.reduce((sum, { profiles }) => sum + profiles, 0),
        );
      const row = {
        ...plain,
        before: active(analysis.baseline),
        after: active(analysis.incident),
        error: samplingError(analysis),
      };
      if (change !== null) return { ...row, verdict: change.from === null ? 'code_regression' : 'moved' };
      return { ...row, verdict: analysis.load.rose ? 'load_increase' : 'no_change' };
    }
    const level = levels.find((one) => one.lens === lens);
    if (level !== undefined) {
      return {
        ...plain,
        before: level.before,
        after: level.after,
        verdict: level.leak !== null ? 'leak' : level.before === null ? 'inconclusive' : 'no_change',
      };
    }
    const wait = waits.find((one) => one.lens === lens);
    if (wait === undefined) return { ...plain, verdict: 'not_read' };
    // That nothing waited may be true; that there was no profile at all says nothing.
    const unheard = totals[0]?.before.profiles === 0 ? 'inconclusive' : 'no_change';
    return { ...plain, verdict: wait.contention === null ? unheard : 'contention' };
  });
}
