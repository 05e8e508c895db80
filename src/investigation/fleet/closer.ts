import type { Window } from '../../sources/source.js';
import { computeMean, totalsIn } from '../evidence/profile-times.js';
import type { Requests } from '../evidence/requests.js';
import { listSlices, type SliceOf, tellableSlices, totalsInSlice } from '../evidence/shares/slices.js';
import { PARTED, SLICE_GATE, SLICED } from '../thresholds.js';
import { type BriefEvidence, lookAtQuietAmounts, lookCloser, ruleOutFading } from './brief.js';
import { isAffordable, LOOK_REQUESTS } from './budget.js';
import {
  byDescending,
  type Course,
  isUnexplained,
  measureCourse,
  measureFaint,
  measureOutlier,
  measureQuietAmounts,
} from './signs.js';

// Closer looks at services whose whole windows were read and show no change: only what stands out is read,
// and the rest is what that leaves of the whole.

/** A closer look at one unit, and how much speaks for it: the sum of squared distances. */
interface CloserLook {
  evidence: BriefEvidence;
  weight: number;
  run(requests: Requests): Promise<void>;
}

/**
 * Looks closer as long as requests are left: at instances that stand out or may hide what is suspicious, then
 * at the course or the allocations, for each unit first at what more speaks for.
 */
export async function lookCloserAtAll(units: readonly BriefEvidence[], requests: Requests): Promise<void> {
  const outliers = byDescending(units, measureOutlier);
  const suspicious = byDescending(units, ({ suspicion }) => suspicion).filter(mayHideInSlice);
  // The slice whose cost rose most is the likeliest.
  for (const evidence of [...outliers, ...suspicious]) await lookAtSlices(evidence, requests, 1);
  const looks = units.filter(isUnexplained).map(listLooks);
  const [first, second] = [0, 1].map((at) =>
    looks.flatMap((ofUnit) => ofUnit[at] ?? []).sort((a, b) => b.weight - a.weight),
  );
  const run = async (some: readonly CloserLook[] = []) => {
    for (const look of some) if (isUnexplained(look.evidence)) await look.run(requests);
  };
  await run(first);
  for (const evidence of [...outliers, ...suspicious]) await lookAtSlices(evidence, requests);
  await run(second);
}

/** Looks at the course and at the allocations of a unit, that for which more speaks first. */
function listLooks(evidence: BriefEvidence): CloserLook[] {
  const { suspicion, hasTurnover } = evidence;
  const course = measureCourse(evidence);
  const amounts = measureQuietAmounts(evidence);
  const looks: CloserLook[] = [];
  // A warm-up of new instances looks like a burst.
  if (course !== null && (suspicion > 0 || (course.isBurst && !hasTurnover)))
    looks.push({
      evidence,
      weight: suspicion ** 2 + Math.max(0, course.z) ** 2,
      run: (requests) => lookAtCourse(evidence, course, requests),
    });
  // Allocations are samples of their own, so that they may confirm what is faint in the time.
  if (amounts !== null && !hasTurnover)
    looks.push({
      evidence,
      weight: measureFaint(evidence) ** 2 + Math.max(0, amounts) ** 2,
      run: (requests) => lookAtAmountsIfAffordable(evidence, requests),
    });
  return looks.sort((a, b) => b.weight - a.weight);
}

/** Looks at allocations; without a request for both halves of the incident a change may have faded. */
async function lookAtAmountsIfAffordable(evidence: BriefEvidence, requests: Requests): Promise<void> {
  if (!isAffordable(requests, LOOK_REQUESTS)) return;
  await lookAtQuietAmounts(evidence);
  if (isUnexplained(evidence)) return;
  if (isAffordable(requests, 1)) await ruleOutFading(evidence);
  else evidence.mayBeWarmUp = true;
}

/**
 * Whether a change in one of the slices alone can be as faint in all of them as it is: in one of so many it
 * stands out at most by the root of their number more.
 */
function mayHideInSlice(evidence: BriefEvidence): boolean {
  const slices = listAllSlices(evidence).length;
  return evidence.suspicion * Math.sqrt(slices) >= SLICE_GATE;
}

/**
 * Reads slices of the incident, that whose cost rose most first, until one of them explains what is
 * suspicious: a request for each, and at most one more for the past of the guilty one.
 *
 * @param maxSlices number of slices that are read by then, at the most
 */
async function lookAtSlices(
  evidence: BriefEvidence,
  requests: Requests,
  maxSlices = Number.POSITIVE_INFINITY,
): Promise<void> {
  const sets = sliceSets(evidence);
  while (evidence.slicesRead < Math.min(sets.length, maxSlices)) {
    const isolated = sets[evidence.slicesRead];
    if (isolated === undefined || !isUnexplained(evidence) || !isAffordable(requests, 1)) return;
    evidence.slicesRead++;
    await lookCloser(evidence, { ...SLICED, isolated });
  }
}

function listAllSlices({ context: { fleet, plan }, series: [main] }: BriefEvidence): SliceOf[] {
  return main === undefined ? [] : listSlices(fleet, main.times, plan, SLICED.slices);
}

/** The slices that are read together, one more each time: those of one label, and then those of the next. */
function sliceSets(evidence: BriefEvidence): SliceOf[][] {
  const [main] = evidence.series;
  if (main === undefined) return [];
  const { fleet, plan } = evidence.context;
  const slices = listAllSlices(evidence);
  const told = tellableSlices(fleet, main.times, plan, slices);
  const ranked = byDescending(slices, (slice) => measureSlice(evidence, slice));
  const labels = [...new Set(ranked.map(({ matcher }) => matcher.name))];
  return labels.flatMap((label) => {
    const ofLabel = ranked.filter(({ matcher }) => matcher.name === label);
    if (!ofLabel.some((slice) => told.has(slice))) return ofLabel.map((_, at) => ofLabel.slice(0, at + 1));
    // They hold all of the fleet: the last one is known with the others.
    const [last, ...others] = [...ofLabel].reverse();
    if (last === undefined || others.length === 0) return [];
    const asked = others.reverse();
    const all: SliceOf[] = [...asked, { ...last, isTold: true }];
    return asked.map((_, at) => (at === asked.length - 1 ? all : asked.slice(0, at + 1)));
  });
}

/** Cost per profile of a slice, incident ÷ baseline; that of the whole stands for a past that it has not. */
function measureSlice({ context, series }: BriefEvidence, { matcher }: SliceOf): number {
  const [main] = series;
  if (main === undefined) return 0;
  const { fleet, plan } = context;
  const levelIn = (window: Window, only?: SliceOf['matcher']) =>
    computeMean(
      only === undefined ? totalsIn(main.times, window) : totalsInSlice(fleet, main.times, window, only),
    );
  const past = levelIn(plan.baseline, matcher) ?? levelIn(plan.baseline);
  const now = levelIn(plan.incident, matcher);
  return past === null || now === null || past <= 0 ? 0 : now / past;
}

/**
 * Looks at the costliest part of the incident apart from what is before and after it, then at all parts: one
 * or two requests, since the last part is told by the others.
 */
async function lookAtCourse(
  evidence: BriefEvidence,
  { aroundCostliest, parts }: Course,
  requests: Requests,
): Promise<void> {
  let asked = 0;
  for (const incident of aroundCostliest.length < parts.length ? [aroundCostliest, parts] : [parts]) {
    const more = incident.length - 1 - asked;
    if (!isUnexplained(evidence) || !isAffordable(requests, more)) return;
    asked += more;
    await lookCloser(evidence, { ...PARTED, incident });
  }
}
