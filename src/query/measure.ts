import { splitIdle } from '../profile/code/idle.js';
import type { Measurement } from '../profile/measurement.js';
import type { Profile } from '../profile/model.js';
import { isDifference, totalValue } from '../profile/model.js';
import { activeTree } from '../profile/tables/idle-tree.js';
import { parseProfileType } from '../profile/types/types.js';
import { instanceLabelOf } from '../sources/labels.js';
import { formatSelector } from '../sources/selector.js';
import type { MergedProfile, ProfileQuery, SeriesQuery } from '../sources/source.js';
import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../text/units.js';
import type { ToolContext } from './context.js';
import { reachNotes } from './reach.js';
import type { Scope } from './scope.js';
import { allMatchers } from './selection.js';
import { sumsOver } from './totals.js';
import { type Merge, readMerge } from './whole-or-reduced.js';

/** Profilers that run all the time send one profile every 10 or 15 seconds; some clocks drift. */
const SHORTEST_INTERVAL_S = 8;
const LONGEST_INTERVAL_S = 17;
/** Fewer profiles of an instance say nothing about how much of the window they cover. */
const MIN_PROFILES = 4;
/** Share of the window that must have been profiled for a rate to mean anything. */
const CONTINUOUS_SHARE = 0.9;
/** A sampling interval shorter than this is not one: the common divisor is an accident. */
const MIN_INTERVAL_S = 1e-3;
/** With this many different values a divisor twice too large has a chance of 1 in 256. */
const MIN_DIFFERENT_VALUES = 8;

/**
 * Fetches the merged profile of a scope and how many profiles it holds: one request each, side by side.
 *
 * @param options.mayBeReduced whether a profile that is too large to be read whole may be read in part
 * @returns null when no profile matched; profiles without any sample are a measurement of nothing
 * @throws UpstreamError
 */
export async function measure(
  scope: Scope,
  context: ToolContext,
  { mayBeReduced = false }: { mayBeReduced?: boolean } = {},
): Promise<Measurement | null> {
  const { source, type, window } = scope;
  const matchers = allMatchers(scope);
  const query: ProfileQuery = { profileTypeId: type.id, matchers, window };
  const instanceLabel = await findInstanceLabel(query, scope, context);
  const [merged, counts] = await Promise.all([
    mayBeReduced ? readMerge(source, query, context) : whole(source.profile(query, context.signal)),
    source.snapshots(query, instanceLabel === null ? [] : [instanceLabel], context.signal),
  ]);
  const profiles = counts.reduce((sum, { profiles: number }) => sum + number, 0);
  const wholeValue = totalValue(merged.profile);
  if (profiles === 0 && merged.profile.values.length === 0) return null;

  const { active, idle } = type.wallClock ? splitIdle(merged.profile) : { active: merged.profile, idle: 0 };
  const instances =
    instanceLabel === null
      ? null
      : counts.filter(({ labels }) => labels[instanceLabel] !== undefined).length || null;
  const counted = profiles > 0 ? profiles : null;
  return {
    source: source.name,
    defaultSource: await context.sources.isDefault(source, context.signal),
    service: scope.service,
    selector: formatSelector(matchers),
    extraSelector: scope.matchers.length === 0 ? null : formatSelector(scope.matchers),
    type,
    typeArgument: scope.typeArgument,
    window,
    active,
    idle,
    profiles: counted,
    instances,
    sinceStart: merged.sinceStart === true,
    rate:
      type.kind === 'instant' || merged.sinceStart === true || isDifference(active)
        ? null
        : rateOf(wholeValue - idle, scope, {
            profiledSeconds: merged.profiledSeconds,
            profiles: counted,
            instances,
          }),
    samples: isDifference(active)
      ? null
      : await sampleCount(scope, query, { active, whole: merged.reduced === null }, context),
    reduced: type.wallClock ? withoutIdle(merged) : merged.reduced,
    notes: [...scope.notes, ...merged.notes, ...(await reachNotes(source, window, context))],
  };
}

/** What was read in part, the waiting stacks of its call tree left out as those of the leaves are. */
function withoutIdle({ profile, reduced }: Merge): Merge['reduced'] {
  if (reduced === null || reduced.tree === null) return reduced;
  return { ...reduced, tree: activeTree(reduced.tree, profile) };
}

async function whole(merged: Promise<MergedProfile>): Promise<Merge> {
  return { ...(await merged), reduced: null };
}

/** The label that tells the instances of a scope apart; null where none does. */
export async function findInstanceLabel(
  query: SeriesQuery,
  scope: Scope,
  context: ToolContext,
): Promise<string | null> {
  const names = await context.schemaOf(scope.source).labelNames(query.matchers, query.window, context.signal);
  return instanceLabelOf(names);
}

/**
 * Cost per second over all instances, only where the profiles are known to cover the window: by their
 * durations, or, where the store does not keep them, by coming as often as a profiler that runs all the time
 * sends them. A window much longer than the data, or shorter than a few profiles, gives none.
 */
function rateOf(
  value: number,
  { type, window }: Scope,
  coverage: { profiledSeconds: number | null; profiles: number | null; instances: number | null },
): Measurement['rate'] {
  const { profiledSeconds, profiles, instances } = coverage;
  const seconds = (window.to - window.from) / 1000;
  if (seconds <= 0 || profiles === null || instances === null) return null;
  const each = profiles / instances;
  if (each < MIN_PROFILES) return null;
  const share =
    profiledSeconds === null ? (each * LONGEST_INTERVAL_S) / seconds : profiledSeconds / instances / seconds;
  const spacing = seconds / each;
  const covered =
    profiledSeconds === null
      ? spacing >= SHORTEST_INTERVAL_S && share >= 1
      : share >= CONTINUOUS_SHARE && share <= 1 / CONTINUOUS_SHARE;
  if (!covered) return null;
  const unitSeconds = secondsPerUnit(type.unit);
  const unitBytes = bytesPerUnit(type.unit);
  if (unitBytes !== null) return { value: (value * unitBytes) / seconds, unit: 'bytes/s' };
  if (unitSeconds === null)
    return {
      value: value / seconds,
      unit: `${isCountUnit(type.unit) ? ` ${type.noun}` : type.unit}/s`.trim(),
    };
  return { value: (value * unitSeconds) / seconds, unit: type.alias === 'cpu' ? 'cores' : 's/s' };
}

/**
 * Number of samples behind the active part of a profile: value over the sampling interval, which is the
 * greatest common divisor of the values (Pyroscope does not keep the real one) and costs no request; where
 * that is none, the sibling type that counts samples.
 */
async function sampleCount(
  { source, type }: Scope,
  query: ProfileQuery,
  { active, whole }: { active: Profile; whole: boolean },
  context: ToolContext,
): Promise<number | null> {
  if (secondsPerUnit(type.unit) === null) return null;
  const byInterval = samplesByInterval(active);
  if (byInterval !== null) return byInterval;
  // Another merge of all stacks would be too large, too.
  if (type.wallClock && !whole) return null;
  const typeIds = await context.schemaOf(source).typeIds(query.matchers, query.window, context.signal);
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === type.name && /^samples?$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
  const sample = { ...query, profileTypeId: sibling };
  // Idle stacks are set apart stack by stack, so of wall-clock time the counts are needed per stack, too.
  if (type.wallClock)
    return totalValue(splitIdle((await source.profile(sample, context.signal)).profile).active);
  const sums = await sumsOver(source, sample, [], context.signal);
  return sums.reduce((total, { sum }) => total + sum, 0);
}

/**
 * Number of samples behind a time profile, by the interval that its values share. Null where they share none,
 * or are too few to tell one from an accident.
 */
export function samplesByInterval({ values, unit }: Profile): number | null {
  const different = new Set(values);
  if (different.size < MIN_DIFFERENT_VALUES) return null;
  let divisor = 0;
  let total = 0;
  for (const value of different) divisor = commonDivisor(divisor, value);
  for (const value of values) total += value;
  return divisor * (secondsPerUnit(unit) ?? 0) >= MIN_INTERVAL_S ? Math.round(total / divisor) : null;
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
