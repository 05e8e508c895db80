import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.js';
import { CLIENTS, connectStdio } from '../support/clients.js';
import { cleanEnvironment, DEMO, MAIN, run, start } from '../support/process.js';
import { TOOL_CALLS } from '../support/tool-arguments.js';

// The built program over stdio: every tool with every kind of client, what goes to stdout, and how it ends.

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const lines = (...messages: object[]) => messages.map((message) => `${JSON.stringify(message)}\n`).join('');
const call = (id: number, name: string, args: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

test('every tool has a call in the table, and every call a tool', () => {
  expect(Object.keys(TOOL_CALLS).sort()).toEqual(TOOLS.map(({ name }) => name));
});

describe.each(CLIENTS)('%s', (kind) => {
  test('lists and calls every tool', async () => {
    const client = await connectStdio(kind, ['--profiles', DEMO]);
    try {
      expect((await client.listTools()).map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
      for (const [name, { arguments: args, holds }] of Object.entries(TOOL_CALLS)) {
        const { text, isError } = await client.callTool(name, args);
        expect(isError, text).toBe(false);
        expect(text).toContain(holds);
      }
      await expect(client.callTool('investigat', {})).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining(
          'There is no tool "investigat".\nNext: Did you mean `investigate`? Tools: ',
        ),
      });
      await expect(client.getPrompt('investigate', {})).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('Did you mean `investigate-incident`?'),
      });
      await expect(client.getPrompt('find-memory-leak', undefined)).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining('needs `service`.\nNext: Fill in `service`: '),
      });
      await expect(client.readResource('pyroscope://guide')).rejects.toMatchObject({
        code: -32_602,
        message: expect.stringContaining(
          'Next: Resources: pyroscope://guide/investigate, pyroscope://profile{?',
        ),
      });
      expect(await client.callTool('query_profile', { limit: 'many' })).toMatchObject({ isError: true });
    } finally {
      await client.close();
    }
  });
});

describe('stdout', () => {
  test('carries protocol only, and requests that are piped in are answered', async () => {
    const { code, stdout, stderr } = await run(['--profiles', DEMO, '--log-level', 'debug'], {
      input: lines(
        INITIALIZE,
        INITIALIZED,
        { jsonrpc: '2.0', id: 2, method: 'tools/list' },
        call(3, 'summarize_profile', TOOL_CALLS.summarize_profile?.arguments ?? {}),
        call(4, 'summarize_profile', { service: 'nope' }),
        call(5, 'nope', {}),
      ),
    });
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { jsonrpc: string; id: number });
    expect(answers.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4, 5]);
    const logged = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(logged).toContainEqual(
      expect.objectContaining({ msg: 'call ended', tool: 'summarize_profile', outcome: 'answered' }),
    );
  });

  test('lines that are no messages do no harm', async () => {
    const { code, stdout } = await run(['--profiles', DEMO], {
      input: `not json\n\n{"jsonrpc":"2.0"}\n${lines(INITIALIZE)}[]\n"text"\n`,
    });
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; result?: unknown });
    expect(answers.some(({ id, result }) => id === 1 && result !== undefined)).toBe(true);
  });
});

describe('a line over 10 MiB', () => {
  const filler = 'x'.repeat(10 * 2 ** 20);
  const tooLong = { method: 'tools/call', params: { name: 'list_services', arguments: { word: filler } } };

  test.each<[string, object, unknown]>([
    ['with its id first', { jsonrpc: '2.0', id: 7, ...tooLong }, 7],
    ['with its id last', { ...tooLong, jsonrpc: '2.0', id: 'sevén' }, 'sevén'],
    ['without an id', { jsonrpc: '2.0', ...tooLong }, null],
    ['of no message', [filler], null],
  ])('%s is answered, and the session goes on', async (_name, message, id) => {
    const { code, stdout, stderr } = await run(['--profiles', DEMO], {
      input: lines(INITIALIZE, INITIALIZED, message, { jsonrpc: '2.0', id: 8, method: 'tools/list' }),
    });
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: unknown; result?: object; error?: { code: number } });
    expect(answers.find((answer) => answer.id === id)).toMatchObject({
      error: {
        code: -32_600,
        message: 'A message is at most 10485760 bytes; this line is longer and was not read.',
      },
    });
    expect(answers.find((answer) => answer.id === 8)?.result).toBeDefined();
    expect(stderr).toContain('a line of input is longer than 10485760 bytes');
    expect(stderr.length).toBeLessThan(1_000);
  });

  test('that never ends is kept nowhere, and said on stderr', async () => {
    const { stdout, stderr } = await run(['--profiles', DEMO], { input: filler.repeat(3) });
    expect(stdout).toBe('');
    expect(stderr).toContain('a line of input is longer than 10485760 bytes');
  });

  test('is one byte longer than the longest that is read', async () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'ping', params: { pad: '' } });
      return `${text.replace('"pad":"', `"pad":"${' '.repeat(bytes - text.length - 1)}`)}\n`;
    };
    const answerTo = async (bytes: number) =>
      (await run(['--profiles', DEMO], { input: `${lines(INITIALIZE, INITIALIZED)}${padded(bytes)}` }))
        .stdout;
    expect(await answerTo(10 * 2 ** 20)).toMatch(
      /"id":9,"result"|"result":\{[^}]*\},"id":9|"result":\{\}.*"id":9/,
    );
    expect(await answerTo(10 * 2 ** 20 + 1)).toContain('A message is at most 10485760 bytes');
  });
});

describe('the end', () => {
  let silent: Server | undefined;
  afterEach(() => {
    silent?.closeAllConnections();
    silent?.close();
    silent = undefined;
  });

  /** A profile store that takes requests and never answers, and a program with a call in flight there. */
  async function midCall() {
    let arrived: () => void = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    silent = createServer(() => arrived()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : address;
    const program = start(['--pyroscope-url', `http://127.0.0.1:${port}`]);
    program.child.stdin.write(lines(INITIALIZE, INITIALIZED, call(2, 'list_services', { from: 'now-1h' })));
    await arrival;
    return program;
  }

  test('of input ends an idle server', async () => {
    const program = start(['--profiles', DEMO]);
    program.child.stdin.write(lines(INITIALIZE, INITIALIZED));
    await program.seen(/"id":1/);
    program.child.stdin.end();
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('of input before the first message ends it too', async () => {
    expect(await run(['--profiles', DEMO])).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('of input in the middle of a call ends it soon', async () => {
    const program = await midCall();
    program.child.stdin.end();
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.stdout()).not.toContain('"id":2');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('by %s in the middle of a call', async (signal) => {
    const program = await midCall();
    program.child.kill(signal);
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('of the reader of stdout ends it', async () => {
    const program = start(['--profiles', DEMO]);
    program.child.stdin.write(lines(INITIALIZE, INITIALIZED));
    await program.seen(/"id":1/);
    program.child.stdout.destroy();
    program.child.stdin.write(lines({ jsonrpc: '2.0', id: 2, method: 'tools/list' }));
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  test('of a client that is killed leaves no server behind', async () => {
    const script = `
      const { spawn } = require('node:child_process');
      const server = spawn(process.execPath, process.argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
      server.stdin.write(${JSON.stringify(lines(INITIALIZE, INITIALIZED))});
      server.stdout.once('data', () => process.stdout.write('ready'));
    `;
    const client: ChildProcess = spawn(process.execPath, ['-e', script, MAIN, '--profiles', DEMO], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment(),
    });
    const ended = once(client, 'close');
    if (client.stdout === null) throw new Error('no stdout');
    await once(client.stdout, 'data');
    client.kill('SIGKILL');
    // The server holds the client's stderr: `close` comes only when both are gone.
    expect((await ended)[1]).toBe('SIGKILL');
  });
});
