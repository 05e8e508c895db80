import { splitIdle } from '../profile/idle.js';
import type { Profile } from '../profile/model.js';
import { totalValue } from '../profile/model.js';
import { parseProfileType } from '../profile/types.js';
import type { Measurement } from '../report/measurement.js';
import { secondsPerUnit } from '../report/units.js';
import { formatSelector } from '../sources/selector.js';
import type { ProfileQuery } from '../sources/source.js';
import type { ToolContext } from './define.js';
import { allMatchers } from './request.js';
import type { Scope } from './scope.js';

/** Labels that tell one instance of a service from another, the most telling first. */
const INSTANCE_LABELS = [
  'pod',
  'k8s.pod.name',
  'k8s_pod_name',
  'instance',
  'service_instance_id',
  'hostname',
  'host',
  'host.name',
];

/** Profilers that run all the time send one profile every 10 or 15 seconds. */
const CONTINUOUS_INTERVAL_S = 20;
/** Share of the window that must have been profiled for a rate to mean anything. */
const CONTINUOUS_SHARE = 0.9;
/** A sampling interval shorter than this is not one: the common divisor is an accident. */
const MIN_QUANTUM_S = 1e-3;

/**
 * Fetches the merged profile of a scope and how many profiles it holds: one request each, side by side.
 *
 * @returns null when no profile matched; profiles without any sample are a measurement of nothing
 * @throws UpstreamError
 */
export async function measure(scope: Scope, context: ToolContext): Promise<Measurement | null> {
  const { source, type, window } = scope;
  const matchers = allMatchers(scope.service, scope.matchers);
  const query: ProfileQuery = { profileTypeId: type.id, matchers, window };
  const instanceLabel = await findInstanceLabel(query, scope, context);
  const [merged, counts] = await Promise.all([
    source.profile(query, context.signal),
    source.snapshots(query, instanceLabel === null ? [] : [instanceLabel], context.signal),
  ]);
  const profiles = counts.reduce((sum, { profiles: number }) => sum + number, 0);
  const wholeValue = totalValue(merged.profile);
  if (profiles === 0 && wholeValue === 0) return null;

  const { active, idle } = type.wallClock ? splitIdle(merged.profile) : { active: merged.profile, idle: 0 };
  const instances =
    instanceLabel === null
      ? null
      : counts.filter(({ labels }) => labels[instanceLabel] !== undefined).length || null;
  const counted = profiles > 0 ? profiles : null;
  return {
    source: source.name,
    defaultSource: context.sources.all[0] === source,
    service: scope.service,
    selector: formatSelector(matchers),
    extraSelector: scope.matchers.length === 0 ? null : formatSelector(scope.matchers),
    type,
    window,
    whole: merged.profile,
    active,
    idle,
    profiles: counted,
    instances,
    rate:
      type.kind === 'instant'
        ? null
        : rateOf(wholeValue - idle, scope, merged.profiledSeconds, counted, instances ?? 1),
    samples: activeSamples(
      await sampleCount(merged.profile, wholeValue, query, context, scope),
      idle / wholeValue,
    ),
    notes: [...scope.notes, ...merged.notes],
  };
}

/** The idle part of a wall-clock profile has its share of the samples. */
function activeSamples(samples: number | null, idleShare: number): number | null {
  return samples === null ? null : Math.round(samples * (1 - idleShare));
}

async function findInstanceLabel(
  query: ProfileQuery,
  scope: Scope,
  context: ToolContext,
): Promise<string | null> {
  const names = await context.schemaOf(scope.source).labelNames(query.matchers, query.window, context.signal);
  return INSTANCE_LABELS.find((label) => names.includes(label)) ?? null;
}

/**
 * Cost per second over all instances, only where the profiles cover the window: by their durations where the store
 * knows them, else by their spacing.
 */
function rateOf(
  value: number,
  { type, window }: Scope,
  profiledSeconds: number | null,
  profiles: number | null,
  instances: number,
): Measurement['rate'] {
  const seconds = (window.to - window.from) / 1000;
  if (seconds <= 0 || profiles === null) return null;
  const covered = profiledSeconds ?? profiles * CONTINUOUS_INTERVAL_S;
  if (covered < CONTINUOUS_SHARE * seconds * instances) return null;
  const unitSeconds = secondsPerUnit(type.unit);
  if (unitSeconds === null)
    return { value: value / seconds, unit: `${type.unit === 'count' ? '' : type.unit}/s` };
  return { value: (value * unitSeconds) / seconds, unit: type.alias === 'cpu' ? 'cores' : 's/s' };
}

/**
 * Number of samples behind a profile: value over the sampling interval, which is the greatest common divisor of all
 * values (Pyroscope does not keep the real period); where that is none, the sibling type that counts samples.
 */
async function sampleCount(
  profile: Profile,
  whole: number,
  query: ProfileQuery,
  context: ToolContext,
  scope: Scope,
): Promise<number | null> {
  const unitSeconds = secondsPerUnit(profile.unit);
  if (unitSeconds === null) return null;
  let divisor = 0;
  for (const value of profile.values) divisor = commonDivisor(divisor, value);
  if (divisor * unitSeconds >= MIN_QUANTUM_S) return Math.round(whole / divisor);
  const typeIds = await context.schemaOf(scope.source).typeIds(query.matchers, query.window, context.signal);
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === scope.type.name && /^samples?$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
  const step = Math.max(1, Math.ceil((query.window.to - query.window.from) / 1000));
  const series = await scope.source.timeSeries(
    { ...query, profileTypeId: sibling },
    { groupBy: [], step },
    context.signal,
  );
  const samples = series.flatMap(({ points }) => points).reduce((sum, { value }) => sum + value, 0);
  return samples > 0 ? samples : null;
}

function commonDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
