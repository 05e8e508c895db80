import type { FunctionInfo, Profile } from '../model.js';
import { selectStacks } from '../tables/stacks.js';
import { normaliseName } from './names.js';
import { isPythonLoop, isPythonWait } from './python-waits.js';

/**
 * Number of frames from the leaf on among which an idle frame counts: only a few frames of the runtime may
 * lie below it.
 */
export const IDLE_DEPTH = 4;

interface IdleFrame {
  name: RegExp;
  /** File that the frame must have, where a team may use the name itself. */
  file?: RegExp;
  /** Whether the function waits only as the leaf, since it also runs work. */
  isLeafOnly?: true;
}

/** Frames in which a thread only waits for work, by runtime. */
const IDLE_FRAMES: readonly IdleFrame[] = [
  { name: /^\(idle\)$/ },
  {
    name: /^(?:lib\w+(?:-[\d.]+)?\.so(?:\.\d+)*[.!])?(?:__(?:GI_+)?(?:libc_|new_)?)?(?:uv__(?:io_poll|epoll_wait)|epoll_p?wait2?|kevent(?:64)?|p?poll|p?select|(?:clock_)?nanosleep|usleep|sigtimedwait|accept4?|futex_wait\w*|futex_abstimed_wait\w*|pthread_cond_(?:timed|clock)?wait|sem_(?:timed|clock)?wait\w*|do_futex(?:_wait)?|ep_poll|do_epoll_wait|schedule_hrtimeout\w*|(?:x64_|arm64_|do_)?sys_accept4?|(?:inet|inet_csk|unix|do)_accept)(?:[@.].*)?$/,
    file: /^$|\.[chsS]$/,
  },
  {
    name: /^(?:jdk|sun)[./](?:internal[./])?misc[./]Unsafe[./]park$|^java[./]lang[./](?:Object[./]wait0?|Thread[./](?:sleep0?|sleepNanos0?|park|yield0?)|VirtualThread[./]park\w*)$/,
  },
  // A blocking socket also polls: only where it waits for a new connection does it wait for work.
  {
    name: /epollWait\d*$|EPoll[./]wait$|^sun[./]nio[./]ch[./](?:KQueue[./]poll|\w+[./](?:\w*[aA]ccept0?))$|^java[./]net[./]\w*Socket(?:Impl)?[./]\w*[aA]ccept0?$/,
  },
  { name: /^runtime\.(?:gopark|netpoll|netpollblock|notetsleepg?|futexsleep|usleep)$|^time\.Sleep$/ },
  // Profilers that ask the runtime for its goroutines may leave out the frames in which one is parked.
  {
    name: /^runtime\.(?:chanrecv\d?|chansend\d?|selectgo|block|semacquire\d?|semasleep|goparkunlock|timeSleep|sigrecv)$|^(?:os\/signal\.signal_recv|(?:internal\/)?sync\.runtime_(?:Semacquire\w*|notifyListWait))$|^(?:internal\/poll\.(?:runtime_pollWait|\(\*FD\)\.Accept|accept)|net\.\(\*\w+\)\.[aA]ccept\w*|syscall\.[aA]ccept4?)$/,
    isLeafOnly: true,
  },
  // Python's frames of waiting threads stand in python-waits.ts; below these two it reads pipes or locks.
  {
    name: /^(?:\w+\.)*(?:poll|wait|_?recv_bytes)$/,
    file: /(?:^|\/)multiprocessing\/connection\.py$/,
  },
  { name: /^(?:\w+\.)*get$/, file: /^(?:.*\/python[\d.]*\/)?queue\.py$/ },
  {
    name: /^(?:Kernel#sleep|Thread#join|(?:Thread::)?ConditionVariable#wait|IO\.select|(?:Thread::)?Queue#pop|(?:TCPServer|UNIXServer|Socket)#(?:sys)?accept|(?:sleep|select|pop|wait|accept) \[c function\])$/,
  },
  {
    name: /^System\.Threading[.!](?:.*\.)?(?=[^.]*(?:Wait|Sleep))[^.]*$|[.+!]Sys\.(?:WaitForSocketEvents|Accept)$|^System\.Net\.Sockets[.!](?:.*\.)?Accept$/,
  },
  // The JVM's own C functions, Rust's standard library and PHP's functions.
  { name: /^(?:lib\w+\.so\.)?(?:NET_Accept|Java_(?:java_net|sun_nio_ch)_\w*[aA]ccept\d?)$/ },
  {
    name: /^std::(?:net::\w+::\w+Listener::accept|thread::(?:park|sleep)\w*)$|^(?:stream_socket_accept|socket_accept|fcgi_accept_request)$/,
  },
];

/**
 * Whether a thread in this function merely waits; `leaf` tells whether the function is the leaf of its stack.
 */
export function isIdleFrame(info: FunctionInfo, isLeaf: boolean): boolean {
  const normal = normaliseName(info.name);
  return (
    isPythonWait(info, isLeaf) ||
    (isLeaf && isPythonLoop(info)) ||
    IDLE_FRAMES.some(
      (idle) =>
        (isLeaf || !idle.isLeafOnly) && idle.name.test(normal) && (idle.file?.test(info.file) ?? true),
    )
  );
}

export interface IdleSplit {
  active: Profile;
  /** Value of the stacks set apart. */
  idle: number;
}

/**
 * Sets apart the stacks whose leaf, or one of the last few frames, waits for work. Only for wall-clock and
 * off-CPU profiles: in goroutine, block and mutex profiles the parked stack is the answer.
 *
 * @param isIdle whether a thread in a function merely waits, the leaf of its stack or not
 */
export function splitIdle(profile: Profile, isIdle: typeof isIdleFrame = isIdleFrame): IdleSplit {
  const { functions, frameFunction, stackFrames, stackStart, values } = profile;
  const idleLeaf = functions.map((info) => isIdle(info, true));
  const idleCaller = functions.map((info, id) => idleLeaf[id] === true && isIdle(info, false));
  let idle = 0;
  const active = selectStacks(profile, (stack) => {
    const leaf = stackStart[stack] ?? 0;
    const end = Math.min(stackStart[stack + 1] ?? 0, leaf + IDLE_DEPTH);
    for (let at = leaf; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      if (at === leaf ? idleLeaf[fn] : idleCaller[fn]) {
        idle += values[stack] ?? 0;
        return false;
      }
    }
    return true;
  });
  return { active, idle };
}
