import type { ProfileType } from '../profile/types/types.js';
import type { Labels, ProfileQuery, ProfileSource } from '../sources/source.js';
import type { ToolContext } from './context.js';
import type { ListQuestion } from './list-scope.js';
import { askSideQuestion } from './not-read.js';

/**
 * Sums the whole window of a query per combination of labels, with one grouped request of a single step.
 */
export async function readSums(
  source: ProfileSource,
  query: ProfileQuery,
  groupBy: readonly string[],
  signal: AbortSignal,
): Promise<{ labels: Labels; sum: number }[]> {
  const step = Math.max(1, Math.ceil((query.window.to - query.window.from) / 1000));
  const series = await source.timeSeries(query, { groupBy, step }, signal);
  return series.map(({ labels, points }) => ({
    labels,
    sum: points.reduce((sum, { value }) => sum + value, 0),
  }));
}

/**
 * Reads the shares of {@link readTotalsByLabel}. Where the store fails, `shares` is null and a note says why:
 * the values themselves may come from the cache and stay in the answer.
 */
export async function readKnownShares(
  ...[label, type, question, context]: Parameters<typeof readTotalsByLabel>
): Promise<{ shares: Map<string, number> | null; notes: readonly string[] }> {
  const { value, notes } = await askSideQuestion(
    'The share of each',
    () => readTotalsByLabel(label, type, question, context),
    context,
  );
  return { shares: value, notes };
}

/**
 * Share of a type's total per value of a label, over the window of a question, with one grouped request.
 * Series without the label count in the total but have no entry.
 */
export async function readTotalsByLabel(
  label: string,
  type: ProfileType | null,
  { source, matchers, window }: Pick<ListQuestion, 'source' | 'matchers' | 'window'>,
  context: ToolContext,
): Promise<Map<string, number>> {
  const shares = new Map<string, number>();
  if (type === null) return shares;
  const query = { profileTypeId: type.id, matchers, window };
  const sums = await readSums(source, query, [label], context.signal);
  const wholeSum = sums.reduce((total, { sum }) => total + sum, 0);
  for (const { labels, sum } of sums) {
    const value = labels[label];
    if (value !== undefined && wholeSum > 0) shares.set(value, (shares.get(value) ?? 0) + sum / wholeSum);
  }
  return shares;
}
