import { type Flame, OWNERS } from '../src/report/picture/format.js';
import { readCosts, readName, readWhole } from './words.js';

/** A function with the numbers of its row, in display units. */
export interface Row {
  fn: number;
  name: string;
  owner: string;
  mark: number;
  self: number;
  total: number;
  before: number | null;
  /** Growth: points of the total, or an amount where the flame graph goes by amounts. */
  change: number;
}

export type Order = 'self' | 'total' | 'change' | 'name';

/** All functions of a flame graph as rows. */
export function listRows(flame: Flame): Row[] {
  const whole = readWhole(flame);
  const share = (value: number, of: number) => (of > 0 ? value / of : 0);
  return flame.functions.name.map((_, fn) => {
    const { self, total } = readCosts(flame, fn);
    return {
      fn,
      name: readName(flame, fn),
      owner: OWNERS[flame.functions.owner[fn] ?? 0] ?? '',
      mark: flame.functions.mark[fn] ?? 0,
      self: self.after,
      total: total.after,
      before: total.before,
      change:
        total.before === null
          ? 0
          : flame.by === 'amount'
            ? total.after - total.before
            : share(total.after, whole[1]) - share(total.before, whole[0] ?? 0),
    };
  });
}

/** Rows in an order; in that of the change, what stands out of the noise comes first. */
export function sortRows(rows: readonly Row[], order: Order): Row[] {
  const byName = (a: Row, b: Row) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.fn - b.fn);
  return rows.toSorted((a, b) => {
    if (order === 'name') return byName(a, b);
    if (order !== 'change') return b[order] - a[order] || byName(a, b);
    const stands = Number(b.mark > 0) - Number(a.mark > 0);
    return stands || Math.abs(b.change) - Math.abs(a.change) || byName(a, b);
  });
}
