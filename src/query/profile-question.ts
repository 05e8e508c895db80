import type { Measurement } from '../profile/measurement.js';
import { emptyAnswer } from '../report/empty.js';
import { withLink } from '../report/links.js';
import type { Answer } from '../report/render.js';
import { formatSelector } from '../sources/selector.js';
import type { ProfileSource, Window } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { type Emptiness, explainEmptiness } from './emptiness.js';
import { linkTo, overviewLinkTo } from './link.js';
import { measure } from './measure.js';
import { reachNotes } from './reach.js';
import { type ProfileRequest, readRequest, type ScopeArguments } from './request.js';
import { profileQuery, type Resolution, resolveScope, type Scope } from './scope.js';
import { allMatchers, selectorText } from './selection.js';

/**
 * The road that every question about one profile takes: resolve what is meant, fetch it, and either look at it or
 * explain why there is nothing.
 *
 * @param options.mayBeReduced whether `look` can do with a profile of which only a part could be read
 * @throws UserError, UpstreamError
 */
export async function answerAbout(
  tool: string,
  args: ScopeArguments,
  context: ToolContext,
  look: (measured: Measurement, scope: Scope) => Answer | Promise<Answer>,
  options: { mayBeReduced?: boolean } = {},
): Promise<Answer> {
  const request = await readRequest(args, context);
  const resolution = await resolveScope(request, context);
  if ('missing' in resolution) return emptiness(tool, args, resolution.missing, resolution.window, context);
  const measured = await measure(resolution.scope, context, options);
  if (measured !== null) return linked(await look(measured, resolution.scope), resolution.scope);
  // That there is data in the last hour may have been remembered.
  const anew = request.window === null ? await resolveScope(request, askingAnew(context)) : resolution;
  if ('missing' in anew) return emptiness(tool, args, anew.missing, anew.window, context);
  if (!isSame(anew, resolution)) {
    const second = await measure(anew.scope, context, options);
    if (second !== null) return linked(await look(second, anew.scope), anew.scope);
  }
  const { service, matchers, type } = anew.scope;
  const found = { ...request, service, matchers, profileType: type.id };
  return emptiness(tool, args, found, anew.scope.window, context);
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
  tool: string,
  args: ScopeArguments,
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
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
    retry: readyCall(tool, args, request, why),
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

/** Tools that hold a window against the time before it. */
const COMPARING = ['investigate', 'compare_profiles'];

function readyCall(tool: string, args: ScopeArguments, request: ProfileRequest, why: Emptiness) {
  if (why.retry !== null && why.reason === 'window_outside_data' && COMPARING.includes(tool)) {
    // The newest hour as the window may have nothing before it. Where to begin, the timeline shows.
    const { source, service, profile_type, selector } = args;
    const scope = { source, service, profile_type, selector };
    return { tool: 'get_timeline', arguments: retryArguments(scope, request, why.retry) };
  }
  if (why.retry !== null) return { tool, arguments: retryArguments({ ...args }, request, why.retry) };
  if (why.reason !== 'unknown_service') return null;
  return { tool: 'list_services', arguments: args.source === undefined ? {} : { source: args.source } };
}

/** Arguments of single tools that a ready call repeats, with the values that go without saying. */
const REPEATED: readonly (readonly [name: string, unsaid: string | null])[] = [
  ['label', null],
  ['view', 'top'],
  ['sort', 'self'],
  ['focus', null],
  ['ignore', null],
  ['baseline_from', null],
  ['baseline_to', null],
  ['baseline_selector', null],
  ['symptom', null],
  ['group_by', null],
  ['function', null],
];

/** The caller's own arguments with those that have an answer put in; an emptied selector goes. */
function retryArguments(
  args: ScopeArguments & Readonly<Record<string, unknown>>,
  { service, matchers }: ProfileRequest,
  retry: Readonly<Record<string, string>>,
): Record<string, string> {
  const { source, profile_type, from, to } = args;
  const selector = matchers.length === 0 ? '' : formatSelector(matchers);
  const repeated = REPEATED.flatMap(([name, unsaid]) => (args[name] === unsaid ? [] : [[name, args[name]]]));
  const merged = {
    source,
    service,
    profile_type,
    selector,
    from,
    to,
    ...retry,
    ...Object.fromEntries(repeated),
  };
  return Object.fromEntries(
    Object.entries(merged).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}

function freshDataNotes({ isLive }: ProfileSource, { reason }: Emptiness): string[] {
  if (!isLive || reason !== 'source_empty') return [];
  return [
    'A newly installed server that also keeps the old storage may answer empty for some minutes after the first profiles.',
  ];
}
