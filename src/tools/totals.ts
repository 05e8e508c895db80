import type { ProfileType } from '../profile/types.js';
import type { ToolContext } from './define.js';
import type { ListQuestion } from './list-scope.js';

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
  const step = Math.max(1, Math.ceil((window.to - window.from) / 1000));
  const series = await source.timeSeries(
    { profileTypeId: type.id, matchers, window },
    { groupBy: [label], step },
    context.signal,
  );
  const sums = series.map(({ labels, points }) => ({
    value: labels[label],
    sum: points.reduce((sum, point) => sum + point.value, 0),
  }));
  const whole = sums.reduce((total, { sum }) => total + sum, 0);
  for (const { value, sum } of sums) {
    if (value !== undefined && whole > 0) shares.set(value, (shares.get(value) ?? 0) + sum / whole);
  }
  return shares;
}
