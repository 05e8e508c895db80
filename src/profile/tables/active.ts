import { splitIdle } from '../code/idle.js';
import { joinKeys } from '../code/names.js';
import type { Profile } from '../model.js';
import type { ProfileType } from '../types/types.js';
import { selectStacks, stacksThrough } from './stacks.js';

/**
 * File of Node's profiler, which runs inside the process: its first sample has the weight of its start-up.
 */
const PROFILER_FILE = 'node:inspector';
/** Key of the name that Node gives to the time in which it does nothing. */
const IDLE = '(idle)';

/**
 * Sets apart what is no work of the service: waiting threads of wall-clock types, Node's idle time, the
 * profiler itself.
 */
export function selectActive(profile: Profile, type: ProfileType): Profile {
  const working = type.isWallClock ? splitIdle(profile).active : profile;
  if (!hasIdleOrProfiler(working, type)) return working;
  const idle = joinKeys(working.functions).indexOf(IDLE);
  const isProfiler = working.functions.map(({ file }) => file === PROFILER_FILE);
  const profiling = stacksThrough(working, (id) => isProfiler[id] === true);
  const getLeaf = (stack: number) =>
    working.frameFunction[working.stackFrames[working.stackStart[stack] ?? 0] ?? 0];
  return selectStacks(working, (stack) => getLeaf(stack) !== idle && !profiling(stack));
}

/** Whether all of a profile is work of the service, so that nothing need be set apart. */
export function isAllActive(profile: Profile, type: ProfileType): boolean {
  return !type.isWallClock && !hasIdleOrProfiler(profile, type);
}

/** Whether a time profile has functions of Node's idle time or of the profiler. */
function hasIdleOrProfiler({ functions }: Profile, { isWallClock, alias }: ProfileType): boolean {
  const isTime = isWallClock || alias === 'cpu';
  if (!isTime) return false;
  return joinKeys(functions).includes(IDLE) || functions.some(({ file }) => file === PROFILER_FILE);
}
