import { type QueryPattern, SERVICE_LABEL } from '../pattern.js';
import { type RememberedQuery, toTime, weighDays } from './remembered.js';

/**
 * Questions of our own that worked, as query patterns. Only the service has a value; the other conditions are
 * labels whose value the next one chooses.
 *
 * @param known patterns of the dashboards; a question that is one of them is left out
 * @param today day since 1970
 */
export function asPatterns(
  queries: readonly RememberedQuery[],
  { sourceUid, known, today }: { sourceUid: string; known: readonly QueryPattern[]; today: number },
): QueryPattern[] {
  const knownKeys = new Set(known.map(buildKey));
  return queries
    .map((query): QueryPattern => {
      const { service, profileTypeId, conditions, groupBy, days } = query;
      const lastDay = days.at(-1);
      return {
        sourceUid,
        profileTypeId,
        matchers: service === null ? [] : [{ name: SERVICE_LABEL, op: '=', value: service }],
        variesBy: [...new Set(conditions.map(({ name }) => name))],
        current: {},
        groupBy,
        titles: [],
        dashboards: [],
        valueNames: [],
        seen: lastDay === undefined ? null : toTime(lastDay),
        score: weighDays(query, today),
        valid: null,
        reason: null,
        asked: { days: days.length, conditions },
      };
    })
    .filter((pattern) => !knownKeys.has(buildKey(pattern)));
}

function buildKey({ profileTypeId, matchers, variesBy, groupBy }: QueryPattern): string {
  return JSON.stringify([profileTypeId, matchers, variesBy, groupBy]);
}
