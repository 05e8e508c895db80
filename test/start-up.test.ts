import { statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { cleanEnvironment, DEMO, MAIN, startProgram } from './support/process.js';
import { ROOT } from './support/root.js';

// The cost of a start is that of the modules it loads, about half a millisecond each (bench/ has the time).
// Other modules are loaded with the first call that needs them.

const MODULE_LOG = new URL('./support/module-log.mjs', import.meta.url).href;
/** The plain build, in which every module is a file. */
const PLAIN = path.join(ROOT, 'dist', 'main.js');
const LIST = [
  {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
]
  .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  .join('');

/** Maximum number and size of the files that a start of the bundle reads: both cost time. */
const MAX_FILES = 25;
const MAX_BYTES = 100_000;

/** URLs of the modules that a program loads until it has listed its tools. */
async function listLoaded(main: string, args: readonly string[]): Promise<string[]> {
  const program = startProgram(process.execPath, [main, ...args], {
    env: cleanEnvironment({ NODE_OPTIONS: `--import ${MODULE_LOG}` }),
  });
  program.child.stdin.end(LIST);
  await program.exit;
  expect(program.stdout()).toContain('"investigate"');
  const [before = ''] = program.stderr().split('listed\n');
  return [...before.matchAll(/^module (\S+)$/gm)].map(([, url = '']) => url);
}

const SOURCES = [
  ['profiles from files', ['--profiles', DEMO]],
  ['a Pyroscope server', ['--pyroscope-url', 'http://127.0.0.1:9']],
  ['a Grafana', ['--grafana-url', 'http://127.0.0.1:9', '--grafana-token', 'x']],
] as const;

test.each(SOURCES)(
  'a server of %s lists its tools without loading what a call needs',
  async (_name, args) => {
    const loaded = await listLoaded(PLAIN, args);
    const folder = new URL('.', pathToFileURL(PLAIN)).href;
    const ownFiles = loaded.filter((url) => url.startsWith(folder)).map((url) => url.slice(folder.length));
    const inRooms = ownFiles.filter((file) =>
      /^(?:tools|mcp\/prompts|query|investigation|patterns|profile|report|schema|sources|text)\//.test(file),
    );
    expect(inRooms.filter((file) => !file.startsWith('tools/surface/')).sort()).toEqual([
      'mcp/prompts/define.js',
      'mcp/prompts/index.js',
      'profile/export/exported.js',
      'query/context.js',
      'report/picture/uri.js',
      'report/render.js',
      'sources/grafana/address.js',
      'text/link.js',
      'text/nearest.js',
      'text/pattern.js',
      'text/sanitise.js',
      'text/units.js',
      'tools/arguments.js',
      'tools/define.js',
      'tools/index.js',
    ]);
    const packages = loaded.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual([
      '@modelcontextprotocol/core',
      '@modelcontextprotocol/server',
      'leven',
      'zod',
    ]);
  },
);

test.each(SOURCES)('the bundled server of %s reads few and small files until then', async (_name, args) => {
  const loaded = await listLoaded(MAIN, args);
  const files = loaded
    .filter((url) => url.startsWith('file:') && url !== MODULE_LOG)
    .map((url) => new URL(url));
  expect(files.length).toBeLessThanOrEqual(MAX_FILES);
  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThanOrEqual(MAX_BYTES);
});
