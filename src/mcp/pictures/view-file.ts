import { readFile } from 'node:fs/promises';

/** The built view: next to the compiled program, also where its sources are run without a build. */
const PLACE = import.meta.url.endsWith('.js') ? '../../view.html' : '../../../dist/view.html';

let view: Promise<string> | null = null;

/** The view as HTML, read once. A failed read is not remembered, since the next may succeed. */
export function readView(): Promise<string> {
  view ??= readFile(new URL(PLACE, import.meta.url), 'utf8').catch((error: unknown) => {
    view = null;
    throw error;
  });
  return view;
}
