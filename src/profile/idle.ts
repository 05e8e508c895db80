import type { FunctionInfo, Profile } from './model.js';
import { selectStacks } from './stacks.js';

/** How near to the leaf an idle frame must be: below it only the runtime's own few frames may lie. */
const IDLE_DEPTH = 4;

/** Frames in which a thread only waits for work, by runtime. `file` guards names that a team may use itself. */
const IDLE_FRAMES: readonly { name: RegExp; file?: RegExp }[] = [
  { name: /^\((?:idle)\)$/ },
  {
    name: /^(?:uv__io_poll|epoll_wait|epoll_pwait2?|kevent|poll|ppoll|__poll|nanosleep|clock_nanosleep|futex_wait.*|__futex_abstimed_wait.*|pthread_cond_(?:timed)?wait.*|do_futex|ep_poll|schedule_hrtimeout.*)$/,
    file: /^$|\.[chsS]$/,
  },
  {
    name: /^(?:jdk|sun)[./]internal[./]misc[./]Unsafe[./]park$|^java[./]lang[./]Object[./]wait0?$|^java[./]lang[./]Thread[./](?:sleep0?|sleepNanos0?|park|yield0?)$/,
  },
  {
    name: /epollWait$|EPoll[./]wait$|^java[./]net[./]PlainSocketImpl[./]socketAccept$|^sun[./]nio[./]ch[./].*(?:accept0|poll0?)$/,
  },
  { name: /^runtime\.(?:gopark|netpoll|netpollblock|notetsleepg?|futexsleep|usleep)$|^time\.Sleep$/ },
  {
    name: /^(?:select|poll|wait|_?recv_bytes|accept|_wait_for_tstate_lock|sleep|get)$/,
    file: /(?:^|\/)(?:selectors|threading|socket|queue|connection|time)\.py$/,
  },
  { name: /^(?:Kernel#sleep|Thread#join|ConditionVariable#wait|IO\.select|Thread::Queue#pop|Queue#pop)$/ },
  { name: /^System\.Threading\..*(?:Wait|Sleep|WaitOne|WaitForSignal).*$/ },
];

/** Whether a thread in this function merely waits. */
export function isIdleFrame({ name, file }: FunctionInfo): boolean {
  return IDLE_FRAMES.some((idle) => idle.name.test(name) && (idle.file?.test(file) ?? true));
}

export interface IdleSplit {
  active: Profile;
  /** Value of the stacks set apart. */
  idle: number;
}

/**
 * Sets apart the stacks whose leaf, or one of the last few frames, waits for work. Only for wall-clock and off-CPU
 * profiles: in goroutine, block and mutex profiles the parked stack is the answer.
 */
export function splitIdle(profile: Profile): IdleSplit {
  const idleFunction = profile.functions.map(isIdleFrame);
  const { frameFunction, stackFrames, stackStart, values } = profile;
  let idle = 0;
  const active = selectStacks(profile, (stack) => {
    const start = stackStart[stack] ?? 0;
    const end = Math.min(stackStart[stack + 1] ?? 0, start + IDLE_DEPTH);
    for (let at = start; at < end; at++) {
      if (idleFunction[frameFunction[stackFrames[at] ?? 0] ?? 0]) {
        idle += values[stack] ?? 0;
        return false;
      }
    }
    return true;
  });
  return { active, idle };
}
