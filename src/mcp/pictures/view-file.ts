import { readFile } from 'node:fs/promises';
import { builtFile } from '../../package-files.js';

let view: Promise<string> | null = null;

/** The view as HTML, read once. A failed read is not remembered, since the next may succeed. */
export function readView(): Promise<string> {
  view ??= readFile(builtFile('view.html'), 'utf8').catch((error: unknown) => {
    view = null;
    throw error;
  });
  return view;
}
