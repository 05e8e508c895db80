import type { Measurement } from '../profile/measurement.js';
import { emptyAnswer } from '../report/empty.js';
import { withLink } from '../report/links.js';
import { type NextCall, readyCall } from '../report/next.js';
import type { Answer, Json } from '../report/render.js';
import { formatSelector, parseSelector } from '../sources/selector.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { AskedCall, CallContext, ToolContext } from './context.js';
import { type Emptiness, explainEmptiness } from './emptiness.js';
import { linkTo, overviewLinkTo } from './link.js';
import { measure } from './measure.js';
import { reachNotes } from './reach.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from './request.js';
import { profileQuery, type Resolution, resolveScope, type Scope } from './scope.js';
import { allMatchers, selectorText } from './selection.js';

/**
 * The road that every question about one profile takes: resolve what is meant, fetch it, and either look at
 * it or explain why there is nothing.
 *
 * @param options.mayBeReduced whether `look` can do with a profile of which only a part could be read
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
  if ('missing' in resolution) return emptiness(resolution.missing, resolution.window, context);
  const measured = await measure(resolution.scope, context, options);
  if (measured !== null) return linked(await look(measured, resolution.scope), resolution.scope);
  // That there is data in the last hour may have been remembered.
  const anew = request.window === null ? await resolveScope(request, askingAnew(context)) : resolution;
  if ('missing' in anew) return emptiness(anew.missing, anew.window, context);
  if (!isSame(anew, resolution)) {
    const second = await measure(anew.scope, context, options);
    if (second !== null) return linked(await look(second, anew.scope), anew.scope);
  }
  const { service, matchers, type } = anew.scope;
  const found = { ...request, service, matchers, profileType: type.id };
  return emptiness(found, anew.scope.window, context);
}

/** The answer with a link that a person can open, where the source has pages. */
function linked(answer: Answer, scope: Scope): Answer {
  return withLink(answer, linkTo(scope.source, profileQuery(scope)));
}

/** The same context with what the sources hold asked for just now. */
function askingAnew(context: ToolContext): ToolContext {
  return { ...context, schemaOf: (source) => context.schemaOf(source).fresh };
}

function isSame(anew: Resolution, before: Resolution): boolean {
  if ('missing' in anew || 'missing' in before) return false;
  const [a, b] = [anew.scope, before.scope];
  return (
    a.service === b.service &&
    a.type.id === b.type.id &&
    a.window.from === b.window.from &&
    a.window.to === b.window.to
  );
}

/** An answer without data: the reason, what there is instead, a call that has an answer. */
export async function emptiness(
  request: ProfileRequest,
  window: Window,
  context: CallContext,
): Promise<Answer> {
  const why = await explainEmptiness(request, window, context);
  const problems = await request.source.problems(context.signal);
  const answer = emptyAnswer({
    source: request.source.name,
    service: request.service,
    selector: selectorText(request),
    profileType: request.profileType,
    window,
    reason: why.reason,
    detail: why.detail,
    instead: why.instead,
    retry: retryCall(context.asked, request, why),
    notes: [
      ...problemNotes(problems),
      ...(await reachNotes(request.source, window, context)),
      ...freshDataNotes(request.source, why),
    ],
  });
  const matchers = allMatchers(request);
  return withLink(answer, overviewLinkTo(request.source, { matchers, window }));
}

/** What may have to do with it: files that cannot be read. */
function problemNotes(problems: readonly string[]): string[] {
  const shown = problems.slice(0, 3).map((problem) => safeText(problem, 300));
  const more = problems.length - shown.length;
  return more > 0 ? [...shown, `${more} more problems: list_data_sources.`] : shown;
}

/** Arguments that say which profiles are meant, in the order in which a ready call names them. */
const SCOPE = ['source', 'service', 'profile_type', 'selector', 'from', 'to'] as const;

/** The caller's own question with those arguments that have an answer, as far as one is known. */
function retryCall(asked: AskedCall, request: ProfileRequest, why: Emptiness): NextCall | null {
  if (why.retry === null) {
    if (why.reason !== 'unknown_service') return null;
    const { source } = asked.given;
    return readyCall('list_services', source === undefined ? {} : { source });
  }
  const { scope, rest } = retryArguments(asked, request, why.retry);
  if (why.reason === 'window_outside_data' && asked.takes.has('baseline_from')) {
    // The newest hour as the window may have nothing before it. The timeline shows where to begin.
    return readyCall('get_timeline', scope);
  }
  return readyCall(asked.tool, { ...scope, ...rest });
}

/** The arguments of a call with those that have an answer put in; an emptied selector is left out. */
function retryArguments(
  { given, takes }: AskedCall,
  { service, matchers }: ProfileRequest,
  retry: Readonly<Record<string, string>>,
): Record<'scope' | 'rest', Record<string, Json>> {
  const selector = matchers.length === 0 ? '' : formatSelector(matchers);
  const scope: Record<string, Json | undefined> = { ...given, service, selector, ...retry };
  if (!takes.has('service') && typeof scope.service === 'string') {
    const { service: value, selector: others } = scope;
    const others_ = parseSelector(String(others ?? ''));
    scope.selector = formatSelector([{ name: 'service_name', op: '=', value }, ...others_]);
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
      Object.entries(given)
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
