import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { redisServer } from '../../test/support/fake-redis.js';
import { directory } from '../../test/support/kept-answers.js';
import { realRedis, startRedis } from '../../test/support/redis.js';
import type { CachePlace } from './kept-answers.js';
import { openKeptRows } from './kept-rows.js';
import { ROWS_FORM, ROWS_KEPT_MS, type RowChange } from './rows.js';

const PLACES = ['disk', 'redis', ...(realRedis().own ? ['a real Redis'] : [])];
const put = (rows: Record<string, string>, drop: string[] = []): RowChange => ({
  put: new Map(Object.entries(rows)),
  drop,
});

async function open(place: CachePlace) {
  const store = await openKeptRows(place);
  onTestFinished(() => store.close());
  return store;
}

describe.each(PLACES)('rows kept in %s', (kind) => {
  const place = async (): Promise<CachePlace> => {
    if (kind === 'disk') return { kind, directory: path.join(await directory(), 'schema') };
    if (kind === 'redis') return { kind, url: `redis://127.0.0.1:${(await redisServer()).port}` };
    const redis = await startRedis();
    onTestFinished(() => redis.close());
    return { kind: 'redis', url: redis.url };
  };

  test('are read by the next process, and by no other owner', async () => {
    const where = await place();
    const rows = (await open(where)).rowsFor('owner');
    expect(await rows.read()).toEqual(new Map());
    await rows.change(() => put({ a: '1', b: '2' }));
    await rows.change((stored) => put({ c: [...stored.keys()].sort().join() }, ['a']));
    const next = await open(where);
    expect(await next.rowsFor('owner').read()).toEqual(
      new Map([
        ['b', '2'],
        ['c', 'a,b'],
      ]),
    );
    expect(await next.rowsFor('other').read()).toEqual(new Map());
  });

  test('of many writers at once are all there', async () => {
    const where = await place();
    const stores = await Promise.all(Array.from({ length: 8 }, () => open(where)));
    await Promise.all(
      stores.flatMap((store, at) =>
        ['x', 'y'].map((name) => store.rowsFor('owner').change(() => put({ [`${name}${at}`]: name }))),
      ),
    );
    expect((await stores[0]?.rowsFor('owner').read())?.size).toBe(16);
  });
});

describe('on disk', () => {
  const fileIn = async (folder: string) => {
    const [name = ''] = (await readdir(path.join(folder, ROWS_FORM))).filter((each) =>
      each.endsWith('.json'),
    );
    return path.join(folder, ROWS_FORM, name);
  };

  test('only this user can read them, and the name of the file shows nothing of the owner', async () => {
    const folder = await directory();
    await (await open({ kind: 'disk', directory: path.join(folder, 'schema') }))
      .rowsFor('owner')
      .change(() => put({ a: '1' }));
    const file = await fileIn(folder);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700);
    expect(path.basename(file)).toMatch(/^[0-9a-f]{64}\.json$/);
    expect(await readdir(path.dirname(file))).toHaveLength(1);
  });

  test.each([
    ['cut short', '[["a","1"],["b'],
    ['something else', '{"a":1}'],
    ['rows of another kind', '[["a",1],"b",null,["c"]]'],
    ['too long', `[["a","${'x'.repeat(2 ** 20)}"]]`],
    ['nothing', ''],
  ])('a file that is %s counts as none, and the next change replaces it', async (_what, text) => {
    const folder = await directory();
    const rows = (await open({ kind: 'disk', directory: path.join(folder, 'schema') })).rowsFor('owner');
    await rows.change(() => put({ a: '1' }));
    await writeFile(await fileIn(folder), text);
    expect(await rows.read()).toEqual(new Map());
    await rows.change(() => put({ b: '2' }));
    expect(await rows.read()).toEqual(new Map([['b', '2']]));
  });

  test('those of an owner who has not changed any for months are removed', async () => {
    const folder = await directory();
    const store = await open({ kind: 'disk', directory: path.join(folder, 'schema') });
    await store.rowsFor('old').change(() => put({ a: '1' }));
    const old = new Date(Date.now() - ROWS_KEPT_MS - 60_000);
    await utimes(await fileIn(folder), old, old);
    await store.rowsFor('new').change(() => put({ b: '2' }));
    expect(await store.rowsFor('old').read()).toEqual(new Map());
    expect(await store.rowsFor('new').read()).toEqual(new Map([['b', '2']]));
  });

  test('a lock that a dead writer left is taken over', { timeout: 30_000 }, async () => {
    const folder = await directory();
    const rows = (await open({ kind: 'disk', directory: path.join(folder, 'schema') })).rowsFor('owner');
    await rows.change(() => put({ a: '1' }));
    const lock = `${await fileIn(folder)}.lock`;
    await mkdir(lock);
    const old = new Date(Date.now() - 60_000);
    await utimes(lock, old, old);
    await rows.change(() => put({ b: '2' }));
    expect((await rows.read()).size).toBe(2);
  });

  test('a folder that cannot be made is an error, not a crash', async () => {
    const folder = await directory();
    await writeFile(path.join(folder, 'file'), '');
    const rows = (await open({ kind: 'disk', directory: path.join(folder, 'file', 'schema') })).rowsFor('o');
    await expect(rows.change(() => put({ a: '1' }))).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('in Redis', () => {
  test('what is of another kind, or too much, counts as none and is replaced', async () => {
    const server = await redisServer();
    const rows = (await open({ kind: 'redis', url: `redis://127.0.0.1:${server.port}` })).rowsFor('owner');
    const key = `pyroscope-mcp:${ROWS_FORM}:owner`;
    server.entries.set(key, 'spoilt');
    expect(await rows.read()).toEqual(new Map());
    await rows.change(() => put({ a: '1' }));
    expect(await rows.read()).toEqual(new Map([['a', '1']]));
    server.hashes.set(key, new Map(Array.from({ length: 1_001 }, (_, at) => [String(at), 'x'])));
    expect(await rows.read()).toEqual(new Map());
    await rows.change(() => put({ b: '2' }));
    expect(server.hashes.get(key)).toEqual(new Map([['b', '2']]));
  });

  test('a server that is not there fails at once, and is used when it is', async () => {
    const rows = (await open({ kind: 'redis', url: 'redis://127.0.0.1:1' })).rowsFor('owner');
    const started = performance.now();
    await expect(rows.read()).rejects.toThrow();
    await expect(rows.change(() => put({ a: '1' }))).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('a server that says nothing fails after its time', async () => {
    const { port } = await redisServer({ silent: true });
    const rows = (await open({ kind: 'redis', url: `redis://127.0.0.1:${port}` })).rowsFor('owner');
    await expect(rows.read()).rejects.toThrow();
  });
});

test('what is written can be read by a person', async () => {
  const folder = await directory();
  const store = await open({ kind: 'disk', directory: path.join(folder, 'schema') });
  await store.rowsFor('owner').change(() => put({ a: '{"service":"shop"}' }));
  const [name = ''] = await readdir(path.join(folder, ROWS_FORM));
  expect(JSON.parse(await readFile(path.join(folder, ROWS_FORM, name), 'utf8'))).toEqual([
    ['a', '{"service":"shop"}'],
  ]);
});
