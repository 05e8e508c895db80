import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './support/packed.js';

// Every page of the repository: what it links to and what it names is there.

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.bench', '.claude']);

function pagesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : pagesBelow(name);
    return entry.name.endsWith('.md') ? [name] : [];
  });
}

const pages = pagesBelow('.').map((name) => ({ name, text: readFileSync(path.join(ROOT, name), 'utf8') }));
const prose = (text: string) => text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');

test('every link of every page leads to what is there', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/links.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe.each(pages)('$name', ({ text }) => {
  test('names files and folders that are there', () => {
    const named = [
      ...prose(text).matchAll(/`((?:\.ci|bench|docker|docs|fixtures|scripts|src|test)\/[\w./-]*)`/g),
    ];
    const gone = named.filter(([, file = '']) => !existsSync(path.join(ROOT, file)));
    expect(gone.map(([, file]) => file)).toEqual([]);
  });
});

test('the folders of CONTRIBUTING.md are there', () => {
  const text = pages.find(({ name }) => name === 'CONTRIBUTING.md')?.text ?? '';
  const folders = [...text.matchAll(/^([\w./-]+\/|[\w./-]+\.ts) {2,}\S/gm)].map(([, file = '']) => file);
  expect(folders.length).toBeGreaterThan(8);
  expect(folders.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
});

test('every page of docs/ can be reached from README.md', () => {
  const reached = new Set(['README.md']);
  for (const name of reached) {
    const text = pages.find((page) => page.name === name)?.text ?? '';
    for (const [, target = ''] of prose(text).matchAll(/\]\(([^)\s#]+\.md)[^)\s]*\)/g)) {
      reached.add(path.posix.join(path.posix.dirname(name), target));
    }
  }
  const docs = pages.map(({ name }) => name).filter((name) => name.startsWith('docs/'));
  expect(docs.filter((name) => !reached.has(name))).toEqual([]);
});

test('the guide explains every verdict', () => {
  const text = pages.find(({ name }) => name === 'docs/use/how-to-investigate.md')?.text ?? '';
  const source = readFileSync(path.join(ROOT, 'src/profile/compare/finding.ts'), 'utf8');
  const verdicts = new Set([...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, verdict]) => verdict));
  expect(verdicts.size).toBeGreaterThan(8);
  expect([...verdicts].filter((verdict) => !text.includes(`| \`${verdict}\` |`))).toEqual([]);
});

test('the rules that comments cite by paragraph are there', () => {
  const rules = pages.find(({ name }) => name === 'docs/develop/comparison.md')?.text ?? '';
  const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const cited = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(ROOT, 'src', file), 'utf8').matchAll(/docs\/develop\/comparison\.md (§\d)/g),
    ])
    .map(([, paragraph = '']) => paragraph);
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter((paragraph) => !rules.includes(`## ${paragraph} `))).toEqual([]);
});
