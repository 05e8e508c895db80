import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** The directory or file that holds the profiles of a source. */
export interface FilesPlace {
  directory: string;
  /** Name of the only file that is served; null where the whole directory is served. */
  onlyFile: string | null;
  /** Name of the directory as configured; it is the service of files that lie directly in it. */
  name: string;
}

/**
 * Tells a directory from a single file. A file may be a link, since a person named it: then its target is
 * served. The manifest of a directory stands for the directory. A path that does not exist counts as a
 * directory, and listing that reports the error.
 */
export async function locateFiles(givenPath: string): Promise<FilesPlace> {
  const resolved = path.resolve(givenPath);
  const stats = await stat(resolved).catch(() => null);
  if (stats === null || !stats.isFile())
    return { directory: givenPath, onlyFile: null, name: path.basename(resolved) };
  const name = path.basename(path.dirname(resolved));
  if (path.basename(resolved) === 'profiles.json')
    return { directory: path.dirname(givenPath), onlyFile: null, name };
  const target = await realpath(resolved);
  return { directory: path.dirname(target), onlyFile: path.basename(target), name };
}
