import type { Finding, FindingKind, LensRow, Verdict } from '../profile/compare/finding.js';
import type { Comparison } from '../report/answers/comparison.js';
import type { Investigation } from '../report/answers/investigation.js';
import { MAX_SMALL_FACTOR, movementOf } from './agreement.js';

// Finds where the words of an answer disagree with their numbers. Tests run it over generated and real data.

/** The kind of finding that each verdict about a cause rests on. */
const RESTS_ON: Readonly<Partial<Record<Verdict, FindingKind>>> = {
  leak: 'leak',
  contention: 'contention',
  code_regression: 'code',
  moved: 'moved',
  load_increase: 'load',
  improvement: 'improvement',
};

/** Sentences about the contradictions in the data of an investigation; none where words and numbers agree. */
export function contradictionsIn(answer: Investigation): string[] {
  const { verdict, findings, lenses, isSoFar, notRead, notDetermined } = answer;
  const contradictions: string[] = [...findings.flatMap(inFinding), ...lenses.flatMap(inLens)];
  const [first] = findings;
  const kind = RESTS_ON[verdict];
  if (kind !== undefined && first !== undefined && findings.every((finding) => finding.kind !== kind))
    contradictions.push(`the verdict is ${verdict}, but no finding is of the kind ${kind}`);
  if (verdict === 'no_change') {
    if (first !== undefined)
      contradictions.push(`the verdict is no_change, but there is a finding (${first.kind})`);
    for (const row of lenses)
      if (movementOf(row) !== null) contradictions.push(`the verdict is no_change, but ${describe(row)}`);
    if (notRead.length > 0) contradictions.push('the verdict is no_change, but not everything was read');
  }
  if (isSoFar && findings.some(({ confidence }) => confidence === 'high'))
    contradictions.push('what was not read may change the verdict, but a finding has high confidence');
  for (const { what } of notRead)
    if (!notDetermined.some((line) => line.startsWith(`${what}: not read`)))
      contradictions.push(`${what} was not read, but is not among what is not determined`);
  return contradictions;
}

/** Sentences about the contradictions in the data of a comparison; none where words and numbers agree. */
export function contradictionsBetween(answer: Comparison): string[] {
  const { verdict, finding, movers, before, after, movement } = answer;
  const contradictions = finding === null ? [] : inFinding(finding);
  const kind = RESTS_ON[verdict];
  if (kind !== undefined && finding !== null && finding.kind !== kind)
    contradictions.push(`the verdict is ${verdict}, but the finding is of the kind ${finding.kind}`);
  if (verdict === 'no_change' && finding !== null)
    contradictions.push('the verdict is no_change, but there is a finding');
  if (verdict === 'no_change' && movement !== null)
    contradictions.push(
      `the verdict is no_change, but the value went from ${before.perProfile} to ${after.perProfile}`,
    );
  for (const row of movers) {
    const isFinding = finding?.fn?.function === row.function && finding.fn.file === row.file;
    if (!row.significant && isFinding)
      contradictions.push(`${row.function} is the finding and is called noise`);
    if (row.kind === 'grew' && row.delta < 0) contradictions.push(`${row.function} grew by ${row.delta}`);
    if (row.kind === 'shrank' && row.delta > 0) contradictions.push(`${row.function} shrank by ${row.delta}`);
  }
  return contradictions;
}

function inLens(row: LensRow): string[] {
  const { verdict, kind, before, after } = row;
  const movement = movementOf(row);
  if (verdict === 'no_change' && movement !== null) return [`no_change, but ${describe(row)}`];
  if ((verdict === 'rose' || verdict === 'fell') && movement?.direction !== verdict)
    return [`${verdict}, but ${describe(row)}`];
  const mustRise = verdict === 'leak' || verdict === 'contention' || verdict === 'load_increase';
  // The mean over all of a window may hide a rise that began late in it.
  const hasFallen = before !== null && after !== null && before > after * MAX_SMALL_FACTOR[kind];
  return mustRise && hasFallen ? [`${verdict}, but ${describe(row)}`] : [];
}

function inFinding({ kind, fn, shareBefore, shareAfter, valueBefore, valueAfter, type }: Finding): string[] {
  const name = `${fn?.function ?? type.alias} (${kind})`;
  if ((kind === 'code' || kind === 'moved') && shareAfter <= shareBefore)
    return [`${name} grew, but its share went from ${shareBefore} to ${shareAfter}`];
  if (kind === 'improvement' && shareAfter >= shareBefore)
    return [`${name} shrank, but its share went from ${shareBefore} to ${shareAfter}`];
  if ((kind === 'leak' || kind === 'contention') && valueAfter <= valueBefore)
    return [`${name} grew, but its value went from ${valueBefore} to ${valueAfter}`];
  return [];
}

function describe({ type, before, after }: LensRow): string {
  return `${type.alias} went from ${before} to ${after}`;
}
