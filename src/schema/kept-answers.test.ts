import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { realRedis, startRedis } from '../../test/support/redis.js';
import type { ProfileSource } from '../sources/source.js';
import { isTexts } from './cache.js';
import { schemaIdentity } from './identity.js';
import { type CachePlace, openKeptAnswers } from './kept-answers.js';
import { COMMAND_MS, FIRST_WAIT_MS } from './redis.js';
import { createSchema } from './schema.js';

const SECRET = 'glsa_planted-s3cret-hunter2';
const OWNER = { origin: 'https://pyroscope.example', org: null, source: 'prod', credential: [SECRET] };
const IDENTITY = schemaIdentity(OWNER);
const never = () => new AbortController().signal;
const quiet = () => {};

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'schema-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function open(place: CachePlace, warn: (message: string) => void = quiet) {
  const kept = await openKeptAnswers(place, warn);
  onTestFinished(() => kept.close());
  return kept;
}

/** A source whose label names can be changed, and that counts how often it is asked. */
function source(names: string[] = ['pod']) {
  const state = { names, asked: 0, down: false };
  const ask = async () => {
    state.asked++;
    if (state.down) throw new Error('down');
    return state.names;
  };
  const made: ProfileSource = {
    name: 's',
    uid: 's',
    kind: 'pyroscope',
    labelNames: ask,
    labelValues: ask,
    series: async () => (await ask()).map((name) => ({ service_name: name, __profile_type__: 't' })),
    profile: () => Promise.reject(new Error('not asked')),
    snapshots: async () => [],
    timeSeries: async () => [],
    dataRange: async () => null,
    problems: async () => [],
    close: async () => {},
  };
  return { state, source: made };
}

const MINUTE = 60_000;

/** A process with its clock: its own memory over a cache. */
async function process(place: CachePlace, of: ProfileSource, clock: { now: number }, identity = IDENTITY) {
  const kept = await open(place);
  const schema = createSchema(of, { cache: kept.of(identity), now: () => clock.now });
  const lastHour = () => ({ from: clock.now - 60 * MINUTE, to: clock.now });
  return {
    schema,
    names: () => schema.labelNames([], lastHour(), never()),
    freshNames: () => schema.fresh.labelNames([], lastHour(), never()),
    services: () => schema.servicesAndTypes([], lastHour(), never()),
  };
}

const PLACES = ['disk', 'redis', ...(realRedis().own ? ['a real Redis'] : [])];

describe.each(PLACES)('answers kept in %s', (kind) => {
  const place = async (): Promise<CachePlace> => {
    if (kind === 'disk') return { kind, directory: await directory() };
    if (kind === 'redis') return { kind, url: `redis://127.0.0.1:${(await redisServer()).port}` };
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    return { kind: 'redis', url: redis.url };
  };

  test('survive a restart, whatever the time of day', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    const first = await process(where, of, clock);
    expect(await first.names()).toEqual(['pod']);
    expect(await first.services()).toEqual([{ service_name: 'pod', __profile_type__: 't' }]);
    clock.now += 17 * MINUTE;
    const second = await process(where, of, clock);
    expect(await second.names()).toEqual(['pod']);
    expect(await second.services()).toEqual([{ service_name: 'pod', __profile_type__: 't' }]);
    expect(state.asked).toBe(2);
  });

  test('are given although they are old, and asked for anew in the background', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(where, of, clock)).names();
    state.names = ['pod', 'zone'];
    await later(2 * MINUTE);
    const restarted = await process(where, of, clock);
    expect(await restarted.names()).toEqual(['pod']);
    await vi.waitFor(async () => expect(await restarted.names()).toEqual(['pod', 'zone']));
    expect(state.asked).toBe(2);
    await vi.waitFor(async () =>
      expect(await (await process(where, of, clock)).names()).toEqual(['pod', 'zone']),
    );
  });

  test('serve while the source is down', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(where, of, clock)).names();
    state.down = true;
    await later(2 * MINUTE);
    const restarted = await process(where, of, clock);
    expect(await restarted.names()).toEqual(['pod']);
    await expect(restarted.freshNames()).rejects.toThrow('down');
    await expect(restarted.schema.labelNames([], { from: 0, to: 1 }, never())).rejects.toThrow('down');
  });

  test('are asked for just now before something is said not to exist, once for many', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    const process1 = await process(where, of, clock);
    await process1.names();
    const restarted = await process(where, of, clock);
    expect(await restarted.names()).toEqual(['pod']);
    state.names = ['pod', 'zone'];
    expect(await Promise.all([1, 2, 3].map(restarted.freshNames))).toEqual(Array(3).fill(['pod', 'zone']));
    expect(await restarted.freshNames()).toEqual(['pod', 'zone']);
    expect(await restarted.names()).toEqual(['pod', 'zone']);
    expect(state.asked).toBe(2);
    expect(await (await process(where, of, clock)).names()).toEqual(['pod', 'zone']);
  });

  test('end when there is nothing any more', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(where, of, clock)).names();
    state.names = [];
    const restarted = await process(where, of, clock);
    expect(await restarted.freshNames()).toEqual([]);
    expect(await restarted.names()).toEqual([]);
    expect(await (await process(where, of, clock)).names()).toEqual([]);
  });

  test('end, too, when the background finds nothing', async () => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(where, of, clock)).names();
    state.names = [];
    await later(2 * MINUTE);
    const restarted = await process(where, of, clock);
    expect(await restarted.names()).toEqual(['pod']);
    await vi.waitFor(async () => expect(await restarted.names()).toEqual([]));
  });

  test.each([
    ['credential', { ...OWNER, credential: ['another'] }],
    ['origin', { ...OWNER, origin: 'https://other.example' }],
    ['tenant', { ...OWNER, org: 'team-a' }],
    ['source', { ...OWNER, source: 'staging' }],
  ])('are not read with another %s', async (_name, owner) => {
    const where = await place();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(where, of, clock)).names();
    state.names = ['theirs'];
    expect(await (await process(where, of, clock, schemaIdentity(owner))).names()).toEqual(['theirs']);
    expect(await (await process(where, of, clock)).names()).toEqual(['pod']);
  });

  test('are asked for once for many who ask at the same time', async () => {
    const where = await place();
    const { source: of, state } = source();
    const asking = await process(where, of, { now: Date.now() });
    await Promise.all(Array.from({ length: 50 }, asking.names));
    expect(state.asked).toBe(1);
  });

  test('leave failures of the source as they are', async () => {
    const where = await place();
    const { source: of, state } = source();
    state.down = true;
    const asking = await process(where, of, { now: Date.now() });
    await expect(asking.names()).rejects.toThrow(/^down$/);
    state.down = false;
    expect(await asking.names()).toEqual(['pod']);
  });
});

/** Lets so much time pass for everything that looks at the clock of the machine. */
async function later(ms: number) {
  const now = Date.now() + ms;
  vi.spyOn(Date, 'now').mockReturnValue(now);
  onTestFinished(() => void vi.restoreAllMocks());
}

describe('on disk', () => {
  async function filled() {
    const where = await directory();
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process({ kind: 'disk', directory: where }, of, clock)).names();
    const [name = '', ...others] = await readdir(where);
    expect(others).toEqual([]);
    const file = path.join(where, name);
    return { where, file, state, again: () => process({ kind: 'disk', directory: where }, of, clock) };
  }

  test.each<[string, (good: string) => string]>([
    ['nothing', () => ''],
    ['half of it', (good) => good.slice(0, good.length / 2)],
    ['no JSON', () => '\u0000\u0001'],
    ['null', () => 'null'],
    ['a list', () => '[]'],
    ['another format', (good) => good.replace('"format":1', '"format":0')],
    ['an entry without time', (good) => good.replace(/"expires":\d+/, '"expires":null')],
    ['an entry whose value is no text', () => '{"format":1,"expires":9e15,"value":[1]}'],
    ['an entry whose value is no JSON', () => '{"format":1,"expires":9e15,"value":"{"}'],
    ['an entry of something else', () => '{"format":1,"expires":9e15,"value":"null"}'],
    ['another kind of answer', (good) => good.replaceAll('pod', 'pod\\",7,\\"')],
  ])('%s in a file is dropped and learned again', async (_name, spoil) => {
    const { file, state, again } = await filled();
    const good = await readFile(file, 'utf8');
    const bad = spoil(good);
    expect(bad).not.toBe(good);
    await writeFile(file, bad);
    expect(await (await again()).names()).toEqual(['pod']);
    expect(state.asked).toBe(2);
    expect(await (await again()).names()).toEqual(['pod']);
    expect(state.asked).toBe(2);
  });

  test('only this user can read it, and no secret is in it', async () => {
    const { file, where } = await filled();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('s3cret');
    expect(path.basename(file)).not.toContain('s3cret');
    expect((await readdir(where)).join()).toMatch(/^\w+\.json$/);
  });

  test('files that nobody uses any more go', async () => {
    const { file, again, where } = await filled();
    const lastWeek = new Date(Date.now() - 7 * 24 * 60 * MINUTE);
    await utimes(file, lastWeek, lastWeek);
    await again();
    await vi.waitFor(async () => expect(await readdir(where)).toEqual([]));
  });

  test('where nothing can be written the schema is learned all the same', async () => {
    const blocked = path.join(await directory(), 'file');
    await writeFile(blocked, '');
    const { source: of, state } = source();
    const asking = await process({ kind: 'disk', directory: path.join(blocked, 'below') }, of, {
      now: Date.now(),
    });
    expect(await asking.names()).toEqual(['pod']);
    expect(await asking.names()).toEqual(['pod']);
    expect(state.asked).toBe(1);
  });
});

describe('in Redis', () => {
  test('a server that is down is told once, without its address, and costs no answer', async () => {
    const { port, stop } = await redisServer();
    await stop();
    const warnings: string[] = [];
    const kept = await open({ kind: 'redis', url: `redis://user:${SECRET}@127.0.0.1:${port}` }, (message) =>
      warnings.push(message),
    );
    const cache = kept.of(IDENTITY);
    const ask = vi.fn(async () => ['pod']);
    expect(await cache.recall('a', isTexts, ask, MINUTE)).toEqual(['pod']);
    expect(await cache.recall('a', isTexts, ask, MINUTE)).toEqual(['pod']);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(warnings.length).toBe(1);
    expect(warnings[0]).not.toContain('s3cret');
  });

  test('a server that goes away is done without', async () => {
    const { port, stop } = await redisServer();
    const kept = await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    const cache = kept.of(IDENTITY);
    expect(await cache.recall('a', isTexts, async () => ['pod'], MINUTE)).toEqual(['pod']);
    await stop();
    expect(await cache.recall('b', isTexts, async () => ['zone'], MINUTE)).toEqual(['zone']);
    expect(await cache.recall('a', isTexts, async () => ['other'], MINUTE)).toEqual(['pod']);
  });

  test('a server that accepts and never answers is done without', async () => {
    const { port } = await redisServer({ silent: true });
    const kept = await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    expect(await kept.of(IDENTITY).recall('a', isTexts, async () => ['pod'], MINUTE)).toEqual(['pod']);
  });

  test('a server that stops answering is waited for once, for less than a second in all', async () => {
    const options = { silent: false };
    const { port, commands } = await redisServer(options);
    const kept = await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    const cache = kept.of(IDENTITY);
    const names = async () => ['pod'];
    await cache.recall('kept', isTexts, names, MINUTE);
    options.silent = true;
    commands.length = 0;
    for (const key of ['a', 'b', 'c'])
      expect(await cache.recall(key, isTexts, names, MINUTE)).toEqual(['pod']);
    await cache.keep('d', ['pod'], MINUTE);
    await cache.recall('e', isTexts, async () => [], MINUTE);
    await Promise.all(['f', 'g', 'h'].map((key) => cache.recall(key, isTexts, names, MINUTE)));
    // What waits one after another: at most one connection and one command.
    expect(commands).toEqual(['get']);
    expect(FIRST_WAIT_MS + COMMAND_MS).toBeLessThan(1_000);
  });

  test.runIf(realRedis().own)(
    'a real one that is stopped in the middle of work is done without',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.close());
      const kept = await open({ kind: 'redis', url: redis.url });
      const cache = kept.of(IDENTITY);
      const ask = vi.fn(async () => ['pod']);
      await cache.recall('a', isTexts, ask, MINUTE);
      redis.hang(true);
      onTestFinished(() => redis.hang(false));
      for (const key of ['b', 'c', 'd', 'a', 'b', 'c', 'd']) {
        expect(await cache.recall(key, isTexts, ask, MINUTE)).toEqual(['pod']);
      }
      // Remembered by the process as before.
      expect(ask).toHaveBeenCalledTimes(4);
    },
  );

  test('what is no answer is dropped and learned again', async () => {
    const { port, entries } = await redisServer();
    const place: CachePlace = { kind: 'redis', url: `redis://127.0.0.1:${port}` };
    const { source: of, state } = source();
    const clock = { now: Date.now() };
    await (await process(place, of, clock)).names();
    const far = '"createdAt":0,"logicalExpiration":9e15';
    for (const spoilt of [
      ...['', '{', 'null', '[]', '{"value":7}', '{"value":["a",1]}', '\u0000\u0001'],
      `{"value":["a",1],${far}}`,
      `{"value":{"0":"a","length":1},${far}}`,
      `{"value":[["a"]],${far},"tags":["x"]}`,
      `{"value":${'['.repeat(5_000)}`,
      '{"value":["a"],"createdAt":"x","logicalExpiration":"soon","tags":7}',
    ]) {
      state.asked = 0;
      expect(entries.size).toBe(1);
      for (const key of entries.keys()) entries.set(key, spoilt);
      expect([spoilt, await (await process(place, of, clock)).names(), state.asked]).toEqual([
        spoilt,
        ['pod'],
        1,
      ]);
      expect([...entries.values()].join()).toContain('["pod"]');
    }
    expect([...entries].join()).not.toContain('s3cret');
  });
});

/** As much of a Redis server as the cache needs: GET, SET with PX, DEL, UNLINK, GETDEL. */
async function redisServer(options: { silent?: boolean } = {}) {
  const entries = new Map<string, string>();
  /** Names of the commands that arrived. */
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (command: readonly string[]): string => {
    const [name = '', key = '', value = ''] = command;
    switch (name.toLowerCase()) {
      case 'get': {
        const found = entries.get(key);
        return found === undefined ? '$-1\r\n' : `$${Buffer.byteLength(found)}\r\n${found}\r\n`;
      }
      case 'set':
        entries.set(key, value);
        return '+OK\r\n';
      case 'del':
      case 'unlink':
        return `:${Number(entries.delete(key))}\r\n`;
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
  return { port: address.port, entries, commands, stop };
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
