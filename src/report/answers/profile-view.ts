import { functionData } from '../../profile/code/named-function.js';
import { listOwners } from '../../profile/code/owners.js';
import { findHottestPath } from '../../profile/hottest-path.js';
import { getDivisor, type Measurement, round, roundShare } from '../../profile/measurement.js';
import { isDifference, type Profile, shareBase } from '../../profile/model.js';
import { functionTable, rankFunctions } from '../../profile/tables/table.js';
import { raiseTotals, rankedRows } from '../../profile/tables/top-functions.js';
import { callTreeRows } from '../../profile/tables/tree.js';
import { findNearest } from '../../text/nearest.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare } from '../../text/units.js';
import { chargeText, displayFunction } from '../functions.js';
import { amountText, nothingSampled, reducedNotes, scopeData, scopeLines } from '../measurement.js';
import { callScope, focusPattern, type NextCall, nextCall, nextRows } from '../next.js';
import { type Answer, type Block, type JsonObject, MAX_ROWS } from '../render.js';

export interface ViewOptions {
  view: 'top' | 'tree';
  sort: 'self' | 'total';
  limit: number;
  focus: string | null;
  ignore: string | null;
}

/**
 * Answers with a profile as a table of functions or as a tree. Shares are of the whole and, where focus or
 * ignore apply, also of the stacks kept.
 */
export function profileViewAnswer(measured: Measurement, filtered: Profile, options: ViewOptions): Answer {
  const part = shareBase(filtered);
  const whole = shareBase(measured.active);
  if (part === 0) return nothingLeft(measured, options);
  const view =
    options.view === 'top' ? topView(measured, filtered, options) : treeView(measured, filtered, options);
  const next = view.next;
  const notes = [...measured.notes, ...reducedNotes(measured)];
  const filter = filterLine(options, part, whole);
  return {
    data: {
      ...scopeData(measured, filtered),
      ...(filter === null
        ? {}
        : { filter: { focus: options.focus, ignore: options.ignore, kept_share: roundShare(part / whole) } }),
      ...view.data,
      notes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: [...scopeLines(measured), ...(filter === null ? [] : [filter])] },
      view.block,
      { rows: notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(next) },
    ],
    lists: view.lists,
  };
}

interface View {
  data: JsonObject;
  block: Block;
  lists: readonly string[];
  next: readonly NextCall[];
}

function isFiltered({ focus, ignore }: ViewOptions): boolean {
  return focus !== null || ignore !== null;
}

function filterLine(options: ViewOptions, part: number, whole: number): string | null {
  if (!isFiltered(options)) return null;
  const parts = [
    options.focus === null ? null : `focus ${JSON.stringify(safeText(options.focus, 100))}`,
    options.ignore === null ? null : `ignore ${JSON.stringify(safeText(options.ignore, 100))}`,
  ].filter((text) => text !== null);
  return `${parts.join(', ')}: the stacks kept hold ${formatShare(part / whole)} of the total`;
}

function topView(measured: Measurement, profile: Profile, options: ViewOptions): View {
  const whole = shareBase(measured.active);
  const part = shareBase(profile);
  const table = functionTable(profile);
  raiseTotals(measured, table);
  const ranked = rankFunctions(profile, table, options.sort);
  const rows = ranked.slice(0, options.limit);
  const hasFilter = isFiltered(options);
  const application = listOwners(profile).map((owner) => owner === 'application');
  const { rows: ranking, charges } = rankedRows(
    measured,
    profile,
    table,
    rows,
    (id) => application[id] ?? false,
  );
  const data = ranking.map((row) => ({
    ...row,
    ...(hasFilter
      ? {
          self_share_of_kept: roundShare((row.self_share * whole) / part),
          total_share_of_kept: roundShare((row.total_share * whole) / part),
        }
      : {}),
  }));
  const text = data.map((row, index) => {
    const to = chargeText(charges[index] ?? null, charges[index - 1] ?? null);
    const kept = hasFilter
      ? ` ${formatShare(row.self_share_of_kept ?? 0)}/${formatShare(row.total_share_of_kept ?? 0)}`
      : '';
    return `${formatShare(row.self_share).padStart(5)} ${amountText(measured, row.self)} ${formatShare(row.total_share).padStart(5)}${kept}  ${displayFunction(row)}${to}`;
  });
  const held = rows.reduce((sum, id) => sum + Math.abs(table.self[id] ?? 0), 0);
  const columns = `self share, self, ${measured.reduced === null ? '' : 'at least '}total share${hasFilter ? ', self/total as share of the kept stacks' : ''}`;
  const more = ranked.length - rows.length;
  return {
    data: { top_functions: data, functions: ranked.length },
    block: {
      title: `Top ${rows.length} of ${ranked.length} functions by ${options.sort}, together ${formatShare(held / whole)} of the total by self (${columns}; "<-": application function it is charged to):`,
      rows: text,
      keep: 5,
      more: 'repeat with a higher limit',
    },
    lists: ['top_functions'],
    next: more > 0 && options.limit < MAX_ROWS ? [moreRows(measured, options)] : [],
  };
}

/** A call that repeats the question with more rows. */
function moreRows(measured: Measurement, { sort, limit, focus, ignore }: ViewOptions): NextCall {
  return {
    tool: 'query_profile',
    arguments: {
      ...callScope(measured),
      sort,
      ...(focus === null ? {} : { focus }),
      ...(ignore === null ? {} : { ignore }),
      limit: Math.min(MAX_ROWS, limit * 3),
    },
  };
}

function treeView(measured: Measurement, filtered: Profile, options: ViewOptions): View {
  const profile = measured.reduced?.tree ?? filtered;
  const whole = shareBase(measured.active);
  const divisor = getDivisor(measured);
  const application = listOwners(profile).map((owner) => owner === 'application');
  const path = findHottestPath(profile, (id) => application[id] ?? false);
  const rows = callTreeRows(profile, {
    limit: options.limit,
    pathDepth: path.explainsUntil + 1,
    keep: (id) => application[id] ?? false,
  });
  const data = rows.map((row) => ({
    depth: row.depth,
    ...functionData(profile.functions[row.functionId], row.line),
    total: round(row.total / divisor),
    total_share: roundShare(row.total / whole),
    self_share: roundShare(row.self / whole),
    folded_frames: row.folded,
    hidden_children: row.hidden?.count ?? 0,
    hidden_share: roundShare((row.hidden?.total ?? 0) / whole),
  }));
  const text = data.map((row, index) => {
    const hidden = rows[index]?.hidden ?? null;
    const self = Math.abs(row.self_share) >= 0.0005 ? ` (self ${formatShare(row.self_share)})` : '';
    const folded = row.folded_frames > 0 ? ` … +${row.folded_frames}` : '';
    const left = hidden === null ? '' : ` [${hidden.count} more: ${formatShare(hidden.total / whole)}]`;
    const amount = isDifference(measured.active) ? ` ${amountText(measured, row.total)}` : '';
    return `${' '.repeat(row.depth)}${formatShare(row.total_share)}${amount} ${displayFunction(row)}${self}${folded}${left}`;
  });
  return {
    data: { tree: data },
    block: {
      title:
        `Call tree (${measured.reduced === null ? '' : 'at least; "other": cut off by the store; '}total share of the whole; ` +
        '"… +n": n frames that only hand on are left out; "[n more: x%]": smaller callees left out):',
      rows: text,
      keep: 8,
      more: 'repeat with focus on one of the rows',
    },
    lists: ['tree'],
    next: [],
  };
}

/** Maximum number of functions offered when a focus matches nothing. */
const OFFERED = 5;

/** The answer when no stack is left to show: nothing was sampled, or focus and ignore leave nothing. */
function nothingLeft(measured: Measurement, options: ViewOptions): Answer {
  const hasSamples = shareBase(measured.active) > 0;
  const detail = hasSamples ? filterDetail(options) : nothingSampled(measured);
  const similar = hasSamples && options.focus !== null ? namesLike(measured, options.focus) : [];
  const next = hasSamples ? [suggestCall(measured, options, similar[0])] : [];
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
      { rows: [detail, ...(hasSamples ? [suggestNames(measured, similar)] : [])] },
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

function suggestCall(measured: Measurement, { view }: ViewOptions, similar: string | undefined): NextCall {
  const scope = callScope(measured);
  return nextCall(
    'query_profile',
    similar === undefined
      ? { ...scope, view: 'top', sort: 'total' }
      : { ...scope, view, focus: focusPattern(similar) },
  );
}

/** Functions whose names are like the focus, nearest first. */
function namesLike({ active }: Measurement, focus: string): string[] {
  const ends = new Map(active.functions.map(({ name }) => [name.slice(name.lastIndexOf('/') + 1), name]));
  return findNearest(focus.replaceAll('\\', ''), [...ends.keys()]).map((end) => ends.get(end) ?? end);
}

function suggestNames({ active }: Measurement, similar: readonly string[]): string {
  const names =
    similar.length > 0
      ? similar
      : rankFunctions(active, functionTable(active), 'total').map((id) => active.functions[id]?.name ?? '');
  const shown = names.slice(0, OFFERED).map((name) => safeText(name, 200));
  return `${similar.length > 0 ? 'Names like it' : 'Heaviest functions by total'}: ${shown.join(', ')}`;
}
