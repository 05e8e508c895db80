import type { LensRow } from '../../profile/compare/finding.js';
import type { Conclusion } from '../conclude.js';

/** Rows of an answer: the type in which the garbage collector costs more for itself changed, too. */
export function withCollector(
  rows: readonly LensRow[],
  { causes }: Pick<Conclusion, 'causes'>,
): readonly LensRow[] {
  const alone = causes.find((cause) => cause.kind === 'code' && cause.of.change?.allocations !== undefined);
  return rows.map((row) =>
    row.type.id === alone?.of.lens.type.id ? { ...row, verdict: 'code_regression' } : row,
  );
}
