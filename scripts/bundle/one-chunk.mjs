import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Name of the module that holds the others together. */
const TOGETHER = 'first-call';
const DYNAMIC_IMPORT = /\bimport\('(\.{1,2}\/[^']+\.js)'\)/g;

/**
 * Makes one chunk of the modules below `src` that are imported dynamically and that `isTogether` takes, which
 * gets paths below src such as "tools/investigate.js". esbuild makes a chunk of each otherwise, and of each
 * set of modules that some of them share: the first call opened ninety files, and finding, opening and
 * linking them took a quarter of its time.
 */
export function bundleTogether(src, isTogether) {
  const resolveTarget = (file, specifier) => path.relative(src, path.resolve(path.dirname(file), specifier));
  const targets = new Set();
  for (const name of readdirSync(src, { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const file = path.join(src, name);
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(DYNAMIC_IMPORT)) {
      const target = resolveTarget(file, specifier);
      if (isTogether(target)) targets.add(target);
    }
  }
  const names = new Map([...targets].sort().map((target, at) => [target, `module${at}`]));
  return {
    /** Makes the dynamic imports of a file imports of the chunk. */
    rewrite: (file, contents) =>
      contents.replace(DYNAMIC_IMPORT, (whole, specifier) => {
        const name = names.get(resolveTarget(file, specifier));
        return name === undefined ? whole : `import('${TOGETHER}').then(({ ${name} }) => ${name})`;
      }),
    plugin: {
      name: TOGETHER,
      setup(bundler) {
        bundler.onResolve({ filter: new RegExp(`^${TOGETHER}$`) }, () => ({
          path: TOGETHER,
          namespace: TOGETHER,
        }));
        bundler.onLoad({ filter: /./, namespace: TOGETHER }, () => ({
          contents: [...names].map(([target, name]) => `export * as ${name} from './${target}';`).join('\n'),
          resolveDir: src,
        }));
      },
    },
  };
}
