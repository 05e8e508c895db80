import { offload } from '../../offload.js';
import { countedStacks } from './counters.js';
import { type DecodedFile, readHead, toFlatFile } from './file-head.js';
import { readProfileFile } from './profile-file.js';

/** Decodes a file; a heavy one is decoded in a thread. */
export async function decodeFile(
  directory: string,
  file: string,
  isHeavy: boolean,
  signal: AbortSignal,
): Promise<DecodedFile> {
  if (isHeavy) {
    const { stacks, ...decoded } = await offload('fileHead', [directory, file], { isHeavy, signal });
    return { ...decoded, stacks: () => stacks };
  }
  const pprof = await readProfileFile(directory, file);
  return { head: readHead(pprof), stacks: () => countedStacks(pprof), flat: toFlatFile(pprof) };
}
