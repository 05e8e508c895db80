import { type Finding, isUnexplained, type LensRow } from '../../profile/compare/finding.js';
import { MIN_RISE } from '../../profile/compare/load.js';
import { formatFactor, formatValue } from '../../text/units.js';
import type { Investigation } from '../answers/investigation.js';
import { wholeSamples } from '../answers/sample-count.js';
import { restText } from '../answers/verdicts.js';
import { displayName } from '../functions.js';
import { stalledText } from './excuses.js';
import { aliasRange, rangeText } from './finding-sentence.js';
import { mixText } from './mix.js';

/** Says what the verdict of an investigation rests on, without the full stop of its sentence. */
export function verdictReason(investigation: Investigation): string {
  const [first] = investigation.findings;
  const { before, after } = investigation.totals;
  const ratio = before > 0 ? after / before : null;
  const main = investigation.main.isWallClock
    ? `active ${investigation.main.alias} time`
    : investigation.main.alias;
  const row = investigation.lenses.find(({ type }) => type.id === first?.type.id);
  const change =
    ratio === null
      ? ''
      : `${main} per profile ${rangeText(before, after, investigation.main)}, x${ratio.toFixed(2)}`;
  const mainRow = investigation.lenses.find(({ type }) => type.id === investigation.main.id);
  const moved = investigation.lenses.filter(isUnexplained);
  // The change may lie in another type than the main one, which then did not take part in it.
  const isOther = row !== undefined && row.type.id !== investigation.main.id;
  const movements = isOther ? [`${levelsText(row, first)}${ratioText(row)}`, change] : [change];
  const movementsText = movements.filter((text) => text !== '').join('; ');
  switch (investigation.verdict) {
    case 'no_change':
      if (isLessLoad(investigation) && investigation.mix.length === 0)
        return `${change}; all parts of it fell alike${followersText(investigation)}: fewer requests were served, and no function costs more than before for each of them`;
      if (mainRow?.excuse === 'shared')
        return `${change}: more instances share the same work, and all of them together cost about as much as before; no function of ${readText(investigation)} changed beyond noise`;
      if (mainRow?.excuse === 'settled')
        return `${change}: all instances are new, and by the later half of the window it had settled; no function of ${readText(investigation)} changed beyond noise`;
      return investigation.mix.length > 0
        ? `${change}; ${mixText(investigation.mix, investigation.main)}`
        : `no function of ${readText(investigation)} changed beyond noise (${change})${stalledText(investigation.lenses)}; do not report single functions that moved by chance`;
    case 'inconclusive':
      if (investigation.isInFewInstances)
        return `${change}, but only in some of the instances, and no function stands out of the noise`;
      if (investigation.unsettled !== null) return `${change}; ${unsettledText(investigation.unsettled)}`;
      if (moved.length > 0)
        return `${moved.map(movementText).join('; ')}; ${placeText(moved)}${unknownText(investigation)}`;
      if (investigation.isSoFar && investigation.counts.before.profiles > 0)
        return `in the types that were read no function changed beyond noise (${change})${unknownText(investigation)}`;
      if (investigation.counts.before.profiles === 0)
        return 'there is no profile in the baseline to compare with';
      return fewText(investigation);
    case 'leak':
    case 'contention':
      return levelsText(row, first);
    case 'load_increase':
      if (isOther) return movementsText;
      return investigation.mix.length > 0
        ? `${change}; ${mixText(investigation.mix, investigation.main)}`
        : `${change}, and no function grew beyond the rest`;
    case 'moved':
      return `${change}; what one function gained another lost${
        ratio !== null && ratio >= MIN_RISE ? ', which is not why the service costs more' : ''
      }`;
    default:
      return first?.collectorAlone === undefined
        ? movementsText
        : `${movementsText}; a setting or more live memory costs it, no code that runs more`;
  }
}

/** Whether nothing changed but the number of requests, which fell. */
export function isLessLoad({ verdict, lenses }: Pick<Investigation, 'verdict' | 'lenses'>): boolean {
  return verdict === 'no_change' && lenses.some(({ excuse }) => excuse === 'load');
}

/** The further types that fell with the requests, after a comma. */
function followersText({ lenses, main }: Investigation): string {
  const followers = lenses
    .filter(({ excuse, type }) => excuse === 'load' && type.id !== main.id)
    .map((row) => `${row.type.alias}${ratioText(row)}`);
  return followers.length === 0 ? '' : `, and ${followers.join(', ')} with them`;
}

/** Says that nothing can be told while new instances warm up. */
export function unsettledText({ type, name, isSeen }: NonNullable<Investigation['unsettled']>): string {
  const what = name === null ? 'all parts alike' : `${displayName(name)} above all`;
  return `${isSeen === true ? 'processes started' : 'all instances are new'} and still warm up (${type.alias} of ${what}): too little of the window is left after that to tell what stays`;
}

/** The types that a statement about all of them covers. */
function readText({ isAllRead, lenses }: Investigation): string {
  if (isAllRead) return 'any profile type';
  const read = lenses.filter(({ smallest }) => smallest !== null).map(({ type }) => type.alias);
  return read.length === 0 ? 'the types that were read' : `the types that were read (${read.join(', ')})`;
}

function ratioText({ before, after }: LensRow): string {
  return before === null || after === null || before <= 0 ? '' : ` (x${(after / before).toFixed(2)})`;
}

/** A change of a type that nothing explains: `goroutines rose x278 (7 -> 1,950)`. */
function movementText({ type, verdict, before, after }: LensRow): string {
  const amount = (value: number | null) =>
    value === null ? 'none' : formatValue(value, type.unit, type.noun);
  const factor =
    before === null || before === 0 || after === null ? '' : ` x${Number((after / before).toPrecision(3))}`;
  return `${type.alias} ${verdict}${factor} (${amount(before)} -> ${amount(after)})`;
}

/** Says whether a place of what moved was looked for: of waits that come and go none is. */
function placeText(moved: readonly LensRow[]): string {
  return moved.every(({ kind }) => kind === 'wait')
    ? 'not steadily enough to blame a lock, so who waits was not compared'
    : 'no single function stands out';
}

function unknownText({ notRead }: Investigation): string {
  return notRead.length === 0
    ? ''
    : `; what ${notRead.map(({ what }) => what).join(', ')} would show is unknown`;
}

function fewText({ counts, main }: Investigation): string {
  const [before, after] = [wholeSamples(counts.before.samples), wholeSamples(counts.after.samples)];
  return before === null || after === null
    ? `the profiles of ${main.alias} were not read`
    : `only ${before} samples before and ${after} after`;
}

/** A level or a waiting time before and after: `goroutines 7 -> 1,950 at the ends of the windows`. */
function levelsText(row: LensRow | undefined, first: Finding | undefined): string {
  if (row === undefined || row.after === null) return '';
  const { type } = row;
  // The part that a finding names stands next to the whole that it is of.
  const isLevel = type.kind === 'instant' && first?.type.id === type.id;
  const [before, after] = isLevel ? [first.wholeBefore, first.wholeAfter] : [row.before, row.after];
  const per = type.kind === 'instant' ? 'at the ends of the windows' : 'per profile';
  return before === null
    ? `${type.alias} nothing -> ${formatValue(after, type.unit, type.noun)} ${per}`
    : `${aliasRange(type, before, after)} ${per}`;
}

/** Says why the first finding is not explained by the load; '' where nothing is to be said. */
export function whyNotLoad(investigation: Pick<Investigation, 'findings' | 'main' | 'totals'>): string {
  const { findings, main, totals } = investigation;
  const [first] = findings;
  if (first === undefined) return '';
  const ratio = totals.before > 0 ? totals.after / totals.before : null;
  switch (first.kind) {
    case 'code':
      return loadReason(first);
    case 'leak':
    case 'contention': {
      if (ratio === null || first.type.id === main.id) return '';
      return `Why not load: ${main.alias} per profile x${ratio.toFixed(2)}, ${outgrowthText(first, ratio)}`;
    }
    default:
      return '';
  }
}

/**
 * By how much a level or a waiting time rose: as a whole, or at the function alone where the whole rose no
 * more than the load.
 */
function outgrowthText(finding: Finding, load: number): string {
  const { type, wholeBefore, wholeAfter, valueBefore, valueAfter } = finding;
  const factor = (before: number, after: number) => `x${formatFactor(after / before)}`;
  if (wholeBefore <= 0) return type.alias;
  if (wholeAfter > load * wholeBefore) return `${type.alias} ${factor(wholeBefore, wholeAfter)}`;
  return valueBefore > 0
    ? `${type.alias} of the function ${factor(valueBefore, valueAfter)}`
    : `but the function ${finding.kind === 'leak' ? 'held' : 'waited for'} nothing before`;
}

/** Says how far the load explains a change of code; '' where that was not asked. */
export function loadReason(finding: Finding): string {
  const { type, valueBefore, valueAfter, kind, load } = finding;
  if (load === null || (kind !== 'code' && kind !== 'improvement')) return '';
  const rest = restText(load, totalChange(finding));
  if (load < MIN_RISE || kind === 'improvement')
    return `Why not load: load drives all code alike, and ${rest}`;
  const expected = valueBefore * load;
  if (expected === 0) return `Why not load alone: ${rest}, but the function cost nothing before`;
  const values = rangeText(expected, valueAfter, type).replace(' -> ', ', not ');
  return `Why not load alone: ${rest}; so the function would cost ${values}`;
}

/** Change of the total of a type, after ÷ before; null where the finding is about a part of it. */
function totalChange({ of, wholeBefore, wholeAfter }: Finding): number | null {
  const isWhole = of.label === null && of.stretch === null && of.isRest !== true;
  return isWhole && wholeBefore > 0 ? wholeAfter / wholeBefore : null;
}
