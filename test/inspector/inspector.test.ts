import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GUIDE } from '../../src/mcp/prompts/guide.js';
import { PROMPTS } from '../../src/mcp/prompts/index.js';
import { TOOLS } from '../../src/tools/index.js';
import { cleanEnvironment, DEMO, MAIN, type Program, start } from '../support/process.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

// Scripted sessions of the MCP inspector against the built program. Not part of the main suite: the inspector
// is fetched by npx (over 100 MB on its first use); run them with `npm run test:inspector`.

const INSPECTOR = '@modelcontextprotocol/inspector';
const VERSION = '2.12.0';
const ERAS = ['legacy', 'modern'] as const;
/** The first run may have to fetch the inspector. */
const FETCH_MS = 300_000;
const CALL_MS = 60_000;

let program = '';

/**
 * Has npx fetch the inspector, and finds its program: to start npx for every session takes longer than the
 * session.
 */
async function fetchInspector(): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'npx',
    ['--yes', '--prefer-offline', '-p', `${INSPECTOR}@${VERSION}`, '--', 'node', '-p', 'process.env.PATH'],
    { shell: process.platform === 'win32' },
  );
  const places = stdout.trim().split(path.delimiter);
  const folder = places.map((bin) => path.join(path.dirname(bin), INSPECTOR)).find(existsSync) ?? '';
  const { version, bin } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  expect(version).toBe(VERSION);
  return path.join(folder, bin['mcp-inspector']);
}

/** Runs one session of the inspector's command line. */
function inspect(target: readonly string[], args: readonly string[]) {
  const command = [program, '--cli', ...target, '--format', 'json', ...args];
  return new Promise<{ code: number; result: unknown; stderr: string }>((resolve, reject) => {
    execFile(
      process.execPath,
      command,
      { env: cleanEnvironment(), maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code !== 'number') return reject(error);
        resolve({ code, result: stdout.trim() === '' ? null : JSON.parse(stdout), stderr });
      },
    );
  });
}

const stdio = ['node', MAIN, '--profiles', DEMO];
let server: Program | undefined;
let http: string[] = [];

beforeAll(async () => {
  server = start(['--http', '0', '--profiles', DEMO]);
  const [, url = ''] = await server.seen(/serves MCP at (http:\S+)/);
  http = [url, '--transport', 'http'];
  program = await fetchInspector();
}, FETCH_MS);
afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.exit;
});

describe.each([
  ['stdio', () => stdio],
  ['HTTP', () => http],
] as const)('over %s', (_name, target) => {
  describe.concurrent.each(ERAS)('in the %s era', (era) => {
    const session = (...args: string[]) => inspect(target(), ['--protocol-era', era, ...args]);

    test(
      'names itself and its protocol',
      async () => {
        const { code, result, stderr } = await session('--method', 'initialize');
        expect(code, stderr).toBe(0);
        expect(result).toMatchObject({
          result: {
            serverInfo: { name: 'pyroscope-mcp' },
            protocolVersion: era === 'modern' ? '2026-07-28' : '2025-11-25',
          },
        });
      },
      CALL_MS,
    );

    test(
      'lists every tool, with schemas that are portable in the strict sense',
      async () => {
        const { code, result, stderr } = await session('--method', 'tools/list', '--strict');
        expect(code, stderr).toBe(0);
        expect(result).toMatchObject({ result: { tools: TOOLS.map(({ name }) => ({ name })) } });
      },
      CALL_MS,
    );

    test.each(Object.entries(TOOL_CALLS))(
      'calls %s',
      async (name, call) => {
        const args = JSON.stringify(call.arguments);
        const { code, result, stderr } = await session(
          ...['--method', 'tools/call', '--tool-name', name, '--tool-args-json', args],
        );
        expect(code, stderr).toBe(0);
        expect(result).toMatchObject({
          result: { content: [{ type: 'text', text: expect.stringContaining(call.holds) }] },
        });
      },
      CALL_MS,
    );

    test(
      'lists the prompts and fills one in',
      async () => {
        const listed = await session('--method', 'prompts/list');
        expect(listed.code, listed.stderr).toBe(0);
        expect(listed.result).toMatchObject({ result: { prompts: PROMPTS.map(({ name }) => ({ name })) } });
        const given = ['service=checkout-api', 'from=2026-11-20T14:30:00Z', 'to=2026-11-20T14:45:00Z'];
        const filled = await session(
          ...['--method', 'prompts/get', '--prompt-name', 'investigate-incident', '--prompt-args', ...given],
        );
        expect(filled.code, filled.stderr).toBe(0);
        const text = expect.stringContaining('1. investigate {"service":"checkout-api"');
        expect(filled.result).toMatchObject({ result: { messages: [{ content: { type: 'text', text } }] } });
      },
      CALL_MS,
    );

    test(
      'lists the guide and reads it; another address is not found',
      async () => {
        const uri = 'pyroscope://guide/investigate';
        const listed = await session('--method', 'resources/list');
        expect(listed.code, listed.stderr).toBe(0);
        expect(listed.result).toMatchObject({ result: { resources: [{ uri }] } });
        const read = await session('--method', 'resources/read', '--uri', uri);
        expect(read.code, read.stderr).toBe(0);
        expect(read.result).toMatchObject({ result: { contents: [{ uri, text: GUIDE }] } });
        const other = await session('--method', 'resources/read', '--uri', 'pyroscope://guide/nope');
        expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('Resource not found')]);
      },
      CALL_MS,
    );

    test(
      'shows bad arguments as an error of the tool',
      async () => {
        const { code, stderr } = await session(
          ...['--method', 'tools/call', '--tool-name', 'query_profile', '--tool-args-json', '{"nope":1}'],
        );
        expect(code).toBe(5);
        expect(stderr).toContain('isError');
      },
      CALL_MS,
    );
  });
});
