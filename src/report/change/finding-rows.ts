import type { Finding } from '../../profile/compare/finding.js';
import { pathText } from './change-path.js';
import type { Writer } from './clock.js';
import { claimText, sinceText, whereText } from './finding-sentence.js';

/**
 * The first finding in rows of their own: what, the path, where, since when, and why it is not load.
 *
 * @param lead what stands before it: its number or a word
 * @param why why the load does not explain it; '' where that is not known
 */
export function findingRows(lead: string, finding: Finding, why: string, writer: Writer): string[] {
  const claim = claimText(finding, writer);
  const path = pathText(finding);
  const since = sinceText(finding, writer);
  return [
    `${lead} ${claim}; confidence ${finding.confidence}.`,
    ...(path === '' ? [] : [`Path ([] is the function): ${path}`]),
    `Where: ${whereText(finding)}.`,
    ...(since === '' ? [] : [`Since: ${since}.`]),
    ...(why === '' ? [] : [`${why}.`]),
  ];
}
