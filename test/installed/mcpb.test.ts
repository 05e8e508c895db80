import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TOOLS } from '../../src/tools/index.js';
import { connectTo } from '../support/clients.js';
import { npm, ROOT } from '../support/packed.js';
import { cleanEnvironment } from '../support/process.js';

// The .mcpb bundle as Claude Desktop has it: packed and unpacked by the official tool, and started as its
// library says for what a person filled in.

const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const directory = mkdtempSync(path.join(tmpdir(), 'mcpb-test-'));
const unpacked = path.join(directory, 'unpacked');
const tool = path.join(directory, 'node_modules', '@anthropic-ai', 'mcpb');
const bundle = path.join(directory, `pyroscope-mcp-${version}.mcpb`);

const run = (command: string, args: readonly string[]) =>
  promisify(execFile)(command, args, { cwd: directory, env: process.env, maxBuffer: 2 ** 26 });

beforeAll(async () => {
  const [, wanted = ''] =
    /const TOOL = '([^']+)'/.exec(readFileSync(path.join(ROOT, 'scripts/mcpb.mjs'), 'utf8')) ?? [];
  await npm(['install', wanted, '--prefer-offline', '--no-audit', '--no-fund'], directory);
  await run(process.execPath, [path.join(ROOT, 'scripts/mcpb.mjs'), directory]);
  await run(process.execPath, [path.join(tool, 'dist/cli/cli.js'), 'unpack', bundle, unpacked]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const commandSchema = z.object({
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});
const librarySchema = z.object({
  getMcpConfigForManifest: z.custom<(options: object) => Promise<unknown>>(
    (value) => typeof value === 'function',
  ),
});

/** Command by which a host starts the unpacked bundle for the settings of a person. */
async function readCommand(userConfig: Readonly<Record<string, string>>) {
  const library = librarySchema.parse(await import(pathToFileURL(path.join(tool, 'dist/index.js')).href));
  const command = await library.getMcpConfigForManifest({
    manifest: JSON.parse(readFileSync(path.join(unpacked, 'manifest.json'), 'utf8')),
    extensionPath: unpacked,
    systemDirs: {},
    userConfig,
    pathSeparator: path.sep,
  });
  return commandSchema.parse(command);
}

describe.each([
  ['with a folder of profiles', { profiles_dir: path.join(ROOT, 'fixtures', 'demo') }, 'checkout-api'],
  ['with nothing filled in', {}, 'PYROSCOPE_URL'],
])('%s', (_case, settings, expected) => {
  test('lists its tools and answers a call', async () => {
    const { command, args, env } = await readCommand(settings);
    expect(command).toBe('node');
    expect(JSON.stringify(env)).not.toMatch(/\$\{/);
    const client = await connectTo({
      command: process.execPath,
      args,
      cwd: unpacked,
      env: cleanEnvironment(env),
    });
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
      expect((await client.callTool('list_services', {})).text).toContain(expected);
    } finally {
      await client.close();
    }
  });
});

test('the checksum for the registry stands next to it', () => {
  expect(readFileSync(`${bundle}.sha256`, 'utf8')).toMatch(/^[a-f0-9]{64} {2}pyroscope-mcp-/);
});
