import type { Profile } from './model.js';

/** The same functions and frames with only the stacks that `keep` accepts. */
export function selectStacks(profile: Profile, keep: (stack: number) => boolean): Profile {
  const kept: number[] = [];
  for (let stack = 0; stack < profile.values.length; stack++) if (keep(stack)) kept.push(stack);
  if (kept.length === profile.values.length) return profile;
  const stackStart = new Uint32Array(kept.length + 1);
  const values = new Float64Array(kept.length);
  let length = 0;
  kept.forEach((stack, index) => {
    length += (profile.stackStart[stack + 1] ?? 0) - (profile.stackStart[stack] ?? 0);
    stackStart[index + 1] = length;
    values[index] = profile.values[stack] ?? 0;
  });
  const stackFrames = new Uint32Array(length);
  kept.forEach((stack, index) => {
    stackFrames.set(
      profile.stackFrames.subarray(profile.stackStart[stack] ?? 0, profile.stackStart[stack + 1] ?? 0),
      stackStart[index] ?? 0,
    );
  });
  return { ...profile, stackStart, stackFrames, values };
}

/** Adds up the stacks with the same frames and leaves out those that come to nothing or less. */
export function coalesceStacks(profile: Profile): Profile {
  const sums = new Map<string, { stack: number; value: number }>();
  for (let stack = 0; stack < profile.values.length; stack++) {
    const key = profile.stackFrames
      .subarray(profile.stackStart[stack] ?? 0, profile.stackStart[stack + 1] ?? 0)
      .join();
    const value = profile.values[stack] ?? 0;
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { stack, value });
    else known.value += value;
  }
  const summed = new Map([...sums.values()].map(({ stack, value }) => [stack, value]));
  const kept = selectStacks(profile, (stack) => (summed.get(stack) ?? 0) > 0);
  const positive = [...summed].filter(([, value]) => value > 0).sort(([a], [b]) => a - b);
  return { ...kept, values: Float64Array.from(positive, ([, value]) => value) };
}

/** Stacks that have a frame of one of the marked functions anywhere. */
export function stacksThrough(
  profile: Profile,
  marked: (functionId: number) => boolean,
): (stack: number) => boolean {
  const hit = profile.functions.map((_, id) => marked(id));
  return (stack) => {
    const end = profile.stackStart[stack + 1] ?? 0;
    for (let at = profile.stackStart[stack] ?? 0; at < end; at++) {
      if (hit[profile.frameFunction[profile.stackFrames[at] ?? 0] ?? 0]) return true;
    }
    return false;
  };
}

export interface HeaviestStack {
  /** Function ids, entry point first. */
  functionIds: number[];
  value: number;
  /** Number of different stacks in the profile, by function. */
  distinct: number;
}

/**
 * The heaviest single stack, by function (lines merged), ties by function names. Stacks are told apart by a 53-bit
 * hash of their function ids: among 100,000 stacks two collide with a chance of about one in two million.
 */
export function heaviestStack(profile: Profile): HeaviestStack | null {
  const { frameFunction, stackFrames, stackStart, values } = profile;
  const sums = new Map<number, { value: number; stack: number }>();
  for (let stack = 0; stack < values.length; stack++) {
    let low = 0x811c9dc5;
    let high = 0x9e3779b9;
    const end = stackStart[stack + 1] ?? 0;
    for (let at = stackStart[stack] ?? 0; at < end; at++) {
      const fn = frameFunction[stackFrames[at] ?? 0] ?? 0;
      low = Math.imul(low ^ fn, 0x01000193);
      high = Math.imul(high ^ (fn + (low >>> 15)), 0x85ebca6b);
    }
    const key = (low >>> 0) * 2 ** 21 + ((high >>> 0) % 2 ** 21);
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { value: values[stack] ?? 0, stack });
    else known.value += values[stack] ?? 0;
  }
  const functionIds = (stack: number) =>
    Array.from(
      stackFrames.subarray(stackStart[stack] ?? 0, stackStart[stack + 1] ?? 0),
      (frame) => frameFunction[frame] ?? 0,
    ).reverse();
  const names = (stack: number) =>
    functionIds(stack)
      .map((id) => profile.functions[id]?.name)
      .join('\n');
  let best: { value: number; stack: number } | null = null;
  for (const entry of sums.values()) {
    if (
      best === null ||
      entry.value > best.value ||
      (entry.value === best.value && names(entry.stack) < names(best.stack))
    ) {
      best = entry;
    }
  }
  if (best === null) return null;
  return { functionIds: functionIds(best.stack), value: best.value, distinct: sums.size };
}
