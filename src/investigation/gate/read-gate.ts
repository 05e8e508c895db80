import { neededFactor } from '../../profile/contrast/power.js';
import { buildContrast, wholeRun } from '../../profile/contrast/runs.js';
import type { ProfileType } from '../../profile/types/types.js';
import type { ToolContext } from '../../query/context.js';
import { explainEmptiness } from '../../query/emptiness.js';
import { lookbackNotes } from '../../query/lookback.js';
import { type Selection, selectorText } from '../../query/selection.js';
import type { GateReport, GateSide, SmallestSeen } from '../../report/gate/gate-report.js';
import { formatSelector, sameMatchers } from '../../sources/selector.js';
import type { Matcher, ProfileSource, Window } from '../../sources/source.js';
import { safeText } from '../../text/sanitise.js';
import { type Evidence, readEvidence } from '../evidence/evidence.js';
import type { LensType } from '../evidence/lens.js';
import type { Requests } from '../evidence/requests.js';
import type { ShareLens } from '../evidence/shares.js';
import { planWindows } from '../evidence/windows.js';
import { drawOutcome } from '../outcome.js';
import { selectProfiles } from '../selected.js';
import { EXAMPLE_SHARE, growthSeen, readSight, wholeSeen } from '../smallest.js';
import { MAIN } from '../thresholds.js';
import { listNotRead } from '../unread-report.js';
import { unsettledNotes } from '../unsettled.js';
import { decide, type GateLens, type GatePolicy, LOOKED_FOR } from './decide.js';

/** Two windows of the same profiles, or two kinds of profiles in one window, for a gate to judge. */
export interface GateQuestion {
  /** Counts its requests with `requests`. */
  source: ProfileSource;
  requests: Requests;
  service: string;
  /** Matchers other than the one of the service. */
  matchers: readonly Matcher[];
  window: Window;
  /** Null: the time just before, of the same profiles. */
  baseline: { window: Window; matchers: readonly Matcher[] } | null;
  policy: GatePolicy;
  /** Shares of a function before a change: for each the answer says the smallest growth that is seen. */
  examples?: readonly number[];
}

/** Growth for which the answer says how long a window it needs, as a share of the total. */
export const WANTED_GROWTH = 0.02;
/** Shares of a function before the change for which the smallest growth is told. */
const EXAMPLES = [EXAMPLE_SHARE, 0.2] as const;

/**
 * Reads both sides and decides. What is not there is an answer, too: every kind is unknown then.
 * @throws UpstreamError
 */
export async function readGate(question: GateQuestion, context: ToolContext): Promise<GateReport> {
  const { source, service, window, baseline } = question;
  const selection: Selection = { service, matchers: question.matchers };
  const earlier =
    baseline === null
      ? { selection, window: null }
      : { selection: { service, matchers: baseline.matchers }, window: baseline.window };
  const { asked, before, oneProfiler } = await selectProfiles(
    source,
    { selection, window },
    earlier,
    context,
  );
  if (asked.typeIds.length === 0) return reportNothingToJudge(question, 'judged', context);
  const { matchers } = asked;
  const evidence = await readEvidence(
    {
      ...asked,
      requests: question.requests,
      slices: sameMatchers(before, matchers) ? MAIN.slices : 0,
      minGrowth: LOOKED_FOR * question.policy.minShare,
      readsAllParts: true,
    },
    context,
  );
  if (evidence === null) return reportNothingToJudge(question, 'judged', context);
  if (evidence.totals[0]?.before.profiles === 0) return reportNothingToJudge(question, 'baseline', context);
  const report = await buildReport(evidence, question, { matchers, before }, context);
  const lookback = await lookbackNotes(source, report.before.window, context);
  return { ...report, notes: [...oneProfiler.notes, ...report.notes, ...lookback] };
}

async function buildReport(
  evidence: Evidence,
  question: GateQuestion,
  { matchers, before }: { matchers: readonly Matcher[]; before: readonly Matcher[] },
  context: ToolContext,
): Promise<GateReport> {
  const { window, baseline, policy } = question;
  const outcome = await drawOutcome(evidence, context, baseline === null);
  const { rows, conclusion, findings, unreadOnset } = outcome;
  const notRead = [
    ...listNotRead(evidence),
    ...(unreadOnset === null ? [] : [{ what: 'onset', ...unreadOnset }]),
  ];
  const lenses = rows.map((row): GateLens => {
    const share = evidence.shares.find(({ lens }) => lens.type.id === row.type.id);
    return {
      row,
      profiles: profilesOfOne(evidence, row.type),
      smallest: share === undefined ? null : growthSeen(share, EXAMPLE_SHARE),
    };
  });
  const [main] = evidence.shares;
  const isPartly = main?.analysis.isPartly ?? false;
  const side = (which: 'before' | 'after', at: Window, selector: readonly Matcher[]): GateSide => ({
    window: at,
    selector: formatSelector(selector),
    profiles: evidence.totals.find(({ lens }) => lens.type.id === evidence.main.id)?.[which].profiles ?? null,
    samples: main === undefined ? null : samplesIn(main, which),
  });
  return {
    ...decide({ findings, lenses, notRead, isPartly }, policy),
    source: question.source.name,
    service: question.service,
    before: side('before', baseline?.window ?? evidence.plan.baseline, before),
    after: side('after', window, matchers),
    isBaselineChosen: baseline === null,
    main: evidence.main,
    isEstimated: main?.isEstimated ?? false,
    verdict: conclusion.verdict,
    minShare: policy.minShare,
    smallest: evidence.totals.map(({ lens }) =>
      computeSmallest(evidence, lens, question.examples ?? EXAMPLES),
    ),
    needed:
      main === undefined
        ? null
        : { share: WANTED_GROWTH, ms: neededLength(main, WANTED_GROWTH, window, baseline) },
    wanted: main === undefined ? null : neededLength(main, policy.minShare, window, baseline),
    notDetermined: [
      ...notRead.map(({ what, why }) => `${what}: not read, ${why}`),
      ...evidence.missing,
      ...unsettledNotes(evidence.shares),
    ],
    notes: evidence.shares.flatMap(({ notes }) => notes),
    requests: question.requests.made,
  };
}

/** Profiles that one instance sent on the side that has fewer. */
function profilesOfOne({ totals, instances }: Evidence, { id }: ProfileType): number | null {
  const totalsOfType = totals.find(({ lens }) => lens.type.id === id);
  if (totalsOfType === undefined) return null;
  const [was, is] = [
    totalsOfType.before.profiles / Math.max(1, (instances?.stayed ?? 1) + (instances?.left ?? 0)),
    totalsOfType.after.profiles / Math.max(1, (instances?.stayed ?? 1) + (instances?.arrived ?? 0)),
  ];
  return Math.round(Math.min(was, is));
}

/** Active samples of a side. */
function samplesIn({ analysis }: ShareLens, which: 'before' | 'after'): number {
  return buildContrast(analysis, wholeRun(analysis))[which].costs.total / analysis.quantum;
}

function computeSmallest(evidence: Evidence, lens: LensType, examples: readonly number[]): SmallestSeen {
  const share = evidence.shares.find((candidate) => candidate.lens === lens);
  const growth =
    share === undefined
      ? null
      : examples.flatMap((before) => {
          const least = growthSeen(share, before);
          return least === null ? [] : [{ share: before, growth: least }];
        });
  return { type: lens.type, growth, factor: wholeSeen(evidence, lens) };
}

/** Length of the window that growth of a size needs, as samples come at present, ms; null for none. */
function neededLength(
  lens: ShareLens,
  growth: number,
  window: Window,
  baseline: GateQuestion['baseline'],
): number | null {
  const sight = readSight(lens, LOOKED_FOR * growth);
  // A baseline that the caller named does not grow; the other side of one window does.
  const isFixed = baseline !== null && baseline.window.to < window.from;
  const factor = neededFactor(sight, EXAMPLE_SHARE, growth, !isFixed);
  return factor === null ? null : factor * (window.to - window.from);
}

/** A report about a side without profiles, with the reason for it. */
async function reportNothingToJudge(
  question: GateQuestion,
  side: 'judged' | 'baseline',
  context: ToolContext,
): Promise<GateReport> {
  const { source, service, window, baseline } = question;
  const selection = { service, matchers: question.matchers };
  const before = { window: baseline?.window ?? window, matchers: baseline?.matchers ?? selection.matchers };
  const subject = { source, profileType: null, only: null, window, service };
  const { detail } =
    side === 'judged'
      ? await explainEmptiness({ ...subject, ...selection }, window, context)
      : baseline === null
        ? { detail: 'The service sent no profiles in the time before the window.' }
        : await explainEmptiness({ ...subject, matchers: before.matchers }, before.window, context);
  const reason = `no profiles on the ${side} side: ${safeText(detail, 400)}`;
  return noReport(question, reason);
}

/** A report that says of every kind why it could not be judged. */
export function noReport(question: GateQuestion, reason: string): GateReport {
  const { source, service, window, baseline, policy } = question;
  const createSide = (at: Window, matchers: readonly Matcher[]): GateSide => ({
    window: at,
    selector: selectorText({ service, matchers }),
    profiles: null,
    samples: null,
  });
  return {
    outcome: 'unknown',
    source: source.name,
    service,
    after: createSide(window, question.matchers),
    before: createSide(
      baseline?.window ?? planWindows(window).baseline,
      baseline?.matchers ?? question.matchers,
    ),
    isBaselineChosen: baseline === null,
    main: null,
    isEstimated: false,
    verdict: null,
    minShare: policy.minShare,
    checks: policy.failOn.map((kind) => ({ kind, state: 'unknown', reason, findings: [] })),
    others: [],
    smallest: [],
    needed: null,
    wanted: null,
    notDetermined: [],
    notes: [],
    requests: question.requests.made,
  };
}
