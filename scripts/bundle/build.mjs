// Builds the program that is published, below bundle/: one file for the start, one for the worker, one with
// the code that the first call of a tool needs, and further parts and libraries in files that are loaded with
// their first use. It has no dependency to install. Part of `npm run build`; the plain build in dist/ is for
// development.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './notices.mjs';
import { bundleTogether } from './one-chunk.mjs';
import { recordOpening } from './opening.mjs';
import { keepOwnSources } from './source-maps.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(path.dirname(here));
const target = path.join(root, 'bundle');
/** Modules of packages that are replaced by less. */
const REPLACED = {
  undici: path.join(here, 'undici.cjs'),
  '@modelcontextprotocol/server/_shims': path.join(here, 'no-validator.mjs'),
  '@modelcontextprotocol/client/_shims': path.join(here, 'no-validator.mjs'),
};
const COMMON = {
  absWorkingDir: root,
  outdir: target,
  bundle: true,
  platform: 'node',
  target: 'node20.18',
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: 'linked',
  // The sources themselves would double the size; their names and lines suffice for a stack trace.
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
};
/** Names that bundled CommonJS expects: it requires parts of Node, and tries packages that may be there. */
const COMMONJS = `const __filename=import.meta.filename,__dirname=import.meta.dirname,require=name=>{const part=process.getBuiltinModule(name);if(part)return part;throw Object.assign(new Error("Cannot find module '"+name+"'"),{code:'MODULE_NOT_FOUND'})};`;

/** Name of the modules that {@link resolvePackages} writes. */
const NAMED = 'named-exports';
const resolvePackages = {
  name: 'resolve-packages',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^.]/ }, ({ path: specifier, kind, namespace }) => {
      const replacement = REPLACED[specifier];
      // esbuild gives a CommonJS package only a default export here. Node finds its names, and a module in
      // between exports them.
      if (kind === 'dynamic-import' && namespace !== NAMED && !isBuiltin(specifier))
        return { path: replacement ?? specifier, namespace: NAMED };
      return replacement === undefined ? undefined : { path: replacement };
    });
    bundler.onLoad({ filter: /./, namespace: NAMED }, async ({ path: specifier }) => {
      const names = Object.keys(await import(specifier)).filter((name) => /^\w+$/.test(name));
      const contents = `export { ${names.join(', ')} } from ${JSON.stringify(specifier)};`;
      return { contents, resolveDir: root };
    });
  },
};

/** Modules that are loaded on their own: the start, what few need, and what brings large packages. */
const APART =
  /^(commands\/(serve|help|demo)|config\/|text\/|telemetry\/metrics|mcp\/(stdio|operations|http\/)|sign-in\/|schema\/redis|work\/)/;
const firstCall = bundleTogether(path.join(root, 'src'), (module) => !APART.test(module));

/** Packages and files of packages that the sources load themselves, through `createRequire`. */
const required = new Set();
const nameInBundle = (specifier) =>
  path.extname(specifier) === '' ? `${specifier}.cjs` : path.basename(specifier);
const readSources = {
  name: 'read-sources',
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path: file }) => {
      const contents = firstCall
        .rewrite(file, readFileSync(file, 'utf8'))
        .replace(
          /(createRequire\(import\.meta\.url\)(?:\.resolve)?)\('([^'.][^']*)'\)/g,
          (_, loader, specifier) => {
            required.add(specifier);
            return `${loader}('./${nameInBundle(specifier)}')`;
          },
        );
      return { contents, loader: 'ts' };
    });
  },
};

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
const program = await build({
  ...COMMON,
  entryPoints: { main: 'src/main.ts', worker: 'src/worker.ts' },
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  banner: { js: COMMONJS },
  plugins: [firstCall.plugin, resolvePackages, readSources],
});
const inputs = Object.keys(program.metafile.inputs);
for (const specifier of required) {
  const name = nameInBundle(specifier);
  const file = createRequire(path.join(root, 'src/')).resolve(specifier);
  inputs.push(path.relative(root, file));
  if (path.extname(name) !== '.cjs') {
    copyFileSync(file, path.join(target, name));
    continue;
  }
  const { metafile } = await build({
    ...COMMON,
    entryPoints: { [specifier]: file },
    format: 'cjs',
    sourcemap: false,
    outExtension: { '.js': '.cjs' },
  });
  inputs.push(...Object.keys(metafile.inputs));
}
for (const name of readdirSync(target).filter((file) => file.endsWith('.map'))) {
  const file = path.join(target, name);
  writeFileSync(file, JSON.stringify(keepOwnSources(JSON.parse(readFileSync(file, 'utf8')))));
}
copyFileSync(path.join(root, 'dist/view.html'), path.join(target, 'view.html'));
writeFileSync(path.join(target, 'opening.json'), JSON.stringify(await recordOpening()));
writeFileSync(path.join(target, 'NOTICES.txt'), thirdPartyNotices(root, inputs));
