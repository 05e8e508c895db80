import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { decodePprof, UnreadableProfileError } from '../src/profile/pprof/pprof.js';
import { readTree } from '../src/profile/tables/stack-tree.js';
import { createPyroscopeSource } from '../src/sources/pyroscope/source.js';
import { asker, askFiles, NOW } from './support/ask.js';
import { BOMBS, deepProfile } from './support/bombs.js';
import { directoryWith } from './support/directory.js';
import { json } from './support/recorded-grafana.js';
import { TOOL_CALLS } from './support/tool-arguments.js';

// Answers that are small on the wire and huge in memory are refused in bounded memory, and the server goes
// on.

const MIB = 2 ** 20;
const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
/** Far below what any of these would take, far above what their refusal takes. */
const MAX_GROWTH = 1_000 * MIB;

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

/** Tools over a Pyroscope whose every profile is this one. */
async function serving(profile: Buffer, encoding: string, maxResponseBytes = 256 * MIB) {
  const started = createServer((request, response) => {
    const rpc = request.url?.split('/').at(-1);
    if (rpc === 'LabelValues') json(response, { names: [TYPE] });
    else if (rpc === 'LabelNames') json(response, { names: ['service_name'] });
    else if (rpc === 'SelectMergeProfile') {
      response.setHeader('content-type', 'application/proto');
      response.setHeader('content-encoding', encoding);
      response.end(profile);
    } else if (rpc === 'SelectSeries') {
      const points = [{ timestamp: String(NOW - 1_800_000), value: 5 }];
      json(response, { series: [{ labels: [{ name: 'service_name', value: 'checkout-api' }], points }] });
    } else json(response, {});
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is never a pipe's name.
  const { port } = started.address() as AddressInfo;
  return asker(
    createPyroscopeSource({ name: 'prod', uid: 'prod', url: `http://127.0.0.1:${port}`, maxResponseBytes }),
  );
}

describe('a profile with', () => {
  test.each(BOMBS)('$name is refused with the limit', ({ bytes, limit }) => {
    const whole = bytes();
    const before = process.memoryUsage().rss;
    expect(() => decodePprof(whole)).toThrow(
      expect.objectContaining({
        name: UnreadableProfileError.name,
        isTooLarge: true,
        message: expect.stringContaining(`too large: over ${limit}`),
      }),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH);
  });

  test('few bytes and many frames is too large an answer of a server, which goes on', async () => {
    const bomb = BOMBS.find(({ name }) => name === 'few samples of inlined functions');
    const ask = await serving(gzipSync(bomb?.bytes() ?? ''), 'gzip');
    const { text, isError } = await ask('summarize_profile', { service: 'checkout-api', from: 'now-1h' });
    expect(isError).toBe(true);
    expect(text).toMatch(
      /^The answer of the profile store is over the size limit: "SelectMergeProfile: too large: over 67,108,864 frames/,
    );
    expect((await ask('list_data_sources', {})).isError).toBe(false);
  });

  test('few bytes and many frames is a broken file of a directory; the others answer', async () => {
    const bomb = BOMBS.find(({ name }) => name === 'a sample with ten million locations');
    const directory = await directoryWith({
      'shop/bomb.pb.gz': gzipSync(bomb?.bytes() ?? ''),
      'shop/deep.pb': deepProfile(100),
    });
    const { text } = await askFiles(directory)('summarize_profile', { service: 'shop' });
    expect(text).toContain('frame1');
    expect(text).toContain('shop/bomb.pb.gz (too large: over 16,384 frames in one sample)');
  });
});

describe('gzip', () => {
  test('that inflates over the cap is given up, with the option that sets the cap', async () => {
    const ask = await serving(gzipSync(Buffer.alloc(64 * MIB)), 'gzip', MIB);
    const before = process.memoryUsage().rss;
    const { text } = await ask('summarize_profile', { service: 'checkout-api', from: 'now-1h' });
    expect(text).toMatch(/larger than 1 MiB \(inflated\)[\s\S]*--max-response/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  });

  test('in gzip is not unpacked a second time', async () => {
    const ask = await serving(gzipSync(gzipSync(Buffer.alloc(64 * MIB))), 'gzip');
    const { text } = await ask('summarize_profile', { service: 'checkout-api', from: 'now-1h' });
    expect(text).toContain('not a whole pprof protobuf');
    const twice = await serving(gzipSync(gzipSync(Buffer.alloc(64 * MIB))), 'gzip, gzip');
    expect((await twice('summarize_profile', { service: 'checkout-api', from: 'now-1h' })).text).toContain(
      'encoded as gzip, gzip',
    );
  });

  test('of a file in gzip is named, and not unpacked a second time', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb.gz': gzipSync(gzipSync(Buffer.alloc(64 * MIB))) });
    const { text } = await askFiles(directory)('list_data_sources', {});
    expect(text).toContain(
      'shop/cpu.pb.gz could not be read and is left out: gzip within gzip, which is not read.',
    );
  });

  test('of a file is not inflated over the cap', async () => {
    const directory = await directoryWith({ 'shop/cpu.pb.gz': gzipSync(Buffer.alloc(300 * MIB)) });
    const { text } = await askFiles(directory)('list_data_sources', {});
    expect(text).toContain('shop/cpu.pb.gz could not be read and is left out: inflates to more than 256 MiB');
  });
});

describe('a stack of 16,000 frames', () => {
  test.each(Object.entries(TOOL_CALLS))('%s answers', async (tool, { arguments: args }) => {
    const ask = await serving(gzipSync(deepProfile(16_000)), 'gzip');
    const needed = { query_profile: { focus: 'deep' }, inspect_function: { function: 'frame77' } };
    const { text } = await ask(tool, {
      ...args,
      ...(Object.entries(needed).find(([name]) => name === tool)?.[1] ?? {}),
    });
    expect(text).not.toContain('An internal error');
    expect(text.length).toBeLessThan(30_000);
  });
});

test('a call tree that is one long chain is refused, and not kept once for every depth', () => {
  const depth = 100_000;
  const writer = new BinaryWriter();
  for (let at = 1; at <= depth; at++)
    writer
      .string('f')
      .uint64(1)
      .uint32(at < depth ? 1 : 0);
  expect(() => readTree(writer.finish())).toThrow('the stacks of the tree are too long');
});
