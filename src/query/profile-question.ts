import type { Measurement } from '../profile/measurement.js';
import { emptyAnswer } from '../report/empty.js';
import { withLink } from '../report/links.js';
import { type NextCall, readyCall } from '../report/next.js';
import type { Answer, Json } from '../report/render.js';
import { withSourceLines } from '../report/source-lines.js';
import { formatSelector, parseSelector } from '../sources/selector.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { CallContext, ToolContext, WrittenCall } from './context.js';
import { type Emptiness, explainEmptiness } from './emptiness.js';
import { linkTo, overviewLinkTo } from './link.js';
import { lookbackNotes } from './lookback.js';
import { measure } from './measure.js';
import { explainNoSamples } from './no-samples.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from './request.js';
import { mergeQuery, type Resolution, resolveScope, type Scope } from './scope.js';
import { allMatchers, selectorText } from './selection.js';

/**
 * Answers a question about one profile: resolves the arguments, fetches the profile, and passes it to `look`;
 * without data the answer explains why there is none.
 *
 * @param options.mayBeReduced whether `look` accepts a profile that could be read only in part
 * @throws UserError, UpstreamError
 */
export async function answerAbout(
  args: ScopeArguments,
  context: CallContext,
  look: (measured: Measurement, scope: Scope) => Answer | Promise<Answer>,
  options: { mayBeReduced?: boolean } = {},
): Promise<Answer> {
  const request = await readRequest(args, context);
  const resolution = await resolveScope(request, context);
  if ('missing' in resolution) return answerWithoutData(resolution.missing, resolution.window, context);
  const measurement = await measure(resolution.scope, context, options);
  if (measurement !== null) {
    return addLinks(await look(measurement, resolution.scope), measurement, resolution.scope);
  }
  // The hour with the newest data may come from the schema cache, so it is looked up again.
  const fresh = request.window === null ? await resolveScope(request, withFreshSchema(context)) : resolution;
  if ('missing' in fresh) return answerWithoutData(fresh.missing, fresh.window, context);
  if (!isSame(fresh, resolution)) {
    const freshMeasurement = await measure(fresh.scope, context, options);
    if (freshMeasurement !== null) {
      return addLinks(await look(freshMeasurement, fresh.scope), freshMeasurement, fresh.scope);
    }
  }
  const { service, matchers, type } = fresh.scope;
  const resolvedRequest = { ...request, service, matchers, profileType: type.id };
  return answerWithoutData(resolvedRequest, fresh.scope.window, context);
}

/** Adds the lines in the source, and the link to the page of these profiles, where there are some. */
function addLinks(answer: Answer, { code }: Measurement, scope: Scope): Answer {
  return withLink(withSourceLines(answer, code, null), linkTo(scope.source, mergeQuery(scope)));
}

/** A copy of the context whose schema is read from the source instead of the cache. */
function withFreshSchema(context: ToolContext): ToolContext {
  return { ...context, getSchema: (source) => context.getSchema(source).fresh };
}

function isSame(fresh: Resolution, before: Resolution): boolean {
  if ('missing' in fresh || 'missing' in before) return false;
  const [a, b] = [fresh.scope, before.scope];
  return (
    a.service === b.service &&
    a.type.id === b.type.id &&
    a.window.from === b.window.from &&
    a.window.to === b.window.to
  );
}

/** Makes the answer for a request without data: the reason, what there is instead, a call that has data. */
export async function answerWithoutData(
  request: ProfileRequest,
  window: Window,
  context: CallContext,
): Promise<Answer> {
  const explanation =
    (await explainNoSamples(request, window, context)) ?? (await explainEmptiness(request, window, context));
  const problems = await request.source.problems(context.signal);
  const answer = emptyAnswer({
    source: request.source.name,
    service: request.service,
    selector: selectorText(request),
    profileType: request.profileType,
    only: request.only,
    window,
    reason: explanation.reason,
    detail: explanation.detail,
    instead: explanation.instead,
    retry: retryCall(context.call, request, explanation),
    notes: [
      ...problemNotes(problems),
      ...(await lookbackNotes(request.source, window, context)),
      ...freshDataNotes(request.source, explanation),
    ],
  });
  const matchers = allMatchers(request);
  return withLink(answer, overviewLinkTo(request.source, { matchers, window }));
}

/** Problems of the source that may explain missing data, such as files that cannot be read. */
function problemNotes(problems: readonly string[]): string[] {
  const shown = problems.slice(0, 3).map((problem) => safeText(problem, 300));
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `${more} more problems: list_data_sources.`] : shown;
}

/** Arguments that select profiles, in the order in which a ready call names them. */
const SCOPE = ['source', 'service', 'profile_type', 'selector', 'from', 'to'] as const;

/** The caller's question with arguments that have data; null where no such arguments are known. */
function retryCall(call: WrittenCall, request: ProfileRequest, explanation: Emptiness): NextCall | null {
  if (explanation.list != null) {
    const { scope } = retryArguments(call, request, {});
    return readyCall('get_timeline', { ...scope, exemplars: explanation.list });
  }
  if (explanation.retry === null) {
    if (explanation.reason !== 'unknown_service') return null;
    const { source } = call.args;
    return readyCall('list_services', source === undefined ? {} : { source });
  }
  const { scope, rest } = retryArguments(call, request, explanation.retry);
  if (explanation.reason === 'window_outside_data' && call.takes.has('baseline_from')) {
    // Before the newest hour there may be no data for a baseline. The timeline shows where to begin.
    return readyCall('get_timeline', scope);
  }
  return readyCall(call.tool, { ...scope, ...rest });
}

/** Merges arguments that have data into those of a call; an empty selector is left out. */
function retryArguments(
  { args, takes }: WrittenCall,
  { service, matchers }: ProfileRequest,
  retry: Readonly<Record<string, string>>,
): Record<'scope' | 'rest', Record<string, Json>> {
  const selector = matchers.length === 0 ? '' : formatSelector(matchers);
  const scope: Record<string, Json | undefined> = { ...args, service, selector, ...retry };
  if (!takes.has('service') && typeof scope.service === 'string') {
    const { service: value, selector: otherText } = scope;
    const otherMatchers = parseSelector(String(otherText ?? ''));
    scope.selector = formatSelector([{ name: 'service_name', op: '=', value }, ...otherMatchers]);
    delete scope.service;
  }
  const isGiven = (entry: [string, Json | undefined]): entry is [string, Json] =>
    entry[1] !== undefined && entry[1] !== null && entry[1] !== '';
  const names: readonly string[] = SCOPE;
  return {
    scope: Object.fromEntries(
      SCOPE.map((name) => [name, scope[name]] as [string, Json | undefined]).filter(isGiven),
    ),
    rest: Object.fromEntries(
      Object.entries(args)
        .filter(([name]) => !names.includes(name))
        .filter(isGiven),
    ),
  };
}

function freshDataNotes({ isLive }: ProfileSource, { reason }: Emptiness): string[] {
  if (!isLive || reason !== 'source_empty') return [];
  return [
    'A newly installed server that also keeps the old storage may answer empty for some minutes after the first profiles.',
  ];
}
