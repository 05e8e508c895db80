import type { Profile } from '../model.js';
import { mergeProfiles } from '../tables/merge.js';
import { type TreeStack, treeProfile } from '../tables/stack-tree.js';
import { coalesceStacks } from '../tables/stacks.js';

/**
 * A profile without the samples of a part of it.
 * @param part made of samples of the whole, with the same frames
 */
export function withoutPart(whole: Profile, part: Profile): Profile {
  if (part.values.length === 0) return whole;
  return coalesceStacks(mergeProfiles([whole, { ...part, values: part.values.map((value) => -value) }]));
}

/**
 * A profile as a store's call tree shows it: by names of functions alone, what has no symbol counted to its
 * caller.
 */
export function asCallTree(profile: Profile): Profile {
  const { functions, frameFunction, stackStart, stackFrames, values, sampleType, unit } = profile;
  const stacks = Array.from(values, (value, stack): TreeStack => {
    const frames = stackFrames.subarray(stackStart[stack], stackStart[stack + 1]);
    const names = Array.from(frames, (frame) => functions[frameFunction[frame] ?? -1]);
    return { names: names.flatMap((info) => (info?.isSymbolised ? [info.name] : [])).reverse(), value };
  });
  return treeProfile(
    stacks.filter(({ names }) => names.length > 0),
    sampleType,
    unit,
  );
}
