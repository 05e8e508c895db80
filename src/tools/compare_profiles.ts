import { UserError } from '../errors.js';
import { readComparison } from '../investigation/compare.js';
import { buildComparison } from '../investigation/comparison-report.js';
import { addComparison } from '../investigation/pictures.js';
import { compareRequest, type OneRequestQuestion } from '../investigation/requests/compare.js';
import { compareServices } from '../investigation/several-services.js';
import { readSourceCode } from '../investigation/source-code.js';
import { idsText } from '../profile/ids.js';
import type { CallContext, WrittenCall } from '../query/context.js';
import { type Emptiness, explainEmptiness } from '../query/emptiness.js';
import { differenceLink, linkTo } from '../query/link.js';
import { answerWithoutData } from '../query/profile-question.js';
import { type ProfileRequest, readBaseline, readRequest } from '../query/request.js';
import { mergeQuery, resolveScope, type Scope } from '../query/scope.js';
import { allMatchers, selectorText, sourceArgument } from '../query/selection.js';
import { comparisonAnswer } from '../report/answers/comparison.js';
import {
  type ServicesComparison,
  servicesComparisonAnswer,
} from '../report/answers/fleet/services-comparison.js';
import { emptyAnswer } from '../report/empty.js';
import { withLink } from '../report/links.js';
import { type NextCall, nextCall, type ToolArguments } from '../report/next.js';
import type { Answer } from '../report/render.js';
import { requestComparisonAnswer } from '../report/requests/comparison.js';
import { withSourceLines } from '../report/source-lines.js';
import { formatSelector, parseSelector, sameMatchers } from '../sources/selector.js';
import type { Matcher, Window } from '../sources/source.js';
import { formatTime } from '../text/units.js';
import type { Run } from './define.js';
import type { input } from './surface/compare_profiles.js';

export const run: Run<typeof input> = async (args, context) => {
  const request = await readRequest(args, context);
  const window = request.window;
  if (window === null)
    throw new UserError('compare_profiles needs `from` and `to`.', 'Give the window to judge.');
  const namedBaseline = readBaseline(args, window, context.now());
  const others =
    args.baseline_selector === undefined ? null : readOther(args.baseline_selector, request.service);
  const resolution = await resolveScope(request, context);
  if ('missing' in resolution) return answerWithoutData(resolution.missing, window, context);
  const { scope } = resolution;
  const matchers = allMatchers(scope);
  // The matchers that the team uses for the service hold on both sides.
  const ofService = scope.matchers.filter((matcher) => !request.matchers.includes(matcher));
  const before = others === null ? scope.matchers : [...others, ...ofService];
  if (scope.only !== null) {
    const isNamed = namedBaseline !== null || others !== null;
    const side = isNamed
      ? { window: namedBaseline ?? window, matchers: allMatchers({ ...scope, matchers: before }) }
      : null;
    return answerForRequests(
      { scope, only: scope.only, matchers, others: side },
      request,
      args.limit,
      context,
    );
  }
  const baseline = {
    window: namedBaseline ?? (others === null ? null : window),
    matchers: others === null ? matchers : allMatchers({ ...scope, matchers: before }),
  };
  if (scope.several !== null || (others !== null && (await hasSeveral(scope, baseline, context)))) {
    const rows = await compareServices({ scope, window, matchers, baseline }, context);
    const next = nextOfServices(rows, scope, await sourceArgument(scope.source, context));
    return servicesComparisonAnswer(rows, next);
  }
  const reading = await readComparison({ scope, window, matchers, baseline }, context);
  const { service } = scope;
  if (reading === 'no_incident') {
    const empty = { ...request, service, matchers: scope.matchers };
    return answerWithoutData(empty, window, context);
  }
  if ('emptyBaseline' in reading) {
    const past = { ...request, service, profileType: scope.type.id, matchers: before };
    const there = linkTo(scope.source, { profileTypeId: scope.type.id, matchers, window });
    const empty = { incident: window, baseline: reading.emptyBaseline };
    return withLink(await explainNoBaseline(past, empty, context), there);
  }
  const { source, type } = scope;
  const link = differenceLink(
    source,
    { profileTypeId: type.id, matchers: baseline.matchers, window: reading.baseline },
    { profileTypeId: type.id, matchers, window },
  );
  const side = sameMatchers(baseline.matchers, matchers) ? 'baseline' : 'incident';
  const code = await readSourceCode(reading.context, side, context.signal);
  const comparison = await buildComparison(reading, args.limit, context);
  addComparison(context.pictures, reading, comparison.finding);
  const answer = withSourceLines(comparisonAnswer(comparison), code, comparison.finding?.fn ?? undefined);
  return withLink(answer, link);
};

/** Single requests or profiles against the others. */
async function answerForRequests(
  question: OneRequestQuestion,
  request: ProfileRequest,
  limit: number,
  context: CallContext,
): Promise<Answer> {
  const { scope, only } = question;
  const compared = await compareRequest(question, context);
  if (compared === null) {
    const { service, matchers, type, window } = scope;
    return answerWithoutData({ ...request, service, matchers, profileType: type.id }, window, context);
  }
  if (compared === 'no_others') {
    throw new UserError(
      `Nothing but the samples of ${idsText(only)} was found to compare with.`,
      'Name other profiles in `baseline_selector`, or an earlier time in `baseline_from` and `baseline_to`; summarize_profile shows these samples alone.',
    );
  }
  return withLink(requestComparisonAnswer(compared, limit), linkTo(scope.source, mergeQuery(scope)));
}

/** Whether the other side of a comparison without a service covers several. */
async function hasSeveral(
  { source, service, window }: Scope,
  baseline: { window: Window | null; matchers: readonly Matcher[] },
  { getSchema, signal }: CallContext,
): Promise<boolean> {
  if (service !== null) return false;
  const at = baseline.window ?? window;
  return (await getSchema(source).labelValues('service_name', baseline.matchers, at, signal)).length > 1;
}

/** The calls that give verdicts: on all services, and on the one that changed most in amount. */
function nextOfServices(
  { rows, before, after, typeArgument }: ServicesComparison,
  scope: Scope,
  source: { source?: string },
): NextCall[] {
  const times = { from: formatTime(after.window.from), to: formatTime(after.window.to) };
  const furtherMatchers = scope.matchers.filter(({ name }) => name !== 'service_name');
  const [first] = rows;
  return [
    nextCall('investigate', { ...source, selector: formatSelector(scope.matchers), ...times }),
    ...(first === undefined || before.selector !== after.selector
      ? []
      : [
          nextCall('compare_profiles', {
            ...source,
            service: first.service,
            // Another service's short name may mean another type.
            profile_type: first.typeId === scope.type.id ? typeArgument : first.typeId,
            ...(furtherMatchers.length === 0 ? {} : { selector: formatSelector(furtherMatchers) }),
            ...times,
            baseline_from: formatTime(before.window.from),
            baseline_to: formatTime(before.window.to),
          }),
        ]),
  ];
}

/** There are profiles in the window, but none to compare them with: why, and the call that has some. */
async function explainNoBaseline(
  request: ProfileRequest,
  { incident, baseline }: { incident: Window; baseline: Window },
  context: CallContext<Partial<ToolArguments['compare_profiles']>>,
): Promise<Answer> {
  const why = await explainEmptiness(request, baseline, context);
  return emptyAnswer({
    source: request.source.name,
    service: request.service,
    selector: selectorText(request),
    profileType: request.profileType,
    window: baseline,
    reason: why.reason,
    detail: `The baseline is empty. ${why.detail}`,
    instead: why.instead,
    retry: otherBaseline(context.call, why, incident),
    notes: ['Without a baseline: summarize_profile shows where the cost goes.'],
  });
}

/**
 * The call with a baseline that has profiles. Where only the window itself is known to have some: the time
 * before it, and where that was empty the timeline, which shows where in the window the change is, so that it
 * can begin there.
 */
function otherBaseline(
  call: WrittenCall<Partial<ToolArguments['compare_profiles']>>,
  { retry }: Emptiness,
  incident: Window,
): NextCall | null {
  const given = {
    ...call.args,
    // now-1h would be another window in the next call.
    from: formatTime(incident.from),
    to: formatTime(incident.to),
  };
  const { from, to, selector } = retry ?? {};
  if (selector !== undefined) {
    const { baseline_selector: _selector, ...unselected } = given;
    return nextCall('compare_profiles', {
      ...unselected,
      ...(selector === '' ? {} : { baseline_selector: selector }),
    });
  }
  if (from === undefined || to === undefined) return null;
  const overlaps = Date.parse(from) <= incident.to && Date.parse(to) >= incident.from;
  if (!overlaps || given.baseline_selector !== undefined)
    return nextCall('compare_profiles', { ...given, baseline_from: from, baseline_to: to });
  const { baseline_from, baseline_to, limit, ...scope } = given;
  const hasNamedTimes = baseline_from !== undefined || baseline_to !== undefined;
  return hasNamedTimes
    ? nextCall('compare_profiles', { ...scope, ...(limit === undefined ? {} : { limit }) })
    : nextCall('get_timeline', scope);
}

/** The matchers of the baseline side; its service is the incident's. */
function readOther(selector: string, service: string | null): readonly Matcher[] {
  const matchers = parseSelector(selector);
  const named = matchers.find(({ name }) => name === 'service_name');
  if (named !== undefined && named.value !== service) {
    throw new UserError(
      `\`baseline_selector\` names the service ${JSON.stringify(named.value)}; both sides are of one service.`,
      'Leave service_name out of it: `service` holds for both sides.',
    );
  }
  return matchers.filter((matcher) => matcher !== named);
}
