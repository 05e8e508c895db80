import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

/** The folder of package.json. */
export const ROOT = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const packedSchema = z.tuple([
  z.object({
    filename: z.string(),
    /** Bytes of the tarball. */
    size: z.number(),
    unpackedSize: z.number(),
    files: z.array(z.object({ path: z.string() })),
  }),
]);

/**
 * Packs what is built, as `npm publish` would.
 * @param directory where the tarball goes; without it nothing is written
 */
export async function pack(directory?: string) {
  const target = directory === undefined ? ['--dry-run'] : ['--pack-destination', directory];
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', ...target], ROOT);
  const [packed] = packedSchema.parse(JSON.parse(stdout));
  return { ...packed, paths: packed.files.map((file) => file.path).sort() };
}

/** Runs npm with the tester's own configuration (registry, proxy, cache). */
export function npm(args: readonly string[], cwd: string) {
  return promisify(execFile)('npm', args, {
    cwd,
    env: { ...process.env, NODE_ENV: '' },
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  });
}

/** Files below a folder of the repository, as paths from its root with `/`. */
export function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}
