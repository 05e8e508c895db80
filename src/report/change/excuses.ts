import type { LensRow } from '../../profile/compare/finding.js';

/** Reasons why a value that changed widely is no news, in words. */
export const EXCUSES: Readonly<Record<NonNullable<LensRow['excuse']>, string>> = {
  alike: 'all waits grew alike',
  restart: 'all instances are new',
  starved: 'goroutines wait for a processor: a throttled or busy host',
  immaterial: 'immaterial next to the time served',
  purpose: 'new code waits for events or for work',
  load: 'with the requests',
  kinds: 'fewer requests of some kinds',
  shared: 'more instances share the same work',
  settled: 'all instances are new, and it had settled by the later half',
  stalled: 'in one round of profiles only',
  passing: 'from a few long waits in one part of the time before',
};

/**
 * The types of which one round of profiles had long waits, as the end of a clause; '' where there are none.
 */
export function stalledText(rows: readonly LensRow[]): string {
  const stalled = rows.filter(({ excuse }) => excuse === 'stalled').map(({ type }) => type.alias);
  return stalled.length === 0 ? '' : `, and one round of ${stalled.join(' and ')} profiles had long waits`;
}
