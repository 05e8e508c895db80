import {
  aliasesOf,
  defaultProfileType,
  type ProfileType,
  resolveProfileType,
} from '../profile/types/types.js';
import { matcherTest } from '../sources/matching.js';
import { formatSelector } from '../sources/selector.js';
import type { Matcher, Window } from '../sources/source.js';
import { nearest } from '../text/nearest.js';
import { formatTime } from '../text/units.js';
import { mapInTurns } from '../work/turns.js';
import type { ToolContext } from './context.js';
import { lastSeen, wideWindows } from './data-range.js';
import type { ProfileRequest } from './request.js';
import { allMatchers } from './selection.js';

const HOUR = 3_600_000;
/** Labels named where one does not exist. */
const MAX_LABELS = 20;

/** Why there is nothing to answer with. */
export interface Emptiness {
  reason:
    | 'source_empty'
    | 'window_outside_data'
    | 'unknown_service'
    | 'type_not_emitted'
    | 'counts_since_start'
    | 'matchers_exclude_all';
  /** One sentence with the value asked for. */
  detail: string;
  /** What exists instead, most likely first. */
  instead: readonly string[];
  /** Arguments that would have an answer; merged into the caller's. */
  retry: Readonly<Record<string, string>> | null;
}

/**
 * Says which of the six reasons holds for a request without data, in the order in which they explain one
 * another: nothing stored, service unknown, window outside the data, type not emitted, a counter read once
 * only, matchers exclude everything.
 */
export async function explainEmptiness(
  request: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<Emptiness> {
  const { source, service } = request;
  const schema = context.schemaOf(source).fresh;
  const wide = await wideWindows(source, window, context);
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
    const [best, ...others] = nearest(service, [...services]);
    return {
      reason: 'unknown_service',
      detail: `No service ${JSON.stringify(service)} has sent profiles to "${source.name}".`,
      instead: best === undefined ? [...services].slice(0, 5) : [best, ...others],
      retry: best === undefined ? null : { service: best },
    };
  }
  const otherService =
    service === null ? await unmatchedService(request, [...services], context.signal) : null;
  if (otherService !== null) return otherService;
  const ofService = allMatchers({ service, matchers: [] });
  const inWindow = await schema.typeIds(ofService, window, context.signal);
  const exact =
    inWindow.length > 0 &&
    (await source.labelValues('__profile_type__', { matchers: ofService, window }, context.signal)).length >
      0;
  if (!exact) return outsideData(request, window, wide, context);
  const wanted = request.profileType;
  const type = wanted === null ? defaultProfileType(inWindow) : resolveProfileType(wanted, inWindow);
  if (type === null) {
    const aliases = aliasesOf(inWindow);
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
  if (request.matchers.length === 0) return outsideData(request, window, wide, context);
  return excludedBy(request, type, window, context);
}

/**
 * Whether profiles are there whose amounts say nothing about a window. A server takes the difference itself.
 */
async function countsSinceStart(
  { source, service, matchers }: ProfileRequest,
  { id }: ProfileType,
  window: Window,
  { signal }: ToolContext,
): Promise<boolean> {
  if (source.isLive) return false;
  const query = { profileTypeId: id, matchers: allMatchers({ service, matchers }), window };
  return (await source.profile(query, signal)).sinceStart === true;
}

/** A matcher on the service itself that no service meets. */
async function unmatchedService(
  { source, matchers }: ProfileRequest,
  services: readonly string[],
  signal: AbortSignal,
): Promise<Emptiness | null> {
  const onService = matchers.filter(({ name }) => name === 'service_name');
  let wrong: Matcher | undefined;
  for (const matcher of onService) {
    const met = await mapInTurns(services, matcherTest(matcher), signal);
    if (!met.includes(true)) wrong ??= matcher;
  }
  if (wrong === undefined) return null;
  const others = matchers.filter((matcher) => matcher !== wrong);
  const like = nearest(wrong.value.replace(/[.*+?^$|()\\]/g, ''), services);
  return {
    reason: 'unknown_service',
    detail: `No service that has sent profiles to "${source.name}" meets ${formatSelector([wrong]).slice(1, -1)}.`,
    instead: like.length > 0 ? like : services.slice(0, 5),
    retry:
      like[0] === undefined
        ? null
        : { service: like[0], selector: others.length === 0 ? '' : formatSelector(others) },
  };
}

async function outsideData(
  request: ProfileRequest,
  window: Window,
  wide: readonly Window[],
  context: ToolContext,
): Promise<Emptiness> {
  const who = request.service ?? 'The source';
  for (const span of wide) {
    const newest = await lastSeen({ ...request, matchers: [], profileType: null }, span, context);
    if (newest === null) continue;
    const hour = { from: newest - HOUR, to: newest };
    const near = { from: formatTime(hour.from), to: formatTime(hour.to) };
    const present = await typesInstead(request, hour, context);
    const others = present === null ? '' : `, none of them ${JSON.stringify(request.profileType)}`;
    return {
      reason: 'window_outside_data',
      detail: `${who} has no profiles from ${formatTime(window.from)} to ${formatTime(window.to)}; the newest found are from ${near.to}${others}.`,
      instead: [`profiles in ${near.from} to ${near.to}`, ...(present ?? [])],
      retry: { ...near, ...(present?.[0] === undefined ? {} : { profile_type: present[0] }) },
    };
  }
  return {
    reason: 'window_outside_data',
    detail: `${who} has no profiles from ${formatTime(window.from)} to ${formatTime(window.to)}.`,
    instead: [],
    retry: null,
  };
}

/**
 * The types of the service in a window that lacks the one asked for; null where that one is there, or any
 * will do.
 */
async function typesInstead(
  { source, service, profileType }: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<string[] | null> {
  if (profileType === null) return null;
  const matchers = allMatchers({ service, matchers: [] });
  const typeIds = await context.schemaOf(source).fresh.typeIds(matchers, window, context.signal);
  return resolveProfileType(profileType, typeIds) === null ? aliasesOf(typeIds) : null;
}

/** Which single matcher excludes everything: the one without which there is data. */
async function excludedBy(
  request: ProfileRequest,
  type: ProfileType,
  window: Window,
  context: ToolContext,
): Promise<Emptiness> {
  const { source, service, matchers } = request;
  const exists = async (some: readonly Matcher[]) => {
    const found = await source.labelValues(
      '__profile_type__',
      { matchers: allMatchers({ service, matchers: some }), window },
      context.signal,
    );
    return found.includes(type.id);
  };
  for (const matcher of matchers) {
    const rest = matchers.filter((other) => other !== matcher);
    if (!(await exists(rest))) continue;
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
    const best = matcher.op === '=' || matcher.op === '=~' ? nearest(matcher.value, values) : values;
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
