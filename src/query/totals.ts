import type { ProfileType } from '../profile/types/types.js';
import type { Labels, ProfileQuery, ProfileSource } from '../sources/source.js';
import type { ToolContext } from './context.js';
import type { ListQuestion } from './list-scope.js';
import { sideQuestion } from './not-read.js';

/**
 * Sum over the whole window of a query, per combination of labels: one grouped request with a single step.
 */
export async function sumsOver(
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
 * The same shares where the store still answers; without any, and with what the reader must know, where it
 * does not: the values themselves may be remembered.
 */
export async function knownShares(
  ...[label, type, question, context]: Parameters<typeof totalsByLabel>
): Promise<{ shares: Map<string, number> | null; notes: readonly string[] }> {
  const { value, notes } = await sideQuestion(
    'The share of each',
    () => totalsByLabel(label, type, question, context),
    context,
  );
  return { shares: value, notes };
}

/**
 * Share of a type's total per value of a label, over the window of a question: one grouped request.
 * Series without the label count in the whole but have no entry.
 */
export async function totalsByLabel(
  label: string,
  type: ProfileType | null,
  { source, matchers, window }: Pick<ListQuestion, 'source' | 'matchers' | 'window'>,
  context: ToolContext,
): Promise<Map<string, number>> {
  const shares = new Map<string, number>();
  if (type === null) return shares;
  const query = { profileTypeId: type.id, matchers, window };
  const sums = await sumsOver(source, query, [label], context.signal);
  const whole = sums.reduce((total, { sum }) => total + sum, 0);
  for (const { labels, sum } of sums) {
    const value = labels[label];
    if (value !== undefined && whole > 0) shares.set(value, (shares.get(value) ?? 0) + sum / whole);
  }
  return shares;
}
