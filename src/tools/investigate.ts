import { UserError } from '../errors.js';
import { newsIn } from '../investigation/agreement.js';
import { type Evidence, readEvidence } from '../investigation/evidence/evidence.js';
import { countedSource, createRequests } from '../investigation/evidence/requests.js';
import { endNotes } from '../investigation/evidence/rollout/late-arrivals.js';
import { isBriefBaseline } from '../investigation/evidence/rounds.js';
import type { ShareChange, ShareLens } from '../investigation/evidence/shares.js';
import type { WaitLens } from '../investigation/evidence/waits.js';
import { investigateFleet } from '../investigation/fleet/report.js';
import { drawOutcome } from '../investigation/outcome.js';
import { addInvestigation } from '../investigation/pictures.js';
import { findCarrier } from '../investigation/requests/carrier.js';
import { listMix } from '../investigation/requests/mix-rows.js';
import { selectProfiles } from '../investigation/selected.js';
import { smallestPoints } from '../investigation/smallest.js';
import { readSourceCode } from '../investigation/source-code.js';
import { orderBySymptom } from '../investigation/symptom.js';
import { MIN_WAIT_PART } from '../investigation/thresholds.js';
import { askAgain, listNotRead } from '../investigation/unread-report.js';
import { findUnsettled, laterWindow, unsettledNotes } from '../investigation/unsettled.js';
import { textOfFunction } from '../profile/code/find-function.js';
import type { LensRow, Verdict } from '../profile/compare/finding.js';
import { orderTypes, type ProfileType, typeArgument } from '../profile/types/types.js';
import type { ToolContext } from '../query/context.js';
import { differenceLink } from '../query/link.js';
import { lookbackNotes } from '../query/lookback.js';
import { answerWithoutData } from '../query/profile-question.js';
import { type ProfileRequest, readBaseline, readRequest } from '../query/request.js';
import { explainMixture, resolveService } from '../query/scope.js';
import { selectionArguments, selectorText, sourceArgument } from '../query/selection.js';
import { withTeamsWord } from '../query/team-word.js';
import { fleetAnswer } from '../report/answers/fleet/answer.js';
import { type Investigation, investigationAnswer } from '../report/answers/investigation.js';
import { withLink } from '../report/links.js';
import { type NextCall, nextCall } from '../report/next.js';
import { withSourceLines } from '../report/source-lines.js';
import { createSchema } from '../schema/schema.js';
import { formatSelector } from '../sources/selector.js';
import type { Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { Run } from './define.js';
import type { input } from './surface/investigate.js';

export const run: Run<typeof input> = async (args, context) => {
  let request = await readRequest(args, context);
  const window = request.window;
  if (window === null)
    throw new UserError('investigate needs `from` and `to`.', 'Give the window of the incident.');
  const baseline = readBaseline(args, window, context.now());
  const requests = createRequests(context.progress);
  const source = countedSource(request.source, requests);
  const groupBy = args.group_by ?? null;
  // The schema is read again, so that its requests count, too.
  const schema = createSchema(source);
  const asking = { ...context, getSchema: () => schema };
  // A word of the team may stand for several services.
  const translated = await withTeamsWord({ ...request, window }, asking);
  request = translated.request;
  if (request.service === null || groupBy !== null) {
    const { notes } = translated;
    const asked = { request, window, baseline, groupBy, requests, source, notes };
    const outcome = await investigateFleet(asked, context);
    if (outcome === null) return answerWithoutData(request, window, context);
    if ('report' in outcome) return fleetAnswer(outcome.report);
    // A word of the team is shown as what it stands for.
    if (args.service === undefined) request = { ...request, service: outcome.only.service };
  }
  const { notes, ...selection } = await resolveService(request, window, asking);
  const { asked, oneProfiler } = await selectProfiles(
    source,
    { selection, window },
    { selection, window: baseline },
    asking,
  );
  const { matchers, typeIds } = asked;
  const ofOneProfiler = { ...selection, matchers: [...selection.matchers, ...oneProfiler.matchers] };
  const missing: ProfileRequest = { ...request, ...ofOneProfiler };
  if (typeIds.length === 0) return answerWithoutData(missing, window, context);
  const reading = await readEvidence({ ...asked, requests }, context);
  for (const { what, reason } of reading === null ? [] : listNotRead(reading))
    context.notRead?.(what, reason);
  if (reading === null) return answerWithoutData(missing, window, context);
  const mixture = ofOneProfiler.service === null ? await explainMixture(missing, window, asking) : [];
  const allNotes = [...translated.notes, ...notes, ...mixture, ...oneProfiler.notes];
  const code = await readSourceCode(reading.context, 'baseline', context.signal);
  const report = await buildReport(reading, missing, window, baseline, args.symptom, allNotes, context);
  const { type = report.main } = report.findings[0] ?? {};
  const carrier = await findCarrier(
    report,
    { source, matchers, requests },
    typeArgument(type, typeIds),
    context,
  );
  const investigation = {
    ...report,
    notes: [...report.notes, ...carrier.notes],
    requests: requests.made,
    next: [...report.next, ...carrier.next],
  };
  // A leak in goroutines is looked at in goroutines.
  const ofFinding = { profileTypeId: (investigation.findings[0]?.type ?? investigation.main).id, matchers };
  return withLink(
    withSourceLines(investigationAnswer(investigation), code, investigation.findings[0]?.fn ?? undefined),
    differenceLink(
      request.source,
      { ...ofFinding, window: investigation.baseline },
      { ...ofFinding, window },
    ),
  );
};

async function buildReport(
  reading: Evidence,
  request: ProfileRequest,
  window: Window,
  baseline: Window | null,
  symptom: string | undefined,
  notes: readonly string[],
  context: ToolContext,
): Promise<Investigation> {
  const { typeIds } = reading.context.readContext;
  const { rows, conclusion, findings, unreadOnset } = await drawOutcome(reading, context, true);
  addInvestigation(context.pictures, reading, { conclusion, findings: orderBySymptom(findings, symptom) });
  const [main] = reading.shares;
  const unsettled = findUnsettled(reading.shares);
  const lens = main?.lens ?? reading.totals[0]?.lens;
  const selector = selectorText(request);
  const callScope = {
    ...(await sourceArgument(request.source, context)),
    ...selectionArguments(request),
  };
  const profiles = (side: 'before' | 'after') =>
    reading.totals.find((totals) => totals.lens === lens)?.[side].profiles ?? 0;
  const row = rows.find(({ type }) => type === lens?.type);
  const type = lens?.type ?? orderTypes([])[0];
  if (type === undefined) throw new Error('an investigation without any profile type');
  const change = main?.change ?? null;
  return {
    source: request.source.name,
    service: request.service,
    selector,
    callScope,
    window,
    baseline: { isChosen: baseline === null, ...(baseline ?? reading.plan.baseline) },
    main: type,
    counts: {
      before: { profiles: profiles('before'), samples: countSamples(main, 'baseline') },
      after: { profiles: profiles('after'), samples: countSamples(main, 'incident') },
      instances: reading.instances,
    },
    isEstimated: main?.isEstimated ?? false,
    totals: { before: row?.before ?? 0, after: row?.after ?? 0 },
    load: change?.culprit.load ?? main?.analysis.load.ratio ?? null,
    verdict: conclusion.verdict,
    isInFewInstances: main?.analysis.isPartly ?? false,
    unsettled: unsettled === undefined ? null : { type: unsettled.lens.type, ...unsettled.unsettled },
    settledFrom: main?.settledFrom ?? null,
    notRead: listNotRead(reading),
    isSoFar: conclusion.isSoFar,
    findings: orderBySymptom(findings, symptom),
    lenses: rows,
    mix: main === undefined ? [] : listMix(main),
    notDetermined: [
      ...listNotRead(reading).map(({ what, why }) => `${what}: not read, ${why}`),
      ...reading.empty.map(({ lens: { type }, why }) => `${type.alias}: ${why}`),
      ...(unreadOnset === null ? [] : [`onset: not narrowed down, ${unreadOnset.why}`]),
      ...(conclusion.verdict === 'inconclusive' ? [] : unsettledNotes(reading.shares)),
      ...notDetermined(reading, conclusion.verdict),
    ],
    isAllRead:
      reading.missing.length === 0 &&
      rows.every(({ verdict, sameAs }) => verdict !== 'not_read' || sameAs !== null),
    notes: [
      ...notes,
      ...earlyNotes(change),
      ...endNotes(reading.incidentEnd),
      ...reading.shares.flatMap((share) => share.notes),
      ...(await lookbackNotes(request.source, baseline ?? reading.plan.baseline, context)),
      ...waitNotes(reading.waits),
    ],
    requests: reading.context.requests.made,
    next: [
      ...askAgain(reading, callScope, { window, baseline }),
      ...(unsettled === undefined
        ? []
        : [laterWindow(unsettled, callScope, window, baseline ?? reading.plan.baseline)]),
      ...nextCalls(findings, newsIn(rows)[0], callScope, { window, baseline }, reading, (of) =>
        typeArgument(of, typeIds),
      ),
    ],
  };
}

/** Active samples of one side of the main type; null where it was not read. */
function countSamples(main: ShareLens | undefined, side: 'baseline' | 'incident'): number | null {
  if (main === undefined) return null;
  const { quantum, [side]: parts } = main.analysis;
  return parts.reduce((sum, { costs }) => sum + costs.total, 0) / quantum;
}

function earlyNotes(change: ShareChange | null): string[] {
  return change === null || change.run.early === 0
    ? []
    : [
        'The change began before the window that was asked about: it is compared with the baseline until then.',
      ];
}

/** Says why waiting that grew is no contention. */
function waitNotes(waits: Evidence['waits']): string[] {
  const dismissed = (why: WaitLens['dismissed']) =>
    waits.filter((wait) => wait.dismissed === why).map(({ lens }) => lens.type.alias);
  const [alike, immaterial] = [dismissed('alike'), dismissed('immaterial')];
  const [starved, purpose] = [dismissed('starved'), dismissed('purpose')];
  return [
    ...(purpose.length === 0
      ? []
      : [
          `Waiting rose (${purpose.join(', ')}), but in code that was not there before and waits for events or for work (a stream, a poll, a worker): that delays no request.`,
        ]),
    ...(starved.length === 0
      ? []
      : [
          `Waiting rose (${starved.join(', ')}) while more goroutines could run and took no more processor time: they wait for a CPU, on a throttled or busy host. Check its CPU limit and its neighbours.`,
        ]),
    ...(alike.length === 0
      ? []
      : [
          `Everything waits longer (${alike.join(', ')}), not one lock: a throttled or busy host does that. Check its CPU limit and its neighbours.`,
        ]),
    ...(immaterial.length === 0
      ? []
      : [
          `Waiting rose (${immaterial.join(', ')}), but by less than ${100 * MIN_WAIT_PART}% of the time served: too little to be felt.`,
        ]),
  ];
}

/** With fewer samples a change that matters may be missed. */
const FEW_SAMPLES = 300;

/** Lists in the reader's terms the questions that the profiles at hand cannot answer. */
function notDetermined({ totals, missing, shares }: Evidence, verdict: Verdict): string[] {
  const unread = missing.map((text) => text);
  if (!totals.some(({ lens }) => lens.kind === 'wait' || lens.type.isWallClock))
    unread.push('waiting for I/O and locks: no wall-clock, mutex or block profiles');
  if (!totals.some(({ lens }) => lens.kind === 'level'))
    unread.push('leaks: no live-memory or goroutine profiles');
  const [main] = shares;
  if (main !== undefined && isBriefBaseline(main.profileTimes, main.windows.baseline))
    unread.push(
      'a rise of the load: fewer than three rounds of profiles before do not tell how it swings (a longer baseline does)',
    );
  // An answer that found nothing says for every type how small a change it could have seen.
  if (verdict === 'no_change') return unread;
  const few = shares.find(({ change, analysis }) => change === null && analysis.samples.after < FEW_SAMPLES);
  if (few !== undefined)
    unread.push(
      `changes of less than about ${smallestPoints(few)} points of ${few.lens.type.alias}: too few samples`,
    );
  return unread;
}

function nextCalls(
  findings: Investigation['findings'],
  moved: LensRow | undefined,
  callScope: Investigation['callScope'],
  { window, baseline }: { window: Window; baseline: Window | null },
  { plan, totals }: Evidence,
  argumentOf: (type: ProfileType) => string,
): NextCall[] {
  const times = { from: formatTime(window.from), to: formatTime(window.to) };
  const [first] = findings;
  if (first?.fn) {
    const label = first.label;
    const selector =
      label === null || callScope.selector !== undefined
        ? {}
        : { selector: formatSelector([{ name: label.name, op: '=', value: label.value }]) };
    return [
      {
        tool: 'inspect_function',
        arguments: {
          ...callScope,
          profile_type: argumentOf(first.type),
          ...selector,
          ...times,
          function: textOfFunction(first.fn),
        },
      },
    ];
  }
  // A change of one type, or a value that moved, is looked at in that type.
  const type = first?.type ?? moved?.type ?? totals[0]?.lens.type;
  const alias = type === undefined ? 'cpu' : argumentOf(type);
  if (totals[0]?.before.profiles === 0 && baseline !== null)
    return [{ tool: 'investigate', arguments: { ...callScope, ...times } }];
  if (totals[0]?.before.profiles === 0) {
    // The timeline shows where a window has a time before it; the summary needs none.
    const scope = { ...callScope, profile_type: alias, ...times };
    return [nextCall('get_timeline', scope), nextCall('summarize_profile', scope)];
  }
  return [
    {
      tool: 'compare_profiles',
      arguments: {
        ...callScope,
        profile_type: alias,
        ...times,
        baseline_from: formatTime((baseline ?? plan.baseline).from),
        baseline_to: formatTime((baseline ?? plan.baseline).to),
      },
    },
  ];
}
