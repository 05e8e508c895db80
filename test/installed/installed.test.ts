import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createFilesSource } from '../../src/sources/files/source.js';
import { TOOLS } from '../../src/tools/index.js';
import { connectHttp, connectTo } from '../support/clients.js';
import { cpu, directoryWith } from '../support/directory.js';
import { generateProfile } from '../support/generate-profile.js';
import { installPackage } from '../support/installed.js';
import { ROOT } from '../support/packed.js';
import { cleanEnvironment, startProgram } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';
import { realRedis, startRedis } from '../support/redis.js';

// The tarball as a user has it: installed into an empty directory, without a registry, since it needs no
// other package. Every command runs, and with them every library in the bundle.

const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const WINDOW = { from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' };
const INCIDENT = { service: 'checkout-api', ...WINDOW };
const CULPRIT = 'northwind.dev/checkout/coupon.loadPattern';
const shell = process.platform === 'win32';
const MAX_INSTALLED_BYTES = 5_000_000;

const { directory, main, demo, files } = await installPackage();

/** Runs `npx pyroscope-mcp …` in the directory. */
const npx = (args: readonly string[], env: Record<string, string> = {}) =>
  promisify(execFile)('npx', ['--no-install', 'pyroscope-mcp', ...args], {
    cwd: directory,
    env: cleanEnvironment(env),
    shell,
  });

test('it is one package of at most 5 MB', () => {
  const modules = path.join(directory, 'node_modules');
  const packages = new Set(files().map((file) => path.relative(modules, file).split(path.sep)[0]));
  expect([...packages].sort()).toEqual(['.package-lock.json', 'pyroscope-mcp']);
  const size = files().reduce((sum, file) => sum + statSync(file).size, 0);
  expect(size).toBeLessThan(MAX_INSTALLED_BYTES);
});

test('--version and --help', async () => {
  expect((await npx(['--version'])).stdout.trim()).toBe(version);
  expect((await npx(['--help'])).stdout).toContain('pyroscope-mcp call TOOL [JSON]');
});

test.each([
  ['by its name in the folder of a clone', ROOT, 'pyroscope-mcp'],
  ['by the folder of a clone elsewhere', directory, ROOT],
])('before it is published, %s', async (_how, cwd, name) => {
  const { stdout } = await promisify(execFile)('npx', ['-y', name, '--version'], { cwd, shell });
  expect(stdout.trim()).toBe(version);
});

test('demo names the cause', async () => {
  const { stdout, stderr } = await npx(['demo']);
  expect(stdout).toContain('Verdict: CODE REGRESSION');
  expect(stdout).toContain(CULPRIT);
  expect(stderr).toBe('');
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
    const { contents } = await client.readWhole('ui://pyroscope-mcp/investigate');
    expect(String(contents[0]?.text)).toContain('<!doctype html>');
  } finally {
    await client.close();
  }
});

describe('every command', () => {
  test.each([
    [['call', 'list_services'], 'checkout-api'],
    [['sources'], 'files'],
    [['doctor'], 'checkout-api'],
    [
      ['gate', '--service', 'checkout-api', '--from', WINDOW.from, '--to', WINDOW.to],
      'FOUND: code regression',
    ],
  ])('%j', async (args, expected) => {
    const { stdout } = await npx(['--profiles', demo, ...args]).catch(
      (error: { code: number; stdout: string }) => {
        // The gate ends with 3 where it found something.
        expect([args[0], error.code]).toEqual(['gate', 3]);
        return error;
      },
    );
    expect(stdout).toContain(expected);
  });

  test('export writes a profile', async () => {
    const file = path.join(directory, 'cpu.pb.gz');
    const args = [
      '--service',
      'checkout-api',
      '--profile-type',
      'cpu',
      '--from',
      WINDOW.from,
      '--to',
      WINDOW.to,
    ];
    await npx(['export', '--profiles', demo, ...args, '--output', file]);
    expect(gunzipSync(await readFile(file)).includes(CULPRIT)).toBe(true);
  });

  test('report writes a page that holds the view', async () => {
    const file = path.join(directory, 'report.html');
    const args = Object.entries(INCIDENT).map(([name, value]) => `${name}=${value}`);
    await npx(['report', 'investigate', ...args, '--profiles', demo, '--output', file]);
    const page = await readFile(file, 'utf8');
    expect(page).toContain('<script type="application/json" id="picture">');
    expect(page).toContain(CULPRIT);
  });
});

test('a large profile is decoded and looked at in a thread', async () => {
  const { bytes } = generateProfile({ nodes: 200_000, cpuOnly: true, hotShare: 0.3024 });
  const profiles = await directoryWith({ 'cpu.pb': bytes });
  const { stdout, stderr } = await npx(['--profiles', profiles, 'call', 'summarize_profile']);
  expect(stdout).toContain('30.2%');
  expect(stderr).toBe('');
});

test('mangled names are shown as people write them', async () => {
  const profiles = await directoryWith({ 'cpu.pb': cpu({ 'main;_ZN4acme3runEv': 5 }) });
  expect((await npx(['--profiles', profiles, 'call', 'query_profile'])).stdout).toContain('acme::run()');
});

describe('over HTTP', () => {
  test.skipIf(!realRedis().any)('with a Redis, which keeps what it learned', async () => {
    const redis = await startRedis();
    try {
      await askOverHttp(['--cache-url', redis.url]);
      expect((await redis.entries()).size).toBeGreaterThan(0);
    } finally {
      await redis.close();
    }
  });

  test('with a directory, and with metrics and a log', () =>
    askOverHttp(['--cache-dir', path.join(directory, 'kept')]));

  async function askOverHttp(cache: readonly string[]): Promise<void> {
    const store = await startPyroscopeServer(createFilesSource({ directory: demo }));
    const args = ['--http', '127.0.0.1:0', '--pyroscope-url', store.url, '--log-level', 'info', ...cache];
    const server = startProgram(process.execPath, [main, ...args], {
      cwd: directory,
      env: cleanEnvironment({ PYROSCOPE_MCP_CACHE_DIR: '' }),
    });
    try {
      const [, url = ''] = await server.seen(/serves MCP at (http:\S+)/);
      const client = await connectHttp('modern era', url);
      const { text, isError } = await client.callTool('list_services', WINDOW);
      expect(isError, text).toBe(false);
      expect(text).toContain('checkout-api');
      await client.close();
      const metrics = await (await fetch(new URL('/metrics', url))).text();
      expect(metrics).toMatch(/tool="list_services".* 1$/m);
      expect(server.stderr()).toMatch(/^\{"level":"info","time":"[^"]+".*"msg":"call ended"\}$/m);
    } finally {
      server.child.kill('SIGTERM');
      await server.exit;
      await store.close();
    }
  }
});
