import {
  defaultProfileType,
  listAliases,
  type ProfileType,
  resolveProfileType,
} from '../profile/types/types.js';
import { matcherTest } from '../sources/matching.js';
import { formatSelector } from '../sources/selector.js';
import type { ExemplarKind, Matcher, Window } from '../sources/source.js';
import { findNearest } from '../text/nearest.js';
import { formatTime } from '../text/units.js';
import { mapInTurns } from '../work/turns.js';
import type { ToolContext } from './context.js';
import { findLastSeen, findWideWindows } from './data-range.js';
import type { ProfileRequest } from './request.js';
import { allMatchers } from './selection.js';

const HOUR = 3_600_000;
/** Maximum number of existing labels that are named when a matcher uses one that does not exist. */
const MAX_LABELS = 20;

/** The reason for an answer without data, and what would have data instead. */
export interface Emptiness {
  reason:
    | 'source_empty'
    | 'window_outside_data'
    | 'unknown_service'
    | 'type_not_emitted'
    | 'counts_since_start'
    | 'matchers_exclude_all'
    | 'no_such_samples';
  /** A sentence that quotes the value of the caller. */
  detail: string;
  /** Names or windows that exist instead, most likely first. */
  instead: readonly string[];
  /** Arguments that would have an answer, to be merged into those of the caller. */
  retry: Readonly<Record<string, string>> | null;
  /** Single profiles or spans of the window that can be listed instead of those that were asked for. */
  list?: ExemplarKind | null;
}

/**
 * Finds the reason why a request has no data. The six reasons are tried in this order: nothing is stored, the
 * service is unknown, the window is outside the data, the type is not emitted, a counter was read only once,
 * the matchers exclude everything.
 */
export async function explainEmptiness(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<Emptiness> {
  const emptiness = await explainSelection(request, window, context);
  const { enforced = [] } = request.source;
  if (enforced.length === 0) return emptiness;
  const limit = `The rights of this caller show only profiles with ${formatSelector(enforced)}.`;
  return { ...emptiness, detail: `${emptiness.detail} ${limit}` };
}

async function explainSelection(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<Emptiness> {
  const { source, service } = request;
  const schema = context.getSchema(source).fresh;
  const wide = await findWideWindows(source, window, context);
  const spans = [window, ...wide];

  const services = new Set<string>();
  for (const span of spans) {
    for (const name of await schema.labelValues('service_name', [], span, context.signal)) services.add(name);
  }
  if (services.size === 0) {
    return {
      reason: 'source_empty',
      detail: `The source "${source.name}" holds no profiles.`,
      instead: [],
      retry: null,
    };
  }
  if (service !== null && !services.has(service)) {
    const [best, ...others] = findNearest(service, [...services]);
    return {
      reason: 'unknown_service',
      detail: `No service ${JSON.stringify(service)} has sent profiles to "${source.name}".`,
      instead: best === undefined ? [...services].slice(0, 5) : [best, ...others],
      retry: best === undefined ? null : { service: best },
    };
  }
  const otherService =
    service === null ? await explainUnmatchedService(request, [...services], context.signal) : null;
  if (otherService !== null) return otherService;
  const serviceMatchers = allMatchers({ service, matchers: [] });
  const typeIds = await schema.typeIds(serviceMatchers, window, context.signal);
  const hasProfiles =
    typeIds.length > 0 &&
    (await source.labelValues('__profile_type__', { matchers: serviceMatchers, window }, context.signal))
      .length > 0;
  if (!hasProfiles) return explainOutsideData(request, window, wide, context);
  const wanted = request.profileType;
  const type = wanted === null ? defaultProfileType(typeIds) : resolveProfileType(wanted, typeIds);
  if (type === null) {
    const aliases = listAliases(typeIds);
    return {
      reason: 'type_not_emitted',
      detail: `${service ?? 'No service'} emits no ${JSON.stringify(wanted)} profiles in this window.`,
      instead: aliases,
      retry: aliases[0] === undefined ? null : { profile_type: aliases[0] },
    };
  }
  if (await countsSinceStart(request, type, window, context)) {
    return {
      reason: 'counts_since_start',
      detail: `The ${type.alias} profiles in this window count since the process started; with one reading of each instance the amount in the window is unknown.`,
      instead: ['summarize_profile, which shows what was counted since the start'],
      retry: null,
    };
  }
  if (request.matchers.length === 0) return explainOutsideData(request, window, wide, context);
  return explainExclusion(request, type, window, context);
}

/**
 * Whether the profiles in the window count since the process started, so that a single reading says nothing
 * about the window. A server takes the difference itself.
 */
async function countsSinceStart(
  { source, service, matchers }: ProfileRequest,
  { id }: ProfileType,
  window: Window,
  { signal }: ToolContext,
): Promise<boolean> {
  if (source.isLive) return false;
  const query = { profileTypeId: id, matchers: allMatchers({ service, matchers }), window };
  return (await source.profile(query, signal)).isSinceStart === true;
}

/** Finds a matcher on `service_name` that no service meets; null where there is none. */
async function explainUnmatchedService(
  { source, matchers }: ProfileRequest,
  services: readonly string[],
  signal: AbortSignal,
): Promise<Emptiness | null> {
  const onService = matchers.filter(({ name }) => name === 'service_name');
  let unmetMatcher: Matcher | undefined;
  for (const matcher of onService) {
    const results = await mapInTurns(services, matcherTest(matcher), signal);
    if (!results.includes(true)) unmetMatcher ??= matcher;
  }
  if (unmetMatcher === undefined) return null;
  const others = matchers.filter((matcher) => matcher !== unmetMatcher);
  const similar = findNearest(unmetMatcher.value.replace(/[.*+?^$|()\\]/g, ''), services);
  return {
    reason: 'unknown_service',
    detail: `No service that has sent profiles to "${source.name}" meets ${formatSelector([unmetMatcher]).slice(1, -1)}.`,
    instead: similar.length > 0 ? similar : services.slice(0, 5),
    retry:
      similar[0] === undefined
        ? null
        : { service: similar[0], selector: others.length === 0 ? '' : formatSelector(others) },
  };
}

async function explainOutsideData(
  request: ProfileRequest,
  window: Window,
  wide: readonly Window[],
  context: ToolContext,
): Promise<Emptiness> {
  const subject = request.service ?? 'The source';
  for (const span of wide) {
    const newest = await findLastSeen({ ...request, matchers: [], profileType: null }, span, context);
    if (newest === null) continue;
    const hour = { from: newest - HOUR, to: newest };
    const retryWindow = { from: formatTime(hour.from), to: formatTime(hour.to) };
    const present = await listOtherTypes(request, hour, context);
    const others = present === null ? '' : `, none of them ${JSON.stringify(request.profileType)}`;
    return {
      reason: 'window_outside_data',
      detail: `${subject} has no profiles from ${formatTime(window.from)} to ${formatTime(window.to)}; the newest found are from ${retryWindow.to}${others}.`,
      instead: [`profiles in ${retryWindow.from} to ${retryWindow.to}`, ...(present ?? [])],
      retry: { ...retryWindow, ...(present?.[0] === undefined ? {} : { profile_type: present[0] }) },
    };
  }
  return {
    reason: 'window_outside_data',
    detail: `${subject} has no profiles from ${formatTime(window.from)} to ${formatTime(window.to)}.`,
    instead: [],
    retry: null,
  };
}

/**
 * Lists the types of the service in a window that lacks the requested type. Null where the window has that
 * type, or where the request names none.
 */
async function listOtherTypes(
  { source, service, profileType }: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<string[] | null> {
  if (profileType === null) return null;
  const matchers = allMatchers({ service, matchers: [] });
  const typeIds = await context.getSchema(source).fresh.typeIds(matchers, window, context.signal);
  return resolveProfileType(profileType, typeIds) === null ? listAliases(typeIds) : null;
}

/** Finds the single matcher that excludes everything: without it there is data. */
async function explainExclusion(
  request: ProfileRequest,
  type: ProfileType,
  window: Window,
  context: ToolContext,
): Promise<Emptiness> {
  const { source, service, matchers } = request;
  const hasData = async (remaining: readonly Matcher[]) => {
    const typeIds = await source.labelValues(
      '__profile_type__',
      { matchers: allMatchers({ service, matchers: remaining }), window },
      context.signal,
    );
    return typeIds.includes(type.id);
  };
  for (const matcher of matchers) {
    const rest = matchers.filter((other) => other !== matcher);
    if (!(await hasData(rest))) continue;
    const values = await source.labelValues(
      matcher.name,
      { matchers: allMatchers({ service, matchers: rest }), window },
      context.signal,
    );
    const text = formatSelector([matcher]).slice(1, -1);
    const retry = { selector: rest.length === 0 ? '' : formatSelector(rest) };
    if (values.length === 0) {
      const labels = await source.labelNames(
        { matchers: allMatchers({ service, matchers: rest }), window },
        context.signal,
      );
      return {
        reason: 'matchers_exclude_all',
        detail: `The matcher ${text} excludes everything: ${service ?? 'the source'} has no label ${matcher.name}.`,
        instead: labels.slice(0, MAX_LABELS).map((name) => `label ${name}`),
        retry,
      };
    }
    const best = matcher.op === '=' || matcher.op === '=~' ? findNearest(matcher.value, values) : values;
    return {
      reason: 'matchers_exclude_all',
      detail: `The matcher ${text} excludes everything; without it there is data.`,
      instead: (best.length > 0 ? best : values).slice(0, 5),
      retry,
    };
  }
  return {
    reason: 'matchers_exclude_all',
    detail: `The matchers ${formatSelector(matchers)} together exclude everything; no single one does.`,
    instead: [],
    retry: { selector: '' },
  };
}
