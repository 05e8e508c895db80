import type { Finding } from '../../profile/compare/finding.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatSpan, formatTime } from '../../text/units.js';
import { samplesText } from '../answers/sample-count.js';
import { writeSentence } from '../change/finding-sentence.js';
import {
  GATE_EXIT,
  type GateCheck,
  type GateKind,
  type GateReport,
  type GateSide,
  type GateState,
  type SmallestSeen,
} from './gate-report.js';

/** Names of the kinds of findings, as an answer writes them. */
const KINDS: Readonly<Record<GateKind, string>> = {
  regression: 'code regression',
  leak: 'leak',
  contention: 'lock contention',
  load: 'rise of the load',
};

const STATES: Readonly<Record<GateState, string>> = {
  found: 'found',
  clear: 'not found',
  unknown: 'cannot say',
  not_sent: 'not looked for',
};

/** The outcome in one line, without any name from a profile. */
export function writeHeadline({ outcome, checks }: GateReport): string {
  const code = `exit code ${GATE_EXIT[outcome]}`;
  const named = (state: GateState) =>
    checks
      .filter((check) => check.state === state)
      .map(({ kind }) => KINDS[kind])
      .join(', ');
  if (outcome === 'found') return `FOUND: ${named('found')} (${code})`;
  if (outcome === 'passed') return `NOTHING FOUND: no ${named('clear')} (${code})`;
  return `CANNOT SAY: ${named('unknown') || named('not_sent')} (${code})`;
}

/** The answers about kinds of findings, `leak: not found (nothing found in inuse)`; equal ones in one row. */
export function checkTexts(checks: readonly GateCheck[]): string[] {
  const kindsOf = new Map<string, string[]>();
  for (const { kind, state, reason } of checks) {
    const text = `${STATES[state]} (${reason})`;
    kindsOf.set(text, [...(kindsOf.get(text) ?? []), KINDS[kind]]);
  }
  return [...kindsOf].map(([text, kinds]) => `${kinds.join(', ')}: ${text}`);
}

export function sideText(side: GateSide, { main, isEstimated }: GateReport): string {
  const { window, profiles, samples, selector } = side;
  const counted =
    main === null || profiles === null
      ? ''
      : `: ${profiles} ${main.alias} profiles${samplesText({ samples, isEstimated })}`;
  return `${formatTime(window.from)} to ${formatTime(window.to)} (${formatSpan(window.to - window.from)}), ${safeText(selector, 300)}${counted}`;
}

/** Findings as sentences, those that close the gate first. */
export function findingTexts({ checks, others }: GateReport): { closing: string[]; others: string[] } {
  const closing = [...new Set<Finding>(checks.flatMap(({ findings }) => findings))];
  return {
    closing: closing.map((finding) => writeSentence(finding)),
    others: others.map((finding) => writeSentence(finding)),
  };
}

/** The smallest change that would be seen, type by type. */
export function smallestText({ smallest }: Pick<GateReport, 'smallest'>): string | null {
  const rows = smallest.map(writeSmallest).filter((row) => row !== null);
  return rows.length === 0 ? null : rows.join('; ');
}

function writeSmallest({ type, growth, factor }: SmallestSeen): string | null {
  const points = (growth ?? []).map(
    ({ share, growth: least }) =>
      `${(100 * least).toFixed(1)} points of a function with ${formatShare(share)}`,
  );
  const whole = factor === null ? [] : [`x${factor.toFixed(2)}${points.length === 0 ? '' : ' in all'}`];
  const parts = [...points, ...whole];
  return parts.length === 0 ? null : `${type.alias} ${parts.join(', ')}`;
}

/** Length of the window that growth of a given size needs. */
export function neededText({ needed, main, after }: GateReport): string | null {
  if (needed === null || main === null) return null;
  const size = `${100 * needed.share} points of ${main.alias}`;
  const now = formatSpan(after.window.to - after.window.from);
  return needed.ms === null
    ? `Growth by ${size} is seen in no window against this baseline, which has too few samples`
    : `Growth by ${size} is seen in a window of about ${formatSpan(needed.ms)} (now ${now}), as samples come at present`;
}
