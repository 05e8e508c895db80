import { offload } from '../offload.js';
import type { Analysis } from '../profile/compare/analysis.js';
import type { Cheaper } from '../profile/compare/changes.js';
import type { ToolContext } from '../query/context.js';
import type { Scope } from '../query/scope.js';
import { sameMatchers } from '../sources/selector.js';
import type { Matcher, Window } from '../sources/source.js';
import { isHeavyWork } from '../work/offload.js';
import { alignBaseline } from './evidence/align-baseline.js';
import type { LensType } from './evidence/lens.js';
import { type LevelLens, readLevels } from './evidence/levels.js';
import { endBeforeDeploy } from './evidence/onset/replacement.js';
import { prepareEvidence } from './evidence/prepare.js';
import { type ProfileTimes, readProfileTimes, sendersIn, sharedTimes } from './evidence/profile-times.js';
import { countedSource, createRequests } from './evidence/requests.js';
import { withoutLateArrivals } from './evidence/rollout/late-arrivals.js';
import { instanceTurnover, type Turnover } from './evidence/rollout/turnover.js';
import { type InvestigationContext, readShares, type ShareLens } from './evidence/shares.js';
import { type UnreadParts, type UnreadType, unreadBecause } from './evidence/unread.js';
import { readWaits, type WaitLens } from './evidence/waits.js';
import { GATE, MAIN } from './thresholds.js';

export interface ComparisonQuestion {
  scope: Scope;
  window: Window;
  matchers: readonly Matcher[];
  /** Without a window the time just before. */
  baseline: { window: Window | null; matchers: readonly Matcher[] };
}

/** Evidence for the comparison of one profile type. */
export interface ComparisonReading {
  question: ComparisonQuestion;
  context: InvestigationContext;
  /** The baseline as the caller knows it. */
  baseline: Window;
  /** Whether the baseline is the time just before, of the same profiles: only then is there an onset. */
  isContinuous: boolean;
  shares: ShareLens;
  /** The time from which on the end of the incident is not judged; null for none of it. */
  incidentEnd: number | null;
  level: LevelLens | null;
  wait: WaitLens | null;
  /**
   * Parts that could not be read although the shares of both sides were: the course of the level or of the
   * waits, or the label sets.
   */
  unread: UnreadParts;
  /** A function that became cheaper, where nothing became dearer. */
  cheaper: Cheaper | null;
  instances: Turnover | null;
  gaps: { before: readonly Window[]; after: readonly Window[] };
}

/** A stretch this many times as long as the usual time between profiles is a gap. */
const GAP_TIMES = 3.5;

/**
 * Reads two sides of one profile type in parts: label sets (2 requests), one series of each side, up to 8
 * merges and 7 slices of the fleet; of levels and waits also the merges at the ends.
 */
export async function readComparison(
  question: ComparisonQuestion,
  context: ToolContext,
): Promise<ComparisonReading | 'no_incident' | { emptyBaseline: Window }> {
  const { scope, window, matchers, baseline } = question;
  const requests = createRequests(context.progress);
  const source = countedSource(scope.source, requests);
  const sides = alignBaseline(source, window, matchers, baseline);
  const typeIds = await context.getSchema(scope.source).typeIds(matchers, window, context.signal);
  const evidenceContext = await prepareEvidence(
    { ...sides, matchers, typeIds, incident: window, requests },
    scope.type.id,
    context.signal,
  );
  const { readContext, plan } = evidenceContext;
  const profileTimes = await readProfileTimes(
    readContext.source,
    { profileTypeId: scope.type.id, matchers },
    plan,
    evidenceContext,
    context.signal,
  );
  const actualBaseline = baseline.window ?? plan.baseline;
  if (sendersIn(profileTimes, plan.incident).length === 0) return 'no_incident';
  if (sendersIn(profileTimes, plan.baseline).length === 0) return { emptyBaseline: actualBaseline };
  const lens = toLens(scope);
  const hasSameProfiles = sameMatchers(baseline.matchers, matchers);
  const isContinuous = baseline.window === null && hasSameProfiles;
  const { plan: ended, incidentEnd } = isContinuous
    ? withoutLateArrivals(plan, evidenceContext.fleet, profileTimes)
    : { plan, incidentEnd: null };
  const judged = {
    ...evidenceContext,
    plan: endBeforeDeploy({ ...evidenceContext, plan: ended }, profileTimes),
  };
  const shares = await readShares(judged, lens, profileTimes, {
    ...MAIN,
    slices: hasSameProfiles ? MAIN.slices : 0,
  });
  if (shares === null) return { emptyBaseline: actualBaseline };
  const course = await readCourse(judged, lens, profileTimes, context);
  return {
    question,
    context: evidenceContext,
    baseline: actualBaseline,
    isContinuous,
    shares,
    incidentEnd,
    level: course.level,
    wait: course.wait,
    unread: { types: course.unread, labels: evidenceContext.fleet.unread },
    cheaper:
      shares.change === null && shares.unsettled === null
        ? await offload('cheaper', [shares.analysis, GATE], {
            isHeavy: isHeavyAnalysis(shares.analysis),
            signal: context.signal,
          })
        : null,
    instances: instanceTurnover(profileTimes, evidenceContext, evidenceContext.fleet.instanceLabel),
    gaps: { before: gapsIn(profileTimes, plan.baseline), after: gapsIn(profileTimes, plan.incident) },
  };
}

/** How a level or a wait went on within the windows; a failure to read that leaves the shares as they are. */
async function readCourse(
  evidenceContext: InvestigationContext,
  lens: LensType,
  profileTimes: ProfileTimes,
  { signal }: Pick<ToolContext, 'signal'>,
): Promise<{ level: LevelLens | null; wait: WaitLens | null; unread: UnreadType[] }> {
  try {
    return {
      level: lens.kind === 'level' ? await readLevels(evidenceContext, lens, profileTimes) : null,
      wait:
        lens.kind === 'wait'
          ? await readWaits(evidenceContext, lens, profileTimes, { main: profileTimes, load: 1 })
          : null,
      unread: [],
    };
  } catch (error) {
    signal.throwIfAborted();
    return { level: null, wait: null, unread: [{ lens, ...unreadBecause(error, false) }] };
  }
}

function toLens({ type }: Scope): LensType {
  return { type, kind: type.nature };
}

/** Whether what was analysed is too much to be looked at on the event loop. */
export function isHeavyAnalysis({ joined }: Analysis): boolean {
  return isHeavyWork(...joined.parts.map(({ profile }) => profile));
}

/** Stretches of a window in which no instance sent a profile though several rounds were due. */
function gapsIn(profileTimes: ProfileTimes, window: Window): Window[] {
  const times = sharedTimes(profileTimes, window);
  const spaces = times.slice(1).map((time, at) => ({ from: times[at] ?? time, to: time }));
  const usual =
    spaces.map(({ from, to }) => to - from).sort((a, b) => a - b)[Math.floor(spaces.length / 2)] ?? 0;
  return spaces.filter(({ from, to }) => to - from > Math.max(GAP_TIMES * usual, profileTimes.stepMs));
}
