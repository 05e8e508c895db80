import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DEMO, MAIN, run } from './support/process.js';

// The cost of a start is that of the modules it loads, about half a millisecond each (bench/ has the time).
// Other modules are loaded with the first call that needs them.

const MODULE_LOG = new URL('./support/module-log.mjs', import.meta.url).href;
const DIST = new URL('.', pathToFileURL(MAIN)).href;
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

test.each([
  ['profiles from files', ['--profiles', DEMO]],
  ['a Pyroscope server', ['--pyroscope-url', 'http://127.0.0.1:9']],
  ['a Grafana', ['--grafana-url', 'http://127.0.0.1:9', '--grafana-token', 'x']],
])('a server of %s lists its tools without loading what a call needs', async (_name, args) => {
  const { stdout, stderr } = await run(args, {
    input: LIST,
    env: { NODE_OPTIONS: `--import ${MODULE_LOG}` },
  });
  expect(stdout).toContain('"investigate"');
  const loaded = [...stderr.matchAll(/^module (\S+)$/gm)].map(([, url = '']) => url);
  const ownFiles = loaded.filter((url) => url.startsWith(DIST)).map((url) => url.slice(DIST.length));
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
});
