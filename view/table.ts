import { type Flame, OWNERS } from '../src/report/picture/format.js';
import { formatShare, formatValue } from '../src/text/units.js';
import { el } from './dom.js';
import { MARK_WORDS, perText, readCosts, readName, readWhole, shortName, shown } from './words.js';

/** Rows that are shown at once. */
const MAX_ROWS = 100;

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

export interface TableOptions {
  flame: Flame;
  onChoose(fn: number): void;
}

export interface Table {
  element: HTMLElement;
  /** Shows only functions that a search found; all without one. */
  filter(found: Uint8Array | null): void;
}

/** The table of functions, which a screen reader reads as well. */
export function createTable({ flame, onChoose }: TableOptions): Table {
  const compares = flame.totals[0] !== null;
  const rows = listRows(flame);
  const whole = readWhole(flame);
  let order: Order = compares ? 'change' : 'self';
  let found: Uint8Array | null = null;
  const body = el('tbody');
  const note = el('p', { class: 'faint' });
  const titles: readonly [Order, string][] = [
    ['name', 'Function'],
    ...(compares ? [['change', flame.by === 'amount' ? 'Added' : 'Points'] satisfies [Order, string]] : []),
    ['total', compares ? 'Before → now' : 'Total'],
    ['self', 'Self'],
  ];
  const buttons = titles.map(([key, title]) => {
    const button = el('button', { type: 'button', click: () => sortBy(key) }, title);
    return { key, cell: el('th', { scope: 'col' }, button) };
  });
  const fill = () => {
    const fitting = found === null ? rows : rows.filter(({ fn }) => found?.[fn] === 1);
    const shownRows = sortRows(fitting, order).slice(0, MAX_ROWS);
    body.replaceChildren(...shownRows.map((row) => rowElement(row)));
    const more = fitting.length - shownRows.length;
    note.textContent = more > 0 ? `${more} more functions: sort or search for them.` : '';
    for (const { key, cell } of buttons)
      cell.setAttribute('aria-sort', key !== order ? 'none' : key === 'name' ? 'ascending' : 'descending');
  };
  // The caption says what is counted.
  const number = (value: number) => (value === 0 ? '0' : formatValue(value, flame.type.unit));
  const rowElement = (row: Row) => {
    const share = (value: number, of: number) => formatShare(of > 0 ? value / of : 0);
    const size = Math.abs(row.change);
    const change = `${row.change > 0 ? '+' : row.change < 0 ? '−' : ''}${flame.by === 'amount' ? number(size) : (100 * size).toFixed(1)}`;
    const cells = {
      change: el(
        'td',
        { class: `mark${row.mark}` },
        change,
        el('small', {}, row.mark > 0 ? ` ${MARK_WORDS[row.mark]}` : flame.by === 'amount' ? '' : ' noise'),
      ),
      total: el(
        'td',
        {},
        row.before === null ? `${number(row.total)} ` : `${number(row.before)} → ${number(row.total)} `,
        el('small', {}, share(row.total, whole[1])),
      ),
      self: el('td', {}, `${number(row.self)} `, el('small', {}, share(row.self, whole[1]))),
    };
    return el(
      'tr',
      {},
      el(
        'th',
        { scope: 'row' },
        el(
          'button',
          { type: 'button', title: shown(row.name), click: () => onChoose(row.fn) },
          shortName(row.name),
        ),
        el(
          'small',
          { class: `owner${OWNERS.indexOf(row.owner as (typeof OWNERS)[number])}` },
          ` ${row.owner}`,
        ),
      ),
      ...titles.slice(1).map(([key]) => cells[key as 'change' | 'total' | 'self']),
    );
  };
  const sortBy = (key: Order) => {
    order = key;
    fill();
  };
  fill();
  return {
    element: el(
      'section',
      { class: 'functions', 'aria-label': 'Functions' },
      el(
        'div',
        { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of functions' },
        el(
          'table',
          {},
          el('caption', {}, writeCaption(flame)),
          el('thead', {}, el('tr', {}, ...buttons.map(({ cell }) => cell))),
          body,
        ),
      ),
      note,
    ),
    filter(functions) {
      found = functions;
      fill();
    },
  };
}

/** Says what the numbers of the table are of. */
function writeCaption(flame: Flame): string {
  const { alias, noun } = flame.type;
  const what = noun === '' || noun === alias ? alias : `${alias}, ${noun}`;
  return `${what}${perText(flame)}; shares of the total`;
}
