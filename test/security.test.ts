import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TARGETS } from './fuzz/targets/index.js';
import { ROOT } from './support/root.js';

// SECURITY.md promises nothing that no test proves.

const page = readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|') && !/^\| (?:---|promise )/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

/** The file and the title of the test that a cell names. */
function buildProof(cell: string | undefined): { file: string; title: string } | null {
  const [, file = '', title = ''] = /^`([^`]+\.test\.ts)`: (.+)$/.exec(cell ?? '') ?? [];
  return file === '' || title === '' ? null : { file, title };
}

/** Whether a file has a test, or a group of tests, with this title. */
function hasTest(file: string, title: string): boolean {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const quoted = `['"\`]${title.replace(/[.*+?^${'{'}}()|[\]\\]/g, '\\$&')}['"\`]`;
  const titled = new RegExp(`(?:test|describe)(?:\\.\\w+)*(?:<[^>]*>)?\\(\\s*${quoted}`);
  // Titles of a table come after it: `test.each([…])('title'`.
  const tabled = new RegExp(`\\)\\(\\s*${quoted}\\s*,`);
  // The fuzzer has one table of targets, whose names are the titles.
  const target = file === 'test/fuzz/fuzz.test.ts' && TARGETS.some(({ name }) => name === title);
  return titled.test(source) || tabled.test(source) || target;
}

describe('every promise of SECURITY.md', () => {
  test.each(rows)('%s', (...cells) => {
    expect(cells).toHaveLength(2);
    const proof = buildProof(cells[1]);
    expect(proof, 'names no test').not.toBeNull();
    if (proof === null) return;
    expect(existsSync(path.join(ROOT, proof.file)), proof.file).toBe(true);
    expect(hasTest(proof.file, proof.title), `${proof.file} has no test "${proof.title}"`).toBe(true);
  });

  test('is in a table of promises', () => {
    expect(rows.length).toBeGreaterThan(25);
    expect(page.match(/^\| promise \| proved by \|$/gm)).toHaveLength(8);
    expect(hasTest('test/security.test.ts', 'no such test')).toBe(false);
  });
});

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      optional: z.boolean().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

test('the package has no dependency, and what its bundle is made of is locked with its hash', () => {
  const { packages } = lockSchema.parse(
    JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')),
  );
  expect(packages['']).not.toHaveProperty('dependencies');
  // Binaries of other platforms come with the tools of development.
  const installed = Object.entries(packages).filter(
    ([name, { optional = false }]) => name !== '' && !optional,
  );
  expect(installed.length).toBeGreaterThan(50);
  for (const [name, { integrity }] of installed) expect(integrity, name).toMatch(/^sha512-/);
  const scripts = Object.entries(packages).filter(([, { hasInstallScript = false }]) => hasInstallScript);
  expect(scripts.map(([name]) => name)).toEqual(['node_modules/esbuild']);
});
