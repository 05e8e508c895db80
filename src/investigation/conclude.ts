import { joinKey } from '../profile/code/names.js';
import { MIN_SIDE_SAMPLES } from '../profile/compare/analysis.js';
import type { Verdict } from '../profile/compare/finding.js';
import { amountRose, MIN_AMOUNT_RISE } from '../profile/compare/growth/rise.js';
import { MIN_RISE } from '../profile/compare/load.js';
import { measureShareGrowth } from '../profile/contrast/contrast.js';
import { activePerProfile } from '../profile/contrast/runs.js';
import { secondsPerUnit } from '../text/units.js';
import { isLoadOfFrameworks, isQueue, waitsOfLeak } from './causes/leaks.js';
import { isRiseOfChange } from './causes/same-change.js';
import { findCollectorCause } from './collector-cause.js';
import type { LensReadings } from './evidence/evidence.js';
import type { LevelLens } from './evidence/levels.js';
import { isBriefBaseline } from './evidence/rounds.js';
import type { ShareChange, ShareLens } from './evidence/shares.js';
import type { TotalsLens } from './evidence/totals.js';
import type { WaitLens } from './evidence/waits.js';
import { SUPPORTED_Z, SUPPORTING_Z } from './thresholds.js';
import { rankReasons } from './verdict-order.js';

/** A cause of the verdict, with the lens that shows it. */
export type Cause =
  /** With the waits of the goroutines that leak: they are of the same cause. */
  | { kind: 'leak'; of: LevelLens; waits?: readonly WaitLens[] }
  | { kind: 'contention'; of: WaitLens }
  | { kind: 'code'; of: ShareLens }
  | { kind: 'moved'; of: ShareLens }
  | { kind: 'load'; of: ShareLens }
  | { kind: 'level'; of: LevelLens }
  | { kind: 'total'; of: TotalsLens };

type CodeCause = Cause & { kind: 'code' };

export interface Conclusion {
  verdict: Verdict;
  /** Causes that explain it, the most telling first. */
  causes: readonly Cause[];
}

/**
 * The verdict over all types (docs/develop/comparison.md §7): leak, then contention, then a change of code,
 * moved code, load. A lower lens supports and never overrides.
 */
export function conclude(reading: LensReadings): Conclusion {
  const { levels, waits, wholes } = reading;
  const shares = eachChange(reading.shares);
  // Goroutines in queues pile up on a throttled host without more load, and are no leak.
  const isStarved = waits.some(({ dismissed }) => dismissed === 'starved');
  const told = levels.filter(({ lens }) => !isStarved || lens.type.alias !== 'goroutines');
  const leaking = told
    .filter((of) => of.leak !== null && !isLoadOfFrameworks(of, reading.shares))
    // Parked goroutines hold memory; where both rise they are the cause.
    .sort((a, b) => Number(b.lens.type.alias === 'goroutines') - Number(a.lens.type.alias === 'goroutines'))
    .map((of) => ({ kind: 'leak' as const, of, waits: waitsOfLeak(of, waits) }));
  const code = codeCauses({ ...reading, shares });
  const contended = waits.filter(
    (wait) =>
      wait.contention !== null &&
      wait.contention.added > addedByCode(code[0]) &&
      leaking.every((cause) => !cause.waits.includes(wait)),
  );
  // A function that holds more and more memory and burns the added time is one change; the leak says more.
  const burns = new Set(code.map(nameOfCause));
  const isSecond = (cause: (typeof leaking)[number]) =>
    cause.waits.length === 0 &&
    (isQueue(cause.of, contended) || (cause.of.leak?.isHidden === true && !burns.has(nameOfLeak(cause.of))));
  const leaks = leaking.filter((cause) => !isSecond(cause));
  const hidden = leaking.filter(isSecond);
  const moved = shares
    .filter(({ change }) => change !== null && change.from !== null)
    .map((of): Cause => ({ kind: 'moved', of }));
  const [time] = shares;
  const loaded = loadCauses(reading.shares);
  const risen = told.filter(({ rise }) => rise !== null).map((of) => ({ kind: 'level' as const, of }));
  const isAlone = ({ of }: (typeof risen)[number]) => of.rise?.growth != null;
  const ranked = [
    ...rankReasons<readonly Cause[]>({
      leak: leaks,
      contention: contended.map((of): Cause => ({ kind: 'contention', of })),
      code_regression: code,
    }),
    // A hidden leak is what really changed where cost only moved.
    ...rankReasons<readonly Cause[]>({ leak: moved.length > 0 ? hidden : [], moved, load_increase: loaded }),
    // Types that the ones above say nothing about: what rose in them is still no silence.
    ...rankReasons<readonly Cause[]>({
      leak: moved.length > 0 ? [] : hidden,
      code_regression: risen.filter(isAlone),
      load_increase: [...risen.filter((cause) => !isAlone(cause)), ...amountCauses(reading.shares, wholes)],
    }),
  ];
  const first = ranked.find(([, causes]) => causes.length > 0);
  if (first !== undefined) {
    // A moved cost is no news where something really changed.
    const others = ranked
      .filter((entry) => entry !== first && entry[0] !== 'moved')
      .flatMap(([, causes]) => causes);
    return { verdict: first[0], causes: [...first[1], ...others] };
  }
  const [main] = reading.totals;
  if (main === undefined || main.before.profiles === 0) return { verdict: 'inconclusive', causes: [] };
  if (time?.analysis.isPartly === true || reading.shares.some(({ unsettled }) => unsettled !== null))
    return { verdict: 'inconclusive', causes: [] };
  const collecting = findCollectorCause(reading.shares);
  if (collecting !== null) return { verdict: 'code_regression', causes: [{ kind: 'code', of: collecting }] };
  const isFew =
    time === undefined ||
    Math.min(time.analysis.samples.before, time.analysis.samples.after) < MIN_SIDE_SAMPLES;
  return {
    verdict: isFew && levels.length === 0 && waits.length === 0 ? 'inconclusive' : 'no_change',
    causes: [],
  };
}

/** Lists each change of a type as an entry of its own; a type without any stays as it is. */
function eachChange(shares: readonly ShareLens[]): ShareLens[] {
  return shares.flatMap((share) => [
    share,
    ...share.further.map((change) => ({ ...share, change, further: [] })),
  ]);
}

/** Types on whose time the load rose, for themselves or with the allocations as a second witness. */
export function loadCauses(shares: readonly ShareLens[]): (Cause & { kind: 'load' })[] {
  const roseBy = (z: number) => (share: ShareLens) =>
    !share.analysis.isPartly && (share.analysis.load.risen ?? 0) >= MIN_RISE && share.analysis.load.z >= z;
  const isWitnessed = shares.some((share) => share.lens.kind === 'amount' && roseBy(SUPPORTING_Z)(share));
  return (
    shares
      // The cost of instances that still warm up is no load.
      .filter(({ lens, change, unsettled }) => lens.kind === 'time' && change === null && unsettled === null)
      .filter((share) => !isRiseOfChange(share, shares))
      .filter(({ profileTimes, windows }) => !isBriefBaseline(profileTimes, windows.baseline))
      // The load is told by own code; a service that costs less as a whole bears no more of it.
      .filter(
        ({ analysis: { incident, baseline } }) => activePerProfile(incident) >= activePerProfile(baseline),
      )
      .filter((share) => share.analysis.load.hasRisen || (isWitnessed && roseBy(SUPPORTED_Z)(share)))
      .map((of) => ({ kind: 'load' as const, of }))
  );
}

/** Amounts that rose as a whole, by more than the load explains; the largest rise first. */
function amountCauses(shares: readonly ShareLens[], wholes: readonly TotalsLens[]): Cause[] {
  const rise = ({ of }: { of: ShareLens | TotalsLens }) =>
    ('analysis' in of ? of.analysis.load : of.load).risen ?? Number.POSITIVE_INFINITY;
  const time = shares.find(({ lens }) => lens.kind === 'time')?.analysis.load;
  const explained = time?.hasRisen === true ? (time.risen ?? 1) * MIN_AMOUNT_RISE : 0;
  const ofShares = shares
    .filter(({ lens, change, analysis, unsettled }) => {
      const isOpen = change !== null || analysis.isPartly || unsettled !== null;
      return lens.kind === 'amount' && !isOpen && amountRose(analysis.load);
    })
    .map((of) => ({ kind: 'load' as const, of }));
  const ofWholes = wholes.filter(({ hasRisen }) => hasRisen).map((of) => ({ kind: 'total' as const, of }));
  return [...ofShares, ...ofWholes]
    .filter((cause) => rise(cause) >= explained)
    .sort((a, b) => rise(b) - rise(a));
}

/** Changes of code; where it is the collector that burns the time, the allocation site comes first. */
function codeCauses({ shares, collector }: LensReadings): CodeCause[] {
  const renamed = new Set(
    shares.flatMap(({ change }) =>
      change === null || change.from === null ? [] : [nameIn(change, change.culprit.fn)],
    ),
  );
  // A cost that only moved in one type did not grow in another, where fewer samples hide the other side.
  const grown = shares.filter(
    ({ change }) => change !== null && !renamed.has(nameIn(change, change.culprit.fn)),
  );
  const timeGrowth = Math.max(0, ...grown.filter(({ lens }) => lens.kind === 'time').map(measurePoints));
  const collected = collector?.hasGrown === true ? collector.after - collector.before : 0;
  const rank = ({ lens }: ShareLens) => {
    if (lens.kind === 'time') return 1;
    return lens.type.alias === 'alloc' && collected > timeGrowth ? 0 : 2;
  };
  return grown.sort((a, b) => rank(a) - rank(b)).map((of) => ({ kind: 'code' as const, of }));
}

/** The key of the function that a leak is named after; null where there is none. */
function nameOfLeak({ leak }: LevelLens): string | null {
  const info = leak?.growth.joined.functions[leak.growth.site.fn];
  return info === undefined ? null : joinKey(info);
}

/** The key of the function that a change of code is named after; null where there is none. */
function nameOfCause({ of: { change } }: CodeCause): string | null {
  return change === null ? null : nameIn(change, change.culprit.fn);
}

function nameIn({ analysis }: ShareChange, fn: number): string {
  const info = analysis.joined.functions[fn];
  return info === undefined ? '' : joinKey(info);
}

/** Growth of the culprit's share of the active total. */
function measurePoints({ change }: ShareLens): number {
  if (change === null) return 0;
  const { contrast, culprit } = change;
  return measureShareGrowth(contrast, culprit.fn);
}

/**
 * Time per profile that the service took more since code changed, in seconds: what the change itself added,
 * or all that was added with it, since it may be told by one of its parts only. Locks that cost less waiting
 * than that wait for the work that was added.
 */
function addedByCode(cause: CodeCause | undefined): number {
  if (cause === undefined || cause.of.change === null) return 0;
  const { analysis, change, lens } = cause.of;
  const added = activePerProfile(analysis.incident) - activePerProfile(analysis.baseline);
  return Math.max(change.culprit.growth, added) * (secondsPerUnit(lens.type.unit) ?? 0);
}
