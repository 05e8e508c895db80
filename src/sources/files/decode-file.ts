import { offload } from '../../offload.js';
import { countedStacks } from './counters.js';
import { type DecodedFile, readHead, toFlatFile } from './file-head.js';
import { readProfileFile } from './profile-file.js';

/** Decodes a file; a heavy one is decoded in a thread. */
export async function decodeFile(
  directory: string,
  file: string,
  heavy: boolean,
  signal: AbortSignal,
): Promise<DecodedFile> {
  if (heavy) {
    const { stacks, ...decoded } = await offload('fileHead', [directory, file], { heavy, signal });
    return { ...decoded, stacks: () => stacks };
  }
  const pprof = await readProfileFile(directory, file);
  return { head: readHead(pprof), stacks: () => countedStacks(pprof), flat: toFlatFile(pprof) };
}
