import { nullIfUpstreamFailed } from '../errors.js';
import { offload } from '../offload.js';
import { isAllActive } from '../profile/active.js';
import type { Profile } from '../profile/model.js';
import { totalValue } from '../profile/model.js';
import { type ProfileType, parseProfileType } from '../profile/types.js';
import { samplesByInterval } from '../query/measure.js';
import type { Matcher, ProfileSource, Window } from '../sources/source.js';
import { secondsPerUnit } from '../text/units.js';
import { isHeavy } from '../work/offload.js';

/** How a profile type is looked at. */
export type LensKind = 'time' | 'amount' | 'level' | 'wait';

/** Which of the types of a service are looked at, and how; each once, counts beside bytes and times left out. */
const KINDS: readonly (readonly [alias: string, kind: LensKind])[] = [
  ['cpu', 'time'],
  ['wall', 'time'],
  ['alloc', 'amount'],
  ['inuse', 'level'],
  ['goroutines', 'level'],
  ['mutex', 'wait'],
  ['block', 'wait'],
  ['lock', 'wait'],
  ['off_cpu', 'time'],
  ['exceptions', 'amount'],
];

export interface LensType {
  type: ProfileType;
  kind: LensKind;
}

/** The types to look at, in the order in which they are read. */
export function lensTypes(types: readonly ProfileType[]): LensType[] {
  return KINDS.flatMap(([alias, kind]) => {
    const type = types.find((candidate) => candidate.alias === alias);
    return type === undefined ? [] : [{ type, kind }];
  });
}

/** Everything that the requests of one investigation share. */
export interface Asking {
  source: ProfileSource;
  matchers: readonly Matcher[];
  typeIds: readonly string[];
  signal: AbortSignal;
}

/** The merge of a window without idle time. */
export async function readActive(
  { source, matchers, signal }: Asking,
  type: ProfileType,
  window: Window,
  more: readonly Matcher[] = [],
): Promise<Profile> {
  const query = { profileTypeId: type.id, matchers: [...matchers, ...more], window };
  const { profile } = await source.profile(query, signal);
  if (isAllActive(profile, type)) return profile;
  return offload('active', [profile, type], { heavy: isHeavy(profile), signal });
}

/** Go, the JVM agents and V8 record one allocation for about this many bytes. */
const BYTES_PER_SAMPLE = 2 ** 19;
/** 100 Hz: the rate of every usual CPU profiler. */
const USUAL_INTERVAL_S = 0.01;

/** The value that one sample stands for, and whether that is known or only about right. */
export interface Quantum {
  value: number;
  estimated: boolean;
}

/**
 * Value of one sample: the interval that the values share; else an estimate: of bytes the usual sampling rate, of time value
 * over the sibling type that counts (one request).
 */
export async function quantumOf(
  asking: Asking,
  type: ProfileType,
  profiles: readonly Profile[],
  window: Window,
): Promise<Quantum> {
  if (type.unit === 'count') return { value: 1, estimated: false };
  if (type.unit === 'bytes') return { value: BYTES_PER_SAMPLE, estimated: true };
  const seconds = secondsPerUnit(type.unit);
  if (seconds === null) return { value: 1, estimated: true };
  const heaviest = profiles.reduce((a, b) => (totalValue(b) > totalValue(a) ? b : a));
  const samples = samplesByInterval(heaviest);
  if (samples !== null && samples > 0) return { value: totalValue(heaviest) / samples, estimated: false };
  const value = (await valuePerCount(asking, type, window)) ?? USUAL_INTERVAL_S / seconds;
  // An interval divides all values; a mean of samples of different length does not.
  return { value, estimated: heaviest.values.some((one) => one % value !== 0) };
}

async function valuePerCount(
  { source, matchers, typeIds, signal }: Asking,
  type: ProfileType,
  window: Window,
) {
  const sibling = typeIds.find((id) => {
    const other = parseProfileType(id);
    return other !== null && other.name === type.name && /^(?:samples?|contentions)$/.test(other.sampleType);
  });
  if (sibling === undefined) return null;
  const step = Math.max(1, Math.ceil((window.to - window.from) / 1000));
  // Without the counts there is an estimate, which the answer calls one.
  const sums = await Promise.all(
    [type.id, sibling].map(async (profileTypeId) => {
      const series = await source.timeSeries(
        { profileTypeId, matchers, window },
        { groupBy: [], step },
        signal,
      );
      return series.reduce((sum, { points }) => points.reduce((all, { value }) => all + value, sum), 0);
    }),
  ).catch(nullIfUpstreamFailed);
  const [values, counts] = sums ?? [];
  return values === undefined || counts === undefined || counts <= 0 || values <= 0 ? null : values / counts;
}
