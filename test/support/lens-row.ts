import type { LensRow } from '../../src/profile/compare/finding.js';
import { type Alias, toLens } from './type-ids.js';

/** The row of a profile type without a change, by its values per profile and their standard error. */
export function lensRow(
  alias: Alias,
  before: number | null,
  after: number | null,
  error: number | null,
): LensRow {
  return { ...toLens(alias), verdict: 'no_change', before, after, error, smallest: null, sameAs: null };
}
