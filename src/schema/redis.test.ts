import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { redisServer } from '../../test/support/fake-redis.js';
import { IDENTITY, MINUTE, open, process, SECRET, source } from '../../test/support/kept-answers.js';
import { realRedis, startRedis } from '../../test/support/redis.js';
import { isTexts } from './cache.js';
import type { CachePlace } from './kept-answers.js';
import { COMMAND_MS, FIRST_WAIT_MS } from './redis.js';

describe('in Redis', () => {
  test('a server that is down is told once, without its address, and costs no answer', async () => {
    const { port, stop } = await redisServer();
    await stop();
    const warnings: string[] = [];
    const kept = await open({ kind: 'redis', url: `redis://user:${SECRET}@127.0.0.1:${port}` }, (message) =>
      warnings.push(message),
    );
    const cache = kept.cacheFor(IDENTITY);
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
    const cache = kept.cacheFor(IDENTITY);
    expect(await cache.recall('a', isTexts, async () => ['pod'], MINUTE)).toEqual(['pod']);
    await stop();
    expect(await cache.recall('b', isTexts, async () => ['zone'], MINUTE)).toEqual(['zone']);
    expect(await cache.recall('a', isTexts, async () => ['other'], MINUTE)).toEqual(['pod']);
  });

  test('a server that accepts and never answers is done without', async () => {
    const { port } = await redisServer({ silent: true });
    const kept = await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    expect(await kept.cacheFor(IDENTITY).recall('a', isTexts, async () => ['pod'], MINUTE)).toEqual(['pod']);
  });

  test('a server that stops answering is waited for once, for less than a second in all', async () => {
    const options = { silent: false };
    const { port, commands } = await redisServer(options);
    const kept = await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` });
    const cache = kept.cacheFor(IDENTITY);
    const names = async () => ['pod'];
    await cache.recall('kept', isTexts, names, MINUTE);
    options.silent = true;
    commands.length = 0;
    for (const key of ['a', 'b', 'c'])
      expect(await cache.recall(key, isTexts, names, MINUTE)).toEqual(['pod']);
    await cache.keep('d', ['pod'], MINUTE);
    await cache.recall('e', isTexts, async () => [], MINUTE);
    await Promise.all(['f', 'g', 'h'].map((key) => cache.recall(key, isTexts, names, MINUTE)));
    // The waits add up: at most one connection and one command.
    expect(commands).toEqual(['get']);
    expect(FIRST_WAIT_MS + COMMAND_MS).toBeLessThan(1_000);
  });

  test.runIf(realRedis().own)(
    'a real one that is stopped in the middle of work is done without',
    async () => {
      const redis = await startRedis();
      onTestFinished(() => redis.close());
      const kept = await open({ kind: 'redis', url: redis.url });
      const cache = kept.cacheFor(IDENTITY);
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
