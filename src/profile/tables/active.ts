import { splitIdle } from '../code/idle.js';
import { joinKeys } from '../code/names.js';
import { isPythonWait } from '../code/python-waits.js';
import { type FunctionInfo, type Profile, totalValue } from '../model.js';
import type { ProfileType } from '../types/types.js';
import { selectStacks, stacksThrough } from './stacks.js';

/**
 * File of Node's profiler, which runs inside the process: its first sample has the weight of its start-up.
 */
const PROFILER_FILE = 'node:inspector';
/** Key of the name that Node gives to the time in which it does nothing. */
const IDLE = '(idle)';

/** A CPU profile of which a smaller part waits is one of running threads, some of which begin to wait. */
const MIN_WAITING = 0.2;

/**
 * Whether a CPU profile samples waiting threads, too, as that of Python's SDK does with `oncpu=False`. In
 * recorded profiles of running threads at most 9 % end in a function that waits, in the others 93 %.
 */
export function samplesWaitingThreads(profile: Profile, { alias }: ProfileType): boolean {
  if (alias !== 'cpu' || !profile.functions.some((info) => isPythonWait(info, true))) return false;
  return splitIdle(profile, isWaitingLeaf).idle >= MIN_WAITING * totalValue(profile);
}

/**
 * Sets apart what is no work of the service: waiting threads of wall-clock types, Node's idle time, the
 * profiler itself.
 *
 * @param hasWaiting whether a CPU profile samples waiting threads: see {@link samplesWaitingThreads}
 */
export function selectActive(profile: Profile, type: ProfileType, hasWaiting: boolean): Profile {
  const working = withoutWaiting(profile, type, hasWaiting);
  if (!hasIdleOrProfiler(working, type)) return working;
  const idle = joinKeys(working.functions).indexOf(IDLE);
  const isProfiler = working.functions.map(({ file }) => file === PROFILER_FILE);
  const profiling = stacksThrough(working, (id) => isProfiler[id] === true);
  const getLeaf = (stack: number) =>
    working.frameFunction[working.stackFrames[working.stackStart[stack] ?? 0] ?? 0];
  return selectStacks(working, (stack) => getLeaf(stack) !== idle && !profiling(stack));
}

/** Whether all of a profile is work of the service, so that nothing need be set apart. */
export function isAllActive(profile: Profile, type: ProfileType, hasWaiting: boolean): boolean {
  return !type.isWallClock && !hasWaiting && !hasIdleOrProfiler(profile, type);
}

function withoutWaiting(profile: Profile, { isWallClock }: ProfileType, hasWaiting: boolean): Profile {
  if (isWallClock) return splitIdle(profile).active;
  return hasWaiting ? splitIdle(profile, isWaitingLeaf).active : profile;
}

/** Whether a Python thread waits in the leaf itself: what a CPU profile shows below it is work. */
function isWaitingLeaf(info: FunctionInfo, isLeaf: boolean): boolean {
  return isLeaf && isPythonWait(info, true);
}

/** Whether a time profile has functions of Node's idle time or of the profiler. */
function hasIdleOrProfiler({ functions }: Profile, { isWallClock, alias }: ProfileType): boolean {
  const isTime = isWallClock || alias === 'cpu';
  if (!isTime) return false;
  return joinKeys(functions).includes(IDLE) || functions.some(({ file }) => file === PROFILER_FILE);
}
