import type { FrameOwner } from '../../profile/code/frames.js';
import { functionData, type NamedFunction } from '../../profile/code/named-function.js';
import { getDivisor, type Measurement, round, roundShare } from '../../profile/measurement.js';
import { shareBase, totalValue } from '../../profile/model.js';
import type { Series } from '../../profile/series/series.js';
import { areAlike } from '../../profile/tables/alike.js';
import type { FunctionView } from '../../profile/tables/neighbours.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatTime, plural } from '../../text/units.js';
import { displayBriefly, displayFunction } from '../functions.js';
import { amountText, reducedNotes, scopeData, scopeLines } from '../measurement.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, Json } from '../render.js';
import { drawSparkline } from '../sparkline.js';
import { changeText, chooseScale, type Scale } from './series.js';

/** Maximum numbers of neighbours, lines and frames above the function in the text. */
const MAX_NEIGHBOURS = 5;
const MAX_LINES = 5;
const PATH_END = 4;
/** Neighbours, lines and values below this share of the function's total are counted, not named. */
const FLOOR = 0.01;

/** Shares that differ by less are the same to a reader. */
const EVEN = 0.01;

/** The function's cost in the profiles of each value of a label. */
export interface LabelSplit {
  label: string;
  /** Labels that divide the profiles in the same way. */
  sameAs: readonly string[];
  /** Highest share first. */
  values: readonly { name: string; cost: { active: number; value: number } }[];
}

/** All that is known about one function. */
export interface FunctionReport {
  fn: NamedFunction;
  owner: FrameOwner;
  view: FunctionView;
  /** Cost over time; null where it was not read. */
  series: Series | null;
  labels: readonly LabelSplit[];
  next: readonly NextCall[];
}

interface Row extends NamedFunction {
  total: number;
  share: number;
}

/**
 * Answers with the cost of a function over all its places in the call tree. Shares are of the active total;
 * those of neighbours and lines are of the function's own total.
 */
export function functionAnswer(measured: Measurement, report: FunctionReport): Answer {
  const { fn, owner, view, series, labels, next } = report;
  const { functions } = measured.active;
  const whole = shareBase(measured.active);
  const divisor = getDivisor(measured);
  const scale = chooseScale(measured);
  const notes = [...measured.notes, ...reducedNotes(measured), ...ownCostNotes(measured)];
  const row = (functionId: number, total: number, line = 0): Row => ({
    ...functionData(functions[functionId], line),
    total: round(total / divisor),
    share: roundShare(total / view.total),
  });
  const callers = view.callers.map(({ functionId, total }) => row(functionId, total));
  const callees = view.callees.map(({ functionId, total }) => row(functionId, total));
  const path = view.path.map(({ functionId, line, total }) => row(functionId, total, line));
  const caller =
    view.applicationCaller && row(view.applicationCaller.functionId, view.applicationCaller.total);
  const data = {
    ...scopeData(measured),
    ...fn,
    owner,
    self: round(view.self / divisor),
    self_share: roundShare(view.self / whole),
    // `total` is the whole, as in all answers about profiles.
    function_total: round(view.total / divisor),
    total_share: roundShare(view.total / whole),
    stacks: view.stacks,
    recursive_share: roundShare(view.recursive / view.total),
    entry_share: roundShare(view.entry / view.total),
    callers: callers.map((row) => ({ ...row })),
    callees: callees.map((row) => ({ ...row })),
    application_caller: caller && { ...caller },
    lines: view.lines.map(({ line, self, total }) => ({
      line: line > 0 ? line : null,
      self_share: roundShare(self / view.total),
      total_share: roundShare(total / view.total),
    })),
    path: path.map((frame) => ({ ...frame })),
    timeline: series === null ? null : timelineData(series, scale),
    labels: labels.map(({ label, sameAs, values }) => ({
      label: safeText(label),
      same_as: sameAs.map((name) => safeText(name)),
      values: values.map(({ name, cost }) => ({
        value: safeText(name),
        share: roundShare(cost.value / cost.active),
      })),
    })),
  };
  return {
    data: {
      ...data,
      notes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: scopeLines(measured) },
      { rows: headRows(measured, report, caller, path) },
      { title: 'Heaviest way to it (shares of its total, here and below):', rows: pathRows(path) },
      neighbourBlock(
        'Called by',
        callers,
        view.entry > 0 ? [`${percent(view.entry / view.total)} entry point`] : [],
      ),
      neighbourBlock('Calls', callees, []),
      { rows: lineRows(view) },
      { rows: series === null ? [] : [timelineRow(series)] },
      { rows: labels.map((split) => labelRow(split, measured)) },
      { rows: notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(next) },
    ],
    lists: ['callers', 'callees', 'lines', 'path'],
  };
}

function ownCostNotes({ reduced }: Measurement): string[] {
  if (reduced === null) return [];
  return [
    'Here total, callers and way are of the own cost of the function alone (exact within the call sites read); its callees, timeline and labels were not read.',
  ];
}

function headRows(
  measured: Measurement,
  { fn, owner, view }: FunctionReport,
  caller: Row | null,
  path: readonly Row[],
): string[] {
  const { type } = measured;
  const whole = shareBase(measured.active);
  const divisor = getDivisor(measured);
  const what = type.isWallClock ? `active ${type.alias} time` : type.alias;
  const part = (value: number) =>
    value === 0
      ? '0%'
      : `${formatShare(value / whole)} (${amountText(measured, value / divisor, type.noun)})`;
  const recursive =
    view.recursive > 0 ? `, ${formatShare(view.recursive / view.total)} of it recursive (counted once)` : '';
  const isNext = caller !== null && caller.function === path.at(-2)?.function;
  const reached =
    caller === null || isNext
      ? ''
      : ` Nearest application caller: ${displayFunction(caller)} with ${formatShare(caller.share)} of it.`;
  return [
    `Function: ${displayFunction(fn)} (${owner}): total ${part(view.total)} of ${what}, self ${part(view.self)}; ${plural(view.stacks, 'different stack')}${recursive}.${reached}`,
  ];
}

function percent(share: number): string {
  return formatShare(share).padStart(5);
}

/** Rows of the entry point and the last frames above the function. */
function pathRows(whole: readonly Row[]): string[] {
  const path = whole.slice(0, -1);
  const end = Math.max(1, path.length - PATH_END);
  return path.flatMap((frame, at) => {
    if (at > 0 && at < end) return [];
    const folded = at === 0 && end > 1 ? ` … +${end - 1}` : '';
    return [`${percent(frame.share)} ${displayFunction(frame)}${folded}`];
  });
}

function neighbourBlock(title: string, rows: readonly Row[], more: readonly string[]) {
  const shown = rows.filter(({ share }) => Math.abs(share) >= FLOOR).slice(0, MAX_NEIGHBOURS);
  const left = rows.length - shown.length;
  const share = rows.slice(shown.length).reduce((sum, row) => sum + row.share, 0);
  return {
    title: `${title}:`,
    rows: [
      ...shown.map((row) => `${percent(row.share)} ${displayBriefly(row)}`),
      ...more,
      ...(left > 0 ? [`${percent(share)} ${left} more`] : []),
    ],
  };
}

function lineRows({ lines, total }: FunctionView): string[] {
  const known = lines.filter(({ line }) => line > 0);
  if (known.length < 2) return [];
  const shown = known
    .slice(0, MAX_LINES)
    .map((cost) => `${cost.line}: ${formatShare(cost.self / total)}/${formatShare(cost.total / total)}`);
  const more = known.length > shown.length ? `, ${known.length - shown.length} more` : '';
  return [`Lines (self/total): ${shown.join(', ')}${more}`];
}

function timelineRow(series: Series): string {
  const shares = series.parts.map(({ share }) => share);
  return `Timeline of its share: ${drawSparkline(shares)} ${changeText(series, formatShare)}`;
}

function timelineData(series: Series, scale: Scale): Json {
  const { onset, parts } = series;
  return {
    value_unit: scale.unit,
    onset: onset === null ? null : { after: formatTime(onset.after), before: formatTime(onset.before) },
    points: parts.map(({ frame, value, share }) => ({
      from: formatTime(frame.from),
      to: formatTime(frame.to),
      value: value === null ? null : scale.round(value),
      share: share === null ? null : roundShare(share),
    })),
  };
}

/** The function's share for each value of a label, and whether the shares differ by more than chance. */
function labelRow({ label, sameAs, values }: LabelSplit, { type, samples, active }: Measurement): string {
  const perSample = samples === null || samples === 0 ? null : totalValue(active) / samples;
  const shares = values.map(({ cost }) => cost.value / cost.active);
  const isEven = Math.max(...shares) - Math.min(...shares) < EVEN;
  const isAlike =
    perSample !== null &&
    areAlike(values.map(({ cost }) => ({ counted: cost.value / perSample, all: cost.active / perSample })));
  const listed = values.map(
    ({ name, cost }) => `${safeText(name, 80)} ${formatShare(cost.value / cost.active)}`,
  );
  const same =
    sameAs.length === 0 ? '' : ` (${sameAs.map((name) => safeText(name, 60)).join(', ')} the same)`;
  return `By ${safeText(label, 60)}${same}: ${listed.join(', ')} of each one's ${type.alias}${isEven ? '; alike' : isAlike ? '; alike within noise' : ''}`;
}
