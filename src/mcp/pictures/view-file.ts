import { readFile } from 'node:fs/promises';
import { builtFile } from '../../package-files.js';

let view: Promise<string> | null = null;

/** The view as HTML, read once. A failed read is not remembered, since the next may succeed. */
export function readView(): Promise<string> {
<<<<<<< HEAD
  view ??= readFile(new URL(PLACE, import.meta.url), 'utf8').catch((error: unknown) => {
    view = null;
    throw error;
  });
=======
  view ??= readFile(builtFile('view.html'), 'utf8');
>>>>>>> 899b3d5 (One bundle is what npm ships: no dependency to install, code loaded with its first use, licences and maps of what is inside; processes of the tests run it)
  return view;
}
