import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { demoSource, INCIDENT_WINDOW } from '../support/ask.js';
import { connectTo, type TestClient } from '../support/clients.js';
import { redisServer } from '../support/fake-redis.js';
import { cleanEnvironment, MAIN } from '../support/process.js';
import { startPyroscopeServer } from '../support/pyroscope-server.js';

// The memory of calls that were followed up: what the built program keeps, and where; several processes.

const CHECKOUT = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };
const SECRET = 'tok_planted-s3cret-hunter2';

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(path.join(tmpdir(), 'memory-'));
  const made = cache;
  onTestFinished(() => rm(made, { recursive: true, force: true, maxRetries: 5 }));
});

async function store(): Promise<string> {
  const server = await startPyroscopeServer(demoSource());
  onTestFinished(() => server.close());
  return server.url;
}

async function agent(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<TestClient> {
  const client = await connectTo({
    command: process.execPath,
    args: [MAIN, ...args],
    env: cleanEnvironment(env),
  });
  onTestFinished(() => client.close());
  return client;
}

/** A question about a part of the service, and one that follows it. */
async function work(client: TestClient): Promise<void> {
  await client.callTool('summarize_profile', { ...CHECKOUT, selector: 'pod=~".*user-4711.*|.+"' });
  await client.callTool('inspect_function', { ...CHECKOUT, function: 'loadPattern' });
}

const learned = async (client: TestClient) => (await client.callTool('find_query_patterns', {})).text;

/** Names and contents of all files below the cache. */
async function keptFiles(): Promise<Map<string, string>> {
  const names = (await readdir(cache, { recursive: true, withFileTypes: true })).filter((each) =>
    each.isFile(),
  );
  return new Map(
    await Promise.all(
      names.map(async (each) => {
        const file = path.join(each.parentPath, each.name);
        return [path.relative(cache, file), await readFile(file, 'utf8')] as const;
      }),
    ),
  );
}
const rowFiles = async () => [...(await keptFiles())].filter(([name]) => name.startsWith('rows-'));

describe('on disk', () => {
  test('the next process offers what the last one learned; no value, time, function or secret is kept', async () => {
    const env = { PYROSCOPE_URL: await store(), PYROSCOPE_TOKEN: SECRET, PYROSCOPE_MCP_CACHE_DIR: cache };
    const first = await agent(env);
    await work(first);
    await first.close();
    const rows = await rowFiles();
    expect(rows).toHaveLength(1);
    const [[name, text] = ['', '']] = rows;
    expect(JSON.parse(JSON.parse(text)[0][1])).toMatchObject({
      service: 'checkout-api',
      conditions: [['pod', '=~']],
    });
    for (const value of ['user-4711', 'loadPattern', SECRET, '2026-11-20', INCIDENT_WINDOW.from])
      expect(`${name} ${text}`).not.toContain(value);
    const second = await agent(env);
    expect(await learned(second)).toMatch(
      /^1 query pattern from calls of our own that were followed up[\s\S]*cpu of \{service_name="checkout-api"\}; narrowed by pod \(=~\); asked here before and followed up on 1 day/,
    );
    const other = await agent({ ...env, PYROSCOPE_TOKEN: 'another-token-of-someone' });
    expect(await learned(other)).toMatch(/^No query patterns: .*of which there are none yet/);
  });

  test('several processes at once keep what each of them learned', async () => {
    const env = { PYROSCOPE_URL: await store(), PYROSCOPE_MCP_CACHE_DIR: cache };
    const agents = await Promise.all([1, 2, 3].map(() => agent(env)));
    await Promise.all(
      agents.map(async (client, at) => {
        const type = ['cpu', 'alloc', 'inuse'][at] ?? '';
        await client.callTool('summarize_profile', { ...CHECKOUT, profile_type: type });
        await client.callTool('query_profile', { ...CHECKOUT, profile_type: type });
      }),
    );
    await Promise.all(agents.map((client) => client.close()));
    expect(await learned(await agent(env))).toMatch(/^3 query patterns from calls of our own/);
  });

  test('deleting the folder deletes the memory', async () => {
    const env = { PYROSCOPE_URL: await store(), PYROSCOPE_MCP_CACHE_DIR: cache };
    const first = await agent(env);
    await work(first);
    await first.close();
    for (const name of await readdir(cache))
      if (name.startsWith('rows-')) await rm(path.join(cache, name), { recursive: true });
    expect(await learned(await agent(env))).toMatch(/^No query patterns/);
  });

  test.each<[string, Record<string, string>, string[]]>([
    ['the flag', {}, ['--no-query-memory']],
    ['the variable', { PYROSCOPE_MCP_NO_QUERY_MEMORY: 'true' }, []],
  ])('%s switches it off: nothing is kept, and nothing offered', async (_what, more, args) => {
    const env = { PYROSCOPE_URL: await store(), PYROSCOPE_MCP_CACHE_DIR: cache, ...more };
    const client = await agent(env, args);
    await work(client);
    expect(await learned(client)).toMatch(/^No query patterns: .* is not behind one\.\n/);
    await client.close();
    expect(await rowFiles()).toEqual([]);
    expect((await keptFiles()).size).toBeGreaterThan(0);
  });

  test('where nothing is to be kept, it ends with the process', async () => {
    const env = { PYROSCOPE_URL: await store(), PYROSCOPE_MCP_CACHE_DIR: 'none' };
    const client = await agent(env);
    await work(client);
    await expect.poll(() => learned(client)).toMatch(/^1 query pattern/);
    await client.close();
    expect(await learned(await agent(env))).toMatch(/^No query patterns/);
  });
});

test('in Redis every replica offers what another one learned', async () => {
  const redis = await redisServer();
  const env = {
    PYROSCOPE_URL: await store(),
    PYROSCOPE_MCP_CACHE_URL: `redis://127.0.0.1:${redis.port}`,
    PYROSCOPE_MCP_CACHE_DIR: cache,
  };
  const [first, second] = await Promise.all([agent(env), agent(env)]);
  await work(first);
  await expect.poll(() => learned(second)).toMatch(/^1 query pattern from calls of our own/);
  const kept = [...redis.hashes];
  expect(kept).toHaveLength(1);
  expect(kept[0]?.[0]).toMatch(/^pyroscope-mcp:rows-1:[0-9a-f]{64}$/);
  expect(JSON.stringify([...(kept[0]?.[1] ?? [])])).not.toContain('user-4711');
  expect(await rowFiles()).toEqual([]);
});
