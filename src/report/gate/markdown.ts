import { safeText } from '../../text/sanitise.js';
import type { GateReport } from './gate-report.js';
import { checkTexts, findingTexts, neededText, sideText, smallestText, writeHeadline } from './words.js';

const SIGNS: Readonly<Record<GateReport['outcome'], string>> = { passed: '✅', found: '❌', unknown: '❔' };

/** The report of the gate for a summary of a build or a comment on a pull request. */
export function gateMarkdown(report: GateReport): string {
  const { closing, others } = findingTexts(report);
  const [smallest, needed] = [smallestText(report), neededText(report)];
  const lines = [
    `### ${SIGNS[report.outcome]} ${escaped(report.service)}: ${escaped(writeHeadline(report))}`,
    '',
    ...closing.map((text, index) => `${index + 1}. ${escaped(text)}`),
    ...(closing.length === 0 ? [] : ['']),
    '| | |',
    '| --- | --- |',
    row('Judged', sideText(report.after, report)),
    row('Baseline', sideText(report.before, report)),
    ...checkTexts(report.checks).map((text) => row('Looked for', text)),
    ...others.map((text) => row('Does not close the gate', text)),
    ...(smallest === null ? [] : [row('Smallest growth seen in 95 of 100', smallest)]),
    ...(needed === null ? [] : [row('Window', needed)]),
    ...report.notDetermined.map((text) => row('Not determined', text)),
    ...report.notes.map((text) => row('Note', text)),
  ];
  return lines.join('\n');
}

function row(title: string, text: string): string {
  return `| ${title} | ${escaped(text)} |`;
}

/**
 * Text in which nothing is markup, a mention or a link of its own: names come from profiles, and whoever can
 * push a profile can name a function. HTML entities are plain text to every renderer of Markdown.
 */
function escaped(text: string): string {
  return safeText(text, 4_000).replace(/[&<>"'`*_[\]()|~\\#@!]|:\/\//g, (match) =>
    Array.from(match, (char) => `&#${char.codePointAt(0)};`).join(''),
  );
}
