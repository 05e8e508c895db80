import { z } from 'zod';
import { type Program, start } from './process.js';

const resultSchema = z.object({
  result: z.object({
    content: z.array(z.object({ text: z.string() })),
    isError: z.boolean().optional(),
  }),
});

export interface Replica {
  program: Program;
  url: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

export type Answered = { text: string; isError: boolean };

/** Starts the built program over HTTP, on a free port of loopback. */
export async function startReplica(args: readonly string[]): Promise<Replica> {
  const program = start(['--http', '127.0.0.1:0', ...args], { PYROSCOPE_MCP_CACHE_DIR: '' });
  const [, url = ''] = await program.seen(/serves MCP at (\S+)/);
  return {
    program,
    url,
    async kill() {
      program.child.kill('SIGKILL');
      await program.exit;
    },
  };
}

/**
 * Calls a tool as a client does.
 * @throws Error when no answer came
 */
export async function callAt(url: string, tool: string, args: object): Promise<Answered> {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: args } };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify(message),
    signal: AbortSignal.timeout(20_000),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${body}`);
  const json = /^data: (.*"result".*)$/m.exec(body)?.[1] ?? body;
  const { content, isError = false } = resultSchema.parse(JSON.parse(json)).result;
  return { text: content.map(({ text }) => text).join('\n'), isError };
}

/**
 * The replicas in turn, as a load balancer takes them; a call that no answer came to is made once more, at
 * the next.
 */
export function balanced(urls: readonly string[]): {
  call(tool: string, args: object): Promise<Answered>;
  retried(): number;
} {
  let turn = 0;
  let retries = 0;
  const at = (number: number) => urls[number % urls.length] ?? '';
  return {
    retried: () => retries,
    async call(tool, args) {
      const mine = turn++;
      try {
        return await callAt(at(mine), tool, args);
      } catch {
        retries++;
        return callAt(at(mine + 1), tool, args);
      }
    },
  };
}
