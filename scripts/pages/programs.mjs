// Fills the snippets of a page with the marked parts of programs that the tests run.
import { readFileSync } from 'node:fs';

const LANGUAGES = { py: 'python', mjs: 'js' };

/** Replaces what stands between `<!-- program FILE -->` and `<!-- end -->`. */
export function withPrograms(page) {
  return page.replace(
    /<!-- program (\S+) -->[\s\S]*?<!-- end -->/g,
    (_, file) =>
      `<!-- program ${file} -->\n\`\`\`${LANGUAGES[file.split('.').at(-1)]}\n${shownPart(file)}\n\`\`\`\n<!-- end -->`,
  );
}

/** Everything between the comments `page` and `end` of a program, in the order of the file. */
function shownPart(file) {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const parts = [...text.matchAll(/^(?:#|\/\/) page: .*\n([\s\S]*?)^(?:#|\/\/) end$/gm)];
  if (parts.length === 0) throw new Error(`${file} marks no part for a page`);
  return parts.map(([, part]) => part.trim()).join('\n\n');
}
