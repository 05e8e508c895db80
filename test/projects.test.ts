import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { INSTALLING, PARTS } from './support/projects.js';
import { ROOT } from './support/root.js';

// Every test runs in exactly one part, and CI runs every part.

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const testFiles = ['src', 'test'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name.split(path.sep).join('/')}`),
);
const lists = (entry: string, file: string) =>
  entry.endsWith('/') ? file.startsWith(entry) : file === entry;

describe.each([...Object.entries(PARTS), ['installing', INSTALLING] as const])('%s', (_name, entries) => {
  test.each(entries)('%s holds tests, and no other part lists them', (entry) => {
    const files = testFiles.filter((file) => lists(entry, file));
    expect(files).not.toEqual([]);
    const others = [...Object.values(PARTS).flat(), ...INSTALLING].filter((other) => other !== entry);
    expect(files.filter((file) => others.some((other) => lists(other, file)))).toEqual([]);
  });
});

test.each(Object.keys(PARTS))(
  'npm run test:%s runs that part, CI runs it, and CONTRIBUTING.md names it',
  (name) => {
    const { scripts } = JSON.parse(read('package.json'));
    expect(scripts[`test:${name}`]).toMatch(new RegExp(`&& vitest run --project ${name}$`));
    const [, inCi = ''] = /^for part in (.*); do$/m.exec(read('.ci/run')) ?? [];
    expect(inCi.split(' ')).toContain(name);
    expect(read('CONTRIBUTING.md')).toContain(`\`npm run test:${name}\``);
  },
);

test('unit tests replace no module: they share the loaded ones, so a replacement would come too late or stay', () => {
  const apart = [...Object.values(PARTS).flat(), ...INSTALLING];
  const unit = testFiles.filter((file) => !apart.some((entry) => lists(entry, file)));
  expect(unit.length).toBeGreaterThan(100);
  expect(unit.filter((file) => /\bvi\.(?:mock|doMock|resetModules)\(/.test(read(file)))).toEqual([]);
});

test('what no part lists runs with npm test', () => {
  const { scripts } = JSON.parse(read('package.json'));
  expect(scripts.test).toBe('vitest run --project unit');
  expect(read('.ci/run')).toMatch(/^tests suite npm test$/m);
});
