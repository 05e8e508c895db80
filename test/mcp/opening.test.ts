import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, DEMO, MAIN, type Program, startProgram } from '../support/process.js';
import { ROOT } from '../support/root.js';

// The bundle answers the opening of a session from recorded answers (src/mcp/opening/), the plain build has
// the SDK answer it: a client cannot tell which it talks to.

const PLAIN = path.join(ROOT, 'dist', 'main.js');
const clientInfo = { name: 'test', version: '1', title: 'Test' };
const open = (protocolVersion: string, more: object = {}) => ({
  id: 0,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo, ...more },
});
const initialized = { method: 'notifications/initialized' };
const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
const lists = LISTS.map((method, at) => ({ id: `list ${at}`, method }));
const envelope = (version: string, more: object = {}) => ({
  _meta: {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': clientInfo,
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    ...more,
  },
});
const modern = ['server/discover', ...LISTS].map((method, id) => ({
  id,
  method,
  params: envelope('2026-07-28'),
}));
/** A request that the server itself answers. */
const ping = (id: number) => ({ id, method: 'ping' });
const NEVER_HEARD = 'not JSON';

const SESSIONS: Readonly<Record<string, readonly (object | string)[]>> = {
  ...Object.fromEntries(
    ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07', '2099-01-01', ''].map(
      (version) => [`version "${version}"`, [open(version), initialized, ...lists, ping(9)]],
    ),
  ),
  'the newer era': [...modern, { ...modern[1], id: 9, params: envelope('2026-07-28', { other: 1 }) }],
  'the newer era without discovery': modern.slice(1),
  'a version of the newer era that is not known': [{ ...modern[0], params: envelope('2027-01-01') }],
  'a request of the server at once': [open('2025-11-25'), initialized, ping(1), ...lists],
  'a list before the handshake': [lists[0] ?? '', open('2025-11-25'), initialized, ping(1)],
  'a second handshake': [open('2025-11-25'), initialized, { ...open('2025-06-18'), id: 7 }, ping(1)],
  'both eras': [open('2025-11-25'), ...modern.slice(1, 2), ping(1)],
  'both eras, the newer first': [...modern.slice(0, 2), { ...open('2025-11-25'), id: 8 }, ping(1)],
  'capabilities of a wrong form': [
    open('2025-11-25', { capabilities: { roots: { listChanged: 'x' } } }),
    ping(1),
  ],
  'a cursor': [open('2025-11-25'), { id: 1, method: 'tools/list', params: { cursor: 'x' } }, ping(2)],
  'a damaged line': [open('2025-11-25'), NEVER_HEARD, ...lists],
  'a ping': [open('2025-11-25'), { id: 1, method: 'ping' }, ...lists],
  'unknown methods': [
    open('2025-11-25'),
    { id: 1, method: 'tools/constructor' },
    { id: 2, method: 'toString' },
  ],
};

/** Starts a build. */
const start = (main: string): Program =>
  startProgram(process.execPath, [main, '--profiles', DEMO], { env: cleanEnvironment() });

const toLines = (session: readonly (object | string)[]) =>
  session.map((each) => `${typeof each === 'string' ? each : JSON.stringify({ jsonrpc: '2.0', ...each })}\n`);

/** Answers to a session that is sent at once, sorted: one may overtake another. */
async function converse(main: string, session: readonly (object | string)[]): Promise<string[]> {
  const program = start(main);
  program.child.stdin.end(toLines(session).join(''));
  await program.exit;
  return program.stdout().trim().split('\n').sort();
}

describe.each(Object.entries(SESSIONS))('%s', (_name, session) => {
  test('is answered by the bundle as by the SDK', async () => {
    const [bundled, plain] = await Promise.all([converse(MAIN, session), converse(PLAIN, session)]);
    expect(bundled).toEqual(plain);
  });
});

test('a client that waits for each answer, and whose messages come in pieces, is answered', async () => {
  const program = start(MAIN);
  try {
    for (const message of [open('2025-11-25'), initialized, ...lists, ping(9)]) {
      const [text = ''] = toLines([message]);
      program.child.stdin.write(text.slice(0, 20));
      await new Promise((resolve) => setTimeout(resolve, 5));
      program.child.stdin.write(text.slice(20));
      if ('id' in message) await program.seen(new RegExp(`"id":${JSON.stringify(message.id)}\\}`));
    }
    expect(program.stdout().match(/"id":0\}/g)).toHaveLength(1);
  } finally {
    program.child.kill('SIGTERM');
  }
  expect(await program.exit).toMatchObject({ code: 0 });
});

test.each([
  ['before any message', []],
  ['after the handshake', [open('2025-11-25')]],
])('a signal %s ends the process at once', async (_name, session) => {
  const program = start(MAIN);
  program.child.stdin.write(toLines(session).join(''));
  if (session.length > 0) await program.seen(/"id":0\}/);
  else await new Promise((resolve) => setTimeout(resolve, 1_500));
  const asked = performance.now();
  program.child.kill('SIGTERM');
  expect(await program.exit).toMatchObject({ code: 0 });
  expect(performance.now() - asked).toBeLessThan(4_000);
});

test('a client that leaves without a word ends the process', async () => {
  const program = start(MAIN);
  program.child.stdin.end();
  expect(await program.exit).toMatchObject({ code: 0 });
  expect(program.stdout()).toBe('');
});
