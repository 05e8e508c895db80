import { matcherTest } from '../sources/selector.js';
import { type NamedService, type QueryPattern, SERVICE_LABEL, serviceOf } from './pattern.js';
import { wordsOf } from './words.js';

/** What a reader looks for. */
export interface PatternFilter {
  words: string | null;
  service: NamedService | null;
}

/**
 * The patterns for a service and with all the words in their titles, dashboards, type or selector; the order stays.
 * `held` is false where no pattern has all the words: then they are those that have most of them, or all where none
 * has any.
 */
export function selectPatterns(
  patterns: readonly QueryPattern[],
  { words, service }: PatternFilter,
): { selected: QueryPattern[]; held: boolean } {
  const fitting = service === null ? [...patterns] : patterns.filter((pattern) => mayBeOf(pattern, service));
  const wanted = words === null ? [] : wordsOf(words);
  if (wanted.length === 0) return { selected: fitting, held: true };
  const counted = fitting.map((pattern) => {
    const text = textOf(pattern);
    return { pattern, count: wanted.filter((word) => text.includes(word)).length };
  });
  const most = counted.reduce((best, { count }) => Math.max(best, count), 0);
  return {
    selected: counted.filter(({ count }) => count === most).map(({ pattern }) => pattern),
    held: most === wanted.length,
  };
}

/**
 * Whether a pattern can be about a service: it names it, matches it or leaves it open. One that fixes a `service_name` and
 * says nothing of the team's own label is about that service, whatever its own label is.
 */
function mayBeOf(pattern: QueryPattern, { label, value }: NamedService): boolean {
  const said = pattern.matchers.filter(({ name }) => name === label);
  if (said.length > 0 || pattern.variesBy.includes(label)) {
    return said.every((matcher) => matcherTest(matcher)(value));
  }
  return label === SERVICE_LABEL || serviceOf(pattern) === null;
}

function textOf({ titles, dashboards, profileTypeId, matchers, groupBy, valueNames }: QueryPattern): string {
  return [
    ...titles,
    ...dashboards.map(({ title }) => title),
    profileTypeId ?? '',
    ...matchers.flatMap(({ name, value }) => [name, value]),
    ...groupBy,
    ...valueNames.map(({ word }) => word),
  ]
    .join(' ')
    .toLowerCase();
}
