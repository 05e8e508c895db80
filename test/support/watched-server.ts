import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';
import { cleanEnvironment, MAIN, type Program, watchProgram } from './process.js';
import { ROOT } from './root.js';

/** Memory of a process in bytes. */
export interface Held {
  rss: number;
  heapUsed: number;
  /** Outside of the heap, array buffers among it. */
  external: number;
  /** Open connections, in either direction. */
  sockets: number;
  timers: number;
}

/** The built program over HTTP, and a look into it. */
export interface WatchedServer {
  program: Program;
  url: string;
  /** Reads the present memory. */
  look(): Promise<Held>;
  /** Reads the memory after all garbage has been collected. */
  collect(): Promise<Held>;
  kill(): Promise<void>;
}

const heldSchema = z.object({
  rss: z.number(),
  heapUsed: z.number(),
  external: z.number(),
  resources: z.array(z.string()),
});

/** Starts the built program over HTTP on a free port of loopback, in a process that can be looked into. */
export async function startWatched(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<WatchedServer> {
  const probe = path.join(ROOT, 'test', 'support', 'probe.mjs');
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', probe, MAIN, '--http', '127.0.0.1:0', ...args],
    { stdio: ['pipe', 'pipe', 'pipe', 'ipc'], env: cleanEnvironment(env) },
  );
  // All three pipes were asked for, which the type of a call with a fourth does not know.
  const program = watchProgram(child as ChildProcessWithoutNullStreams);
  const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
  let queue: Promise<unknown> = Promise.resolve();
  const ask = (what: string): Promise<Held> => {
    const answer = queue.then(async () => {
      const told = once(child, 'message');
      child.send(what);
      const [message] = await told;
      const { resources, ...memory } = heldSchema.parse(message);
      const count = (kind: string) => resources.filter((resource) => resource === kind).length;
      return { ...memory, sockets: count('TCPSocketWrap'), timers: count('Timeout') };
    });
    queue = answer.catch(() => {});
    return answer;
  };
  return {
    program,
    url,
    look: () => ask('look'),
    collect: () => ask('collect'),
    async kill() {
      child.kill('SIGKILL');
      await program.exit;
    },
  };
}
