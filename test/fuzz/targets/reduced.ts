import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import fc, { type Arbitrary } from 'fast-check';
import { UpstreamError } from '../../../src/errors.js';
import { findHeaviestChain, readTree, treeProfile } from '../../../src/profile/tables/stack-tree.js';
import { functionTable } from '../../../src/profile/tables/table.js';
import { pyroscopeSourceOver } from '../../../src/sources/pyroscope/source.js';
import { askerIn, createEnvironment, INCIDENT_WINDOW } from '../../support/ask.js';
import { byteChanges, changedBytes, NASTY_TEXTS } from '../arbitraries.js';
import { expectAnswer } from '../promise.js';
import { defineTarget, type Target } from '../target.js';
import { healthyAnswers, spoiled, spoiledTransport, spoiling } from './pyroscope.js';

// Reduced profiles, which replace a profile that is too large: call trees, and stacks cut to their call
// sites (`goPgo`).

interface Node {
  name: string;
  self: bigint;
  /** Callees that follow; of hostile ones not always as many. */
  callees: number;
}

const node: Arbitrary<Node> = fc.record({
  name: fc.oneof(fc.constantFrom('', 'other', 'main', ...NASTY_TEXTS), fc.string({ maxLength: 8 })),
  self: fc.oneof(
    fc.nat(1_000).map(BigInt),
    fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 64n - 1n),
  ),
  callees: fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.constant(2 ** 32 - 1) }),
});

function encoded(nodes: readonly Node[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { name, self, callees } of nodes) writer.string(name).uint64(self).uint32(callees);
  return writer.finish();
}

/** A tree in its own order that is whole: every node has the callees that it promises. */
const wholeTree = fc.array(node, { minLength: 1, maxLength: 30 }).map((nodes) => {
  let pending = 1;
  const kept = nodes.flatMap((drawn) => {
    if (pending === 0) return [];
    const callees = Math.min(drawn.callees, 3);
    pending += callees - 1;
    return [{ ...drawn, callees }];
  });
  return encoded([
    ...kept,
    ...Array.from({ length: pending }, () => ({ name: 'leaf', self: 1n, callees: 0 })),
  ]);
});

/** A chain of calls: few bytes, long stacks. */
const chain = fc
  .constantFrom(10, 1_000, 20_000, 200_000)
  .map((depth) =>
    encoded(
      Array.from({ length: depth }, (_, at) => ({ name: 'f', self: 1n, callees: at + 1 < depth ? 1 : 0 })),
    ),
  );

/** Refuses as a decoder may: with an error of its bytes, which the source puts into words. */
function readWholeTree(bytes: Uint8Array): void {
  const stacks = (() => {
    try {
      return readTree(bytes);
    } catch (error) {
      if (error instanceof TypeError || !(error instanceof Error)) throw error;
      return null;
    }
  })();
  if (stacks === null) return;
  findHeaviestChain(stacks);
  functionTable(treeProfile(stacks, 'cpu', 'nanoseconds'));
}

/** Whether a request for a profile wants stacks cut to call sites: it has a `stack_trace_selector`. */
function isReduced(body: string | Uint8Array): boolean {
  const reader = new BinaryReader(Buffer.from(body));
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 6) return true;
    reader.skip(type);
  }
  return false;
}

const QUESTION = { service: 'checkout-api', profile_type: 'cpu', ...INCIDENT_WINDOW };

export const REDUCED: readonly Target[] = [
  defineTarget('call trees: whole, damaged, endless', 400, async () => ({
    input: fc.oneof(
      { weight: 4, arbitrary: wholeTree },
      {
        weight: 4,
        arbitrary: fc.tuple(wholeTree, byteChanges).map(([bytes, changes]) => changedBytes(bytes, changes)),
      },
      { weight: 2, arbitrary: fc.array(node, { maxLength: 20 }).map(encoded) },
      { weight: 1, arbitrary: chain },
      { weight: 2, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    ),
    check: readWholeTree,
  })),
  defineTarget('answers in place of a profile that is too large, through the tools', 150, async () => {
    const healthy = await healthyAnswers();
    return {
      input: fc.tuple(
        fc.constantFrom('summarize_profile', 'query_profile', 'inspect_function', 'compare_profiles'),
        fc.constantFrom('text', 'json'),
        fc.constantFrom('SelectMergeProfile', 'SelectMergeStacktraces'),
        spoiling,
      ),
      async check([tool, format, rpc, how]) {
        const readAnswer: typeof healthy = async (path, body) => {
          if (path.endsWith('/SelectMergeProfile') && !isReduced(body)) {
            throw new UpstreamError('too_large', 'the answer is larger than 1 MiB (raw)');
          }
          return healthy(path, body);
        };
        const transport = spoiledTransport(readAnswer, (calledRpc, bytes) =>
          calledRpc === rpc ? spoiled(how, bytes) : bytes,
        );
        const source = pyroscopeSourceOver(transport, { name: 'prod', uid: 'prod' });
        const more = tool === 'inspect_function' ? { function: 'coupon.loadPattern' } : {};
        const view = tool === 'query_profile' ? { view: 'tree' } : {};
        expectAnswer(
          await askerIn(createEnvironment([source]))(tool, { ...QUESTION, ...more, ...view, format }),
        );
      },
    };
  }),
];
