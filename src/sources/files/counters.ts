import { type PprofFile, pprofToProfile } from '../../profile/pprof.js';

/**
 * Tells raw counters from deltas. A scraped heap, mutex or block profile holds totals since the process began, so
 * from one scrape to the next no stack ever falls; a profile of one interval has stacks that rise and stacks that
 * fall. A total that falls is a restart of the process.
 */

/** Fewer rising pairs than this could be chance. */
const MIN_RISES = 2;
/** Bits of evidence that a counter needs: profiles of one interval look like one in a thousand cases. */
const MIN_EVIDENCE = 10;

/** Cost per stack, keyed by functions and lines, of one sample type. */
export function stackValues(file: PprofFile, valueIndex: number): Map<string, number> {
  const profile = pprofToProfile(file, valueIndex);
  const values = new Map<string, number>();
  for (let stack = 0; stack < profile.values.length; stack++) {
    let key = '';
    for (let at = profile.stackStart[stack] ?? 0; at < (profile.stackStart[stack + 1] ?? 0); at++) {
      const frame = profile.stackFrames[at] ?? 0;
      key += `${profile.functions[profile.frameFunction[frame] ?? 0]?.name}:${profile.frameLine[frame]};`;
    }
    values.set(key, (values.get(key) ?? 0) + (profile.values[stack] ?? 0));
  }
  return values;
}

/**
 * Whether the snapshots of one instance, in order of time, are readings of a counter: wherever the total rises, every
 * stack rises or stays. This must happen at least twice, and by more than chance: in a profile of one interval each
 * further stack rises with the total in about half of the cases, and the totals are in ascending order in one case of
 * n factorial.
 *
 * @returns per snapshot the index of the one to subtract, `'drop'` for a reading without a predecessor or `'keep'`
 *   for the first after a restart (it counts from zero); null when they are not a counter
 */
export function counterSteps(
  snapshots: readonly ReadonlyMap<string, number>[],
): (number | 'drop' | 'keep')[] | null {
  const totals = snapshots.map((values) => [...values.values()].reduce((sum, value) => sum + value, 0));
  const steps: (number | 'drop' | 'keep')[] = ['drop'];
  let rises = 0;
  let evidence = 0;
  for (let index = 1; index < snapshots.length; index++) {
    const before = snapshots[index - 1] ?? new Map();
    const after = snapshots[index] ?? new Map();
    if ((totals[index] ?? 0) < (totals[index - 1] ?? 0)) {
      steps.push('keep');
      continue;
    }
    for (const [key, value] of before) if ((after.get(key) ?? 0) < value) return null;
    if ((totals[index] ?? 0) > (totals[index - 1] ?? 0) && before.size > 0) {
      rises++;
      evidence += before.size - 1;
    }
    steps.push(index - 1);
  }
  const restarts = steps.filter((step) => step === 'keep').length;
  if (restarts === 0) for (let rise = 1; rise <= rises; rise++) evidence += Math.log2(rise + 1);
  return rises >= MIN_RISES && rises > restarts && evidence >= MIN_EVIDENCE ? steps : null;
}
