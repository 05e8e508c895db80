import type { Finding } from '../../profile/compare/finding.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatTime, formatValue } from '../../text/units.js';
import { displayBriefly, displayFunction } from '../functions.js';

/**
 * Writes the sentence that a reader acts on: which function, how much, since when, on which label, how sure.
 */
export function sentenceOf(finding: Finding): string {
  const { type, kind, fn, caller, callee, from } = finding;
  const per = type.kind === 'instant' ? 'mean snapshot' : 'per profile';
  const amount = (value: number) => formatValue(value, type.unit, type.noun);
  const values = `${amount(finding.valueBefore)} -> ${amount(finding.valueAfter)} ${per}`;
  const what = type.isWallClock ? `active ${type.alias} time` : type.alias;
  const by =
    (caller === null ? '' : `, called by ${displayBriefly(caller)},`) +
    (callee === null ? '' : ` (mostly in ${displayBriefly(callee)})`);
  const name = fn === null ? '' : displayFunction(fn);
  const shares = `${formatShare(finding.shareBefore)} -> ${formatShare(finding.shareAfter)} of ${what} (${values})`;
  const tail = [whereText(finding), sinceText(finding), `confidence ${finding.confidence}`].filter(
    (part) => part !== '',
  );
  if (kind === 'load') {
    const ratio = finding.valueBefore > 0 ? finding.valueAfter / finding.valueBefore : 0;
    const place =
      fn === null ? '' : `, ${formatShare(finding.shareAfter)} of it in ${name}${by}`.replace(/,$/, '');
    const rise = `${values}${ratio > 0 ? ` (x${ratio.toFixed(2)})` : ''}${place}`;
    if (finding.isOfTotals === true)
      return `${what} rose, ${rise}; only totals were compared; ${tail.join('; ')}.`;
    if (type.kind === 'instant')
      return `${what} rose, ${rise}; no function holds it alone; ${tail.join('; ')}.`;
    return `${what} rose as a whole, ${rise}; ${tail.join('; ')}.`;
  }
  if (kind === 'leak')
    return `${name}${by} holds the growth: ${shares} at the ends of the windows; ${tail.join('; ')}.`;
  if (kind === 'contention')
    return `${name}${by} waits for a lock: ${values} of ${type.alias} delay, ${formatShare(finding.shareAfter)} of all; ${tail.join('; ')}.`;
  if (kind === 'moved') {
    const source = from === null ? '' : ` what ${displayBriefly(from)} lost`;
    return `${name}${by} took over${source}: ${shares}; total unchanged; ${tail.join('; ')}.`;
  }
  const also = finding.also.map(
    (other) =>
      `also ${formatShare(other.shareBefore)} -> ${formatShare(other.shareAfter)} of ${other.type.alias}`,
  );
  return `${name}${by} ${kind === 'improvement' ? 'shrank' : 'grew'}: ${shares}; ${[...also, ...tail].join('; ')}.`;
}

function whereText({ label }: Finding): string {
  if (label === null) return '';
  const others = label.shareOthers === null ? '' : ` vs ${formatShare(label.shareOthers)} elsewhere`;
  const ties =
    label.also.length === 0
      ? ''
      : `; same profiles: ${label.also.map((tie) => safeText(tie, 80)).join(', ')}`;
  return `only in ${safeText(label.name, 60)}=${safeText(label.value, 80)} (${formatShare(label.shareAfter)}${others}${ties})`;
}

function sinceText({ since, until, kind }: Finding): string {
  if (since === null) return '';
  const end = until === null ? '' : `, until ${formatTime(Math.floor(until / 1000) * 1000)} (a burst)`;
  const word = kind === 'leak' ? 'growth began' : 'began';
  return `${word} between ${formatWholeSeconds(since.after)} and ${formatWholeSeconds(since.before)}${end}`;
}

/** A time in whole seconds: profiles are seconds apart. */
export function formatWholeSeconds(ms: number): string {
  return formatTime(Math.round(ms / 1000) * 1000);
}
