import { type LensType, planLenses } from '../../src/investigation/evidence/lens.js';
import { parseProfileType } from '../../src/profile/types/types.js';

/** A type id of each kind of profile that an investigation reads, and the value of one sample of it. */
const TYPES = {
  cpu: { id: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', sample: 1e7 },
  wall: { id: 'wall:wall:nanoseconds:wall:nanoseconds', sample: 1e7 },
  alloc: { id: 'memory:alloc_space:bytes:space:bytes', sample: 2 ** 19 },
  inuse: { id: 'memory:inuse_space:bytes:space:bytes', sample: 2 ** 19 },
  goroutines: { id: 'goroutine:goroutine:count:goroutine:count', sample: 1 },
  mutex: { id: 'mutex:delay:nanoseconds:contentions:count', sample: 1e6 },
  block: { id: 'block:delay:nanoseconds:contentions:count', sample: 1e6 },
  mutex_contentions: { id: 'mutex:contentions:count:contentions:count', sample: 1 },
  block_contentions: { id: 'block:contentions:count:contentions:count', sample: 1 },
  off_cpu: { id: 'offcpu:off_cpu:nanoseconds:offcpu:nanoseconds', sample: 1e7 },
  exceptions: { id: 'exception:exceptions:count:exception:count', sample: 1 },
} as const;
export type Alias = keyof typeof TYPES;

export const getTypeId = (alias: Alias): string => TYPES[alias].id;
export const getSampleValue = (alias: Alias): number => TYPES[alias].sample;

/** The lens through which an investigation looks at a profile type. */
export function toLens(alias: Alias): LensType {
  const type = parseProfileType(getTypeId(alias));
  const [lens] = type === null ? [] : planLenses([type]).toRead;
  if (lens === undefined) throw new Error(`no lens looks at ${alias}`);
  return lens;
}
