import { expect, test } from 'vitest';
import { profileFrom } from '../../../test/support/contrast.js';
import { listStacks } from '../../../test/support/profiles.js';
import { treeBytes } from '../../../test/support/wire/flamegraph.js';
import { UpstreamError } from '../../errors.js';
import { createIdReader } from './by-id.js';
import type { Transport } from './http/transport.js';
import type { Stores } from './stores.js';
import { readPprof } from './wire.js';

const SELECTION = {
  profileTypeId: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds',
  labelSelector: '{}',
  start: 1,
  end: 2,
};
const { signal } = new AbortController();
/** A flame graph, as a server answers that knows no other format; its fields do not matter. */
const FLAME_GRAPH = Uint8Array.from([0x0a, 0]);

/** A server older than 2.2 that allows so many nodes. */
function openOld(allowed: number) {
  const asked: unknown[] = [];
  const transport = {
    echoes: () => [],
    async post(path: string, body: { maxNodes?: number }) {
      if (path.endsWith('SelectMergeStacktraces')) return FLAME_GRAPH;
      asked.push(body.maxNodes);
      if ((body.maxNodes ?? 0) > allowed)
        throw new UpstreamError(
          'rejected',
          `max flamegraph nodes limit ${body.maxNodes} is greater than allowed ${allowed}`,
        );
      return {
        tree: treeBytes(profileFrom({ 'main work': 5, 'main other': 1 }), allowed).toString('base64'),
      };
    },
  } as unknown as Transport;
  return { reader: createIdReader(transport, {} as Stores), asked };
}

test('a call tree is asked for as large as the server allows, and says where it may be cut', async () => {
  const { reader, asked } = openOld(4_096);
  const answer = await reader.read(SELECTION, { kind: 'span', ids: ['00f067aa0ba902b7'] }, signal);
  expect(asked).toEqual([1_048_576, 4_096]);
  expect(answer.isNamesOnly).toBe(true);
  expect(listStacks(answer.profile)).toContainEqual([['main', 'work'], 5]);
  expect(answer.notes).toEqual(['Light branches of the call tree may be merged into callees named `other`.']);
});

test('any other refusal stays one', async () => {
  const transport = {
    echoes: () => [],
    async post(path: string) {
      if (path.endsWith('SelectMergeStacktraces')) return FLAME_GRAPH;
      throw new UpstreamError('rejected', 'no');
    },
  } as unknown as Transport;
  const { read } = createIdReader(transport, {} as Stores);
  await expect(read(SELECTION, { kind: 'span', ids: ['00f067aa0ba902b7'] }, signal)).rejects.toThrow('no');
});

test.each([
  ['nothing at all', [], null],
  ['another format', [0x0a, 0], undefined],
  ['an empty pprof', [0x2a, 0], null],
  ['a pprof', [0x2a, 3, 0x0a, 1, 7], [7]],
])('an answer with %s', (_, bytes, pprof) => {
  const read = readPprof(Uint8Array.from(bytes));
  expect(read instanceof Uint8Array ? [...read] : read).toEqual(pprof);
});
