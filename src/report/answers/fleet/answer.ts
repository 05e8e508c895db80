import type { Confidence, Finding, Verdict } from '../../../profile/compare/finding.js';
import { networkWait } from '../../../profile/compare/growth/network-wait.js';
import { round, roundShare } from '../../../profile/measurement.js';
import { safeText } from '../../../text/sanitise.js';
import { formatTime } from '../../../text/units.js';
import type { NextCall } from '../../next.js';
import type { Answer, JsonObject } from '../../render.js';
import { MAX_FLEET_ROWS, unitName, writeText } from './text.js';

/** A service, or a label value of one, that something happened to. */
export interface FleetRow {
  service: string;
  group: { name: string; value: string } | null;
  verdict: Verdict;
  isSoFar: boolean;
  finding: Finding | null;
  /** The change in words, where no function is known. */
  change: string | null;
  severity: number;
  since: { after: number; before: number } | null;
  confidence: Confidence | null;
}

/** All that the triage of a fleet found, as plain data. */
export interface FleetReport {
  source: string;
  selector: string;
  groupBy: string | null;
  window: { from: number; to: number };
  baseline: { from: number; to: number; isChosen: boolean };
  unitCount: number;
  /** The worst first. */
  rows: readonly FleetRow[];
  loadOnly: readonly { name: string; ratio: number | null }[];
  unchanged: readonly string[];
  notLookedAt: readonly { name: string; reason: string }[];
  /** Rows of one onset, the earliest first. */
  commonOnset: readonly { name: string; since: { after: number; before: number } }[];
  notRead: readonly { what: string; why: string }[];
  notes: readonly string[];
  requests: number;
  next: readonly NextCall[];
}

/** The answer about a fleet: who is to blame, who only got more load, who was not looked at. */
export function fleetAnswer(report: FleetReport): Answer {
  const { source, selector, window, baseline } = report;
  return {
    data: {
      scope: {
        source,
        service: null,
        selector,
        group_by: report.groupBy,
        from: formatTime(window.from),
        to: formatTime(window.to),
      },
      baseline: { from: formatTime(baseline.from), to: formatTime(baseline.to), chosen: baseline.isChosen },
      service_count: report.unitCount,
      services: report.rows.slice(0, MAX_FLEET_ROWS).map(rowData),
      more_services: report.rows.slice(MAX_FLEET_ROWS).map((row) => ({
        service: unitName(row),
        verdict: row.verdict,
        function: row.finding?.fn?.function ?? null,
      })),
      load_only: report.loadOnly.map(({ name, ratio }) => ({
        service: name,
        ratio: ratio === null ? null : round(ratio),
      })),
      unchanged_count: report.unchanged.length,
      unchanged: report.unchanged,
      not_looked_at: report.notLookedAt.map(({ name, reason }) => ({ service: name, reason })),
      common_onset: report.commonOnset.map(({ name, since }) => ({ service: name, since: sinceData(since) })),
      upstream_requests: report.requests,
      notes: report.notes,
      next: report.next.map((call) => ({ ...call })),
      links: [],
    },
    text: writeText(report),
    lists: ['unchanged', 'not_looked_at', 'load_only', 'more_services', 'services', 'next'],
  };
}

function rowData(row: FleetRow, index: number): JsonObject {
  const { finding } = row;
  return {
    rank: index + 1,
    service: row.service,
    ...(row.group === null
      ? {}
      : { group: { name: safeText(row.group.name), value: safeText(row.group.value) } }),
    verdict: row.verdict,
    so_far: row.isSoFar,
    function: finding?.fn?.function ?? null,
    profile_type_id: finding?.type.id ?? null,
    value_before: finding === null ? null : round(finding.valueBefore),
    value_after: finding === null ? null : round(finding.valueAfter),
    share_before: finding === null ? null : roundShare(finding.shareBefore),
    share_after: finding === null ? null : roundShare(finding.shareAfter),
    network_wait: finding === null ? 0 : roundShare(networkWait(finding)),
    severity: roundShare(row.severity),
    since: row.since === null ? null : sinceData(row.since),
    confidence: row.confidence,
    label:
      finding?.label == null
        ? null
        : { name: safeText(finding.label.name), value: safeText(finding.label.value) },
  };
}

function sinceData(since: { after: number; before: number }): JsonObject {
  return { after: formatTime(since.after), before: formatTime(since.before) };
}
