// Removes from dist/ what has no source any more: the compiler leaves it, and it would be packed.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
for (const name of readdirSync(path.join(root, 'dist'), { recursive: true })) {
  const built = path.join(root, 'dist', name);
  // Made by view/build.mjs.
  if (name === 'view.html') continue;
  const source = path.join(root, 'src', name.replace(/\.js$/, '.ts'));
  if (!existsSync(source) && statSync(built, { throwIfNoEntry: false })) rmSync(built, { recursive: true });
}
