import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ROOT } from './support/packed.js';

// `npm publish` runs scripts/check-release.mjs first. It works on a copy here, in which somebody owns the
// repository and the changes are written down.

const folder = mkdtempSync(path.join(tmpdir(), 'release-'));
const checker = readFileSync(path.join(ROOT, 'scripts/check-release.mjs'), 'utf8');
const [, list = ''] = /const CARRIERS = \[([^\]]*)\]/.exec(checker) ?? [];
const carriers = [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name);
const files = ['scripts/check-release.mjs', 'scripts/channels/project.mjs', 'CHANGELOG.md', ...carriers];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const edit = (name: string, change: (text: string) => string) => {
  const file = path.join(folder, name);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
};
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

beforeEach(() => {
  for (const name of files) {
    cpSync(path.join(ROOT, name), path.join(folder, name));
  }
  for (const name of carriers) {
    edit(name, (text) => text.replace(/\bOWNER\b/g, 'acme').replace(/\/owner\//g, '/acme/'));
  }
  edit('CHANGELOG.md', (text) => `\n## [${version}]\n${text}`);
});

function check(): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-release.mjs'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stderr };
}

test('a finished release may be published', () => {
  expect(check()).toEqual({ status: 0, stderr: '' });
});

test.each([
  [
    'the owner is a placeholder',
    'package.json',
    ['io.github.acme/', 'io.github.OWNER/'],
    'mcpName is a placeholder',
  ],
  [
    'an image has a placeholder',
    'channels/docker-catalogue/server.yaml',
    ['/acme/', '/owner/'],
    'docker-catalogue',
  ],
  [
    'an extension has another version',
    'gemini-extension.json',
    [version, '9.9.9'],
    'gemini-extension.json carry another',
  ],
  ['the changes are not written down', 'CHANGELOG.md', [version, '9.9.9'], 'has no section'],
])('not while %s', (_case, name, [from = '', to = ''], refusal) => {
  edit(name, (text) => text.replaceAll(from, to));
  const { status, stderr } = check();
  expect(status).toBe(1);
  expect(stderr).toContain(refusal);
});
