import type { QueryPattern } from '../../src/patterns/pattern.js';

/** A pattern that is about everything, with what a test cares about. */
export function buildPattern(more: Partial<QueryPattern> = {}): QueryPattern {
  return {
    sourceUid: null,
    profileTypeId: null,
    matchers: [],
    variesBy: [],
    current: {},
    groupBy: [],
    titles: [],
    dashboards: [],
    valueNames: [],
    seen: null,
    score: 1,
    valid: null,
    reason: null,
    ...more,
  };
}
