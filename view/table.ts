import { type Flame, OWNERS } from '../src/report/picture/format.js';
import { formatShare, formatValue } from '../src/text/units.js';
import { el } from './dom.js';
import { listRows, type Order, type Row, sortRows } from './rows.js';
import { MARK_WORDS, perText, readWhole, shortName, shown } from './words.js';

/** Rows that are shown at once. */
const MAX_ROWS = 100;

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
  // After the first picture: it takes longer to build than the frames to draw.
  requestAnimationFrame(() => setTimeout(fill));
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
