import type { Finding } from '../profile/compare/finding.js';
import { buildContrast, wholeRun } from '../profile/contrast/runs.js';
import { partWindows } from '../profile/series/parts.js';
import type { ProfileType } from '../profile/types/types.js';
import type { Course } from '../report/picture/format.js';
import type { ChangeMaterial, PictureSink } from '../report/picture/material.js';
import { safeText } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import type { ComparisonReading } from './compare.js';
import type { Cause } from './conclude.js';
import type { Evidence } from './evidence/evidence.js';
import { computeMean, type ProfileTimes, sharedTimes, totalsIn } from './evidence/profile-times.js';
import type { ShareLens } from './evidence/shares.js';
import type { Plan } from './evidence/windows.js';
import type { Outcome } from './outcome.js';
import { GATE } from './thresholds.js';

/** Maximum number of findings that get a flame graph of their own. */
const MAX_FLAMES = 3;
/** Maximum number of points of a course on either side of the onset. */
const MAX_POINTS = 40;

/**
 * Hands over what pictures of an investigation are drawn from: the two sides of each finding as the finding
 * itself reads them, and the cost over time of its type. Without a finding it is the main type.
 */
export function addInvestigation(
  sink: PictureSink | undefined,
  evidence: Evidence,
  { conclusion, findings }: Pick<Outcome, 'conclusion' | 'findings'>,
): void {
  if (sink === undefined) return;
  const drawn = findings
    .slice(0, MAX_FLAMES)
    .map((finding) => ({ finding, material: findMaterial(finding, conclusion.causes, evidence) }));
  for (const { material } of drawn) if (material !== null) sink.add(material);
  const [main] = evidence.shares;
  if (main !== undefined && drawn.every(({ material }) => material?.type.id !== main.lens.type.id))
    sink.add(takeWhole(main, null));
  const types = new Set([...drawn.map(({ finding }) => finding.type.id), evidence.main.id]);
  for (const id of types) {
    const totals = evidence.totals.find(({ lens }) => lens.type.id === id);
    if (totals === undefined) continue;
    const since = findings.find(({ type }) => type.id === id)?.since ?? null;
    const lens = evidence.shares.find((other) => other.lens === totals.lens);
    sink.add({
      kind: 'course',
      course: buildCourse(totals.lens.type, totals.times, lens, evidence.context.plan, since),
    });
  }
}

/** Hands over what pictures of a comparison are drawn from. */
export function addComparison(
  sink: PictureSink | undefined,
  { shares, context, level, wait, cheaper, baseline, question }: ComparisonReading,
  finding: Finding | null,
): void {
  if (sink === undefined) return;
  const { type } = shares.lens;
  const growth = level?.leak?.growth ?? level?.rise?.growth ?? wait?.contention?.growth ?? null;
  const windows = { before: baseline, after: question.window };
  if (growth !== null && finding !== null)
    sink.add({ kind: 'change', type, sides: growth, gate: GATE, windows, of: ENDS, finding });
  else if (cheaper !== null) sink.add({ ...takeWhole(shares, finding), windows });
  else {
    const change = takeChange(shares, finding);
    sink.add({ ...change, windows });
    // The movers are about all of the profiles.
    if (change.of !== '') sink.add({ ...takeWhole(shares, finding), windows });
  }
  const since = finding?.since ?? null;
  sink.add({ kind: 'course', course: buildCourse(type, shares.profileTimes, shares, context.plan, since) });
}

const ENDS = 'The last parts of the two windows.';

/** The sides that a finding was read from; null where only totals were compared. */
function findMaterial(
  finding: Finding,
  causes: readonly Cause[],
  { context, shares }: Evidence,
): ChangeMaterial | null {
  for (const cause of causes) {
    if (cause.of.lens.type.id !== finding.type.id) continue;
    if (cause.kind === 'leak' || cause.kind === 'contention' || cause.kind === 'level') {
      const sides = readGrowth(cause);
      if (sides === null) continue;
      const { type } = cause.of.lens;
      const { baseline: before, incident: after } = context.plan;
      return { kind: 'change', type, sides, gate: GATE, windows: { before, after }, of: ENDS, finding };
    }
    if (cause.kind === 'load') return takeWhole(cause.of, finding);
    if (cause.kind !== 'total' && isAbout(cause.of, finding)) return takeChange(cause.of, finding);
  }
  const same = shares.find(({ lens }) => lens.type.id === finding.type.id);
  return same === undefined ? null : takeWhole(same, finding);
}

function readGrowth(cause: Cause & { kind: 'leak' | 'contention' | 'level' }) {
  if (cause.kind === 'leak') return cause.of.leak?.growth ?? null;
  if (cause.kind === 'level') return cause.of.rise?.growth ?? null;
  return cause.of.contention?.growth ?? null;
}

function isAbout({ change }: ShareLens, { fn }: Finding): boolean {
  const culprit = change?.contrast.joined.functions[change.culprit.fn];
  return culprit !== undefined && fn !== null && safeText(culprit.name) === fn.function;
}

/** The sides of a change of code, as its finding shows them: of all of the type, or of a part of it. */
function takeChange(lens: ShareLens, finding: Finding | null): ChangeMaterial {
  const { change, analysis } = lens;
  if (change === null || finding === null) return takeWhole(lens, finding);
  const isPart = finding.of.label !== null || finding.of.isRest === true;
  const sides = isPart ? change.contrast : buildContrast(analysis, change.run);
  return { ...takeWhole(lens, finding), sides, of: partText(finding) };
}

/** The whole of a type on both sides. */
function takeWhole(lens: ShareLens, finding: Finding | null): ChangeMaterial {
  const { analysis, gate, windows } = lens;
  const span = (parts: ShareLens['windows']['baseline']) => ({
    from: parts[0]?.from ?? 0,
    to: parts.at(-1)?.to ?? 0,
  });
  return {
    kind: 'change',
    type: lens.lens.type,
    sides: buildContrast(analysis, wholeRun(analysis)),
    gate,
    windows: { before: span(windows.baseline), after: span(windows.incident) },
    of: '',
    finding,
  };
}

/** Says which part of the profiles a finding is about; '' for all of them. */
function partText({ of: { label, stretch, isRest } }: Finding): string {
  if (label !== null) return `Only ${safeText(label.name, 60)}=${safeText(label.value, 60)}.`;
  if (isRest === true) return 'Without the stacks of the change before it.';
  return stretch === null ? '' : `Only ${formatTime(stretch.from)} to ${formatTime(stretch.to)}.`;
}

/**
 * Value per profile over time, from the baseline to the end of the incident. The totals of a wall-clock type
 * hold idle threads: its line is that of the parts that were read.
 */
function buildCourse(
  { alias, unit, noun, kind, isWallClock }: ProfileType,
  times: ProfileTimes,
  lens: ShareLens | undefined,
  { baseline, incident }: Plan,
  since: Course['since'],
): Course {
  const points = isWallClock
    ? listParts(lens)
    : [baseline, incident].flatMap((window) =>
        partWindows(window, sharedTimes(times, window), MAX_POINTS).map((part) => ({
          ...part,
          value: computeMean(totalsIn(times, part)),
        })),
      );
  const per = kind === 'instant' ? 'per snapshot' : 'per profile';
  return { title: alias, unit, noun, rateUnit: null, per, points, baseline, window: incident, since };
}

/** The active value per profile of each part that was read. */
function listParts(lens: ShareLens | undefined): Course['points'] {
  if (lens === undefined) return [];
  const { analysis, windows } = lens;
  const all = [...windows.baseline, ...windows.incident];
  return [...analysis.baseline, ...analysis.incident].flatMap(({ costs, profiles, part }) => {
    const window = all[part];
    return window === undefined ? [] : [{ ...window, value: computeMean({ profiles, value: costs.total }) }];
  });
}
