import { functionData } from '../profile/code/named-function.js';
import { loadBeside } from '../profile/compare/culprit.js';
import type { Confidence, Finding } from '../profile/compare/finding.js';
import { networkPartBelow, spreadBelow, waitsBelow } from '../profile/compare/growth/below.js';
import { waitsForEvents } from '../profile/compare/growth/by-design.js';
import { NETWORK } from '../profile/compare/growth/network-wait.js';
import { growthSite, type SiteGrowth } from '../profile/compare/growth.js';
import { isMixOfRequests } from '../profile/compare/requests/mix.js';
import {
  type Contrast,
  MIN_POINTS,
  measureShareGrowth,
  share,
  totalPerProfile,
  totalShare,
} from '../profile/contrast/contrast.js';
import { activePerProfile, buildContrast, wholeRun } from '../profile/contrast/runs.js';
import type { ProfileType } from '../profile/types/types.js';
import { kindsOfWork } from './causes/kinds-of-work.js';
import type { Cause, Conclusion } from './conclude.js';
import type { LevelLens } from './evidence/levels.js';
import type { Since } from './evidence/rounds.js';
import type { ShareChange, ShareLens } from './evidence/shares.js';
import type { TotalsLens } from './evidence/totals.js';
import type { WaitLens } from './evidence/waits.js';
import { placeFunction } from './placement.js';
import { HIGH_RATIO, HIGH_Z, MEDIUM_Z } from './thresholds.js';

/** The confidence of a statement that stands out by `z` standard errors. */
export function rateConfidence(z: number): Confidence {
  if (z >= HIGH_Z) return 'high';
  return z >= MEDIUM_Z ? 'medium' : 'low';
}

/**
 * The findings of an investigation in order, one for each cause; a function that changed in several types is
 * one finding.
 *
 * @param since onset of the first cause
 */
export function buildFindings({ causes }: Conclusion, since: Since | null): Finding[] {
  const findings: Finding[] = [];
  const made = causes.map((cause, index) => causeFinding(cause, index === 0 ? since : null));
  const isSure = (finding: Finding, index: number) =>
    index === 0 || !(isFeigned(finding) || isSlight(finding));
  // Types in which a change of code is told for sure, wherever it stands in the list.
  const sure = made.flatMap((one, index) => (one?.kind === 'code' && isSure(one, index) ? one.type.id : []));
  made.forEach((finding, index) => {
    if (finding === null || (index > 0 && isFeigned(finding))) return;
    const mayBeChance = index > 0 && isSlight(finding);
    // A type without the change that was told is searched once more: one more of many looks.
    if (mayBeChance && sure.includes(finding.type.id)) return;
    const same = findings.findIndex((known) => isSameCause(known, finding));
    const known = findings[same];
    if (known === undefined) {
      findings.push(mayBeChance ? { ...finding, mayBeChance } : finding);
      return;
    }
    const { type, shareBefore, shareAfter } = finding;
    const also = { type, shareBefore, shareAfter, ...(isLeakThatWaits(known, finding) ? IS_OF_WAITERS : {}) };
    findings[same] = { ...known, also: [...known.also, also] };
  });
  return findings;
}

/** Whether a finding tells the same cause as one before it, in another type. */
function isSameCause(known: Finding, finding: Finding): boolean {
  if (known.fn === null || known.fn.function !== finding.fn?.function) return false;
  return known.kind === finding.kind || isLeakThatWaits(known, finding);
}

const IS_OF_WAITERS = { isOfWaiters: true } as const;

/** Whether the time on the wall clock that grew is that of goroutines that leak, and wait. */
function isLeakThatWaits(known: Finding, { kind, type }: Pick<Finding, 'kind' | 'type'>): boolean {
  return known.kind === 'leak' && known.type.alias === 'goroutines' && kind === 'code' && type.isWallClock;
}

/**
 * Whether a further change only seems to grow: where the total cannot rise, as that of threads' time, all
 * that stays grows in share once the stacks of another change are left out.
 */
function isFeigned({ of, kind, valueBefore, valueAfter, wholeBefore }: Finding): boolean {
  return kind === 'code' && of.isRest === true && valueAfter - valueBefore < MIN_POINTS * wholeBefore;
}

/**
 * Whether a further change stands out by no more than chance shows somewhere: every type, and what is left of
 * it without the changes before, is searched for the most outstanding of all functions. Of 630 generated
 * services with one cause two had such a second one, both below medium confidence; of 105 true second changes
 * none was. Below 2 points of the whole the noise between instances weighs more, so that it must be plainer.
 */
function isSlight({ kind, z, shareBefore, shareAfter }: Finding): boolean {
  if (kind !== 'code' || z === null) return false;
  return z < (shareAfter - shareBefore < MIN_POINTS ? HIGH_Z : MEDIUM_Z);
}

/** Turns a cause into a finding; null where its lens has nothing to show. */
export function causeFinding(cause: Cause, since: Since | null): Finding | null {
  if (cause.kind === 'leak') {
    const { lens, leak } = cause.of;
    if (leak === null) return null;
    return {
      ...growthFinding(lens.type, leak.growth),
      of: { label: leak.instance, stretch: null },
      kind: 'leak',
      instances: leak.instances ?? null,
      since: leak.since,
      confidence: leak.after >= HIGH_RATIO * leak.before && leak.growth.site.part >= 0.5 ? 'high' : 'medium',
      also: (cause.waits ?? []).flatMap(alsoWaits),
    };
  }
  if (cause.kind === 'contention') {
    const { lens, contention } = cause.of;
    if (contention === null) return null;
    const mayBeOnPurpose = waitsForEvents(contention.growth);
    return {
      ...growthFinding(lens.type, contention.growth),
      kind: 'contention',
      since: contention.since,
      confidence: cause.of.after >= HIGH_RATIO * cause.of.before && !mayBeOnPurpose ? 'high' : 'medium',
      ...(mayBeOnPurpose ? { mayBeOnPurpose } : {}),
    };
  }
  if (cause.kind === 'load') return loadFinding(cause.of, since);
  if (cause.kind === 'level') return levelFinding(cause.of);
  if (cause.kind === 'total') return totalFinding(cause.of);
  const { change, lens } = cause.of;
  return change === null ? null : changeFinding(cause.of, lens.type, change, cause.kind, since);
}

/** Waits of the goroutines that leak, next to the leak. */
function alsoWaits({ lens: { type }, contention }: WaitLens): Finding['also'] {
  if (contention === null) return [];
  const { before, after, site } = contention.growth;
  const [shareBefore, shareAfter] = [totalShare(before, site.fn), totalShare(after, site.fn)];
  return [{ type, shareBefore, shareAfter, ...IS_OF_WAITERS }];
}

/** A growth of which the whole shows a smaller part than this is shown as one of the rest. */
const STILL_PLAIN = 0.5;

function changeFinding(
  { windows, analysis: all }: ShareLens,
  type: ProfileType,
  change: ShareChange,
  kind: 'code' | 'moved',
  since: Since | null,
): Finding {
  const { culprit, carrier, from, run, analysis, attribution } = change;
  const ties =
    carrier === null
      ? []
      : attribution
          .filter((row) => row !== carrier && row.carries && Math.abs(row.z - carrier.z) < 1e-6)
          .map(({ label, value }) => `${label}=${value}`);
  const whole = run.early === 0 && run.first === 0 && run.last === analysis.incident.length - 1;
  // A change that began early is shown in the end of the baseline, too.
  const first = run.early > 0 ? windows.baseline.at(-run.early) : windows.incident[run.first];
  const last = windows.incident[run.last];
  const contrast = widestContrast(change);
  const isAsFound = contrast === change.contrast;
  const sliced = isAsFound ? (change.slice?.matcher ?? null) : null;
  const load = isAsFound ? culprit.load : loadBeside(contrast, change.universe, culprit.fn);
  // Labels that tie with the slice name the same profiles.
  const ofLabel = sliced === null ? null : (carrier ?? { label: sliced.name, value: sliced.value });
  const hasEnded = run.last < analysis.incident.length - 1 && kind === 'code' && change.slice === null;
  const shown = bareFinding(contrast, culprit.fn, load);
  const part = sliced === null ? markPart(buildContrast(all, run), shown) : shown;
  // A further change may have fallen as a part of the whole, which an earlier one raised; or the whole has
  // another baseline.
  const grown = shown.shareAfter - shown.shareBefore;
  const isPart =
    run.early < all.baseline.length &&
    part.shareAfter - part.shareBefore >= Math.min(MIN_POINTS, STILL_PLAIN * grown);
  const isRest = !isPart && grown > 0;
  // A growth of the rest alone is never sure: the network of a busy host, slower for all, looks like one.
  const confidence = rateConfidence(culprit.z);
  return {
    type,
    kind,
    confidence: isRest && confidence === 'high' ? 'medium' : confidence,
    ...(isRest ? shown : part),
    of: {
      label: ofLabel === null ? null : { name: ofLabel.label, value: ofLabel.value },
      stretch:
        whole || ofLabel !== null || first === undefined || last === undefined
          ? null
          : { from: first.from, to: last.to },
      ...(isRest ? { isRest } : {}),
      ...(sliced !== null && change.leftOut.size > 0 ? { isRestOfLabel: true } : {}),
    },
    ...(change.allocations === undefined ? {} : { collectorAlone: { allocations: change.allocations } }),
    load,
    spread: kind === 'code' ? kindsOfWork(contrast, culprit.fn, load) : null,
    waits: kind === 'code' && type.isWallClock ? networkWaits(contrast, culprit.fn) : [],
    alike: carrier === null ? [...new Set(attribution.map(({ label }) => label))] : [],
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
    until: hasEnded ? (windows.incident[run.last]?.to ?? null) : null,
    z: culprit.z,
    from: from === null ? null : functionData(contrast.joined.functions[from], 0),
    also: [],
  };
}

/**
 * The contrast that shows a change: of all instances where one was searched alone, but none stands out, and
 * all of them together show half of its growth or more.
 */
function widestContrast({ culprit, contrast, slice, carrier, analysis, run }: ShareChange): Contrast {
  if (slice === null || carrier !== null) return contrast;
  const together = buildContrast(analysis, run);
  const growth = (of: Contrast) => measureShareGrowth(of, culprit.fn);
  return growth(together) >= STILL_PLAIN * growth(contrast) ? together : contrast;
}

/** Smallest part of the added time that must wait for the network, so that the finding says so. */
const MOSTLY_WAITS = 0.5;

function networkWaits(contrast: Contrast, fn: number): Finding['waits'] {
  const part = networkPartBelow(contrast, fn);
  return part >= MOSTLY_WAITS ? [{ kind: NETWORK, part }] : [];
}

/**
 * A finding next to all of its type: a further change was found without the stacks of those before it.
 */
function markPart<T extends BareFinding>({ before, after }: Contrast, finding: T): T {
  const wholeBefore = share(before.costs.total, before.profiles);
  const wholeAfter = share(after.costs.total, after.profiles);
  return {
    ...finding,
    wholeBefore,
    wholeAfter,
    shareBefore: share(finding.valueBefore, wholeBefore),
    shareAfter: share(finding.valueAfter, wholeAfter),
  };
}

/** A level that rose and came to rest: where, if one function holds it. */
function levelFinding({ lens, before, after, rise }: LevelLens): Finding | null {
  if (rise === null) return null;
  const { growth, since } = rise;
  const confidence: Confidence = (after ?? 0) >= HIGH_RATIO * (before ?? 0) ? 'high' : 'medium';
  return growth === null
    ? { ...wholeFinding(lens.type, before ?? 0, after ?? 0), since, confidence }
    : { ...growthFinding(lens.type, growth), kind: 'code', since, confidence };
}

/**
 * The function of the team that holds what rose as a whole; nothing where several do, or none is the team's,
 * or it rose with the requests that lead to it.
 */
function locateSource(analysis: ShareLens['analysis']): Partial<Finding> {
  const { joined } = analysis;
  const contrast = buildContrast(analysis, wholeRun(analysis));
  const { before, after } = contrast;
  const site = growthSite(joined, before, after);
  if (site === null || joined.application[site.fn] !== 1) return {};
  if (isMixOfRequests(contrast, analysis.requests, site.fn)) return {};
  const { fn, caller, guessed, path, at, shareBefore, shareAfter } = bareFinding(
    { joined, before, after },
    site.fn,
    1,
  );
  return { fn, caller, guessed, path, at, shareBefore, shareAfter };
}

function totalFinding({ lens, before, after, load }: TotalsLens): Finding {
  return {
    ...wholeFinding(lens.type, before, after),
    confidence: rateConfidence(load.z),
    z: load.z,
    isOfTotals: true,
  };
}

/** A finding as far as nothing more is known: it is about the whole service and window. */
const PLAIN = {
  of: { label: null, stretch: null },
  load: null,
  spread: null,
  waits: [],
  collector: null,
  label: null,
  alike: [],
  instances: null,
  since: null,
  until: null,
  z: null,
  from: null,
  also: [],
} as const;

/** A type that rose as a whole. */
function wholeFinding(
  type: ProfileType,
  valueBefore: number,
  valueAfter: number,
): Omit<Finding, 'confidence'> {
  return {
    type,
    kind: 'load',
    fn: null,
    caller: null,
    chargedTo: null,
    callee: null,
    guessed: [],
    shareBefore: 1,
    shareAfter: 1,
    valueBefore,
    valueAfter,
    wholeBefore: valueBefore,
    wholeAfter: valueAfter,
    path: [],
    at: -1,
    leafPart: 0,
    ...PLAIN,
  };
}

function loadFinding({ lens, analysis, isOfRequests = false }: ShareLens, since: Since | null): Finding {
  return {
    // The load is told by own code; shown is the whole, as everywhere else in the answer.
    ...wholeFinding(lens.type, activePerProfile(analysis.baseline), activePerProfile(analysis.incident)),
    // Load drives all code alike; exceptions or bytes that rise come from a place.
    ...(lens.kind === 'time' || isOfRequests ? {} : locateSource(analysis)),
    since,
    confidence: rateConfidence(analysis.load.z),
    z: analysis.load.z,
  };
}

function growthFinding(
  type: ProfileType,
  { joined, before, after, site }: SiteGrowth,
): Omit<Finding, 'kind' | 'confidence'> {
  const sides = { joined, before, after };
  const spread = type.kind === 'instant' ? spreadBelow(sides, site.fn) : null;
  const named = (fn: number) => functionData(joined.functions[fn], 0);
  return {
    type,
    ...bareFinding(sides, site.fn, 1),
    spread: spread && {
      at: named(spread.at),
      parts: spread.parts.map(({ what, part }) => ({ callee: what === null ? null : named(what), part })),
    },
    ...(site.input === undefined ? {} : { input: { fn: named(site.input.fn), part: site.input.part } }),
    waits:
      type.alias === 'goroutines'
        ? waitsBelow(sides, site.fn).map(({ what, part }) => ({ kind: what, part }))
        : [],
  };
}

type Sides = Pick<Contrast, 'joined' | 'before' | 'after'>;

type BareFinding = Omit<Finding, 'type' | 'kind' | 'confidence'>;

/** A function on both sides, without label, onset or distance. */
export function bareFinding(contrast: Sides, fn: number, load: number): BareFinding {
  const { before, after } = contrast;
  return {
    shareBefore: totalShare(before, fn),
    shareAfter: totalShare(after, fn),
    valueBefore: totalPerProfile(before, fn),
    valueAfter: totalPerProfile(after, fn),
    wholeBefore: share(before.costs.total, before.profiles),
    wholeAfter: share(after.costs.total, after.profiles),
    ...PLAIN,
    ...placeFunction(contrast, fn, load),
  };
}
