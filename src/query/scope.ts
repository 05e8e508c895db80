import { UserError } from '../errors.js';
import type { IdSelection } from '../profile/ids.js';
import {
  listAliases,
  orderTypes,
  PROFILE_TYPE_ALIASES,
  type ProfileType,
  parseProfileType,
  resolveProfileType,
  typeArgument,
} from '../profile/types/types.js';
import { matcherTest } from '../sources/matching.js';
import { formatSelector } from '../sources/selector.js';
import { withTypes } from '../sources/several-types.js';
import type { Matcher, MergeQuery, ProfileQuery, ProfileSource, Window } from '../sources/source.js';
import { findNearest } from '../text/nearest.js';
import { safeText } from '../text/sanitise.js';
import type { ToolContext } from './context.js';
import { findLastHourWithData } from './data-range.js';
import { findPreferredType, findType } from './existing-type.js';
import { leaveOneProfiler } from './one-profiler.js';
import type { ProfileRequest } from './request.js';
import { allMatchers, type Selection } from './selection.js';
import { findServices, type SeveralServices } from './services.js';
import { withTeamsWord } from './team-word.js';

/** The resolved scope of a question about a profile: service, type and labels exist. */
export interface Scope extends Selection {
  source: ProfileSource;
  window: Window;
  type: ProfileType;
  /** Alias of the type, or its id where another present type has the same alias. */
  typeArgument: string;
  /** Services that the scope covers, where they are several; their profiles are added up. */
  several: SeveralServices | null;
  /** Samples of single requests or profiles, where only they are meant. */
  only: IdSelection | null;
  /** Notes for the reader about everything that was chosen for the caller. */
  notes: readonly string[];
}

export type Resolution =
  | { scope: Scope }
  /** The window holds no profile of the type; the request as far as it was resolved. */
  | { missing: ProfileRequest; window: Window };

/**
 * Resolves service, window and type against what the source holds.
 * @throws UserError when the caller must choose, UpstreamError
 */
export async function resolveScope(
  originalRequest: ProfileRequest,
  context: ToolContext,
): Promise<Resolution> {
  const { source } = originalRequest;
  const translated = await withTeamsWord(originalRequest, context);
  let { request } = translated;
  const notes: string[] = [...translated.notes];
  const window = request.window ?? (await findLastHourWithData(request, context));
  if (request.window === null) notes.push('No window was given: the last hour that has data was taken.');
  const { notes: serviceNotes, ...resolvedService } = await resolveService(request, window, context);
  request = { ...request, ...resolvedService };
  notes.push(...serviceNotes);
  const { service } = request;
  const query = { matchers: allMatchers({ service, matchers: request.matchers }), window };
  const { type: existing, typeIds } = await findType(
    request.profileType,
    context.getSchema(source),
    query,
    context.signal,
  );
  const type =
    existing === null || request.profileType !== null
      ? existing
      : await findPreferredType(existing, source, query, context.signal);
  if (type === null) {
    checkTypeName(request.profileType, typeIds);
    return { missing: request, window };
  }
  if (request.profileType === null) {
    notes.push(`No profile type was given: ${type.alias} was taken${otherTypes(typeIds, type)}.`);
  }
  const namesakes = orderTypes(typeIds).filter(({ alias, id }) => alias === type.alias && id !== type.id);
  const { profileType: wanted } = request;
  const selected = { service, matchers: request.matchers };
  const { several, notes: typeNotes } =
    service === null
      ? await findServices(source, selected, { type, wanted }, window, context)
      : { several: null, notes: [] };
  notes.push(...typeNotes);
  if (several === null && namesakes.length > 0 && request.profileType?.includes(':') !== true) {
    notes.push(`Several types are called ${type.alias}: also ${namesakes.map(({ id }) => id).join(', ')}.`);
  }
  notes.push(...(await explainIdleMatchers(request, window, context)));
  const selection = { service, matchers: request.matchers };
  const oneProfiler = await leaveOneProfiler(source, selection, type, window, context);
  notes.push(...oneProfiler.notes);
  const matchers = [...request.matchers, ...oneProfiler.matchers];
  const types = several?.types ?? [];
  return {
    scope: {
      source: types.length < 2 ? source : withTypes(source, type.id, types),
      service,
      matchers,
      window,
      type,
      typeArgument: typeArgument(type, typeIds),
      several,
      only: request.only,
      notes,
    },
  };
}

/**
 * Resolves the service: the one in the request, or the only one that exists; null where matchers stand for
 * it. A word of the team may add a matcher to those of the request.
 * @throws UserError when the request names none and there are several
 */
export async function resolveService(
  { source, service, matchers, ...rest }: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<{ service: string | null; matchers: readonly Matcher[]; notes: readonly string[] }> {
  if (service !== null) {
    const { request, notes } = await withTeamsWord({ ...rest, source, service, matchers, window }, context);
    return { service: request.service, matchers: request.matchers, notes };
  }
  if (matchers.length > 0) return { service, matchers, notes: [] };
  const services = await context.getSchema(source).labelValues('service_name', [], window, context.signal);
  if (services.length > 1) {
    throw new UserError(
      'No `service` was given, and the source has several.',
      `Name one: ${services.slice(0, 10).join(', ')}${services.length > 10 ? `, … (${services.length} in all: list_services)` : ''}.`,
    );
  }
  const [only = null] = services;
  return {
    service: only,
    matchers,
    notes: only === null ? [] : [`No service was given: ${only} is the only one.`],
  };
}

/** Notes that a selector without a service adds up several services. */
export async function explainMixture(
  { source, matchers }: Pick<ProfileRequest, 'source' | 'matchers'>,
  window: Window,
  context: ToolContext,
): Promise<string[]> {
  const services = await context
    .getSchema(source)
    .labelValues('service_name', matchers, window, context.signal);
  if (services.length < 2) return [];
  const shown = services.slice(0, 5).join(', ');
  return [`${services.length} services are added up: ${shown}${services.length > 5 ? ', …' : ''}.`];
}

/**
 * Notes each matcher that excludes nothing because no profile has its label, such as `pod!="a"` without pods:
 * the reader may think that it did. Before the note is written, the labels are read from the source again.
 */
async function explainIdleMatchers(
  { source, service, matchers }: ProfileRequest,
  window: Window,
  context: ToolContext,
): Promise<string[]> {
  const idle = matchers.filter((matcher) => matcherTest(matcher)(undefined));
  if (idle.length === 0) return [];
  const schema = context.getSchema(source);
  const rest = allMatchers({ service, matchers: matchers.filter((matcher) => !idle.includes(matcher)) });
  const withoutLabel = (names: readonly string[]) => idle.filter(({ name }) => !names.includes(name));
  if (withoutLabel(await schema.labelNames(rest, window, context.signal)).length === 0) return [];
  const missing = withoutLabel(await schema.fresh.labelNames(rest, window, context.signal));
  return missing.map(
    (matcher) =>
      `${safeText(formatSelector([matcher]).slice(1, -1), 160)} excludes nothing: no profile here has a label ${safeText(matcher.name, 60)}.`,
  );
}

function otherTypes(typeIds: readonly string[], chosen: ProfileType): string {
  const others = listAliases(typeIds).filter((alias) => alias !== chosen.alias);
  return others.length === 0 ? '' : ` (also: ${others.join(', ')})`;
}

/** Refuses a word that no table of types knows: it is a slip of the caller, not a type that is absent. */
function checkTypeName(wanted: string | null, typeIds: readonly string[]): void {
  if (wanted === null || typeIds.length === 0) return;
  const looksLikeId = parseProfileType(wanted) !== null;
  const isKnown =
    resolveProfileType(wanted, ALL_KNOWN) !== null || PROFILE_TYPE_ALIASES.includes(wanted.toLowerCase());
  if (looksLikeId || isKnown) return;
  const aliases = listAliases(typeIds);
  const [best] = findNearest(wanted, [...aliases, ...PROFILE_TYPE_ALIASES]);
  throw new UserError(
    `\`profile_type\` ${JSON.stringify(wanted)} is not known.`,
    `${best === undefined ? '' : `Did you mean "${best}"? `}Present: ${aliases.join(', ')}.`,
  );
}

/** An id of each family that the synonyms cover, to check whether a word means any type. */
const ALL_KNOWN = [
  'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  'memory:inuse_space:bytes:space:bytes',
  'memory:alloc_space:bytes:space:bytes',
  'goroutine:goroutine:count:goroutine:count',
  'mutex:delay:nanoseconds:mutex:count',
  'block:delay:nanoseconds:block:count',
  'exceptions:exception:count:exception:count',
  'off_cpu:off_cpu:nanoseconds::',
];

export function profileQuery(scope: Scope): ProfileQuery {
  return { profileTypeId: scope.type.id, matchers: allMatchers(scope), window: scope.window };
}

/** The query of a scope with its ids, for a merge. */
export function mergeQuery(scope: Scope): MergeQuery {
  return { ...profileQuery(scope), ...(scope.only === null ? {} : { only: scope.only }) };
}
