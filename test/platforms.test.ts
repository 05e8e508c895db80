import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INSTRUCTIONS } from '../src/mcp/instructions.js';
import { TOOLS } from '../src/tools/index.js';
import { ROOT } from './support/packed.js';
import { DEMO, type Program, start } from './support/process.js';

// docs/use/platforms.md as a platform does it: the server of the page on loopback, over the demo incident,
// and the official client with a bearer token.

const page = readFileSync(path.join(ROOT, 'docs/use/platforms.md'), 'utf8');
const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
const [makeTokens = '', ...rest] = block.trim().split('\n');
const command = rest.at(-1) ?? '';

describe('a platform with the token of the page', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'platform-'));
  let server: Program;
  let url = '';
  let token = '';

  beforeAll(async () => {
    execFileSync('sh', ['-c', makeTokens], { cwd: folder });
    token = readFileSync(path.join(folder, 'tokens'), 'utf8').trim();
    const [program, ...args] = command.split(' ');
    expect(program).toBe('pyroscope-mcp');
    server = start([
      ...args.map((argument) =>
        argument.replace('0.0.0.0:8080', '127.0.0.1:0').replace(/^tokens$/, path.join(folder, 'tokens')),
      ),
      ...['--profiles', DEMO],
    ]);
    [, url = ''] = await server.seen(/serves MCP at (http:\S+)/);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    await server.exit;
    await rm(folder, { recursive: true, force: true });
  });

  test('sees the tools of the table, all of which only read, and the instructions', async () => {
    const client = new Client({ name: 'platform', version: '1.0.0' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers: { Authorization: `Bearer ${token}` } },
      }),
    );
    try {
      const { tools } = await client.listTools();
      const listed = [...page.matchAll(/^\| `(\w+)` \| (?:answers|finds names) \|/gm)].map(
        ([, name]) => name,
      );
      expect(listed.sort()).toEqual(tools.map(({ name }) => name).sort());
      expect(listed).toHaveLength(TOOLS.length);
      expect(tools.filter(({ annotations }) => annotations?.readOnlyHint !== true)).toEqual([]);
      expect(tools.filter(({ annotations }) => annotations?.destructiveHint !== false)).toEqual([]);
      expect(client.getInstructions()).toBe(INSTRUCTIONS);
      const { content } = await client.callTool({
        name: 'investigate',
        arguments: { service: 'checkout-api', from: '2026-11-20T14:30:00Z', to: '2026-11-20T14:45:00Z' },
      });
      expect(JSON.stringify(content)).toContain('coupon.loadPattern');
    } finally {
      await client.close();
    }
  });

  test('is refused with another token, and told so', async () => {
    const client = new Client({ name: 'platform', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { Authorization: `Bearer ${'x'.repeat(64)}` } },
    });
    await expect(client.connect(transport)).rejects.toThrow(/401|[Uu]nauthorized|token/);
  });

  test('gets the list by hand, as the page shows it', async () => {
    const [, curl = ''] = /^(curl -s [\s\S]*?\}')$/m.exec(page) ?? [];
    const answer = execFileSync('sh', ['-c', curl.replace('https://mcp.example.com/mcp', url)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(answer).toContain('"investigate"');
  });
});
