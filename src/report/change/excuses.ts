import type { LensRow } from '../../profile/compare/finding.js';

/** Reasons why a value that changed widely is no news, in words. */
export const EXCUSES: Readonly<Record<NonNullable<LensRow['excuse']>, string>> = {
  alike: 'all waits grew alike',
  restart: 'all instances are new',
  starved: 'goroutines wait for a processor: a throttled or busy host',
  immaterial: 'immaterial next to the time served',
  purpose: 'new code waits for events or for work',
  load: 'with the requests',
  shared: 'more instances share the same work',
  settled: 'all instances are new, and it had settled by the later half',
  passing: 'from a few long waits in one part of the time before',
};
