import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { path } from './measure.js';

/**
 * The last call of each row of the table: the first ones read the files, and the compiler takes hundreds of
 * calls until it has compiled what is hot.
 */
const ROWS = [1, 20, 100, 300, 600];

/** Processor time of a process in milliseconds, of its first thread and of all. */
interface Used {
  main: number;
  all: number;
}

/** A server over stdio, as the checkout in a directory starts it. */
interface Asked {
  /**
   * Calls `investigate`, and tells what the server used since its last answer, or its start.
   * @throws Error when it answers with one
   */
  ask(args: Readonly<Record<string, string>>): Promise<Used>;
  close(): Promise<void>;
}

async function startServer(directory: string): Promise<Asked> {
  const { bin }: { bin: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  );
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      join(directory, Object.values(bin)[0] ?? ''),
      '--profiles',
      path('fixtures/demo'),
      '--cache-dir',
      'none',
    ],
  });
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(transport);
  const { pid } = transport;
  if (pid === null) throw new Error(`no server of ${directory}`);
  // Work that a server still does after its start would count for the one that is asked first, or not at all.
  let before: Used = { main: 0, all: 0 };
  return {
    async ask(args) {
      const { isError, content } = await client.callTool({ name: 'investigate', arguments: args });
      if (isError === true) throw new Error(JSON.stringify(content));
      const after = readUsed(pid);
      const used = { main: after.main - before.main, all: after.all - before.all };
      before = after;
      return used;
    },
    close: () => client.close(),
  };
}

/** Reads how long the threads of a process have run since its start. */
function readUsed(pid: number): Used {
  const readMs = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  const all = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + readMs(thread), 0);
  return { main: readMs(String(pid)), all };
}

/**
 * Compares this build with that of another checkout: both serve the bundled incident over stdio, as users
 * start them, and are asked in turn, so that a busy or slowed machine falls on both. Linux only.
 *
 * @param other directory of the other checkout, which is built
 * @param args arguments of `investigate`
 */
export async function compareWithBuild(
  other: string,
  args: Readonly<Record<string, string>>,
): Promise<string> {
  const servers = [await startServer(other), await startServer(path('.'))] as const;
  const taken: { before: Used; now: Used }[] = [];
  for (let round = 0; round < (ROWS.at(-1) ?? 0); round++) {
    // The one that is asked first finds other things in the processor's caches.
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const used: Used[] = [];
    for (const at of order) used[at] = await (servers[at] ?? servers[0]).ask(args);
    const [before, now] = used;
    if (before !== undefined && now !== undefined) taken.push({ before, now });
  }
  await Promise.all(servers.map((server) => server.close()));
  const stretches = ROWS.map((last, at) => ({ first: ROWS[at - 1] ?? 0, last }));
  const rows = [...stretches, { first: 0, last: taken.length }].map(({ first, last }, at) => {
    const cells = (['main', 'all'] as const).map((thread) => compareUsed(taken.slice(first, last), thread));
    const calls =
      first > 0 ? `${first + 1} to ${last}` : at === 0 ? `start and ${last}` : 'all, with the start';
    return `| ${calls} | ${cells.join(' | ')} |`;
  });
  return [
    // A median would hide the full collections, one in many calls.
    'Means of a call over stdio, asked in turn: the other build, this one, and their ratio.',
    '',
    '| processor time of `investigate`, call | first thread | ratio | all threads | ratio |',
    '| --- | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}

/** Means of both builds in milliseconds and their ratio, as cells of a table. */
function compareUsed(taken: readonly { before: Used; now: Used }[], thread: keyof Used): string {
  const computeMean = (build: 'before' | 'now') =>
    taken.reduce((sum, one) => sum + one[build][thread], 0) / taken.length;
  const [before, now] = [computeMean('before'), computeMean('now')];
  return `${before.toFixed(1)}, ${now.toFixed(1)} ms | **${(now / before).toFixed(2)}**`;
}
