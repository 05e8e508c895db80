import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { redisServer } from '../../test/support/fake-redis.js';
import { directory, MINUTE, never, OWNER, process, source } from '../../test/support/kept-answers.js';
import { realRedis, startRedis } from '../../test/support/redis.js';
import { schemaIdentity } from './identity.js';
import type { CachePlace } from './kept-answers.js';

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
    await expect.poll(() => restarted.names()).toEqual(['pod', 'zone']);
    expect(state.asked).toBe(2);
    await expect.poll(async () => (await process(where, of, clock)).names()).toEqual(['pod', 'zone']);
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
    await expect.poll(() => restarted.names()).toEqual([]);
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

  test.each([
    ['no JSON', '{'],
    ['something else', 'null'],
  ])('an entry of %s has a slow source asked once', async (_name, value) => {
    const { file, state, again } = await filled();
    await writeFile(file, JSON.stringify({ format: 1, expires: 9e15, value }));
    let answer = () => {};
    state.answers = new Promise((resolve) => {
      answer = resolve;
    });
    const names = (await again()).names();
    await expect.poll(() => state.asked).toBe(2);
    // The library gives an old value after a timer of 0 ms; the source answers long after it.
    await new Promise((next) => setTimeout(next, 50));
    answer();
    expect(await names).toEqual(['pod']);
    expect(state.asked).toBe(2);
    await expect.poll(async () => (await again()).names()).toEqual(['pod']);
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
    await expect.poll(() => readdir(where)).toEqual([]);
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
