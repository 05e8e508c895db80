import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createFilesSource } from '../../src/sources/files/source.js';
import { until } from '../support/http.js';
import { cleanEnvironment, DEMO, MAIN, start } from '../support/process.js';
import { startPyroscopeServer, type TestPyroscope } from '../support/pyroscope-server.js';
import { CALLS } from './calls.js';
import type { Transport } from './clients.js';
import type { Command } from './install.js';

// A client prints a line of JSON for each step, {"step": NAME, "value": …}:
//
// protocol the version of the protocol that was agreed on (if the client shows it) list the names of the
// tools instructions instructions of the server, as the model of a framework reads them call text of the
// answer to CALLS.call progress numbers of steps that were reported during that call completion, resource,
// prompt completed values; texts bad {isError, text} of the answer to CALLS.bad ready all of that has ended;
// after a line of input it makes CALLS.slow, after a second line it cancels it cancelled the client considers
// the call ended; after a line of input it makes CALLS.after after text of the answer to CALLS.after
//
// It leaves out the steps that it has no way to take, and ends with exit code 0.

const TOKEN = 'a-token-of-this-test-0123456789abcdef';
/**
 * A conversation that takes longer is ended: its client or its server waits for something that does not come.
 */
const LONGEST_MS = 300_000;
/** A cancelled call must end long before the 30 s after which a request to a store is given up anyway. */
const FREED_MS = 10_000;

export interface Conversation {
  steps: ReadonlyMap<string, unknown>;
  /**
   * Whether the request to the store was aborted after the cancel; null where the client never got so far.
   */
  isFreed: boolean | null;
  code: number | null;
  stderr: string;
}

/**
 * Runs a client from its start to its end, against a store that hangs while the client makes its slow call.
 */
export async function converse(command: Command, transport: Transport): Promise<Conversation> {
  const folder = mkdtempSync(path.join(tmpdir(), 'client-'));
  const store = await startPyroscopeServer(createFilesSource({ directory: DEMO }));
  const server =
    transport === 'HTTP'
      ? start(['--http', '0', '--pyroscope-url', store.url], { PYROSCOPE_MCP_HTTP_TOKENS: TOKEN })
      : null;
  try {
    const [, url = ''] = (await server?.seen(/serves MCP at (http:\S+)/)) ?? [];
    const child = spawn(command.file, command.args, {
      cwd: folder,
      env: cleanEnvironment({
        PATH: `${installNpx(folder)}${path.delimiter}${process.env.PATH}`,
        HOME: folder,
        CLIENT_CALLS: JSON.stringify(CALLS),
        CLIENT_TRANSPORT: transport === 'HTTP' ? 'http' : 'stdio',
        ...(transport === 'HTTP'
          ? { PYROSCOPE_MCP_URL: url, PYROSCOPE_MCP_TOKEN: TOKEN }
          : { PYROSCOPE_URL: store.url }),
      }),
    });
    return await listen(child, store);
  } finally {
    server?.child.kill('SIGKILL');
    await server?.exit;
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listen(child: ChildProcessWithoutNullStreams, store: TestPyroscope): Promise<Conversation> {
  const steps = new Map<string, unknown>();
  let isFreed: boolean | null = null;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A client that has failed cannot be written to; its exit code says so.
  child.stdin.on('error', () => {});
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const overdue = setTimeout(() => {
    stderr += `\nstill not at its end after ${LONGEST_MS / 1000} s; steps taken: ${[...steps.keys()].join(', ')}`;
    child.kill('SIGKILL');
  }, LONGEST_MS);
  const goOn = () => child.stdin.write('\n');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"')) continue;
    const { step, value } = JSON.parse(line);
    steps.set(String(step), value);
    if (step === 'ready') {
      await until(() => store.requests.inFlight() === 0);
      store.faults.set({ kind: 'hang' });
      goOn();
      await until(() => store.requests.inFlight() > 0 || hasEnded(child));
      goOn();
    }
    if (step === 'cancelled') {
      const deadline = performance.now() + FREED_MS;
      await until(() => store.requests.inFlight() === 0 || performance.now() > deadline);
      isFreed = store.requests.inFlight() === 0;
      store.faults.clear();
      goOn();
    }
  }
  const exitCode = await code;
  clearTimeout(overdue);
  return { steps, isFreed, code: exitCode, stderr };
}

function hasEnded({ exitCode, signalCode }: ChildProcessWithoutNullStreams): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Puts an `npx` that runs the built program into a folder: clients start it as their users do. */
function installNpx(folder: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const npx = path.join(bin, 'npx');
  const script = `#!/bin/sh\n[ "$1 $2" = "-y pyroscope-mcp" ] || exit 64\nshift 2\nexport PYROSCOPE_MCP_CACHE_DIR=none\nexec "${process.execPath}" "${MAIN}" "$@"\n`;
  writeFileSync(npx, script);
  chmodSync(npx, 0o755);
  return bin;
}
