import { constants } from 'node:fs';
import { access, lstat, open, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';

/**
 * Checks whether a file may be written, before the work that its content takes.
 *
 * @param mayReplace whether a file of that name may be replaced
 * @throws UserError
 */
export async function checkOutputFile(file: string, mayReplace: boolean): Promise<void> {
  const known = await lstat(file).catch(() => null);
  if (known !== null) {
    if (!mayReplace) throw buildExistsError(file);
    const target = await stat(file).catch(() => null);
    // Replacing a device or a pipe by a file would break it for everybody else.
    if (target?.isFile() !== true) throw buildWriteError(file, 'it is not a regular file');
  }
  await access(path.dirname(file), constants.W_OK).catch((error: unknown) => {
    throw buildWriteError(file, explainFault(error));
  });
}

/**
 * Writes a file whole or not at all.
 *
 * @param mayReplace whether a file of that name may be replaced
 * @throws UserError
 */
export async function writeOutputFile(
  file: string,
  content: Uint8Array | string,
  mayReplace: boolean,
): Promise<void> {
  try {
    if (mayReplace) {
      const { default: writeFileAtomic } = await import('write-file-atomic');
      // Behind a link the file is replaced, not the link.
      await writeFileAtomic(await realpath(file).catch(() => file), Buffer.from(content));
      return;
    }
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(content);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw isCode(error, 'EEXIST') ? buildExistsError(file) : buildWriteError(file, explainFault(error));
  }
}

function buildExistsError(file: string): UserError {
  return new UserError(
    `The file ${JSON.stringify(file)} exists.`,
    'Give another name, or --force to replace it.',
  );
}

function buildWriteError(file: string, reason: string): UserError {
  return new UserError(
    `The file ${JSON.stringify(file)} cannot be written: ${reason}.`,
    'Check the folder and its permissions, or give another --output.',
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function explainFault(error: unknown): string {
  if (isCode(error, 'ENOENT')) return 'there is no such folder';
  if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')) return 'there is no room left';
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
