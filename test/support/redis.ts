import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';

/** Programs that are a Redis, Debian's package first. */
const PROGRAMS = ['redis-server', 'valkey-server'];

/** The program on this machine; null where there is none. */
const program = PROGRAMS.find((name) => spawnSync(name, ['--version']).status === 0) ?? null;
const { REDIS_URL: given, REQUIRE_LIVE: required } = process.env;

/**
 * Whether tests have a real Redis: a program that they start, or for those that do not end it the server at
 * REDIS_URL. Says so once where they have none; with REQUIRE_LIVE=1 that is a failure.
 */
export function realRedis(): { any: boolean; own: boolean } {
  const any = program !== null || Boolean(given);
  if (!any && required === '1')
    throw new Error('REQUIRE_LIVE=1, but there is no redis-server, nor REDIS_URL');
  if (!any)
    console.warn('Tests with a real Redis are skipped: install redis-server or valkey, or set REDIS_URL.');
  return { any, own: program !== null };
}

/** A real Redis, of the test alone where it was started for it. */
export interface TestRedis {
  url: string;
  /** All keys with their values, of this product's own prefix. */
  entries(): Promise<Map<string, string>>;
  /** Puts a value in the place of each of them. */
  spoil(value: string): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts an empty one on the same port. */
  restart(): Promise<void>;
  /** Stops and continues the process: connections stay open, and nothing is answered. */
  hang(on: boolean): void;
  close(): Promise<void>;
}

const PREFIX = 'pyroscope-mcp:';

/** @throws Error where there is none: see {@link realRedis} */
export async function startRedis(): Promise<TestRedis> {
  const port = program === null ? null : await freePort();
  const url = port === null ? (given ?? '') : `redis://127.0.0.1:${port}`;
  if (url === '') throw new Error('no Redis');
  let child = port === null ? null : await started(port);
  const asking = async <T>(ask: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(url, { maxRetriesPerRequest: 1 });
    client.on('error', () => {});
    try {
      return await ask(client);
    } finally {
      client.disconnect();
    }
  };
  const requireChild = (): ChildProcess => {
    if (child === null) throw new Error('the Redis at REDIS_URL is not ours to stop');
    return child;
  };
  const kill = async () => {
    const running = requireChild();
    if (running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  return {
    url,
    entries: () =>
      asking(async (client) => {
        const keys = await client.keys(`${PREFIX}*`);
        return new Map(
          await Promise.all(
            keys.map(async (key) => {
              const isHash = (await client.type(key)) === 'hash';
              const value = isHash ? JSON.stringify(await client.hgetall(key)) : await client.get(key);
              return [key, value ?? ''] as const;
            }),
          ),
        );
      }),
    spoil: (value) =>
      asking(async (client) => {
        for (const key of await client.keys(`${PREFIX}*`)) await client.set(key, value);
      }),
    kill,
    async restart() {
      child = await started(port ?? 0);
    },
    hang: (on) => void requireChild().kill(on ? 'SIGSTOP' : 'SIGCONT'),
    async close() {
      if (child !== null) await kill();
    },
  };
}

async function started(port: number): Promise<ChildProcess> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program ?? '', [...settings, '--dir', tmpdir()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const text of child.stdout.setEncoding('utf8')) {
    if (String(text).includes('eady to accept connections')) break;
  }
  if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
  child.stdout.resume();
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
