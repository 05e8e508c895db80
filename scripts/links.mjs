// Checks every relative link of every page: the file is there, and so is the heading that the link names.
// Part of `npm run docs:check`.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Folders that hold no page of the project. */
const SKIPPED = new Set(['node_modules', 'dist', 'bundle', 'coverage', '.git', '.bench', '.claude']);

function listPages(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : listPages(name);
    return entry.name.endsWith('.md') ? [name] : [];
  });
}

/** A page without its blocks of code. */
function readProse(file) {
  return readFileSync(file, 'utf8').replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
}

/** Anchors as code hosts make them of headings; the second of two equal ones ends in -1. */
function listAnchors(file) {
  const seen = new Map();
  return [...readProse(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/** Why a link of a page leads nowhere; null where it leads somewhere, or to another host. */
function explainDead(page, target) {
  if (/^[a-z]+:/.test(target)) return null;
  const [file, anchor] = target.split('#');
  const to = file === '' ? path.join(root, page) : path.resolve(root, path.dirname(page), file);
  if (!existsSync(to)) return 'there is no such file';
  if (anchor === undefined || listAnchors(to).includes(anchor)) return null;
  return `that page has no heading "${anchor}"`;
}

let dead = 0;
for (const page of listPages('.')) {
  for (const [, target] of readProse(path.join(root, page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    const reason = explainDead(page, target);
    if (reason === null) continue;
    dead++;
    process.stderr.write(`${page}: ${target}: ${reason}\n`);
  }
}
if (dead > 0) process.exitCode = 1;
