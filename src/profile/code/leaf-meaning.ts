import { normaliseName } from './names.js';

/** Meanings of runtime functions that stacks end in, in words for a reader; the first match counts. */
const LEAF_MEANINGS: readonly [RegExp, string][] = [
  [/^runtime\.(?:mallocgc|newobject|makeslice|growslice|nextFreeFast|memclrNoHeapPointers)/, 'allocation'],
  [
    /^runtime\.(?:gcBgMarkWorker|gcDrain|scanobject|greyobject|markroot|scanblock|findObject|gcAssist|bgsweep)/,
    'garbage collection',
  ],
  [
    /^\(garbage collector\)$|^Garbage Collection$|^(?:G1|ZGC|Shenandoah|PSParallel|GC)[A-Z_]/,
    'garbage collection',
  ],
  [/^runtime\.(?:futex|lock2|unlock2|semacquire|semrelease|notesleep|notewakeup)/, 'locks and wake-ups'],
  [/^runtime\.(?:findRunnable|schedule|stealWork|park_m|mcall|pidleput|runqgrab|checkTimers)/, 'scheduler'],
  [/^runtime\.(?:memmove|memequal)|^(?:__)?mem(?:cpy|move|set)/, 'copying memory'],
  [/^runtime\.(?:chansend|chanrecv|selectgo|gopark)/, 'waiting on a channel'],
  [/[Ss]yscall6?$|^syscall\./, 'system calls'],
];

/** The meaning of a runtime leaf ("allocation", "garbage collection"), or null. */
export function leafMeaning(name: string): string | null {
  const normal = normaliseName(name);
  return LEAF_MEANINGS.find(([pattern]) => pattern.test(normal))?.[1] ?? null;
}
