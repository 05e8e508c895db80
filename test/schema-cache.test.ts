import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createEnvironment } from '../src/commands/environment.js';
import { readConfig } from '../src/config/read.js';
import { createLog } from '../src/telemetry/log.js';
import { askerIn } from './support/ask.js';
import { pprofBytes } from './support/profiles.js';
import { dataSource, startSmallGrafana } from './support/small-grafana.js';

// The schema of a Pyroscope server survives a restart, and is read again before an answer says that a name
// does not exist.

const SECRET = 'planted-s3cret-hunter2';
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const HEAP = 'memory:inuse_space:bytes:space:bytes';

/** A Pyroscope server of one service whose types can be changed; `asked` names the requests. */
async function pyroscope() {
  const state = { types: [CPU], services: ['checkout-api'], asked: [] as string[] };
  const server = createServer((request, response) => {
    const name = path.posix.basename(request.url ?? '');
    state.asked.push(name);
    const json = (body: object) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    let text = '';
    request.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const asksFor = /service_name=\\"([^"\\]*)\\"/.exec(text)?.[1];
      const isKnown = asksFor === undefined || state.services.includes(asksFor);
      if (name === 'LabelValues' && isKnown) {
        return json({ names: text.includes('__profile_type__') ? state.types : state.services });
      }
      if (name === 'LabelNames' && isKnown) return json({ names: ['pod', 'service_name'] });
      if (name === 'Series') {
        return json({
          labelsSet: state.types.map((type) => ({
            labels: [
              { name: 'service_name', value: 'checkout-api' },
              { name: '__profile_type__', value: type },
            ],
          })),
        });
      }
      if (name === 'SelectMergeProfile') {
        return response.end(pprofBytes({ stacks: [{ frames: ['main', 'work'], values: [1e9] }] }));
      }
      return json({});
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { state, url: `http://127.0.0.1:${address.port}` };
}

async function directory(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'cache-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A process of the server: its own memory, over the cache in the directory. */
async function started(url: string, cache: string, log: string[] = []) {
  const config = readConfig(['--pyroscope-url', url, '--pyroscope-token', SECRET, '--cache-dir', cache], {});
  const environment = await createEnvironment(
    config,
    createLog('debug', (line) => log.push(line)),
  );
  onTestFinished(() => environment.context.sources.close());
  return askerIn(environment);
}

test('after a restart a question about the schema needs no request', async () => {
  const { state, url } = await pyroscope();
  const cache = await directory();
  const before = await (await started(url, cache))('list_profile_types');
  expect(before.text).toContain(CPU);
  state.asked.length = 0;
  const after = await (await started(url, cache))('list_profile_types');
  const lines = (text: string) => text.split('\n').slice(1);
  expect(lines(after.text)).toEqual(lines(before.text));
  expect(state.asked).toEqual([]);
});

test('after a restart findings need the profile and the number of snapshots only', async () => {
  const { state, url } = await pyroscope();
  const cache = await directory();
  const args = { service: 'checkout-api', profile_type: 'cpu' };
  const before = await (await started(url, cache))('summarize_profile', args);
  expect(before.text).toContain('work');
  state.asked.length = 0;
  await (await started(url, cache))('summarize_profile', args);
  expect(state.asked.length).toBeLessThanOrEqual(3);
  expect(state.asked).not.toContain('LabelValues');
});

test('a type that came since is found, although an older list is remembered', async () => {
  const { state, url } = await pyroscope();
  const ask = await started(url, await directory());
  await ask('list_profile_types', { service: 'checkout-api' });
  await ask('summarize_profile', { service: 'checkout-api' });
  state.types = [CPU, HEAP];
  // Remembered answers of the last seconds count as asked just now.
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 6_000);
  onTestFinished(() => void vi.restoreAllMocks());
  const { text } = await ask('summarize_profile', { service: 'checkout-api', profile_type: 'inuse' });
  expect(text).toMatch(/^checkout-api: inuse/);
});

test('a service that came since is found', async () => {
  const { state, url } = await pyroscope();
  const ask = await started(url, await directory());
  const args = { service: 'cart-api', profile_type: 'cpu' };
  expect((await ask('summarize_profile', args)).text).toContain('unknown service');
  state.services = ['checkout-api', 'cart-api'];
  expect((await ask('summarize_profile', args)).text).toMatch(/^cart-api: cpu/);
});

test('no secret is in the cache or the log', async () => {
  const { url } = await pyroscope();
  const [cache, log] = [await directory(), [] as string[]];
  const ask = await started(url, cache, log);
  await ask('list_services');
  await ask('list_labels', { service: 'checkout-api', label: 'pod' });
  const files = (await readdir(cache, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const { name, parentPath } of files) {
    const text = `${name} ${await readFile(path.join(parentPath, name), 'utf8')}`;
    for (const secret of [SECRET, Buffer.from(SECRET).toString('base64')]) expect(text).not.toContain(secret);
  }
  expect(log.join()).not.toContain(SECRET);
});

test('without a cache the same is answered', async () => {
  const { url } = await pyroscope();
  const { text } = await (await started(url, 'none'))('list_profile_types');
  expect(text).toContain(CPU);
});

describe('a token in a file', () => {
  async function behindGrafana() {
    const grafana = await startSmallGrafana({ sources: [dataSource(1, 'first')] });
    onTestFinished(grafana.close);
    const [where, cache] = [path.join(await directory(), 'token'), await directory()];
    const restarted = async () => {
      const config = readConfig(
        [
          ...['--grafana-url', grafana.url, '--grafana-token-file', where],
          ...['--enabled-sources', 'first', '--cache-dir', cache],
        ],
        {},
      );
      const environment = await createEnvironment(
        config,
        createLog('debug', () => {}),
      );
      onTestFinished(() => environment.context.sources.close());
      return askerIn(environment);
    };
    const queries = async (ask: ReturnType<typeof askerIn>) => {
      grafana.seen.length = 0;
      await ask('list_labels', { from: 'now-1h' });
      return grafana.queries().length;
    };
    return { where, cache, restarted, queries };
  }

  test('reads what it learned itself, and not what another one did in its place', async () => {
    const { where, restarted, queries } = await behindGrafana();
    await writeFile(where, 'glsa_first_0123456789');
    expect(await queries(await restarted())).toBeGreaterThan(0);
    expect(await queries(await restarted())).toBe(0);
    await writeFile(where, 'glsa_second_0123456789');
    expect(await queries(await restarted())).toBeGreaterThan(0);
    await writeFile(where, 'glsa_first_0123456789');
    expect(await queries(await restarted())).toBe(0);
  });

  test('counts from the moment it is rotated, in the same process', async () => {
    const { where, cache, restarted, queries } = await behindGrafana();
    await writeFile(where, 'glsa_first_0123456789');
    const ask = await restarted();
    await queries(ask);
    const files = async () => (await readdir(cache, { recursive: true })).length;
    const before = await files();
    await writeFile(where, 'glsa_second_0123456789');
    await ask('list_labels', { from: 'now-2h' });
    await writeFile(where, 'glsa_first_0123456789');
    expect(await queries(await restarted())).toBe(0);
    expect(await files()).toBeGreaterThan(before);
  });
});
