import { ProfileBuilder } from '../../profile/builder.js';
import type { Profile } from '../../profile/model.js';
import { addPprof, type PprofFile, UnreadableProfileError } from '../../profile/pprof.js';
import { coalesceStacks } from '../../profile/stacks.js';
import { readProfileFile, reasonOf } from './profile-file.js';

/** One file of a merge. */
export interface MergePart {
  file: string;
  /** Which of the file's sample types. */
  index: number;
  /** Factor on its values: -1 subtracts. */
  weight: number;
}

/** Which files make up a merge, and what its values are. */
export interface MergePlan {
  sampleType: string;
  unit: string;
  parts: readonly MergePart[];
  /** Whether something is subtracted: then stacks that are the same must be added up. */
  subtracts: boolean;
}

/**
 * Adds up some files.
 *
 * @param read decodes one
 * @param between runs between two files: stops where the work is not wanted any more, or lets others do something
 */
export async function mergeParts(
  { sampleType, unit, parts, subtracts }: MergePlan,
  read: (file: string) => Promise<PprofFile>,
  between: () => Promise<void> | void = () => {},
): Promise<Profile> {
  const builder = new ProfileBuilder(sampleType, unit);
  for (const { file, index, weight } of parts) {
    await between();
    addPprof(builder, await read(file), index, weight);
  }
  const built = builder.build();
  return subtracts ? coalesceStacks(built) : built;
}

/**
 * The same with every file read from the disk, as a thread of its own does.
 * @throws UnreadableProfileError that names the file
 */
export function mergeFiles(directory: string, plan: MergePlan): Promise<Profile> {
  return mergeParts(plan, (file) =>
    readProfileFile(directory, file).catch((error: unknown) => {
      throw new UnreadableProfileError(`${file}: ${reasonOf(error)}`);
    }),
  );
}
