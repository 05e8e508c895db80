import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFilesSource } from '../src/sources/files/source.js';
import { fixture, INCIDENT_WINDOW } from './support/ask.js';
import { startPyroscopeServer } from './support/pyroscope-server.js';
import { realRedis, startRedis } from './support/redis.js';
import { type Answered, balanced, callAt, startReplica } from './support/replicas.js';
import type { SeenRequest } from './support/wire/loopback.js';

// Several servers behind a load balancer, in processes of their own, with one real Redis: what one learned
// serves the others, and neither the end of a replica nor that of the Redis loses a call.

const SECRET = 'planted-s3cret-hunter2';
const available = realRedis();
const files = createFilesSource({ directory: fixture('demo') });
afterAll(() => files.close());

/** Questions about the schema, of windows of their own so that none is remembered from another test. */
const QUESTIONS = [
  ['list_services', INCIDENT_WINDOW],
  ['list_profile_types', { service: 'checkout-api', ...INCIDENT_WINDOW }],
  ['list_labels', { service: 'checkout-api', ...INCIDENT_WINDOW }],
] as const;
const FINDINGS = [
  'summarize_profile',
  { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW },
] as const;

async function fleet(size: number) {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const upstream = await startPyroscopeServer(files);
  onTestFinished(() => upstream.close());
  const args = ['--pyroscope-url', upstream.url, '--pyroscope-token', SECRET, '--cache-url', redis.url];
  const replicas = await Promise.all(Array.from({ length: size }, () => startReplica(args)));
  onTestFinished(async () => {
    await Promise.all(replicas.map(({ kill }) => kill()));
  });
  const urls = replicas.map(({ url }) => url);
  return { redis, upstream, replicas, urls, another: () => startReplica(args) };
}

/** The requests for the schema; requests for costs are sent with every call. */
function aboutSchema(log: readonly SeenRequest[]): string[] {
  return log
    .filter(({ name }) => ['LabelNames', 'LabelValues', 'Series', 'ProfileTypes'].includes(name))
    .map(({ name, body }) => `${name} ${body.toString('latin1')}`);
}

/** Makes calls, some at once, until `end` is called; gives what all of them came to. */
function load(call: (tool: string, args: object) => Promise<Answered>, atOnce: number) {
  let isGoing = true;
  const answers: Answered[] = [];
  const errors: unknown[] = [];
  const agent = async (number: number) => {
    for (let round = number; isGoing; round++) {
      const [tool, args] = [...QUESTIONS, FINDINGS][round % 4] ?? FINDINGS;
      await call(tool, args).then(
        (answer) => answers.push(answer),
        (error) => errors.push(error),
      );
    }
  };
  const agents = Array.from({ length: atOnce }, (_, number) => agent(number));
  return {
    answers,
    errors,
    async end() {
      isGoing = false;
      await Promise.all(agents);
    },
  };
}

/** Waits until so many more calls have been answered. */
async function more({ answers }: { answers: readonly unknown[] }, count: number): Promise<void> {
  const wanted = answers.length + count;
  await vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(wanted), { timeout: 60_000 });
}

describe.runIf(available.any)('replicas', { timeout: 120_000 }, () => {
  test('answer from what another one learned, and ask for nothing of it; many who ask at once ask once', async () => {
    const { upstream, urls, redis, replicas } = await fleet(2);
    const [first = '', second = ''] = urls;
    // Both have loaded their code and are connected.
    const earlier = { from: '2026-11-20T13:00:00Z', to: '2026-11-20T13:30:00Z' };
    for (const url of urls) await callAt(url, 'list_services', earlier);
    for (const [tool, args] of QUESTIONS) {
      upstream.requests.clear();
      const learned = await Promise.all(Array.from({ length: 10 }, () => callAt(first, tool, args)));
      expect(new Set(learned.map(({ text }) => text)).size).toBe(1);
      const cold = aboutSchema(upstream.requests.log);
      expect(cold.length).toBeGreaterThan(0);
      expect(new Set(cold).size).toBe(cold.length);
      upstream.requests.clear();
      expect(await callAt(second, tool, args)).toEqual(learned[0]);
      expect([tool, aboutSchema(upstream.requests.log)]).toEqual([tool, []]);
    }
    const entries = await redis.entries();
    expect(entries.size).toBeGreaterThan(2);
    const logs = replicas.map(({ program }) => program.stderr() + program.stdout());
    const all = [...entries].flat().concat(logs).join('\n');
    for (const secret of [SECRET, Buffer.from(SECRET).toString('base64')]) expect(all).not.toContain(secret);
    expect(
      [...entries.keys()].every((key) => /^pyroscope-mcp:schema-2:(?:\w+:)?[0-9a-f]{64}$/.test(key)),
    ).toBe(true);
  });

  test('ask anew where the cache holds what nobody of them wrote', async () => {
    const { redis, urls, another } = await fleet(1);
    const askAll = (url: string) => Promise.all(QUESTIONS.map(([tool, args]) => callAt(url, tool, args)));
    const before = await askAll(urls[0] ?? '');
    for (const poison of [
      'garbage',
      '{"value":["checkout-api"',
      '{"value":{"length":3},"createdAt":0,"logicalExpiration":9e15,"tags":[]}',
      '{"value":[{"__proto__":{"service_name":1}}],"logicalExpiration":9e15,"tags":[]}',
      '{"value":[7,null,[]],"createdAt":9,"logicalExpiration":9e15,"tags":["t"]}',
    ]) {
      await redis.spoil(poison);
      const fresh = await another();
      onTestFinished(() => fresh.kill());
      expect([poison, await askAll(fresh.url)]).toEqual([poison, before]);
      expect(fresh.program.stderr()).not.toMatch(/error/);
      expect([...(await redis.entries()).values()]).not.toContain(poison);
    }
  });
});

describe.runIf(available.own)('under load', { timeout: 120_000 }, () => {
  test('the end of a replica loses no call that a client makes again', async () => {
    const { replicas, urls } = await fleet(2);
    const balancer = balanced(urls);
    const running = load(balancer.call, 8);
    await more(running, 20);
    await replicas[0]?.kill();
    await more(running, 40);
    await running.end();
    expect(running.errors).toEqual([]);
    expect(running.answers.filter(({ isError }) => isError)).toEqual([]);
    expect(balancer.retried()).toBeGreaterThan(0);
  });

  test('the end of the Redis loses none, and it is used again once it is back', async () => {
    const { redis, urls } = await fleet(2);
    const running = load(balanced(urls).call, 4);
    await more(running, 20);
    await redis.kill();
    await more(running, 40);
    await redis.restart();
    // Kept answers are not written again, so the test asks a new question.
    await vi.waitFor(
      async () => {
        const from = `now-${100 + Math.floor(Math.random() * 800)}h`;
        for (const url of urls) await callAt(url, 'list_services', { from });
        expect((await redis.entries()).size).toBeGreaterThan(0);
      },
      { timeout: 60_000, interval: 500 },
    );
    await running.end();
    expect(running.errors).toEqual([]);
    expect(running.answers.filter(({ isError }) => isError)).toEqual([]);
  });

  test('a Redis that hangs holds up no call, neither of one that runs nor of one that starts', async () => {
    const { redis, urls, another } = await fleet(1);
    const balancer = balanced(urls);
    const before = await balancer.call(...FINDINGS);
    redis.hang(true);
    onTestFinished(() => redis.hang(false));
    // callAt gives up after some seconds.
    expect(await balancer.call(...FINDINGS)).toEqual(before);
    for (const [tool, args] of QUESTIONS) expect((await balancer.call(tool, args)).isError).toBe(false);
    const fresh = await another();
    onTestFinished(() => fresh.kill());
    expect(await callAt(fresh.url, ...FINDINGS)).toEqual(before);
    expect(balancer.retried()).toBe(0);
  });
});
