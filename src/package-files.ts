/**
 * Whether this is the compiled program, in `dist/` or in the bundle; tests run the TypeScript sources
 * themselves.
 */
const IS_BUILT = import.meta.url.endsWith('.js');

/** Finds a file of the package by its path from the package's root. */
export function packageFile(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

/** Finds a file that lies next to the built `main.js`, also where the sources run after a build. */
export function builtFile(name: string): URL {
  return IS_BUILT ? new URL(name, import.meta.url) : packageFile(`dist/${name}`);
}

/** The compiled worker; null where the sources run without a build. */
export const WORKER: URL | null = IS_BUILT ? builtFile('worker.js') : null;
