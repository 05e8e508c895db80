import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * As much of a Redis server as the cache needs: GET, SET with PX, DEL, UNLINK, GETDEL, and of hashes HLEN,
 * HGETALL, HSET, HDEL.
 */
export async function redisServer(
  options: {
    silent?: boolean;
    /** Changes what is kept of a value; '' for nothing of it, null for a server that has no room. */
    kept?: (value: string) => string | null;
  } = {},
) {
  const entries = new Map<string, string>();
  const hashes = new Map<string, Map<string, string>>();
  /** Names of the commands that arrived. */
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (command: readonly string[]): string => {
    const [name = '', key = '', value = ''] = command;
    const hash = hashes.get(key) ?? new Map<string, string>();
    if (/^h/i.test(name) && entries.has(key))
      return '-WRONGTYPE Operation against a key holding the wrong kind of value\r\n';
    switch (name.toLowerCase()) {
      case 'get': {
        const stored = entries.get(key);
        return stored === undefined ? '$-1\r\n' : `$${Buffer.byteLength(stored)}\r\n${stored}\r\n`;
      }
      case 'set': {
        const kept = options.kept === undefined ? value : options.kept(value);
        if (kept === null) return "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
        if (kept !== '') entries.set(key, kept);
        return '+OK\r\n';
      }
      case 'del':
      case 'unlink':
        return `:${Number(entries.delete(key) || hashes.delete(key))}\r\n`;
      case 'hlen':
        return `:${hash.size}\r\n`;
      case 'hgetall':
        return `*${2 * hash.size}\r\n${[...hash].flat().map(bulk).join('')}`;
      case 'hset':
        for (let at = 2; at + 1 < command.length; at += 2) hash.set(command[at] ?? '', command[at + 1] ?? '');
        hashes.set(key, hash);
        return ':1\r\n';
      case 'hdel':
        for (const field of command.slice(2)) hash.delete(field);
        return ':1\r\n';
      case 'pexpire':
        return ':1\r\n';
      case 'info':
        return '$9\r\nloading:0\r\n';
      default:
        return '+OK\r\n';
    }
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let buffered = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      buffered += data.toString();
      for (;;) {
        const read = readCommand(buffered);
        if (read === null) return;
        buffered = read.rest;
        commands.push(read.command[0] ?? '');
        if (options.silent !== true) socket.write(answer(read.command));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(stop);
  return { port: address.port, entries, hashes, commands, stop };
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** The first command of a stream, `*N` bulk strings; null until it is whole. */
function readCommand(text: string): { command: string[]; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  let rest = text.slice(head[0].length);
  const command: string[] = [];
  for (let index = 0; index < Number(head[1]); index++) {
    const bulk = /^\$(\d+)\r\n/.exec(rest);
    if (bulk === null) return null;
    const length = Number(bulk[1]);
    const from = bulk[0].length;
    if (rest.length < from + length + 2) return null;
    command.push(rest.slice(from, from + length));
    rest = rest.slice(from + length + 2);
  }
  return { command, rest };
}
