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
const style = await transform(readFileSync(path.join(folder, 'style.css'), 'utf8'), {
  loader: 'css',
  minify: true,
});
const [script] = outputFiles;
// The HTML parser ends a script at its end tag and at nothing else once comments are out of the way.
const safe = script.text.trim().replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
const page = readFileSync(path.join(folder, 'index.html'), 'utf8')
  .replace('/*STYLE*/', () => style.code.trim())
  .replace('/*SCRIPT*/', () => safe);
const dist = path.join(path.dirname(folder), 'dist');
mkdirSync(dist, { recursive: true });
writeFileSync(path.join(dist, 'view.html'), page);
