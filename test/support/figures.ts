import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands between two markers of a page, comments with these words. */
export function writeFigures(page: string, figures: string, begin = 'figures', end = 'end'): void {
  const text = readFileSync(page, 'utf8');
  const between = new RegExp(`<!-- ${begin} -->[\\s\\S]*<!-- ${end} -->`);
  if (!between.test(text)) throw new Error(`no markers in ${page}`);
  writeFileSync(
    page,
    text.replace(between, () => `<!-- ${begin} -->\n${figures}\n<!-- ${end} -->`),
  );
}
