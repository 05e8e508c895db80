import type { Labels } from '../../sources/source.js';
import { byRank } from './merge.js';
import { type QueryPattern, serviceOf } from './pattern.js';

/** What a source holds now. */
export interface LiveSchema {
  labelNames: readonly string[];
  /** Pairs of `service_name` and `__profile_type__`. */
  servicesAndTypes: readonly Labels[];
}

/**
 * Marks the patterns whose type, labels or service do not exist (any more), and puts them last. A source that holds
 * nothing at all says nothing about them.
 */
export function validatePatterns(patterns: readonly QueryPattern[], live: LiveSchema): QueryPattern[] {
  if (live.servicesAndTypes.length === 0) return [...patterns];
  const labels = new Set([...live.labelNames, 'service_name']);
  const types = new Map<string, Set<string>>();
  const services = new Set<string>();
  for (const { service_name: service, __profile_type__: id } of live.servicesAndTypes) {
    if (id !== undefined) {
      const emitting = types.get(fiveParts(id)) ?? new Set<string>();
      types.set(fiveParts(id), emitting.add(service ?? ''));
    }
    if (service !== undefined) services.add(service);
  }
  return patterns
    .map((pattern) => {
      const reason = whatIsMissing(pattern, labels, types, services);
      return { ...pattern, valid: reason === null, reason };
    })
    .sort(byRank);
}

function whatIsMissing(
  pattern: QueryPattern,
  labels: ReadonlySet<string>,
  types: ReadonlyMap<string, ReadonlySet<string>>,
  services: ReadonlySet<string>,
): string | null {
  const { profileTypeId, matchers, variesBy, groupBy } = pattern;
  const emitting = profileTypeId === null ? null : types.get(fiveParts(profileTypeId));
  if (emitting === undefined) return 'no service emits this profile type';
  const label = [...matchers.map(({ name }) => name), ...variesBy, ...groupBy].find(
    (name) => !labels.has(name),
  );
  if (label !== undefined) return `there is no label ${label}`;
  const service = serviceOf(pattern);
  if (service === null) return null;
  if (!services.has(service)) return `no service ${service} sends profiles`;
  return emitting === null || emitting.has(service) ? null : `${service} does not emit this profile type`;
}

function fiveParts(id: string): string {
  return id.split(':').slice(0, 5).join(':');
}
