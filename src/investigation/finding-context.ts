import { collectorGrowth } from '../profile/compare/collector.js';
import type { CollectorTime, Finding } from '../profile/compare/finding.js';
import { share } from '../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../profile/contrast/runs.js';
import type { LensReadings } from './evidence/evidence.js';
import type { ShareLens } from './evidence/shares.js';

/**
 * Findings with what other readings than their own say about them: in how many instances the type rose, and
 * the time of the garbage collector that the allocations brought with them (docs/develop/comparison.md §6).
 */
export function withContext(
  findings: readonly Finding[],
  reading: Pick<LensReadings, 'totals' | 'shares' | 'collector'>,
): Finding[] {
  const time = collectorTime(reading);
  const allocating = time === null ? -1 : findings.findIndex(allocates);
  return findings.map((finding, index) => ({
    ...finding,
    instances: reading.totals.find(({ lens }) => lens.type.id === finding.type.id)?.instances ?? null,
    collector: index === allocating ? time : null,
  }));
}

function allocates({ kind, type, also }: Finding): boolean {
  return (
    kind !== 'moved' && [type, ...also.map((other) => other.type)].some(({ alias }) => alias === 'alloc')
  );
}

/** How the collector's part of the time changed; null where it grew by no more than noise. */
function collectorTime({
  shares,
  collector,
}: Pick<LensReadings, 'shares' | 'collector'>): CollectorTime | null {
  const time = shares.find(({ lens }) => lens.kind === 'time');
  return time === undefined || collector === null ? null : computeTime(time, collector);
}

/** Time of the collector in one type; null also for a type that is no time. */
export function findCollectorTime(shares: ShareLens): CollectorTime | null {
  if (shares.lens.kind !== 'time') return null;
  return computeTime(shares, collectorGrowth(buildContrast(shares.analysis, wholeRun(shares.analysis))));
}

function computeTime(
  { lens, analysis }: ShareLens,
  { before, after, hasGrown }: NonNullable<LensReadings['collector']>,
): CollectorTime | null {
  if (!hasGrown) return null;
  const perProfile = (parts: typeof analysis.baseline) =>
    share(
      parts.reduce((sum, { costs }) => sum + costs.total, 0),
      parts.reduce((sum, { profiles }) => sum + profiles, 0),
    );
  return {
    type: lens.type,
    shareBefore: before,
    shareAfter: after,
    valueBefore: before * perProfile(analysis.baseline),
    valueAfter: after * perProfile(analysis.incident),
  };
}
