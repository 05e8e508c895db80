// Builds the view to one HTML file, dist/view.html, with script and style inside.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const folder = path.dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await build({
  entryPoints: [path.join(folder, 'main.ts')],
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  target: 'es2023',
  charset: 'utf8',
  legalComments: 'none',
});
const colours = await readColours();
const style = await transform(
  `${writePalettes(colours)}\n${readFileSync(path.join(folder, 'style.css'), 'utf8')}`,
  { loader: 'css', minify: true },
);
const [script] = outputFiles;
// The HTML parser ends a script at its end tag and at nothing else once comments are out of the way.
const safe = script.text.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
const page = readFileSync(path.join(folder, 'index.html'), 'utf8')
  .replace('/*STYLE*/', () => style.code.trim())
  .replace('/*SCRIPT*/', () => safe);
const dist = path.join(path.dirname(folder), 'dist');
mkdirSync(dist, { recursive: true });
writeFileSync(path.join(dist, 'view.html'), page);

/** The module of colours, which is TypeScript and may not be compiled yet. */
async function readColours() {
  const source = path.join(path.dirname(folder), 'src/report/picture/colours.ts');
  const { code } = await transform(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** The light palette, and the dark one where the person or the host wants it. */
function writePalettes({ LIGHT, DARK }) {
  const dark = writeProperties(DARK);
  return [
    `:root { ${writeProperties(LIGHT)} }`,
    `:root[data-theme="dark"] { ${dark} }`,
    `@media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${dark} } }`,
  ].join('\n');
}

/** A palette as custom properties of CSS. */
function writeProperties({ owners, marks, ...rest }) {
  const [own, library, runtime, bare] = owners;
  const [noise, grew, shrank] = marks;
  const properties = { ...rest, own, library, runtime, bare, noise, grew, shrank };
  return Object.entries(properties)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');
}
