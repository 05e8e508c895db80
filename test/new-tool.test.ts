import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { GUIDE } from '../src/mcp/prompts/guide.js';
import { TOOLS } from '../src/tools/index.js';
import { ROOT } from './support/packed.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// A new tool has to join some lists that are written by hand. Each failure says what to add where
// (CONTRIBUTING.md).

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const surfaces = readdirSync(path.join(ROOT, 'src/tools/surface'));
const answers = readdirSync(path.join(ROOT, 'test/answers'));
const names: readonly string[] = TOOLS.map(({ name }) => name);

function expectNone(missing: readonly string[], advice: string): void {
  expect(missing, `${missing.join(', ')}: ${advice}`).toEqual([]);
}

test('every surface is a tool', () => {
  const tools = surfaces.map((file) => file.replace('.ts', ''));
  expectNone(
    tools.filter((name) => !names.includes(name)),
    'add the tool to src/tools/index.ts, sorted by name.',
  );
});

test('every tool has an example call', () => {
  const calls = Object.keys(TOOL_CALLS);
  expectNone(
    names.filter((name) => !calls.includes(name)),
    'add a call to test/support/tool-arguments.ts; the end-to-end tests make it.',
  );
});

test('every tool has a whole answer', () => {
  // Those of the default tool bear the name of the incident alone.
  const hasAnswer = (name: string) =>
    name === 'summarize_profile' || answers.some((file) => file.startsWith(`${name}.`));
  expectNone(
    names.filter((name) => !hasAnswer(name)),
    'add a case to test/answers.test.ts that writes test/answers/<name>.*.txt, and read it as an agent would.',
  );
});

test('every tool stands in the table of README.md', () => {
  const rows = read('README.md').split('\n');
  expectNone(
    names.filter((name) => !rows.some((row) => row.startsWith('|') && row.includes(`\`${name}\``))),
    'run `npm run docs` and commit what it writes.',
  );
});

test('every tool shows the fields of its JSON', () => {
  const page = read('scripts/pages/json-fields.mjs');
  expectNone(
    names.filter((name) => !page.includes(`['${name}', '`)),
    'add a call to CALLS in scripts/pages/json-fields.mjs, then run `npm run docs`.',
  );
});

test('every tool stands in the guide for agents', () => {
  expectNone(
    names.filter((name) => !GUIDE.includes(name)),
    'say in src/mcp/prompts/guide.ts which question it answers, then run `npm run docs`.',
  );
});

test('every tool stands in the reference', () => {
  const headings = read('docs/use/tools.md').split('\n');
  expectNone(
    names.filter((name) => !headings.includes(`## ${name}`)),
    'run `npm run docs` and commit what it writes.',
  );
});
