import { describeMovement } from '../../src/investigation/agreement.js';
import type { Finding } from '../../src/profile/compare/finding.js';
import type { Comparison, MoverRow } from '../../src/report/answers/comparison.js';
import { inFinding, RESTS_ON } from './investigation.js';
import { isAlmost, isPart } from './numbers.js';

/** Sentences about the contradictions in the data of a comparison; none where words and numbers agree. */
export function contradictionsBetween(answer: Comparison): string[] {
  const { verdict, finding, before, after, movement, isSoFar, notRead, attribution } = answer;
  const time = {
    from: Math.min(before.window.from, after.window.from),
    to: Math.max(before.window.to, after.window.to),
  };
  const contradictions = finding === null ? [] : inFinding(finding, time);
  const change = `the value went from ${before.perProfile} to ${after.perProfile}`;
  const kind = RESTS_ON[verdict];
  if (kind !== undefined && finding?.kind !== kind)
    contradictions.push(`the verdict is ${verdict}, but the finding is of the kind ${finding?.kind}`);
  if (kind === undefined && finding !== null)
    contradictions.push(`the verdict is ${verdict}, but there is a finding of the kind ${finding.kind}`);
  // The header of the answer has numbers that must agree with the verdict, too.
  const moved = describeMovement({
    type: answer.type,
    kind: answer.type.nature,
    verdict: 'no_change',
    before: before.perProfile,
    after: after.perProfile,
    error: null,
    smallest: null,
    sameAs: null,
  });
  const isChance = Math.max(moved?.factor ?? 1, 1 / (moved?.factor ?? 1)) <= (answer.chance ?? 1);
  // Less load is no change of code, and the answer says that the value fell.
  const isToldAsLess = answer.isLessLoad && movement?.direction === 'fell';
  if (verdict === 'no_change' && !isToldAsLess && (movement !== null || !isChance))
    contradictions.push(`the verdict is no_change, but ${change}`);
  if (answer.isLessLoad && (verdict !== 'no_change' || !isToldAsLess))
    contradictions.push(`less load is told, but the verdict is ${verdict}, and ${change}`);
  if (verdict === 'load_increase' && moved?.direction === 'fell')
    contradictions.push(`the verdict is load_increase, but ${change}`);
  if (movement !== null && (movement.direction === 'rose') !== movement.factor > 1)
    contradictions.push(`the value ${movement.direction} by a factor of ${movement.factor}`);
  if (isSoFar && finding?.confidence === 'high')
    contradictions.push('what was not read may change the verdict, but the finding has high confidence');
  if (notRead.length > 0 && verdict === 'no_change')
    contradictions.push('the verdict is no_change, but not everything was read');
  const significant = answer.movers.filter((row) => row.significant);
  if (isOfAll(finding))
    for (const [part, whole] of [
      [finding.wholeBefore, before.perProfile],
      [finding.wholeAfter, after.perProfile],
    ] as const)
      if (answer.type.nature !== 'level' && !isAlmost(part, whole, 0.001))
        contradictions.push(`the finding is of ${part}, but the header says ${whole}`);
  if (answer.tested < answer.movers.length)
    contradictions.push(`${answer.tested} functions were tested, but ${answer.movers.length} are listed`);
  if (verdict === 'scaling' && significant.length > 0 && finding !== null)
    contradictions.push('each instance costs the same, but there is a finding');
  for (const row of answer.movers) contradictions.push(...inMover(row, answer));
  for (const row of attribution)
    if (
      !isPart(row.shareBefore, 1) ||
      !isPart(row.shareAfter, 1) ||
      (row.carries && row.shareAfter <= row.shareBefore)
    )
      contradictions.push(`${row.label}=${row.value} went from ${row.shareBefore} to ${row.shareAfter}`);
  const { instances } = answer;
  const present = instances === null ? null : instances.stayed + instances.arrived;
  if (finding?.instances != null && present !== null && finding.instances.all > present)
    contradictions.push(`${finding.instances.all} instances rose or not, but there were ${present}`);
  return contradictions;
}

/** Whether the values of a finding are of all that the header counts. */
function isOfAll(finding: Finding | null): finding is Finding {
  if (finding === null || (finding.kind !== 'code' && finding.kind !== 'load')) return false;
  const { label, stretch, isRest } = finding.of;
  return label === null && stretch === null && isRest === undefined;
}

function inMover(row: MoverRow, { finding, before, after }: Comparison): string[] {
  const { function: name, kind, delta, interval } = row;
  const contradictions: string[] = [];
  const shares = [row.selfShareBefore, row.totalShareBefore, row.selfShareAfter, row.totalShareAfter];
  const [selfBefore = 0, totalBefore = 0, selfAfter = 0, totalAfter = 0] = shares;
  if (shares.some((share) => !isPart(share, 1))) contradictions.push(`${name} has shares of ${shares}`);
  if (!isPart(selfBefore, totalBefore) || !isPart(selfAfter, totalAfter))
    contradictions.push(`${name} has more itself than with what it calls: ${shares}`);
  if (!isPart(row.valueBefore, before.perProfile) || !isPart(row.valueAfter, after.perProfile))
    contradictions.push(`${name} costs more than all: ${row.valueBefore} -> ${row.valueAfter}`);
  if (!isAlmost(delta, totalAfter - totalBefore))
    contradictions.push(`${name} changed by ${delta}, from ${totalBefore} to ${totalAfter}`);
  if (delta < interval[0] || delta > interval[1])
    contradictions.push(`${name} changed by ${delta}, outside its interval ${interval}`);
  if (row.significant && interval[0] <= 0 && interval[1] >= 0)
    contradictions.push(`${name} stands out of the noise, but its interval is ${interval}`);
  const isFinding = finding?.fn?.function === name && finding.fn.file === row.file;
  if (!row.significant && isFinding) contradictions.push(`${name} is the finding and is called noise`);
  if ((kind === 'grew' || kind === 'new') && delta <= 0) contradictions.push(`${name} ${kind} by ${delta}`);
  if ((kind === 'shrank' || kind === 'gone' || kind === 'diluted') && delta >= 0)
    contradictions.push(`${name} ${kind} by ${delta}`);
  if ((kind === 'new') !== (totalBefore === 0 && kind !== 'moved') || (kind === 'gone' && totalAfter > 0))
    contradictions.push(`${name} is ${kind}, from ${totalBefore} to ${totalAfter}`);
  return contradictions;
}
