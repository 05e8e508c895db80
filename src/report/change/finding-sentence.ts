import { isUnlock } from '../../profile/code/lock-kind.js';
import { unescapeDots } from '../../profile/code/names.js';
import type { Finding } from '../../profile/compare/finding.js';
import { networkWait } from '../../profile/compare/growth/network-wait.js';
import type { ProfileType } from '../../profile/types/types.js';
import { safeText } from '../../text/sanitise.js';
import { formatShare, formatValue, plural } from '../../text/units.js';
import { createWriter, type Writer } from './clock.js';

/**
 * The sentence that a reader acts on: which function, how much, where, since when, how sure. It is understood
 * alone.
 *
 * @param known what the text has said of the place already: it is not repeated
 */
export function writeSentence(finding: Finding, writer: Writer = createWriter(), known = ''): string {
  const where = whereText(finding);
  const since = sinceText(finding, writer);
  const parts = [
    claimText(finding, writer),
    where === known ? '' : where,
    since === '' ? '' : `${finding.kind === 'leak' ? 'growth began' : 'began'} ${since}`,
    `confidence ${finding.confidence}${finding.mayBeChance === true ? ' (may be chance: one of many functions that were tried)' : ''}`,
  ];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}

/** The claim of a finding about its function, or about the type as a whole, without place and time. */
export function claimText(finding: Finding, writer: Writer): string {
  const { type, kind, fn, caller, callee, from } = finding;
  const name = fn === null ? '' : writer.place(fn);
  const by =
    (caller === null ? '' : `, called by ${writer.name(caller)},`) +
    (callee === null ? '' : ` (mostly in ${writer.name(callee)})`);
  const claim = writeClaim();
  const more = [
    ...alsoTexts(finding),
    spreadText(finding, writer),
    inputText(finding, writer),
    userText(finding, writer),
    waitsText(finding),
    collectorText(finding),
    aloneText(finding),
  ];
  const tail = more.filter((text) => text !== '').map((text) => `; ${text}`);
  return `${claim}${tail.join('')}`;

  function writeClaim(): string {
    const per = type.kind === 'instant' ? 'mean snapshot' : 'per profile';
    const values = `${rangeText(finding.valueBefore, finding.valueAfter, type)} ${per}`;
    switch (kind) {
      case 'load':
        return loadText(finding, `${name}${by}`.replace(/,$/, ''), values);
      case 'leak':
        return `${name}${by} holds the growth: ${sharesText(finding, 'mean snapshots at the ends of the windows', writer)}`;
      case 'contention': {
        // Block profiles hold waits for channels, timers and conditions, too.
        const waits = type.alias === 'block' ? 'is blocked' : lockText(finding);
        const purpose =
          finding.mayBeOnPurpose === true
            ? '; it waits in own code for an event, in a queue or on purpose (a long poll): profiles cannot tell which'
            : '';
        return `${name}${by} ${waits}: ${values} of ${type.alias} delay, ${formatShare(finding.shareAfter)} of all${purpose}`;
      }
      case 'moved': {
        const source = from === null ? '' : ` what ${writer.name(from)} lost`;
        return `${name}${by} took over${source}: ${sharesText(finding, per, writer)}; it gained no more than that`;
      }
      default:
        return `${name}${by} ${kind === 'improvement' ? 'shrank' : 'grew'}: ${sharesText(finding, per, writer)}`;
    }
  }
}

/** Stacks of Go's mutex profiles end where the holder of a lock lets it go, others where one waits. */
function lockText({ path }: Finding): string {
  return path.some(({ function: name }) => isUnlock(name))
    ? 'holds a lock that others wait for'
    : 'waits for a lock';
}

/** The share of a function on both sides, of what it is a share, and the values behind it. */
function sharesText(finding: Finding, per: string, { clock }: Writer): string {
  const { type, of, shareBefore, shareAfter } = finding;
  const what = type.isWallClock ? `active ${type.alias} time` : type.alias;
  const before = partText(finding.valueBefore, finding.wholeBefore, type);
  const after = partText(finding.valueAfter, finding.wholeAfter, type);
  const [was, is] = [formatShare(shareBefore), formatShare(shareAfter)];
  const values = `(${before} -> ${after}${type.kind === 'instant' ? ',' : ''} ${per})`;
  if (of.label !== null) {
    const rest = of.isRestOfLabel === true ? 'the rest of ' : '';
    return `${was} of ${rest}the service's ${what} -> ${is} of that in ${labelText(of.label)} ${values}`;
  }
  const span = of.stretch === null ? '' : ` from ${clock(of.stretch.from)} to ${clock(of.stretch.to)}`;
  const whole = of.isRest === true ? `the rest of the service's ${what}` : `the service's ${what}`;
  return `${was} -> ${is} of ${whole}${span} ${values}`;
}

function loadText(finding: Finding, place: string, values: string): string {
  const { type, fn } = finding;
  const ratio = finding.valueBefore > 0 ? finding.valueAfter / finding.valueBefore : 0;
  const holder = fn === null ? '' : `, ${formatShare(finding.shareAfter)} of it in ${place}`;
  const what = type.isWallClock ? `active ${type.alias} time` : type.alias;
  const rise = `${values}${ratio > 0 ? ` (x${ratio.toFixed(2)})` : ''}${holder}`;
  if (finding.isOfTotals === true) return `${what} rose, ${rise}; only totals were compared`;
  if (type.kind === 'instant') return `${what} rose, ${rise}; no function holds it alone`;
  return `${what} rose as a whole, ${rise}`;
}

/** Two amounts with their unit once: `385 -> 525 ms`, `0 -> 5.19k goroutines`. */
export function rangeText(before: number, after: number, type: Pick<ProfileType, 'unit' | 'noun'>): string {
  return pairText(before, '->', after, type);
}

/** A type with its values: `cpu 385 -> 525 ms`, `goroutines 7 -> 1.95k`. */
export function aliasRange({ alias, unit, noun }: ProfileType, before: number, after: number): string {
  return `${alias} ${rangeText(before, after, { unit, noun: noun === alias ? '' : noun })}`;
}

/** A part and its whole: `108 of 525 ms`. */
function partText(part: number, whole: number, type: ProfileType): string {
  return pairText(part, 'of', whole, type);
}

function pairText(
  first: number,
  word: string,
  second: number,
  { unit, noun }: Pick<ProfileType, 'unit' | 'noun'>,
): string {
  const [a, b] = [formatValue(first, unit, noun), formatValue(second, unit, noun)];
  const cutUnit = (text: string) => text.slice(`${text} `.indexOf(' '));
  const isShared = first === 0 || cutUnit(a) === cutUnit(b);
  return `${isShared ? a.slice(0, a.length - cutUnit(a).length) : a} ${word} ${b}`;
}

function labelText({ name, value }: { name: string; value: string }): string {
  return `${safeText(name, 60)}=${safeText(value, 80)}`;
}

function alsoTexts({ also }: Finding): string[] {
  return also.map(({ type, shareBefore, shareAfter, isOfWaiters }) =>
    isOfWaiters === true
      ? `they wait there in ${type.alias} as well (${formatShare(shareBefore)} -> ${formatShare(shareAfter)}): the same cause`
      : `also ${formatShare(shareBefore)} -> ${formatShare(shareAfter)} of ${type.alias}`,
  );
}

/** How the growth of a level is divided below the named function; nothing where it does not spread. */
function spreadText({ spread, fn }: Finding, { name }: Writer): string {
  if (spread === null || spread.parts.length === 0) return '';
  const [only] = spread.parts;
  const isSame = spread.at.function === fn?.function;
  if (spread.parts.length === 1 && only?.callee === null)
    return isSame ? '' : `all of it in ${name(spread.at)}`;
  const parts = spread.parts.map(
    ({ callee, part }) => `${callee === null ? 'itself' : name(callee)} ${formatShare(part)}`,
  );
  const fresh = spread.fresh ? `; hardly any cost there before: ${name(spread.fresh)}` : '';
  return `the growth below ${isSame ? 'it' : name(spread.at)}: ${parts.join(', ')}${fresh}`;
}

/** Bytes of requests that are held next to what the function allocates itself. */
function inputText({ input }: Finding, { name }: Writer): string {
  if (input === undefined) return '';
  return (
    `${formatShare(input.part)} of the growth is bytes of requests, allocated in ${name(input.fn)}: ` +
    'what keeps parts of requests holds them'
  );
}

function userText({ user }: Finding, { name }: Writer): string {
  return user === undefined
    ? ''
    : `no own code stands above it; most calls to ${safeText(unescapeDots(user.type))} come from ${name(user.fn)}`;
}

function waitsText(finding: Finding): string {
  const { waits } = finding;
  if (waits.length === 0) return '';
  const network = networkWait(finding);
  if (network > 0)
    return `${formatShare(network)} of the added time waits for an answer over the network: what it calls may be the cause`;
  return `they wait for: ${waits.map(({ kind, part }) => `${kind} ${formatShare(part)}`).join(', ')}`;
}

function collectorText({ collector }: Finding): string {
  if (collector === null) return '';
  const { type, shareBefore, shareAfter, valueBefore, valueAfter } = collector;
  return (
    `with it the garbage collector took ${formatShare(shareBefore)} -> ${formatShare(shareAfter)} of ` +
    `${type.alias} (${rangeText(valueBefore, valueAfter, type)} per profile)`
  );
}

/** Tells what a garbage collector that costs more for itself points to. */
function aloneText({ collectorAlone }: Finding): string {
  if (collectorAlone === undefined) return '';
  const { allocations } = collectorAlone;
  const [allocated, first] =
    allocations === null
      ? ['allocations were not compared', 'alloc first, and where it did not rise as much ']
      : [`bytes allocated x${allocations.toFixed(2)}`, ''];
  return (
    `it is the garbage collector, and no own code grew with it (${allocated}): compare ${first}the settings ` +
    'of the runtime (GOGC, GOMEMLIMIT, heap size) of both versions, and the memory that stays live'
  );
}

/** Maximum number of instances that are named. */
const MAX_NAMED = 2;

/** Whether a label carries the change, or none of its values stands out; always said. */
export function whereText({ label, alike, instances }: Finding): string {
  if (label !== null) {
    const others = label.shareOthers === null ? '' : ` vs ${formatShare(label.shareOthers)} elsewhere`;
    const ties =
      label.also.length === 0
        ? ''
        : `; same profiles: ${label.also.map((tie) => safeText(tie, 80)).join(', ')}`;
    return `only in ${labelText(label)} (${formatShare(label.shareAfter)}${others}${ties})`;
  }
  if (alike.length > 0)
    return `no value of ${alike.map((name) => safeText(name, 60)).join(', ')} stands out from the others`;
  if (instances === null) return 'no label was compared';
  const { label: name, risen, all, unclear = 0 } = instances;
  if (all === 1) return 'there is only one instance';
  const told = unclear === 0 ? '' : ` that ran long enough to tell`;
  if (risen.length === all) return `the type rose in all ${all} instances${told} (${safeText(name, 60)})`;
  if (risen.length === 0) return `no label was compared; ${plural(all, 'instance')}`;
  const named = risen.slice(0, MAX_NAMED).map((value) => labelText({ name, value }));
  const more = risen.length > MAX_NAMED ? ` and ${risen.length - MAX_NAMED} more` : '';
  return `the type rose in ${risen.length} of ${all} instances${told}: ${named.join(', ')}${more}`;
}

/** When a change began; '' where that is not known. */
export function sinceText({ since, until }: Finding, { clock }: Writer): string {
  if (since === null) return '';
  // The first time of a text has the date, so they are written in order.
  const span = `between ${clock(since.after)} and ${clock(since.before)}`;
  return until === null ? span : `${span}, until ${clock(until)} (a burst)`;
}
