import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** Where the profiles of a source lie. */
export interface FilesPlace {
  directory: string;
  /** The only file that is served, by its name in the directory; null where the whole directory is. */
  only: string | null;
  /** Name of the directory as it was given, which is the service of files that lie directly in it. */
  name: string;
}

/**
 * Tells a directory from a single file. The file may be a link, for a person named it: then its target is
 * served. The manifest of a directory stands for the directory. A path that leads nowhere counts as a
 * directory, whose listing says so.
 */
export async function placeOf(given: string): Promise<FilesPlace> {
  const resolved = path.resolve(given);
  const found = await stat(resolved).catch(() => null);
  if (found === null || !found.isFile())
    return { directory: given, only: null, name: path.basename(resolved) };
  const name = path.basename(path.dirname(resolved));
  if (path.basename(resolved) === 'profiles.json')
    return { directory: path.dirname(given), only: null, name };
  const real = await realpath(resolved);
  return { directory: path.dirname(real), only: path.basename(real), name };
}
