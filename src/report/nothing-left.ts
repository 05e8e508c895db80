import type { Measurement } from '../profile/measurement.js';
import { totalValue } from '../profile/model.js';
import { functionTable, rankFunctions } from '../profile/table.js';
import { nearest } from '../text/nearest.js';
import { safeText } from '../text/sanitise.js';
import { nothingSampled, scopeData, scopeLines } from './measurement.js';
import { callScope, focusPattern, type NextCall, nextRows } from './next.js';
import type { ViewOptions } from './profile-view.js';
import type { Answer } from './render.js';

/** Functions offered when a focus matches nothing. */
const OFFERED = 5;

/** The answer when no stack is left to show: nothing was sampled, or focus and ignore leave nothing. */
export function nothingLeft(measured: Measurement, options: ViewOptions): Answer {
  const sampled = totalValue(measured.active) > 0;
  const detail = sampled ? filterDetail(options) : nothingSampled(measured);
  const like = sampled && options.focus !== null ? namesLike(measured, options.focus) : [];
  const next = sampled ? [nextLook(measured, options, like[0])] : [];
  return {
    data: {
      ...scopeData(measured, { ...measured.active, values: new Float64Array(0) }),
      filter: { focus: options.focus, ignore: options.ignore, kept_share: 0 },
      ...(options.view === 'top' ? { top_functions: [] } : { tree: [] }),
      notes: [detail, ...measured.notes],
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: scopeLines(measured) },
      { rows: [detail, ...(sampled ? [instead(measured, like)] : [])] },
      { rows: nextRows(next) },
    ],
    lists: [],
  };
}

function filterDetail({ focus, ignore }: ViewOptions): string {
  if (focus === null) return `Every stack matches ignore ${quoted(ignore)}: nothing is left.`;
  const both = ignore === null ? '' : ` and ignore ${quoted(ignore)}`;
  return `No stack is left with focus ${quoted(focus)}${both}; a regular expression on function names, case-sensitive.`;
}

function quoted(pattern: string | null): string {
  return JSON.stringify(safeText(pattern ?? '', 100));
}

function nextLook(measured: Measurement, { view }: ViewOptions, like: string | undefined): NextCall {
  const arguments_ =
    like === undefined ? { view: 'top', sort: 'total' } : { view, focus: focusPattern(like) };
  return { tool: 'query_profile', arguments: { ...callScope(measured), ...arguments_ } };
}

/** Functions whose names are like the focus, nearest first. */
function namesLike({ active }: Measurement, focus: string): string[] {
  const ends = new Map(active.functions.map(({ name }) => [name.slice(name.lastIndexOf('/') + 1), name]));
  return nearest(focus.replaceAll('\\', ''), [...ends.keys()]).map((end) => ends.get(end) ?? end);
}

function instead({ active }: Measurement, like: readonly string[]): string {
  const names =
    like.length > 0
      ? like
      : rankFunctions(active, functionTable(active), 'total').map((id) => active.functions[id]?.name ?? '');
  const shown = names.slice(0, OFFERED).map((name) => safeText(name, 200));
  return `${like.length > 0 ? 'Names like it' : 'Heaviest functions by total'}: ${shown.join(', ')}`;
}
