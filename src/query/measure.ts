import { splitIdle } from '../profile/code/idle.js';
import type { IdSelection } from '../profile/ids.js';
import type { Measurement, ServicesTotal } from '../profile/measurement.js';
import type { Profile, Repository } from '../profile/model.js';
import { isDifference, totalValue } from '../profile/model.js';
import { samplesByInterval } from '../profile/sample-interval.js';
import { activeTree } from '../profile/tables/idle-tree.js';
import { parseProfileType } from '../profile/types/types.js';
import { pickInstanceLabel } from '../sources/labels.js';
import {
  findSourceCode,
  listRepositories,
  listSourceLabels,
  withRepositories,
} from '../sources/repository.js';
import { formatSelector } from '../sources/selector.js';
import type { MergedProfile, MergeQuery, SeriesQuery } from '../sources/source.js';
import { bytesPerUnit, isCountUnit, secondsPerUnit } from '../text/units.js';
import type { ToolContext } from './context.js';
import { lookbackNotes } from './lookback.js';
import { mergeQuery, profileQuery, type Scope } from './scope.js';
import { allMatchers } from './selection.js';
import { readKnownShares, readSums } from './totals.js';
import { type Merge, readMerge } from './whole-or-reduced.js';

/** Continuous profilers send a profile every 10 or 15 seconds; the bounds leave room for drifting clocks. */
const SHORTEST_INTERVAL_S = 8;
const LONGEST_INTERVAL_S = 17;
/** Minimum number of profiles of an instance that show how much of the window they cover. */
const MIN_PROFILES = 4;
/** Minimum share of the window that must have been profiled for a rate. */
const CONTINUOUS_SHARE = 0.9;

/**
 * Fetches the merged profile of a scope and the number of profiles in it, with one request each, in parallel.
 *
 * @param options.mayBeReduced whether a profile that is too large to be read whole may be read in part
 * @returns null when no profile matched; profiles without samples give a measurement with the value 0
 * @throws UpstreamError
 */
export async function measure(
  scope: Scope,
  context: ToolContext,
  { mayBeReduced = false }: { mayBeReduced?: boolean } = {},
): Promise<Measurement | null> {
  const { source, type, window } = scope;
  const matchers = allMatchers(scope);
  const query = mergeQuery(scope);
  const { instanceLabel, labels } = await findGrouping(query, scope, context);
  const [services, unmarked, counts] = await Promise.all([
    readTotalsOfServices(scope, context),
    mayBeReduced ? readMerge(source, query, context) : readWhole(source.profile(query, context.signal)),
    source.snapshots(profileQuery(scope), labels, context.signal),
  ]);
  const merged = inRepositories(unmarked, listRepositories(counts.map((row) => row.labels)));
  // The counts are of all profiles; those with samples of a request are not known.
  const counted = counts.reduce((sum, { profiles: number }) => sum + number, 0);
  const profiles = scope.only === null ? counted : countProfiles(scope.only);
  const wholeValue = totalValue(merged.profile);
  const isEmpty = merged.profile.values.length === 0;
  if (isEmpty && (profiles === 0 || scope.only !== null)) return null;

  const { active, idle } = type.isWallClock ? splitIdle(merged.profile) : { active: merged.profile, idle: 0 };
  const instances =
    instanceLabel === null || scope.only !== null
      ? null
      : new Set(counts.flatMap((row) => row.labels[instanceLabel] ?? [])).size || null;
  const knownProfiles = profiles > 0 ? profiles : null;
  const code = findSourceCode(counts);
  return {
    source: source.name,
    isDefaultSource: await context.sources.isDefault(source, context.signal),
    service: scope.service,
    selector: formatSelector(matchers),
    extraSelector: scope.matchers.length === 0 ? null : formatSelector(scope.matchers),
    type,
    typeArgument: scope.typeArgument,
    window,
    active,
    idle,
    profiles: knownProfiles,
    instances,
    only: scope.only,
    isSinceStart: merged.isSinceStart === true,
    rate:
      type.kind === 'instant' || merged.isSinceStart === true || isDifference(active)
        ? null
        : computeRate(wholeValue - idle, scope, {
            profiledSeconds: merged.profiledSeconds,
            profiles: knownProfiles,
            instances,
          }),
    samples: isDifference(active)
      ? null
      : await countSamples(scope, query, { active, isWhole: merged.reduced === null }, context),
    reduced: type.isWallClock ? withoutIdle(merged) : merged.reduced,
    services: services?.total ?? null,
    ...(code === null ? {} : { code }),
    notes: [
      ...scope.notes,
      ...(services?.notes ?? []),
      ...merged.notes,
      ...(merged.isNamesOnly === true ? [NAMES_ONLY] : []),
      ...(await lookbackNotes(source, window, context)),
    ],
  };
}

const NAMES_ONLY =
  'The server gives these samples as a call tree: functions have no files and lines, and what has no symbol counts to its caller. Full stacks of a span need Pyroscope 2.2 or later with v2 storage.';

/** Number of the profiles that ids select; 0 where it is unknown. */
function countProfiles({ kind, ids }: IdSelection): number {
  return kind === 'profile' && ids.length === 1 ? 1 : 0;
}

/**
 * The services of a scope with their parts of the total: one request. Of a wall-clock type the total holds
 * idle time, and of single requests it is not known, so that no part is told.
 */
async function readTotalsOfServices(
  scope: Scope,
  context: ToolContext,
): Promise<{ total: ServicesTotal; notes: readonly string[] } | null> {
  const { several, source, type, window } = scope;
  if (several === null) return null;
  const { shares, notes } = await readKnownShares(
    'service_name',
    type.isWallClock || scope.only !== null ? null : type,
    { source, matchers: allMatchers(scope), window },
    context,
  );
  const added = several.types.flatMap(({ typeId, services }) =>
    services.map((service) => ({ service, typeId, share: shares?.get(service) ?? null })),
  );
  return {
    total: {
      added: added.sort((a, b) => (b.share ?? 0) - (a.share ?? 0) || (a.service < b.service ? -1 : 1)),
      leftOut: several.leftOut,
    },
    notes,
  };
}

/** Removes idle stacks from the call tree of a reduced merge, as they are removed from its leaves. */
function withoutIdle({ profile, reduced }: Merge): Merge['reduced'] {
  if (reduced === null || reduced.tree === null) return reduced;
  return { ...reduced, tree: activeTree(reduced.tree, profile) };
}

async function readWhole(merged: Promise<MergedProfile>): Promise<Merge> {
  return { ...(await merged), reduced: null };
}

function inRepositories(merge: Merge, repositories: readonly Repository[]): Merge {
  const { profile, reduced } = merge;
  const marked = (plain: Profile) => withRepositories(plain, repositories);
  return {
    ...merge,
    profile: marked(profile),
    reduced:
      reduced === null ? null : { ...reduced, tree: reduced.tree === null ? null : marked(reduced.tree) },
  };
}

/** Finds the label that distinguishes the instances of a scope; null where there is none. */
export async function findInstanceLabel(
  query: SeriesQuery,
  scope: Scope,
  context: ToolContext,
): Promise<string | null> {
  return (await findGrouping(query, scope, context)).instanceLabel;
}

/** Finds that label, and the labels by which profiles are counted: those of the repository are among them. */
async function findGrouping(query: SeriesQuery, scope: Scope, context: ToolContext) {
  const names = await context
    .getSchema(scope.source)
    .labelNames(query.matchers, query.window, context.signal);
  const instanceLabel = pickInstanceLabel(names);
  const labels = listSourceLabels(names);
  return { instanceLabel, labels: instanceLabel === null ? labels : [instanceLabel, ...labels] };
}

/**
 * Cost per second over all instances. Null unless the profiles are known to cover the window: by their
 * durations or, where the store does not keep these, by arriving as often as a continuous profiler sends
 * them. A window that is much longer than the data, or holds only a few profiles, has no rate.
 */
function computeRate(
  value: number,
  { type, window }: Scope,
  coverage: { profiledSeconds: number | null; profiles: number | null; instances: number | null },
): Measurement['rate'] {
  const { profiledSeconds, profiles, instances } = coverage;
  const seconds = (window.to - window.from) / 1000;
  if (seconds <= 0 || profiles === null || instances === null) return null;
  const profilesPerInstance = profiles / instances;
  if (profilesPerInstance < MIN_PROFILES) return null;
  const share =
    profiledSeconds === null
      ? (profilesPerInstance * LONGEST_INTERVAL_S) / seconds
      : profiledSeconds / instances / seconds;
  const spacing = seconds / profilesPerInstance;
  const isCovered =
    profiledSeconds === null
      ? spacing >= SHORTEST_INTERVAL_S && share >= 1
      : share >= CONTINUOUS_SHARE && share <= 1 / CONTINUOUS_SHARE;
  if (!isCovered) return null;
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
 * Counts the samples in the active part of a profile. The count is the value divided by the sampling
 * interval, which is the greatest common divisor of the values (Pyroscope does not keep the real interval).
 * Without such a divisor, the sibling type that counts samples is read.
 */
export async function countSamples(
  { source, type }: Pick<Scope, 'source' | 'type'>,
  query: MergeQuery,
  { active, isWhole }: { active: Profile; isWhole: boolean },
  context: Pick<ToolContext, 'getSchema' | 'signal'>,
): Promise<number | null> {
  if (secondsPerUnit(type.unit) === null) return null;
  const byInterval = samplesByInterval(active);
  if (byInterval !== null) return byInterval;
  // The merge of the sibling type would be as large as the one that could not be read whole.
  if (type.isWallClock && !isWhole) return null;
  const typeIds = await context.getSchema(source).typeIds(query.matchers, query.window, context.signal);
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === type.name && /^samples?$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
  const sampleQuery = { ...query, profileTypeId: sibling };
  // Idle stacks are removed one by one, so wall-clock time needs the counts per stack.
  if (type.isWallClock)
    return totalValue(splitIdle((await source.profile(sampleQuery, context.signal)).profile).active);
  // Those of single requests are few, and no sum is kept of them.
  if (query.only !== undefined)
    return totalValue((await source.profile(sampleQuery, context.signal)).profile);
  const sums = await readSums(source, sampleQuery, [], context.signal);
  return sums.reduce((total, { sum }) => total + sum, 0);
}
