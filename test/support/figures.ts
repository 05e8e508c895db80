import { readFileSync, writeFileSync } from 'node:fs';

const FIGURES = /<!-- figures -->[\s\S]*<!-- end -->/;

/** Replaces what stands between the markers of a page. */
export function writeFigures(page: string, figures: string): void {
  const text = readFileSync(page, 'utf8');
  if (!FIGURES.test(text)) throw new Error(`no markers in ${page}`);
  writeFileSync(
    page,
    text.replace(FIGURES, () => `<!-- figures -->\n${figures}\n<!-- end -->`),
  );
}
