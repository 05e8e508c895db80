import type { Json, JsonObject } from '../src/report/render.js';
import { formatShare, formatValue } from '../src/text/units.js';
import { el } from './dom.js';
import { listIn, objectIn, textIn } from './head.js';
import { shortName, shown } from './words.js';

/** The services of a fleet, the worst first; null where the answer is about one service. */
export function drawFleet(data: JsonObject): HTMLElement | null {
  const services = listIn(data, 'services').filter((row) => textIn(row, 'service') !== '');
  if (services.length === 0) return null;
  const titles = ['Service', 'Verdict', 'Function', 'Before → now', 'Since'];
  return el(
    'section',
    { class: 'fleet', 'aria-label': 'Services' },
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Table of services' },
      el(
        'table',
        {},
        el('thead', {}, el('tr', {}, ...titles.map((title) => el('th', { scope: 'col' }, title)))),
        el('tbody', {}, ...services.map(drawRow)),
      ),
    ),
    el('p', { class: 'faint' }, writeRest(data)),
  );
}

function drawRow(row: JsonObject): HTMLElement {
  const group = objectIn(row, 'group');
  const label = textIn(group, 'name') === '' ? '' : ` ${textIn(group, 'name')}=${textIn(group, 'value')}`;
  const since = objectIn(row, 'since');
  const name = textIn(row, 'function');
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, shown(`${textIn(row, 'service')}${label}`)),
    el('td', {}, (textIn(row, 'verdict') || '–').replaceAll('_', ' ')),
    el('td', { title: shown(name) }, name === '' ? '–' : shortName(name)),
    el('td', {}, writeChange(row)),
    el('td', {}, textIn(since, 'before') === '' ? '–' : `${textIn(since, 'before').slice(11, 16)}Z`),
  );
}

/** The change of a row in the unit of its profile type, else as shares. */
function writeChange(row: JsonObject): string {
  const number = (value: Json | undefined) => (typeof value === 'number' ? value : null);
  const [before, after] = [number(row.value_before), number(row.value_after)];
  const unit = textIn(row, 'profile_type_id').split(':')[2] ?? '';
  if (before !== null && after !== null && unit !== '')
    return `${formatValue(before, unit)} → ${formatValue(after, unit)}`;
  const [was, is] = [number(row.share_before), number(row.share_after)];
  return was === null || is === null ? '–' : `${formatShare(was)} → ${formatShare(is)}`;
}

/** Services without a finding, in one line. */
function writeRest(data: JsonObject): string {
  const [loadOnly, unread] = [listIn(data, 'load_only').length, listIn(data, 'not_looked_at').length];
  const unchanged = typeof data.unchanged_count === 'number' ? data.unchanged_count : 0;
  return [
    loadOnly > 0 ? `${loadOnly} with more load only` : '',
    unchanged > 0 ? `${unchanged} unchanged` : '',
    unread > 0 ? `${unread} not looked at` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
