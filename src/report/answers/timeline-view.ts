import type { NamedFunction } from '../../profile/code/named-function.js';
import { type Measurement, roundShare } from '../../profile/measurement.js';
import type { Series } from '../../profile/series/series.js';
import type { Frame, Span } from '../../profile/series/timeline.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatSpan, formatTime, plural } from '../../text/units.js';
import { displayFunction } from '../functions.js';
import { nothingSampled, scopeData, scopeLines } from '../measurement.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, JsonObject } from '../render.js';
import { drawSparkline } from '../sparkline.js';
import { changeText, chooseScale, type Scale, spanText } from './series.js';

/** Content of a timeline. */
export interface Timeline {
  frames: readonly Frame[];
  gaps: readonly Span[];
  /** Series of the total, or of the function where the question names one. */
  whole: Series;
  /** Series of the largest values of a label, heaviest first, and the number of values left out. */
  by: {
    label: string;
    series: readonly Series[];
    others: number;
    /** Whether the heaviest values are shown, since the changes of all of them are not known. */
    isByWeight: boolean;
  } | null;
  /** The function of the question, with the same series searched in its value instead of its share. */
  of: (NamedFunction & { values: Series }) | null;
  notes: readonly string[];
  next: readonly NextCall[];
}

/** Maximum number of label values in the text; JSON lists all that were read. */
const MAX_ROWS = 8;
/** Maximum number of spikes, gaps and labels that the text names. */
const MAX_NAMED = 5;

/** Cost over time: the onset in words, then a row per series. */
export function timelineAnswer(measured: Measurement, timeline: Timeline): Answer {
  const scale = chooseScale(measured);
  const { whole, by, gaps, next } = timeline;
  const series = by === null ? [whole] : by.series;
  const headline = writeHeadline(measured, timeline, scale);
  const notes = [...measured.notes, ...timeline.notes];
  return {
    data: {
      ...scopeData(measured),
      headline,
      group_by: by?.label ?? null,
      function: timeline.of?.function ?? null,
      value_unit: scale.unit,
      onset: onsetData(whole),
      ...(timeline.of === null ? {} : { value_onset: onsetData(timeline.of.values) }),
      series: series.map((row) => seriesData(row, timeline, scale)),
      series_count: series.length + (by?.others ?? 0),
      spikes: series.flatMap((row) =>
        row.spikes.map(({ from, to, value }) => ({
          label: writeLabel(row, timeline),
          ...formatTimes({ from, to }),
          value: scale.round(value),
        })),
      ),
      gaps: gaps.map(formatTimes),
      notes,
      next: next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: scopeLines(measured) },
      { rows: [`Onset: ${headline}`] },
      rowsBlock(timeline, scale),
      { rows: [namedText(series, timeline, scale)] },
      { rows: notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(next) },
    ],
    lists: ['series'],
  };
}

/** Answers for profiles without samples, which have no cost over time. */
export function emptyTimelineAnswer(measured: Measurement): Answer {
  const detail = nothingSampled(measured);
  return {
    data: {
      ...scopeData(measured),
      headline: detail,
      onset: null,
      series: [],
      spikes: [],
      gaps: [],
      notes: measured.notes,
      next: [],
      links: [],
    },
    text: [
      { rows: [...scopeLines(measured), detail] },
      { rows: measured.notes.map((note) => `Note: ${note}`) },
    ],
    lists: [],
  };
}

function formatTimes({ from, to }: Span): { from: string; to: string } {
  return { from: formatTime(from), to: formatTime(to) };
}

function onsetData({ onset }: Series): { after: string; before: string } | null {
  return onset === null ? null : { after: formatTime(onset.after), before: formatTime(onset.before) };
}

function writeLabel({ label }: Series, { by, of }: Timeline): string {
  if (of !== null) return of.function;
  return by === null ? 'total' : safeText(label ?? `(no ${by.label})`);
}

function seriesData(series: Series, timeline: Timeline, scale: Scale): JsonObject {
  return {
    label: writeLabel(series, timeline),
    share: series.share === null ? null : roundShare(series.share),
    min: scale.round(series.min),
    mean: scale.round(series.mean),
    max: scale.round(series.max),
    onset: onsetData(series),
    points: series.parts.map(({ frame, value, share }) => ({
      ...formatTimes(frame),
      value: value === null ? null : scale.round(value),
      share: share === null ? null : roundShare(share),
    })),
  };
}

/** Says when the cost changed, or that it did not. */
function writeHeadline(measured: Measurement, { whole, by, of }: Timeline, scale: Scale): string {
  const what = measured.type.isWallClock ? `active ${measured.type.alias} time` : measured.type.alias;
  if (of !== null) {
    const [before, after] = whole.means?.value.map(scale.format) ?? [];
    // All of the type changed alike where the value changed and the share did not.
    const amounts =
      before !== undefined
        ? `; its value from ${before} to ${after}${scale.per}`
        : of.values.change === null
          ? ''
          : `; its value ${changeText(of.values, scale.format, scale.per)}`;
    return `${displayFunction(of)} as a share of ${what} ${changeText(whole, formatShare)}${amounts}.`;
  }
  const [before, after] = whole.means?.instances.map(Math.round) ?? [];
  const instances = before === after ? '' : `; instances went from ${before} to ${after}`;
  const total = `${what} ${changeText(whole, scale.format, scale.per)}${instances}.`;
  return by === null ? total : `${total} By ${safeText(by.label, 100)}: ${byText(by.series, whole)}.`;
}

/** Says which values of a label changed and when; values that changed alike share a clause. */
function byText(series: readonly Series[], whole: Series): string {
  const courses = new Map<string, string[]>();
  for (const row of series) {
    const course = briefly(row, whole);
    if (course === null) continue;
    courses.set(course, [...(courses.get(course) ?? []), safeText(row.label ?? '(none)', 100)]);
  }
  if (courses.size === 0) return 'none changed on its own';
  return [...courses]
    .slice(0, MAX_NAMED)
    .map(([course, labels]) => {
      if (labels.length === series.length && series.length > 1) return `each ${course}`;
      const more = labels.length - MAX_NAMED;
      return `${labels.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''} ${course}`;
    })
    .join('; ');
}

/** Describes the change of one label value without figures; null where nothing changed. */
function briefly({ change, onset, since, until }: Series, whole: Series): string | null {
  if (since !== null) return `came ${formatTime(since)}`;
  if (until !== null) return `went ${formatTime(until)}`;
  if (change === null) return null;
  const verb = change.inside > change.outside ? 'rose' : 'fell';
  if (onset === null) return `${verb} for a while`;
  return `${verb} ${isSame(onset, whole.onset) ? 'at the same time' : formatTime(onset.before)}`;
}

/** Whether two changes may have begun at once. */
function isSame(onset: { after: number; before: number }, other: Series['onset']): boolean {
  return other !== null && onset.after <= other.before && other.after <= onset.before;
}

/** The change of level of a series, or the times at which it was first and last seen. */
function courseText(series: Series, whole: Series, { format }: Scale): string {
  const { change, onset, since, until } = series;
  const limits = [
    since === null ? null : `first seen ${formatTime(since)}`,
    until === null ? null : `last seen ${formatTime(until)}`,
  ].filter((text) => text !== null);
  if (change === null && limits.length > 0) return limits.join(', ');
  const course =
    change !== null && onset !== null && isSame(onset, whole.onset)
      ? `from ${format(change.outside)} to ${format(change.inside)} at the same time`
      : changeText(series, format);
  return [course, ...limits].join(', ');
}

function rowsBlock(timeline: Timeline, scale: Scale) {
  const { frames, whole, by, of } = timeline;
  const rows: string[] = [];
  const range = (series: Series) =>
    `min ${scale.format(series.min)}, mean ${scale.format(series.mean)}, max ${scale.format(series.max)}`;
  const values = (series: Series) => drawSparkline(series.parts.map(({ value }) => value));
  if (of === null) rows.push(`${values(whole)} total: ${range(whole)}`);
  else {
    const shares = whole.parts.map(({ share }) => share);
    const known = shares.filter((share) => share !== null);
    rows.push(
      `${drawSparkline(shares)} share: min ${formatShare(Math.min(...known))}, mean ${formatShare(whole.share ?? 0)}, max ${formatShare(Math.max(...known))}`,
      `${values(whole)} value: ${range(whole)}`,
    );
  }
  for (const series of by?.series.slice(0, MAX_ROWS) ?? []) {
    rows.push(
      `${values(series)} ${safeText(series.label ?? `(no ${by?.label})`, 100)}: ${formatShare(series.share ?? 0)} of the total; ${range(series)}; ${courseText(series, whole, scale)}`,
    );
  }
  const hidden = by === null ? 0 : by.others + Math.max(0, by.series.length - MAX_ROWS);
  if (hidden > 0)
    rows.push(
      `… ${hidden} more values of ${safeText(by?.label ?? '', 100)}, ${by?.isByWeight === true ? 'lighter ones' : 'which changed less'}: narrow with selector`,
    );
  const widths = frames.map(({ from, to }) => to - from).sort((a, b) => a - b);
  const width = formatSpan(widths[Math.floor(widths.length / 2)] ?? 0);
  const noun = scale.per.startsWith(' per ') ? 'value' : '';
  const unit = scale.per === '' ? scale.unit : `${noun}${scale.per}`.trim();
  return {
    title: `${plural(frames.length, 'part')} of ${width}, ${unit} (bars from 0 to the row's largest, "·": no profiles):`,
    rows,
    keep: 3,
    more: 'narrow with selector',
  };
}

function namedText(series: readonly Series[], timeline: Timeline, scale: Scale): string {
  const spikes = series.flatMap((row) =>
    row.spikes.map(
      (spike) =>
        `${timeline.by === null ? '' : `${writeLabel(row, timeline)} `}${scale.format(spike.value)} ${spanText(spike)}`,
    ),
  );
  const gaps = timeline.gaps.map(spanText);
  const listed = (name: string, texts: readonly string[]) =>
    texts.length === 0
      ? `No ${name.toLowerCase()}.`
      : `${name}: ${texts.slice(0, MAX_NAMED).join('; ')}${texts.length > MAX_NAMED ? `; ${texts.length - MAX_NAMED} more` : ''}.`;
  return `${listed('Spikes', spikes)} ${listed('Gaps', gaps)}`;
}
