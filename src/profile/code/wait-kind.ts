/** Frames that say what a goroutine of Go waits for; the one nearest to the leaf decides. */
const WAITS: readonly (readonly [kind: string, name: RegExp])[] = [
  ['channel receive', /^runtime\.chanrecv\d?$/],
  ['channel send', /^runtime\.chansend\d?$/],
  ['select', /^runtime\.(?:selectgo|selectnb\w+|block)$/],
  ['WaitGroup', /^(?:internal\/)?sync\.\(\*WaitGroup\)\.Wait$/],
  [
    'condition (sync.Cond)',
    /^(?:(?:internal\/)?sync\.)?(?:\(\*Cond\)\.Wait|runtime_notifyListWait)$|^runtime\.notifyListWait$/,
  ],
  [
    'mutex',
    /^(?:internal\/)?sync\.\(\*(?:RW)?Mutex\)\.\w*[lL]ock\w*$|^(?:internal\/)?sync\.runtime_Semacquire(?:RW)?Mutex\w*$/,
  ],
  ['sleep', /^time\.Sleep$|^runtime\.timeSleep$/],
  ['network or file I/O', /^runtime\.netpollblock$|^internal\/poll\./],
  [
    'system call',
    /^(?:syscall|internal\/runtime\/syscall|golang\.org\/x\/sys\/unix)\.|^runtime\.(?:cgocall|entersyscall\w*|notetsleepg?)$/,
  ],
];
/** Frames in which all kinds of waiting end. */
const PARKED = /^runtime\.(?:gopark\w*|goparkunlock|park_m|mcall|semacquire\w*|goready|futex\w*)$/;
/** Waiting of which only the semaphore is known. */
const SEMAPHORE = /^runtime\.semacquire\w*$|^(?:internal\/)?sync\.runtime_Semacquire\w*$/;

/**
 * Names what a goroutine waits for, in words of Go, by the frames next to its leaf.
 *
 * @param names functions from the leaf on towards the entry point, of which the first that is not the
 *   runtime's parking decides
 * @returns null where the goroutine does not wait, as far as the frames tell
 */
export function waitKind(names: readonly string[]): string | null {
  let isSemaphore = false;
  for (const name of names) {
    const wait = WAITS.find(([, pattern]) => pattern.test(name));
    if (wait !== undefined) return wait[0];
    isSemaphore ||= SEMAPHORE.test(name);
    if (!PARKED.test(name) && !SEMAPHORE.test(name)) break;
  }
  return isSemaphore ? 'semaphore' : null;
}
