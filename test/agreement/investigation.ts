import { describeMovement, MAX_SMALL_FACTOR } from '../../src/investigation/agreement.js';
import type { Finding, FindingKind, LensRow, Verdict } from '../../src/profile/compare/finding.js';
import { MIN_RISE } from '../../src/profile/compare/load.js';
import type { Investigation } from '../../src/report/answers/investigation.js';
import { isPart, isWithin } from './numbers.js';

/** The kind of finding that each verdict about a cause rests on. */
export const RESTS_ON: Readonly<Partial<Record<Verdict, FindingKind>>> = {
  leak: 'leak',
  contention: 'contention',
  code_regression: 'code',
  moved: 'moved',
  load_increase: 'load',
  improvement: 'improvement',
};

/** Least factor by which a type fell that is told as less load: that of all code may differ a little. */
const LEAST_LESS_LOAD = MIN_RISE - 0.01;

/** Sentences about the contradictions in the data of an investigation; none where words and numbers agree. */
export function contradictionsIn(answer: Investigation): string[] {
  const { verdict, findings, lenses, isSoFar, notRead, notDetermined, baseline, window } = answer;
  const contradictions: string[] = [
    ...findings.flatMap((finding) => inFinding(finding, { from: baseline.from, to: window.to })),
    ...lenses.flatMap(inLens),
    ...findings.flatMap(({ type, kind, fn }) =>
      lenses
        .filter((row) => row.type.id === type.id && row.verdict === 'no_change')
        .map((row) => `a finding is ${fn?.function ?? 'all'} (${kind}), but no_change: ${describe(row)}`),
    ),
  ];
  const [first] = findings;
  const kind = RESTS_ON[verdict];
  if (kind !== undefined && first !== undefined && findings.every((finding) => finding.kind !== kind))
    contradictions.push(`the verdict is ${verdict}, but no finding is of the kind ${kind}`);
  if (verdict === 'no_change') {
    if (first !== undefined)
      contradictions.push(`the verdict is no_change, but there is a finding (${first.kind})`);
    for (const row of lenses)
      if (describeMovement(row) !== null && row.excuse === undefined)
        contradictions.push(`the verdict is no_change, but ${describe(row)}`);
    if (notRead.length > 0) contradictions.push('the verdict is no_change, but not everything was read');
  }
  if (isSoFar && findings.some(({ confidence }) => confidence === 'high'))
    contradictions.push('what was not read may change the verdict, but a finding has high confidence');
  for (const { what } of notRead)
    if (!notDetermined.some((line) => line.startsWith(`${what}: not read`)))
      contradictions.push(`${what} was not read, but is not among what is not determined`);
  return contradictions;
}

function inLens(row: LensRow): string[] {
  const { verdict, kind, before, after, excuse } = row;
  const movement = describeMovement(row);
  if (verdict === 'no_change' && movement !== null) return [`no_change, but ${describe(row)}`];
  // Less load is told from a smaller fall on, which the baseline's own variation makes certain.
  const isLessLoad =
    excuse === 'load' && before !== null && after !== null && before >= after * LEAST_LESS_LOAD;
  if (
    (verdict === 'rose' || verdict === 'fell') &&
    movement?.direction !== verdict &&
    !(verdict === 'fell' && isLessLoad)
  )
    return [`${verdict}, but ${describe(row)}`];
  const mustRise = verdict === 'leak' || verdict === 'contention' || verdict === 'load_increase';
  // The mean over all of a window may hide a rise that began late in it.
  const hasFallen = before !== null && after !== null && before > after * MAX_SMALL_FACTOR[kind];
  return mustRise && hasFallen ? [`${verdict}, but ${describe(row)}`] : [];
}

/**
 * Contradictions within one finding.
 *
 * @param time from the start of the baseline to the end of the window
 */
export function inFinding(finding: Finding, time: { from: number; to: number }): string[] {
  const { kind, fn, shareBefore, shareAfter, valueBefore, valueAfter, type, since } = finding;
  const name = `${fn?.function ?? type.alias} (${kind})`;
  const contradictions: string[] = [];
  if ((kind === 'code' || kind === 'moved') && shareAfter <= shareBefore)
    contradictions.push(`${name} grew, but its share went from ${shareBefore} to ${shareAfter}`);
  if (kind === 'improvement' && shareAfter >= shareBefore)
    contradictions.push(`${name} shrank, but its share went from ${shareBefore} to ${shareAfter}`);
  if ((kind === 'leak' || kind === 'contention' || kind === 'load') && valueAfter <= valueBefore)
    contradictions.push(`${name} grew, but its value went from ${valueBefore} to ${valueAfter}`);
  for (const share of [
    shareBefore,
    shareAfter,
    ...finding.also.flatMap((row) => [row.shareBefore, row.shareAfter]),
  ])
    if (!isPart(share, 1)) contradictions.push(`${name} has a share of ${share}`);
  for (const [part, whole] of [
    [valueBefore, finding.wholeBefore],
    [valueAfter, finding.wholeAfter],
  ] as const)
    if (!isPart(part, whole)) contradictions.push(`${name} is ${part} of ${whole}`);
  const divided = [finding.spread?.parts ?? [], finding.waits].map((rows) =>
    rows.reduce((sum, { part }) => sum + part, 0),
  );
  if (divided.some((sum) => !isPart(sum, 1)))
    contradictions.push(`the growth of ${name} is divided into ${divided}`);
  if (since !== null && !(since.after <= since.before && isWithin(since, time)))
    contradictions.push(
      `${name} began between ${since.after} and ${since.before}, in ${time.from} to ${time.to}`,
    );
  const { instances, label } = finding;
  if (instances !== null && instances.risen.length > instances.all)
    contradictions.push(`${name} rose in ${instances.risen.length} of ${instances.all} instances`);
  const carries = kind === 'code' && label !== null && label.shareOthers !== null;
  if (carries && (label.shareOthers ?? 0) >= label.shareAfter)
    contradictions.push(`${name} is only in ${label.value}: ${label.shareAfter} vs ${label.shareOthers}`);
  return contradictions;
}

function describe({ type, before, after }: LensRow): string {
  return `${type.alias} went from ${before} to ${after}`;
}
