import { UserError } from '../errors.js';
import { besideIncident } from '../investigation/align-baseline.js';
import { isHeavyAnalysis } from '../investigation/compare.js';
import { conclude } from '../investigation/conclude.js';
import { type CaseReading, readCase } from '../investigation/evidence.js';
import { lensRows } from '../investigation/findings.js';
import { onsetOf } from '../investigation/onset.js';
import { countedSource, createRequests } from '../investigation/requests.js';
import type { ShareChange, ShareLens } from '../investigation/shares.js';
import { orderBySymptom } from '../investigation/symptom.js';
import { offload } from '../offload.js';
import { orderTypes } from '../profile/types.js';
import type { ToolContext } from '../query/context.js';
import { differenceLink } from '../query/link.js';
import { leaveOneProfiler } from '../query/one-profiler.js';
import { emptiness } from '../query/profile-question.js';
import { reachNotes } from '../query/reach.js';
import { type ProfileRequest, readBaseline, readRequest } from '../query/request.js';
import { mixtureNotes, resolveService } from '../query/scope.js';
import { allMatchers, selectionArguments, selectorText } from '../query/selection.js';
import { type Investigation, investigationAnswer } from '../report/investigation.js';
import { withLink } from '../report/links.js';
import type { NextCall } from '../report/next.js';
import { createSchema } from '../schema/schema.js';
import { formatSelector } from '../sources/selector.js';
import type { Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { Run } from './define.js';
import type { input } from './surface/investigate.js';

export const run: Run<typeof input> = async (args, context) => {
  const request = await readRequest(args, context);
  const window = request.window;
  if (window === null)
    throw new UserError('investigate needs `from` and `to`.', 'Give the window of the incident.');
  const baseline = readBaseline(args, window, context.now());
  const requests = createRequests(context.progress);
  const source = countedSource(request.source, requests);
  // What exists is asked anew, so that those requests count, too.
  const schema = createSchema(source);
  const asking = { ...context, schemaOf: () => schema };
  const { notes, ...asked } = await resolveService(request, window, asking);
  const typeIds = await schema.typeIds(allMatchers(asked), window, context.signal);
  const [first] = orderTypes(typeIds);
  const single = first === undefined ? null : await leaveOneProfiler(source, asked, first, window, asking);
  const meant = { ...asked, matchers: [...asked.matchers, ...(single?.matchers ?? [])] };
  const matchers = allMatchers(meant);
  const missing: ProfileRequest = { ...request, ...meant };
  if (typeIds.length === 0) return emptiness('investigate', args, missing, window, context);
  const sides =
    baseline === null
      ? { source, baseline: null }
      : besideIncident(source, window, matchers, { window: baseline, matchers });
  const reading = await readCase({ ...sides, matchers, typeIds, incident: window, requests }, context);
  if (reading === null) return emptiness('investigate', args, missing, window, context);
  const mixture = meant.service === null ? await mixtureNotes(missing, window, asking) : [];
  const said = [...notes, ...mixture, ...(single?.notes ?? [])];
  const found = await reportOf(reading, missing, window, baseline, args.symptom, said, context);
  const ofMain = { profileTypeId: found.main.id, matchers };
  return withLink(
    investigationAnswer(found),
    differenceLink(request.source, { ...ofMain, window: found.baseline }, { ...ofMain, window }),
  );
};

async function reportOf(
  reading: CaseReading,
  request: ProfileRequest,
  window: Window,
  baseline: Window | null,
  symptom: string | undefined,
  notes: readonly string[],
  context: ToolContext,
): Promise<Investigation> {
  const conclusion = conclude(reading);
  const since = await onsetOf(reading, conclusion.causes[0]).catch((error: unknown) => {
    if (context.signal.aborted || context.soon?.aborted !== true) throw error;
    return null;
  });
  const found = await offload('findings', [conclusion, since], {
    heavy: reading.shares.some(({ analysis }) => isHeavyAnalysis(analysis)),
    signal: context.signal,
  });
  const [main] = reading.shares;
  const lens = main?.lens ?? reading.totals[0]?.lens;
  const rows = lensRows(reading);
  const selector = selectorText(request);
  const callScope = {
    ...((await context.sources.isDefault(request.source, context.signal))
      ? {}
      : { source: request.source.name }),
    ...selectionArguments(request),
  };
  const profiles = (side: 'before' | 'after') =>
    reading.totals.find((one) => one.lens === lens)?.[side].profiles ?? 0;
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
    baseline: { ...(baseline ?? reading.plan.baseline), chosen: baseline === null },
    main: type,
    counts: {
      before: { profiles: profiles('before'), samples: samplesOf(main, 'baseline') },
      after: { profiles: profiles('after'), samples: samplesOf(main, 'incident') },
      instances: reading.instances,
    },
    estimated: main?.estimated ?? false,
    totals: { before: row?.before ?? 0, after: row?.after ?? 0 },
    load: change?.culprit.load ?? main?.analysis.load.ratio ?? null,
    verdict: conclusion.verdict,
    partly: main?.analysis.partly ?? false,
    findings: orderBySymptom(found, symptom),
    lenses: rows,
    notDetermined: notDetermined(reading),
    notes: [
      ...notes,
      ...earlyNotes(change),
      ...reading.shares.flatMap((share) => share.notes),
      ...(await reachNotes(request.source, baseline ?? reading.plan.baseline, context)),
    ],
    requests: reading.found.requests.made,
    next: nextCalls(found, callScope, { window, baseline }, reading),
  };
}

/** Active samples of one side of the main type; null where it was not read. */
function samplesOf(main: ShareLens | undefined, side: 'baseline' | 'incident'): number | null {
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

/** What the profiles at hand cannot tell, in the reader's terms. */
function notDetermined({ totals, missing, shares }: CaseReading): string[] {
  const aliases = totals.map(({ lens }) => lens.type.alias);
  const has = (...wanted: string[]) => wanted.some((alias) => aliases.includes(alias));
  const unread = missing.map((text) => text);
  if (!has('wall', 'off_cpu', 'block', 'mutex', 'lock'))
    unread.push('waiting (I/O, locks): the service emits no wall-clock, mutex or block profiles');
  if (!has('inuse', 'goroutines'))
    unread.push('leaks: the service emits no live-memory or goroutine profiles');
  const few = shares.find(({ change, analysis }) => change === null && analysis.samples.after < 300);
  if (few !== undefined)
    unread.push(
      `changes of less than about ${smallestChange(few)} points of ${few.lens.type.alias}: too few samples`,
    );
  return unread;
}

/** Change of a share of 5 % that would have stood out by 4.25 standard errors, in percentage points. */
function smallestChange({ analysis }: CaseReading['shares'][number]): number {
  const { before, after } = analysis.samples;
  const error = Math.sqrt(
    analysis.dispersion.phi * 0.05 * 0.95 * (1 / Math.max(1, before) + 1 / Math.max(1, after)),
  );
  return Math.ceil(100 * 4.25 * error);
}

function nextCalls(
  found: Investigation['findings'],
  callScope: Investigation['callScope'],
  { window, baseline }: { window: Window; baseline: Window | null },
  { plan, totals }: CaseReading,
): NextCall[] {
  const times = { from: formatTime(window.from), to: formatTime(window.to) };
  const [first] = found;
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
          profile_type: first.type.alias,
          ...selector,
          ...times,
          function: first.fn.function,
        },
      },
    ];
  }
  const alias = totals[0]?.lens.type.alias ?? 'cpu';
  if (totals[0]?.before.profiles === 0 && baseline !== null)
    return [{ tool: 'investigate', arguments: { ...callScope, ...times } }];
  if (totals[0]?.before.profiles === 0) {
    // Where to begin so that there is a time before, and what can be said without one.
    const scope = { ...callScope, profile_type: alias, ...times };
    return ['get_timeline', 'summarize_profile'].map((tool) => ({ tool, arguments: scope }));
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
