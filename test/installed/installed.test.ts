import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.js';
import { connectTo } from '../support/clients.js';
import { npm, pack, ROOT } from '../support/packed.js';
import { cleanEnvironment } from '../support/process.js';

// The tarball as a user has it: installed into an empty directory, with the dependencies that it names and no
// others.

const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const INCIDENT = { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
const CULPRIT = 'northwind.dev/checkout/coupon.loadPattern';
const shell = process.platform === 'win32';

const directory = mkdtempSync(path.join(tmpdir(), 'installed-'));
const demo = path.join(directory, 'node_modules', 'pyroscope-mcp', 'fixtures', 'demo');

beforeAll(async () => {
  const { filename } = await pack(directory);
  await npm(
    ['install', `./${filename}`, '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'],
    directory,
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** `npx pyroscope-mcp …` in the directory. */
const npx = (...args: string[]) =>
  promisify(execFile)('npx', ['--no-install', 'pyroscope-mcp', ...args], {
    cwd: directory,
    env: cleanEnvironment(),
    shell,
  });

test('nothing of development came along', () => {
  for (const name of ['typescript', 'vitest', '@biomejs/biome', '@modelcontextprotocol/sdk']) {
    expect(existsSync(path.join(directory, 'node_modules', name)), name).toBe(false);
  }
});

test('--version', async () => {
  expect((await npx('--version')).stdout.trim()).toBe(version);
});

test('demo names the cause', async () => {
  const { stdout, stderr } = await npx('demo');
  expect(stdout).toContain('Verdict: CODE REGRESSION');
  expect(stdout).toContain(CULPRIT);
  expect(stderr).toBe('');
});

test('call list_services on the packed profiles', async () => {
  expect((await npx('--profiles', demo, 'call', 'list_services')).stdout).toContain('checkout-api');
});

test('a client starts it, lists the tools and calls one', async () => {
  const client = await connectTo({
    command: 'npx',
    args: ['--no-install', 'pyroscope-mcp', '--profiles', demo],
    cwd: directory,
    env: cleanEnvironment(),
  });
  try {
    expect((await client.listTools()).map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
    const { text, isError } = await client.callTool('investigate', INCIDENT);
    expect(isError, text).toBe(false);
    expect(text).toContain(CULPRIT);
  } finally {
    await client.close();
  }
});
