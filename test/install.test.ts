import { afterAll, describe, expect, test } from 'vitest';
import { OPTIONS } from '../src/config/options.js';
import { TOOLS } from '../src/tools/index.js';
import { connectHttp, connectTo } from './support/clients.js';
import { cleanEnvironment, DEMO, MAIN, start } from './support/process.js';
import { filledIn, listSnippets } from './support/snippets.js';

// Every snippet that a reader copies starts the built server, or is let in by it.

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
const VALUES = {
  GRAFANA_SERVICE_ACCOUNT_TOKEN: 'glsa_test',
  'grafana-token': 'glsa_test',
  PYROSCOPE_MCP_TOKEN: TOKEN,
  'pyroscope-mcp-token': TOKEN,
};
const snippets = [...listSnippets('docs/use/install.md'), ...listSnippets('README.md')];
const names = TOOLS.map(({ name }) => name);

test('each client has its snippets, below the root key that it reads', () => {
  const seen = snippets.map(
    (snippet) => `${snippet.client}: ${snippet.root} ${snippet.kind === 'http' ? snippet.key : 'command'}`,
  );
  expect(seen).toEqual([
    'Claude Code: sh command',
    'Claude Code: sh url',
    'Claude Code: mcpServers command',
    'Claude Code: mcpServers url',
    'Claude Desktop: mcpServers command',
    'Cursor: mcpServers command',
    'Cursor: mcpServers url',
    'VS Code: servers command',
    'VS Code: servers url',
    'Codex: mcp_servers command',
    'Codex: mcp_servers url',
    'Gemini CLI: mcpServers command',
    'Gemini CLI: mcpServers httpUrl',
    'Goose: extensions command',
    'Goose: extensions uri',
    '# pyroscope-mcp: mcpServers command',
  ]);
});

const stdio = snippets.flatMap((snippet) => (snippet.kind === 'stdio' ? [snippet] : []));
describe.each(stdio)('$client ($root)', ({ command, args, env }) => {
  test('starts the server, which lists its tools', async () => {
    expect([command, ...args].slice(0, 3)).toEqual(['npx', '-y', 'pyroscope-mcp']);
    const filled = filledIn(env, VALUES);
    const known = new Set<string | null>(Object.values(OPTIONS).map((option) => option.env));
    expect(Object.entries(filled).filter(([name, value]) => !known.has(name) || value.includes('$'))).toEqual(
      [],
    );
    const client = await connectTo({
      command: process.execPath,
      args: [MAIN, ...args.slice(2)],
      env: cleanEnvironment(filled),
    });
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(names);
    } finally {
      await client.close();
    }
  });
});

describe('over HTTP', () => {
  const server = start(['--http', '0', '--profiles', DEMO], { PYROSCOPE_MCP_HTTP_TOKENS: TOKEN });
  const address = server.seen(/serves MCP at (http:\S+)/).then(([, url = '']) => url);
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.exit;
  });

  test('nobody is let in without a token', async () => {
    const response = await fetch(await address, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });

  const http = snippets.flatMap((snippet) => (snippet.kind === 'http' ? [snippet] : []));
  test.each(http)('$client ($root) is let in', async ({ url, headers }) => {
    expect(new URL(url).pathname).toBe(new URL(await address).pathname);
    const filled = filledIn(headers, VALUES);
    const client = await connectHttp('modern era', await address, (input, init) => {
      const sent = new Headers(init?.headers);
      for (const [name, value] of Object.entries(filled)) sent.set(name, value);
      return fetch(input, { ...init, headers: sent });
    });
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(names);
      expect(filled).toEqual({ Authorization: `Bearer ${TOKEN}` });
    } finally {
      await client.close();
    }
  });
});
