import { functionData } from '../profile/code/named-function.js';
import { collectorGrowth } from '../profile/compare/collector.js';
import type { CollectorTime, Finding } from '../profile/compare/finding.js';
import { findTypeUser, getType } from '../profile/compare/growth/type-user.js';
import { share } from '../profile/contrast/contrast.js';
import { buildContrast, wholeRun } from '../profile/contrast/runs.js';
import type { LensReadings } from './evidence/evidence.js';
import type { ShareLens } from './evidence/shares.js';

/**
 * Findings with what other readings than their own say about them: in how many instances the type rose, the
 * time of the garbage collector that the allocations brought with them, and the own code that uses what leaks
 * without any (docs/develop/comparison.md §6).
 */
export function withContext(
  findings: readonly Finding[],
  reading: Pick<LensReadings, 'totals' | 'shares' | 'collector'>,
): Finding[] {
  const time = collectorTime(reading);
  const allocating = time === null ? -1 : findings.findIndex(allocates);
  return findings.map((finding, index) => ({
    ...finding,
    ...chargedToUser(finding, reading.shares),
    instances:
      finding.instances ??
      reading.totals.find(({ lens }) => lens.type.id === finding.type.id)?.instances ??
      null,
    collector: index === allocating ? time : null,
  }));
}

/**
 * Charges goroutines that leak without an own frame, and work on goroutines or threads of their own, to the
 * own code that uses the type which their entry point runs.
 */
function chargedToUser(
  { kind, type, fn, caller, callee, path, at }: Finding,
  shares: readonly ShareLens[],
): Pick<Finding, 'user' | 'chargedTo'> | null {
  const isLeak = kind === 'leak' && type.alias === 'goroutines';
  if (!isLeak && kind !== 'code') return null;
  const entry = path[0];
  if (fn === null || entry === undefined || caller !== null || callee !== null) return null;
  if (entry.function.startsWith('runtime.')) return null;
  const used = getType(entry.function);
  for (const { analysis } of shares) {
    const { joined, incident, quantum } = analysis;
    const parts = incident.map(({ part }) => part);
    // Own code is charged with its own cost.
    const isOwn = joined.functions.some(
      ({ name }, id) => joined.application[id] === 1 && name === path[at]?.function,
    );
    if (isOwn) return null;
    const user = findTypeUser(joined, parts, used, quantum);
    if (user === null) continue;
    const own = functionData(joined.functions[user.fn], 0);
    return { user: { type: used, fn: own }, chargedTo: own };
  }
  return null;
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
