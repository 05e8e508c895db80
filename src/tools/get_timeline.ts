import { UserError } from '../errors.js';
import { lookupText } from '../profile/code/find-function.js';
import { functionData } from '../profile/code/named-function.js';
import type { Measurement } from '../profile/measurement.js';
import { shareBase } from '../profile/model.js';
import { isShort } from '../profile/series/series.js';
import type { ToolContext } from '../query/context.js';
import { readExemplars } from '../query/exemplars.js';
import { resolveFunction } from '../query/function-argument.js';
import { answerAbout } from '../query/profile-question.js';
import type { Scope } from '../query/scope.js';
import { profileQuery } from '../query/scope.js';
import { functionSeries } from '../query/timeline/function-series.js';
import { MAX_PARTS } from '../query/timeline/readings.js';
import { labelSeries, type TotalSeries, totalSeries } from '../query/timeline/total-series.js';
import { findUsualGrouping } from '../query/usual-grouping.js';
import { emptyTimelineAnswer, type Timeline, timelineAnswer } from '../report/answers/timeline-view.js';
import { callScope, longerScope, type NextCall, nextCall } from '../report/next.js';
import { addTimeline } from '../report/picture/course.js';
import type { Answer } from '../report/render.js';
import { exemplarsAnswer } from '../report/requests/exemplars.js';
import { unknownFunctionAnswer } from '../report/unknown-function.js';
import { formatSelector } from '../sources/selector.js';
import type { ExemplarKind } from '../sources/source.js';
import { findNearest } from '../text/nearest.js';
import { safeText } from '../text/sanitise.js';
import { formatTime } from '../text/units.js';
import type { Run } from './define.js';
import type { input } from './surface/get_timeline.js';

/** A value of a label that carries this part of a change is where to look (profile analysis §7). */
const CARRIES = 0.8;

/**
 * Answers with a timeline. Requests in addition to those of the measurement (2, and a third where samples are
 * counted by their own type): one series; at most 12 counts (24 by label) where profiles cannot be told apart
 * in it; at most 12 merges for a function or the total of a wall-clock type, whose idle stacks only a profile
 * shows, and 12 more about a change; at most 42 for a wall-clock type by label. At most 4 of them run at a
 * time.
 */
export const run: Run<typeof input> = async (args, context) => {
  if (args.group_by !== undefined && args.function !== undefined) {
    throw new UserError(
      '`group_by` and `function` cannot be combined.',
      'Ask for one; for a function in one version or pod, put that into `selector`.',
    );
  }
  if (args.exemplars !== undefined && (args.group_by !== undefined || args.function !== undefined)) {
    throw new UserError(
      '`exemplars` cannot be combined with `group_by` or `function`.',
      'Ask for exemplars alone; for those of one version or pod, put that into `selector`.',
    );
  }
  return answerAbout(args, context, async (measured, scope) => {
    if (args.exemplars !== undefined) return listExemplars(args.exemplars, measured, scope, context);
    if (args.function !== undefined) return ofFunction(args.function, measured, scope, context);
    if (args.group_by !== undefined) await checkLabel(args.group_by, scope, context);
    if (measured.isSinceStart || shareBase(measured.active) === 0) return emptyTimelineAnswer(measured);
    return args.group_by === undefined
      ? ofTotal(measured, scope, context)
      : byLabel(args.group_by, measured, scope, context);
  });
};

async function listExemplars(kind: ExemplarKind, measured: Measurement, scope: Scope, context: ToolContext) {
  const listed = await readExemplars(scope, kind, context);
  if (listed === null)
    throw new UserError(
      `The source ${JSON.stringify(scope.source.name)} lists no single ${kind}.`,
      'Leave `exemplars` out.',
    );
  return exemplarsAnswer(measured, listed);
}

async function ofFunction(text: string, measured: Measurement, scope: Scope, context: ToolContext) {
  const target = await resolveFunction(measured, text, context.signal);
  if (target === null) {
    return unknownFunctionAnswer(measured, 'get_timeline', text, {
      onset: null,
      series: [],
      spikes: [],
      gaps: [],
    });
  }
  const { frames, gaps, step, series, values, notes } = await functionSeries(
    target,
    measured,
    scope,
    { maxParts: MAX_PARTS },
    context,
  );
  const of = functionData(target.info, target.line);
  const since = series.onset === null ? {} : { from: sinceOnset(series.onset, step) };
  const name = safeText(lookupText(target));
  return drawn(measured, context, {
    frames,
    gaps,
    whole: series,
    by: null,
    of: { ...of, values },
    notes,
    next: [
      ...(isShort(series) ? [nextCall('get_timeline', { ...longerScope(measured), function: name })] : []),
      nextCall('inspect_function', { ...callScope(measured), ...since, function: name }),
    ],
  });
}

async function ofTotal(measured: Measurement, scope: Scope, context: ToolContext) {
  const { whole, ...read } = await totalSeries(measured, scope, context);
  const usual = scope.several === null ? await findUsualGrouping(scope, context) : 'service_name';
  const next = [
    ...listNext({ ...read, whole }, measured, {}),
    ...(usual === null ? [] : [nextCall('get_timeline', { ...callScope(measured), group_by: usual })]),
  ];
  return drawn(measured, context, { ...read, whole, by: null, of: null, next });
}

async function byLabel(label: string, measured: Measurement, scope: Scope, context: ToolContext) {
  const { series, others, ...read } = await labelSeries(label, measured, scope, context);
  const [first] = series
    .filter(({ since, change }) => since !== null || change !== null)
    .sort((a, b) => (b.carries ?? 0) - (a.carries ?? 0));
  const canTell = first !== undefined && series.length > 1 && (first.carries ?? 1) >= CARRIES;
  const value = canTell ? first.label : null;
  return drawn(measured, context, {
    ...read,
    by: { label, series, others, isByWeight: scope.type.isWallClock },
    of: null,
    next:
      value === null
        ? listNext(read, measured, { group_by: label })
        : [
            buildSummaryCall(measured, {
              selector: formatSelector([...scope.matchers, { name: label, op: '=', value }]),
            }),
          ],
  });
}

/** The answer; where pictures are drawn they get the same lines. */
function drawn(measured: Measurement, { pictures }: ToolContext, timeline: Timeline): Answer {
  addTimeline(pictures, measured, timeline);
  return timelineAnswer(measured, timeline);
}

/** Names the next step after a timeline: the profile since the onset, or a timeline that begins earlier. */
function listNext(
  { whole, step }: Pick<TotalSeries, 'whole' | 'step'>,
  measured: Measurement,
  own: { group_by?: string },
): NextCall[] {
  if (whole.onset !== null) return [buildSummaryCall(measured, { from: sinceOnset(whole.onset, step) })];
  if (!isShort(whole)) return [];
  return [{ tool: 'get_timeline', arguments: { ...longerScope(measured), ...own } }];
}

/** From when on all profiles are with the change. */
function sinceOnset({ before }: { before: number }, step: number): string {
  return formatTime(before - step);
}

function buildSummaryCall(measured: Measurement, more: { from?: string; selector?: string }): NextCall {
  return { tool: 'summarize_profile', arguments: { ...callScope(measured), ...more } };
}

async function checkLabel(label: string, scope: Scope, context: ToolContext): Promise<void> {
  const { matchers, window } = profileQuery(scope);
  const names = await context.getSchema(scope.source).labelNames(matchers, window, context.signal);
  if (names.includes(label)) return;
  const like = findNearest(label, names);
  throw new UserError(
    `There is no label ${JSON.stringify(label)} to group by.`,
    `${like.length > 0 ? `Did you mean ${like.join(' or ')}? ` : ''}Labels: ${names.slice(0, 30).join(', ')}.`,
  );
}
