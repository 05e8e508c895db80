import type { GeneratedCase } from './case.js';

/** A case in plain text, for a person who looks for what went wrong. */
export function describeCase(generated: GeneratedCase): string {
  const { id, service, windows, truth, plan, effects, phi, samples } = generated;
  const pods = new Set(plan.snapshots.map(({ labels }) => labels.pod));
  const profiles = (side: 'baseline' | 'incident') => plan.snapshots.filter((at) => at.side === side).length;
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  return [
    `${id}: ${service}, ${truth.verdict}`,
    `baseline ${clock(windows.baseline.from)} to ${clock(windows.baseline.to)}: ${profiles('baseline')} profiles, ${Math.round(samples.baseline)} samples`,
    `incident ${clock(windows.incident.from)} to ${clock(windows.incident.to)}: ${profiles('incident')} profiles, ${Math.round(samples.incident)} samples`,
    `${pods.size} pods, phi ${phi.toFixed(2)}, ${plan.lenses.map(({ name, stacks }) => `${name} (${stacks.length} stacks)`).join(', ')}`,
    `guilty: ${truth.functions.join(' or ') || 'nobody'}${truth.guiltyCallers.length === 0 ? '' : `, called by ${truth.guiltyCallers.join(' or ')}`}`,
    `label: ${truth.label === null ? 'none' : `${truth.label.name}=${truth.label.value}`}; since: ${truth.since === null ? 'never' : clock(truth.since)}`,
    ...effects.map(({ profileTypeId, scale, before, after, se, partSe }) => {
      const level = (value: number) =>
        scale === 'share' ? `${(100 * value).toFixed(2)} %` : value.toFixed(2);
      return `${profileTypeId}: ${scale} ${level(before)} to ${level(after)}, ${se.toFixed(1)} standard errors (${partSe.toFixed(1)} in the part)`;
    }),
  ].join('\n');
}
