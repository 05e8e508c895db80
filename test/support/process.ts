import {
  type ChildProcessWithoutNullStreams,
  type SpawnOptionsWithoutStdio,
  spawn,
} from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './root.js';

/** The bundled program, as users run it. */
export const MAIN = path.join(ROOT, 'bundle', 'main.js');

/** The directory of the demo incident. */
export const DEMO = path.join(ROOT, 'fixtures', 'demo');

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running program of ours. */
export interface Program {
  child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and its output is read. */
  exit: Promise<Exit>;
  /** Waits until standard output or error holds the pattern. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts the built program with an environment that holds nothing of the tester's own configuration. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  if (!existsSync(MAIN)) throw new Error('bundle/main.js is missing: run `npm run build`, or `npm test`.');
  return startProgram(process.execPath, [MAIN, ...args], { env: cleanEnvironment(env) });
}

/** Starts any program. */
export function startProgram(
  command: string,
  args: readonly string[],
  options: SpawnOptionsWithoutStdio,
): Program {
  return watchProgram(spawn(command, args, options));
}

/** A process that was started with pipes. */
export function watchProgram(child: ChildProcessWithoutNullStreams): Program {
  let out = '';
  let err = '';
  let hasEnded = false;
  const exit = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      hasEnded = true;
      resolve({ code, signal });
    });
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  // A process that is gone cannot be written to; the tests look at how it ended.
  child.stdin.on('error', () => {});
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    exit,
    async seen(pattern) {
      for (;;) {
        const match = pattern.exec(out) ?? pattern.exec(err);
        if (match !== null) return match;
        if (hasEnded) throw new Error(`ended without ${pattern}:\n${out}\n${err}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

/** Runs the built program to its end. */
export async function run(
  args: readonly string[],
  options: { env?: Readonly<Record<string, string>>; input?: string } = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const program = start(args, options.env);
  program.child.stdin.end(options.input ?? '');
  const exit = await program.exit;
  return { ...exit, stdout: program.stdout(), stderr: program.stderr() };
}

/** Environment with only the variables that every program needs. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'SYSTEMROOT', 'APPDATA'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  // Without a cache, answers of an earlier test cannot reach a later one.
  return { ...Object.fromEntries(kept), PYROSCOPE_MCP_CACHE_DIR: 'none', ...more };
}
