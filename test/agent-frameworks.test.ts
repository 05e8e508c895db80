import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CLIENTS } from './clients/clients.js';
import { ROOT } from './support/root.js';

// docs/use/agent-frameworks.md shows exactly the programs that `npm run test:clients` runs.

const page = readFileSync(path.join(ROOT, 'docs/use/agent-frameworks.md'), 'utf8');
const shown = [...page.matchAll(/<!-- program (\S+) -->\n```\w+\n([\s\S]*?)\n```\n<!-- end -->/g)].map(
  ([, file = '', code = '']) => ({ file, code }),
);

test('every framework that is tested has its program on the page, and no other', () => {
  const programs = ['python', 'node'].flatMap((language) =>
    readdirSync(path.join(ROOT, 'test/clients', language))
      .filter((name) => name.startsWith('with_'))
      .map((name) => `test/clients/${language}/${name}`),
  );
  const tested = CLIENTS.flatMap(({ program }) => (program?.startsWith('with_') ? [program] : []));
  expect(shown.map(({ file }) => file).sort()).toEqual(programs.sort());
  expect(programs.map((name) => path.basename(name)).sort()).toEqual(tested.sort());
});

test.each(shown)('$file is shown as it is tested, line by line', ({ file, code }) => {
  const lines = readFileSync(path.join(ROOT, file), 'utf8').split('\n');
  let at = 0;
  for (const line of code.split('\n')) {
    at = lines.indexOf(line, at) + 1;
    expect(at, `${file} has no such line: ${line}`).toBeGreaterThan(0);
  }
  expect(code.split('\n').length).toBeGreaterThan(10);
});

test('the page names the versions that are tested', () => {
  for (const { name, version } of CLIENTS) expect(page, `${name} ${version}`).toContain(version);
});

test('no code stands on the page that is not tested', () => {
  expect(page.match(/^```\w+$/gm)).toHaveLength(shown.length);
});
