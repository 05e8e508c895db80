import { UserError } from '../errors.js';
import { matcherTest } from '../sources/matching.js';
import { formatSelector } from '../sources/selector.js';
import type { Labels, Matcher } from '../sources/source.js';
import { safeText } from '../text/sanitise.js';
import { mapInTurns } from '../work/turns.js';
import { byRank } from './merge.js';
import { findService, type QueryPattern, SERVICE_LABEL } from './pattern.js';

/** Services, types and label values that a source holds now. */
export interface LiveSchema {
  labelNames: readonly string[];
  /** Pairs of `service_name` and `__profile_type__`. */
  servicesAndTypes: readonly Labels[];
  /** Values of those labels that were asked for; what is matched of the others is not checked. */
  values: ReadonlyMap<string, readonly string[]>;
}

const MAX_REASON = 120;

/** Steps of matching that the conditions of one pattern are worth: at most some 50 ms. */
const MAX_CHECK_STEPS = 200_000;

/**
 * Marks the patterns whose type, labels, service or values do not exist (any more), and puts them last. A
 * source that holds nothing at all says nothing about them. Works in turns: there may be thousands of
 * patterns, written by others.
 */
export async function validatePatterns(
  patterns: readonly QueryPattern[],
  live: LiveSchema,
  signal: AbortSignal,
): Promise<QueryPattern[]> {
  return (await mapInTurns(patterns, patternCheck(live), signal)).sort(byRank);
}

function patternCheck(live: LiveSchema): (pattern: QueryPattern) => QueryPattern {
  if (live.servicesAndTypes.length === 0) return (pattern) => pattern;
  const labels = new Set([...live.labelNames, SERVICE_LABEL]);
  const types = new Map<string, Set<string>>();
  const services = new Set<string>();
  for (const { service_name: service, __profile_type__: id } of live.servicesAndTypes) {
    if (id !== undefined) {
      const emitting = types.get(fiveParts(id)) ?? new Set<string>();
      types.set(fiveParts(id), emitting.add(service ?? ''));
    }
    if (service !== undefined) services.add(service);
  }
  const values = new Map([...live.values, [SERVICE_LABEL, [...services]]]);
  return (pattern) => {
    const reason =
      whatIsMissing(pattern, labels, types, services) ?? whatIsUnmatched(pattern.matchers, values);
    return { ...pattern, valid: reason === null, reason };
  };
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
  const service = findService(pattern);
  if (service === null) return null;
  if (!services.has(service)) return `no service ${service} sends profiles`;
  return emitting === null || emitting.has(service) ? null : `${service} does not emit this profile type`;
}

/**
 * A condition that asks for something and that no value meets; null where checking that would cost too much.
 */
function whatIsUnmatched(
  matchers: readonly Matcher[],
  values: ReadonlyMap<string, readonly string[]>,
): string | null {
  const budget = { steps: MAX_CHECK_STEPS };
  const isUnmet = (matcher: Matcher) => {
    const labelValues = values.get(matcher.name);
    if (labelValues === undefined || matcher.op.startsWith('!')) return false;
    try {
      const meets = matcherTest(matcher, budget);
      // A condition that holds without the label also holds for profiles that lack it.
      return !meets(undefined) && !labelValues.some((value) => meets(value));
    } catch (error) {
      if (error instanceof UserError) return false;
      throw error;
    }
  };
  const unmet = matchers.find(isUnmet);
  return unmet === undefined
    ? null
    : `no profile has ${safeText(formatSelector([unmet]).slice(1, -1), MAX_REASON)}`;
}

/**
 * Labels of which patterns ask for certain values, those of the best patterns first; `service_name` left out,
 * whose values are known anyway.
 */
export function labelsWithValues(patterns: readonly QueryPattern[]): string[] {
  const asking = patterns.flatMap(({ matchers }) => matchers.filter(({ op }) => !op.startsWith('!')));
  return [...new Set(asking.map(({ name }) => name))].filter((name) => name !== SERVICE_LABEL);
}

function fiveParts(id: string): string {
  return id.split(':').slice(0, 5).join(':');
}
