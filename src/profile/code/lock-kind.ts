import type { PprofFile } from '../pprof/pprof.js';

/** Functions of Go in which a goroutine blocks: a block profile ends in them. */
const BLOCKS =
  /^runtime\.(?:chanrecv\d?|chansend\d?|selectgo|selectn?b?(?:send|recv)|block|gopark|semacquire\d?|semasleep|netpollblock)$|^(?:internal\/)?sync\.(?:\(\*(?:Mutex|RWMutex|WaitGroup|Cond)\)\.(?:R?Lock|[rl]?[lL]ockSlow|Wait)|runtime_(?:Semacquire\w*|notifyListWait))$/;
/** Functions of Go which let others go on: a mutex profile ends in them. */
const UNLOCKS =
  /^(?:internal\/)?sync\.\(\*(?:Mutex|RWMutex)\)\.(?:R?Unlock|r?unlockSlow)$|^runtime\.(?:unlock\w*|_LostContendedRuntimeLock)$/;
/** Number of locations from the leaf in which such a function may stand. */
const LEAF_LOCATIONS = 2;

/**
 * Whether a profile of contentions is one of blocked goroutines or of held locks: the stacks of a block
 * profile end where a goroutine waits, those of a mutex profile where the holder unlocks. Null where the
 * stacks tell neither.
 */
export function detectLockKind({
  functions,
  strings,
  samples,
  locations,
}: PprofFile): 'block' | 'mutex' | null {
  const kindOf = new Map<string, 'block' | 'mutex'>();
  for (const { id, name } of functions) {
    const text = strings[name] ?? '';
    if (BLOCKS.test(text)) kindOf.set(String(id), 'block');
    else if (UNLOCKS.test(text)) kindOf.set(String(id), 'mutex');
  }
  if (kindOf.size === 0) return null;
  const counts = { block: 0, mutex: 0 };
  for (let sample = 0; sample + 1 < samples.starts.length; sample++) {
    const start = samples.starts[sample] ?? 0;
    const end = Math.min(samples.starts[sample + 1] ?? 0, start + LEAF_LOCATIONS);
    const kind = firstKind(start, end);
    if (kind !== null) counts[kind]++;
  }
  if (counts.block === counts.mutex) return null;
  return counts.block > counts.mutex ? 'block' : 'mutex';

  function firstKind(start: number, end: number): 'block' | 'mutex' | null {
    for (let at = start; at < end; at++) {
      const location = samples.locations[at] ?? 0;
      const last = locations.starts[location + 1] ?? 0;
      for (let line = locations.starts[location] ?? 0; line < last; line++) {
        const kind = kindOf.get(String(locations.functionIds[line]));
        if (kind !== undefined) return kind;
      }
    }
    return null;
  }
}

/** Whether a function of Go lets others go on: stacks of a mutex profile end in it. */
export function isUnlock(name: string): boolean {
  return UNLOCKS.test(name);
}

/** Names of functions that do nothing but take a lock, or give it back. */
const LOCK_CALL = /(?:^|[./:])(?:[Tt]ry)?R?(?:[Uu]n)?[Ll]ock$/;

/** Whether a function only takes a lock, or gives it back: who calls it tells which lock. */
export function isLockCall(name: string): boolean {
  return LOCK_CALL.test(name);
}
