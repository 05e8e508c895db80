import { roundShare } from '../../profile/measurement.js';
import { leadingName, safeText } from '../../text/sanitise.js';
import { formatTime } from '../../text/units.js';
import { findingData } from '../answers/investigation.js';
import type { Answer, JsonObject } from '../render.js';
import { GATE_EXIT, type GateReport, type GateSide } from './gate-report.js';
import { checkTexts, findingTexts, neededText, sideText, smallestText, writeHeadline } from './words.js';

/** The report of the gate as data and as text, the outcome first. */
export function gateAnswer(report: GateReport): Answer {
  return { data: toData(report), text: writeText(report), lists: ['findings', 'others', 'notes'] };
}

function toData(report: GateReport): JsonObject {
  const { main, after, before, checks, others, smallest, needed } = report;
  const closing = [...new Set(checks.flatMap(({ findings }) => findings))];
  return {
    outcome: report.outcome,
    exit_code: GATE_EXIT[report.outcome],
    headline: writeHeadline(report),
    scope: {
      source: report.source,
      service: report.service,
      selector: after.selector,
      profile_type_id: main?.id ?? null,
      unit: main?.unit ?? null,
      from: formatTime(after.window.from),
      to: formatTime(after.window.to),
    },
    profiles: after.profiles,
    samples: whole(after.samples),
    baseline: {
      from: formatTime(before.window.from),
      to: formatTime(before.window.to),
      selector: before.selector,
      chosen_by: report.isBaselineChosen ? 'server' : 'caller',
      profiles: before.profiles,
      samples: whole(before.samples),
    },
    samples_estimated: report.isEstimated,
    verdict: report.verdict,
    min_share: report.minShare,
    checks: checks.map(({ kind, state, reason }) => ({ kind, state, reason })),
    findings: closing.map((finding, index) => findingData(finding, index)),
    others: others.map((finding, index) => findingData(finding, index)),
    smallest_change: smallest.map(({ type, growth, factor }) => ({
      profile_type_id: type.id,
      growth:
        growth?.map(({ share, growth: least }) => ({ share_before: share, growth: roundShare(least) })) ??
        null,
      factor: factor === null ? null : roundShare(factor),
    })),
    needed_window:
      needed === null
        ? null
        : { growth: needed.share, seconds: needed.ms === null ? null : Math.ceil(needed.ms / 1000) },
    not_determined: report.notDetermined,
    upstream_requests: report.requests,
    notes: report.notes,
  };
}

function whole(samples: GateSide['samples']): number | null {
  return samples === null ? null : Math.round(samples);
}

function writeText(report: GateReport): Answer['text'] {
  const { closing, others } = findingTexts(report);
  const smallest = smallestText(report);
  const needed = neededText(report);
  return [
    {
      rows: [
        `${leadingName(report.service, 200)} from source ${safeText(report.source, 100)}: ${writeHeadline(report)}`,
        `Judged ${sideText(report.after, report)}`,
        `Baseline${report.isBaselineChosen ? ' (chosen: the time just before)' : ''} ${sideText(report.before, report)}`,
      ],
    },
    { rows: closing.map((text, index) => `${index + 1}. ${text}`), keep: 1 },
    { rows: checkTexts(report.checks).map((text) => `Looked for ${text}`) },
    { rows: others.map((text) => `Does not close the gate: ${text}`), keep: 1 },
    {
      rows: [
        ...(smallest === null ? [] : [`Smallest growth that is seen in 95 of 100: ${smallest}.`]),
        ...(needed === null ? [] : [`${needed}.`]),
      ],
    },
    { rows: report.notDetermined.map((text) => `Not determined: ${text}`), keep: 2 },
    { rows: report.notes.map((note) => `Note: ${note}`), keep: 2 },
    { rows: [`${report.requests} upstream requests.`] },
  ];
}
