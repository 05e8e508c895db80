import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { npm, pack } from './packed.js';

/** The package as a user has it. */
export interface InstalledPackage {
  /** Directory in which it was installed. */
  directory: string;
  /** The program that package.json names. */
  main: string;
  demo: string;
  /** Paths of all files below node_modules. */
  files(): string[];
}

/**
 * Packs the built program and installs it in an empty directory, which is gone when the tests of the file
 * end.
 */
export async function installPackage(): Promise<InstalledPackage> {
  const directory = mkdtempSync(path.join(tmpdir(), 'installed-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  const { filename } = await pack(directory);
  await npm(['install', `./${filename}`, '--omit=dev', '--offline', '--no-audit', '--no-fund'], directory);
  const modules = path.join(directory, 'node_modules');
  const folder = path.join(modules, 'pyroscope-mcp');
  return {
    directory,
    main: path.join(folder, 'bundle', 'main.js'),
    demo: path.join(folder, 'fixtures', 'demo'),
    files: () =>
      readdirSync(modules, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name)),
  };
}
