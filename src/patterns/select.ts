import { UserError } from '../errors.js';
import { matcherTest } from '../sources/matching.js';
import type { Matcher } from '../sources/source.js';
import { mapInTurns } from '../work/turns.js';
import { findService, type NamedService, type QueryPattern, SERVICE_LABEL } from './pattern.js';
import { splitWords } from './words.js';

/** Words and service that a reader looks for. */
export interface PatternFilter {
  words: string | null;
  service: NamedService | null;
}

/**
 * The patterns for a service and with the words in their titles, dashboards, type or selector; the order
 * stays. `held` says how many of the words a pattern has at the most: where no pattern has all of them, those
 * with most are selected.
 */
export async function selectPatterns(
  patterns: readonly QueryPattern[],
  { words, service }: PatternFilter,
  signal: AbortSignal,
): Promise<{ selected: QueryPattern[]; matched: 'all' | 'some' | 'none' }> {
  const fits = await mapInTurns(
    patterns,
    (pattern) => service === null || canConcern(pattern, service),
    signal,
  );
  const fitting = patterns.filter((_pattern, index) => fits[index]);
  const wantedWords = words === null ? [] : [...new Set(splitWords(words))];
  if (wantedWords.length === 0) return { selected: fitting, matched: 'all' };
  const counted = await mapInTurns(
    fitting,
    (pattern) => {
      const text = joinText(pattern);
      return { pattern, count: wantedWords.filter((word) => text.includes(word)).length };
    },
    signal,
  );
  const maxCount = counted.reduce((best, { count }) => Math.max(best, count), 0);
  if (maxCount === 0) return { selected: [], matched: 'none' };
  return {
    selected: counted.filter(({ count }) => count === maxCount).map(({ pattern }) => pattern),
    matched: maxCount === wantedWords.length ? 'all' : 'some',
  };
}

/**
 * Whether a pattern can be about a service: it names it, matches it or leaves it open. One that fixes a
 * `service_name` and says nothing of the team's own label is about that service, whatever its own label is.
 */
function canConcern(pattern: QueryPattern, { label, value }: NamedService): boolean {
  const serviceMatchers = pattern.matchers.filter(({ name }) => name === label);
  if (serviceMatchers.length > 0 || pattern.variesBy.includes(label)) {
    return serviceMatchers.every((matcher) => isMet(matcher, value));
  }
  return label === SERVICE_LABEL || findService(pattern) === null;
}

/** A condition that is too large for the value does not speak against the pattern. */
function isMet(matcher: Matcher, value: string): boolean {
  try {
    return matcherTest(matcher)(value);
  } catch (error) {
    if (error instanceof UserError) return true;
    throw error;
  }
}

function joinText({
  titles,
  dashboards,
  profileTypeId,
  matchers,
  groupBy,
  valueNames,
  asked,
}: QueryPattern): string {
  return [
    ...titles,
    ...dashboards.map(({ title }) => title),
    profileTypeId ?? '',
    ...matchers.flatMap(({ name, value }) => [name, value]),
    ...groupBy,
    ...valueNames.map(({ word }) => word),
    ...(asked?.conditions ?? []).map(({ name }) => name),
  ]
    .join(' ')
    .toLowerCase();
}
