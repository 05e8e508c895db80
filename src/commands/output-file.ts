import { open, rm } from 'node:fs/promises';
import { UserError } from '../errors.js';

/**
 * Writes a file whole or not at all.
 *
 * @param mayReplace whether a file of that name may be replaced
 * @throws UserError
 */
export async function writeOutputFile(file: string, text: string, mayReplace: boolean): Promise<void> {
  try {
    if (mayReplace) {
      const { default: writeFileAtomic } = await import('write-file-atomic');
      await writeFileAtomic(file, text);
      return;
    }
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(text);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw code === 'EEXIST'
      ? new UserError(
          `The file ${JSON.stringify(file)} exists.`,
          'Give another name, or --force to replace it.',
        )
      : new UserError(
          `The file ${JSON.stringify(file)} cannot be written (${code}).`,
          'Check the folder and its permissions, or give another --output.',
        );
  }
}
