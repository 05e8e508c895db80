import { escapeMarkup, safeText } from '../../text/sanitise.js';
import { writeSentence } from '../change/finding-sentence.js';
import type { GateCheck, GateReport } from './gate-report.js';
import { neededText, sideText, smallestText, writeHeadline } from './words.js';

/**
 * The report of the gate as JUnit XML: one test case for each kind of finding. A finding is a failure, what
 * cannot be said an error, and what no profile shows is skipped.
 */
export function gateJunit(report: GateReport): string {
  const { checks } = report;
  const count = (state: GateCheck['state']) => checks.filter((check) => check.state === state).length;
  const unknown = count('unknown');
  const sides = [`Judged ${sideText(report.after, report)}`, `Baseline ${sideText(report.before, report)}`];
  const notes = [smallestText(report), neededText(report), ...report.notDetermined, ...report.notes];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="pyroscope-mcp gate" tests="${checks.length}" failures="${count('found')}" errors="${unknown}">`,
    `  <testsuite name="${escaped(report.service)}" tests="${checks.length}" failures="${count('found')}" errors="${unknown}" skipped="${count('not_sent')}">`,
    ...checks.flatMap((check) => writeCase(check, report)),
    '    <system-out>',
    ...[writeHeadline(report), ...sides, ...notes.filter((note) => note !== null)].map(escaped),
    '    </system-out>',
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function writeCase({ kind, state, reason, findings }: GateCheck, { service }: GateReport): string[] {
  const head = `    <testcase classname="${escaped(service)}" name="${kind}"`;
  if (state === 'clear') return [`${head}/>`];
  const [tag, message] =
    state === 'found'
      ? ['failure', findings.map((finding) => writeSentence(finding)).join(' ')]
      : [state === 'unknown' ? 'error' : 'skipped', reason];
  return [`${head}>`, `      <${tag} message="${escaped(message)}"/>`, '    </testcase>'];
}

/** Text that XML 1.0 allows, without the marks that have a meaning in it. */
function escaped(text: string): string {
  return escapeMarkup(safeText(text, 4_000).replace(/[\ufffe\uffff]/g, ' '));
}
