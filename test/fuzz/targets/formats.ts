import fc from 'fast-check';
import { readAnyProfile } from '../../../src/profile/formats/read.js';
import { HEAD_BYTES, recognise } from '../../../src/profile/formats/recognise.js';
import { pprofToProfile } from '../../../src/profile/pprof/pprof.js';
import { pruneFrames } from '../../../src/profile/pprof/prune.js';
import { functionTable } from '../../../src/profile/tables/table.js';
import { stackKeys } from '../../../src/sources/files/counters.js';
import { byteChanges, changedBytes, NASTY_TEXTS } from '../arbitraries.js';
import { answersOrRefuses } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

const encodeBytes = (content: string) => new TextEncoder().encode(content);

async function readWhole(bytes: Uint8Array): Promise<void> {
  recognise(bytes.subarray(0, HEAD_BYTES));
  await answersOrRefuses(() => {
    const { file } = pruneFrames(readAnyProfile(bytes));
    stackKeys(file);
    file.sampleTypes.forEach((_, index) => {
      functionTable(pprofToProfile(file, index));
    });
  });
}

const name = fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ maxLength: 12 }));
const number = fc.oneof(
  fc.nat(6),
  fc.constantFrom(-1, 0.5, 1e300, -1e300, Number.MAX_SAFE_INTEGER, null, '7', Number.MIN_VALUE),
);
const unit = fc.constantFrom('none', 'seconds', 'milliseconds', 'bytes', 'parsecs', '__proto__', null);
const list = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.array(item, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  );

const speedscope = fc.record({
  shared: fc.record({ frames: fc.array(fc.record({ name, file: name, line: number }), { maxLength: 6 }) }),
  profiles: fc.array(
    fc.record({
      type: fc.constantFrom('sampled', 'evented', 'other'),
      name,
      unit,
      startValue: number,
      endValue: number,
      samples: list(list(number)),
      weights: list(number),
      events: list(fc.record({ type: fc.constantFrom('O', 'C', 'X'), at: number, frame: number })),
    }),
    { maxLength: 3 },
  ),
});
const callFrame = fc.record({
  functionName: fc.oneof(name, fc.constant('(root)')),
  url: name,
  lineNumber: number,
});
const cpuProfile = fc.record({
  nodes: fc.array(
    fc.record({ id: number, callFrame, hitCount: number, children: list(number), parent: number }),
    {
      minLength: 1,
      maxLength: 6,
    },
  ),
  startTime: number,
  endTime: number,
  samples: list(number),
  timeDeltas: list(number),
});
const { node: heapNode } = fc.letrec((tie) => ({
  node: fc.record({
    callFrame,
    selfSize: number,
    children: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.array(tie('node'), { maxLength: 3 })),
  }),
}));
const collapsed = fc
  .array(fc.tuple(fc.array(name, { maxLength: 4 }), fc.array(number, { maxLength: 2 })), { maxLength: 6 })
  .map((lines) => lines.map(([frames, counts]) => [frames.join(';'), ...counts].join(' ')).join('\n'));

export const FORMATS: readonly Target[] = [
  defineTarget(
    'formats: speedscope, V8 and collapsed stacks with wrong references and values',
    800,
    async () => ({
      input: fc.tuple(
        fc.oneof(
          speedscope.map((value) => JSON.stringify(value)),
          cpuProfile.map((value) => JSON.stringify(value)),
          heapNode.map((head) => JSON.stringify({ head })),
          collapsed,
        ),
        fc.option(byteChanges, { freq: 3 }),
      ),
      check: ([text, changes]) =>
        readWhole(changes === null ? encodeBytes(text) : changedBytes(encodeBytes(text), changes)),
    }),
  ),
  defineTarget('formats: any bytes and texts', 400, async () => ({
    input: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ maxLength: 200 }).map(encodeBytes),
      fc.json().map(encodeBytes),
      fc
        .tuple(
          fc.constantFrom('heap profile: ', 'goroutine ', '<html', 'HTTP/1.1 ', '--- ', 'a;b '),
          fc.string(),
        )
        .map(([head, rest]) => encodeBytes(head + rest)),
    ),
    check: readWhole,
  })),
];
