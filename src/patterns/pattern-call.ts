import { parseProfileType, resolveProfileType } from '../profile/types/types.js';
import type { NextCall } from '../report/next.js';
import { formatSelector } from '../sources/selector.js';
import type { Matcher } from '../sources/source.js';
import { findService, type NamedService, type QueryPattern, SERVICE_LABEL } from './pattern.js';
import type { LiveSchema } from './validate.js';

/** Facts that a ready call depends on in addition to the pattern. */
export interface CallPlace {
  /** The `source` argument; null where it may be left out. */
  source: string | null;
  /** Content of the source; null where it is unknown. */
  live: LiveSchema | null;
  /** The team's own label for services; null where that is `service_name`. */
  label: string | null;
}

/**
 * Makes the call for a pattern. Where the pattern leaves the service open, the chosen service is taken, or
 * else the last choice on the dashboard, if it exists.
 */
export function buildCall(
  pattern: QueryPattern,
  place: CallPlace,
  chosenService: NamedService | null,
): NextCall {
  const { live } = place;
  const service = valueFor(SERVICE_LABEL, pattern, live, chosenService);
  const serviceValue = place.label === null ? null : valueFor(place.label, pattern, live, chosenService);
  const rest = withOwnLabel(pattern, place.label, serviceValue).filter(
    ({ name, op }) => name !== SERVICE_LABEL || (op !== '=' && service === null),
  );
  const from = place.source === null ? {} : { source: place.source };
  if (service === null && rest.length === 0 && countServices(live) > 1) {
    return { tool: 'list_services', arguments: from };
  }
  const question = {
    ...from,
    ...(service === null ? {} : { service }),
    ...(pattern.profileTypeId === null
      ? {}
      : { profile_type: typeArgument(pattern.profileTypeId, listTypeIds(live)) }),
    ...(rest.length === 0 ? {} : { selector: formatSelector(rest) }),
  };
  const [label, ...others] = pattern.groupBy;
  // A call of our own grouped by one label: so does the next one.
  return pattern.asked !== undefined && service !== null && label !== undefined && others.length === 0
    ? { tool: 'get_timeline', arguments: { ...question, group_by: label } }
    : { tool: 'summarize_profile', arguments: question };
}

/** The alias where it means just this type, else the id. */
export function typeArgument(id: string, typeIds: readonly string[]): string {
  const alias = parseProfileType(id)?.alias ?? id;
  const resolved = resolveProfileType(alias, typeIds.length === 0 ? [id] : typeIds);
  return resolved?.id.split(':').slice(0, 5).join(':') === id ? alias : id;
}

export function listTypeIds(live: LiveSchema | null): string[] {
  return [...new Set((live?.servicesAndTypes ?? []).flatMap((pair) => pair.__profile_type__ ?? []))];
}

/** Whether a service sends profiles; true where that is unknown. */
export function hasService(live: LiveSchema | null, { label, value }: NamedService): boolean {
  if (live === null) return true;
  if (label !== SERVICE_LABEL) return live.values.get(label)?.includes(value) ?? false;
  return live.servicesAndTypes.some((pair) => pair.service_name === value);
}

/**
 * The value of a label that names services: from the pattern, the chosen service, or the dashboard's last
 * choice.
 */
function valueFor(
  label: string,
  pattern: QueryPattern,
  live: LiveSchema | null,
  chosenService: NamedService | null,
): string | null {
  const fixed = findService(pattern, label);
  if (fixed !== null) return fixed;
  if (chosenService !== null && chosenService.label === label && hasService(live, chosenService))
    return chosenService.value;
  // The last choice of another label may belong to another service than the chosen one.
  if (chosenService !== null && chosenService.label !== label) return null;
  const value = pattern.current[label];
  return value !== undefined && hasService(live, { label, value }) ? value : null;
}

/** The conditions with the value of the team's own label in place of what leaves it open. */
function withOwnLabel(
  { matchers }: QueryPattern,
  label: string | null,
  value: string | null,
): readonly Matcher[] {
  if (label === null || value === null) return matchers;
  return [
    ...matchers.filter(({ name, op }) => name !== label || op.startsWith('!')),
    { name: label, op: '=', value },
  ];
}

function countServices(live: LiveSchema | null): number {
  return new Set((live?.servicesAndTypes ?? []).map((pair) => pair.service_name)).size;
}
