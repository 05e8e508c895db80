import { type IdSelection, idsText } from '../../profile/ids.js';
import { round } from '../../profile/measurement.js';
import type { ProfileType } from '../../profile/types/types.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatTime, formatValue, plural } from '../../text/units.js';
import { type MoverRow, moverData, moverText } from '../answers/comparison.js';
import { displayFunction } from '../functions.js';
import { type NextCall, nextRows } from '../next.js';
import type { Answer, JsonObject } from '../render.js';

/** A side of a comparison of single requests with others. */
export interface RequestSide {
  value: number;
  samples: number;
  /** Number of parts, each the samples of a span in a profile, or a profile; null where it is unknown. */
  parts: number | null;
}

/** Samples of single requests or profiles against those of the others. */
export interface RequestComparison {
  source: string;
  service: string | null;
  type: ProfileType;
  only: IdSelection;
  window: { from: number; to: number };
  selector: string;
  /** Operation of the spans, to which the others belong as well; null where it is unknown. */
  operation: string | null;
  verdict: 'differs' | 'no_change' | 'inconclusive';
  after: RequestSide;
  before: RequestSide & { window: { from: number; to: number }; selector: string };
  /** Whether the numbers of samples are estimates. */
  isEstimated: boolean;
  movers: readonly MoverRow[];
  /** Number of functions that were tested. */
  tested: number;
  notes: readonly string[];
  requests: number;
  next: readonly NextCall[];
}

/** The answer about single requests against the others: how much, and which functions stand out. */
export function requestComparisonAnswer(comparison: RequestComparison, limit: number): Answer {
  const { after, before, type, only, verdict, movers, tested } = comparison;
  const reason = explainVerdict(comparison);
  const significant = movers.filter((row) => row.significant).slice(0, limit);
  const noise = movers.filter((row) => !row.significant).slice(0, limit);
  return {
    data: {
      scope: {
        source: comparison.source,
        service: comparison.service,
        selector: comparison.selector,
        only: { kind: only.kind, ids: [...only.ids] },
        profile_type_id: type.id,
        unit: type.unit,
        from: formatTime(comparison.window.from),
        to: formatTime(comparison.window.to),
      },
      operation: comparison.operation === null ? null : safeText(comparison.operation),
      total: sideData(after, comparison),
      baseline: {
        from: formatTime(before.window.from),
        to: formatTime(before.window.to),
        selector: before.selector,
        total: sideData(before, comparison),
      },
      coverage: { kept_share: 1, truncated: false },
      verdict,
      verdict_reason: reason,
      movers: [...significant, ...noise].map(moverData),
      tested_functions: tested,
      entry_points: [],
      upstream_requests: comparison.requests,
      notes: [...comparison.notes],
      next: comparison.next.map((call) => ({ ...call })),
      links: [],
    },
    text: [
      { rows: [`Verdict: ${HEADLINES[verdict]} (${verdict}): ${reason}.`] },
      {
        rows: [
          sideText(`Samples of ${idsText(only)}:`, after, comparison),
          sideText(`${othersText(comparison)}:`, before, comparison),
        ],
      },
      {
        title: `What stands out (points of the total with 95% interval; others -> these samples, ${before.parts === null || after.parts === null ? 'in all' : 'means'}):`,
        rows: significant.map((row) => moverText(row, type)),
        keep: 3,
        more: 'format=json or a larger limit',
        apart: true,
      },
      {
        title: `Within noise, do not report (of ${tested} functions tested, the interval of one may miss 0 by chance):`,
        rows: noise.slice(0, 3).map((row) => moverText(row, type)),
        keep: 0,
        apart: significant.length === 0,
      },
      {
        rows: [
          `Compared: ${leadingName(comparison.service ?? comparison.selector, 200)}: ${type.alias} (${type.meaning}; ${type.id}) from source ${safeText(comparison.source, 100)}`,
          `Window ${formatTime(comparison.window.from)} to ${formatTime(comparison.window.to)}, others ${safeText(before.selector, 300)}${before.window.from === comparison.window.from && before.window.to === comparison.window.to ? '' : ` from ${formatTime(before.window.from)} to ${formatTime(before.window.to)}`}`,
        ],
        apart: true,
      },
      { rows: comparison.notes.map((note) => `Note: ${note}`) },
      { rows: nextRows(comparison.next), apart: true },
    ],
    lists: ['movers'],
  };
}

const HEADLINES: Readonly<Record<RequestComparison['verdict'], string>> = {
  differs: 'DIFFERS from the others',
  no_change: 'THE SAME MIX of functions as the others, beyond noise',
  inconclusive: 'INCONCLUSIVE: too few samples',
};

function explainVerdict({ movers, tested, after, before, type }: RequestComparison): string {
  const significant = movers.filter((row) => row.significant);
  const [first] = significant;
  const factor = computeFactor(after, before);
  const cost =
    factor === null ? '' : `${type.alias} x${factor.toFixed(factor < 10 ? 2 : 0)} of the others' mean; `;
  return first === undefined
    ? `${cost}none of ${tested} functions takes another share beyond noise`
    : `${cost}${significant.length} of ${tested} functions stand out, most of all ${displayFunction(first)}`;
}

/** How often the mean of the others these samples cost; null where either number is unknown. */
function computeFactor(after: RequestSide, before: RequestSide): number | null {
  const [own, other] = [computeMean(after), computeMean(before)];
  return own === null || other === null || other === 0 ? null : own / other;
}

function computeMean({ value, parts }: RequestSide): number | null {
  return parts === null ? null : value / parts;
}

function othersText({ operation, only }: RequestComparison): string {
  if (operation !== null) return `Others of ${JSON.stringify(safeText(operation, 100))}`;
  return only.kind === 'profile' ? 'Other profiles' : 'Others';
}

function sideText(title: string, side: RequestSide, { type, only, isEstimated }: RequestComparison): string {
  const { value, samples, parts } = side;
  const mean = computeMean(side);
  const noun = only.kind === 'profile' ? 'profile' : 'part';
  const per =
    parts === null || mean === null || parts === 1
      ? ''
      : `, ${plural(parts, noun)}${only.kind === 'profile' ? '' : ' of spans in profiles'}, ${formatValue(mean, type.unit, type.noun)} each on average`;
  return `${title} ${formatValue(value, type.unit, type.noun)}, ${isEstimated ? 'about ' : ''}${plural(Math.round(samples), 'sample')}${per}`;
}

function sideData(side: RequestSide, { type, isEstimated }: RequestComparison): JsonObject {
  const mean = computeMean(side);
  return {
    value: round(side.value),
    unit: type.unit,
    rate: null,
    rate_unit: null,
    samples: Math.round(side.samples),
    samples_estimated: isEstimated,
    parts: side.parts,
    per_part: mean === null ? null : round(mean),
  };
}
