import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A message of a pprof file: `field(4, message)`. */
function field(number: number, content: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish();
}

function numbers(...pairs: readonly (readonly [field: number, value: number])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of pairs) writer.tag(number, WireType.Varint).int64(value);
  return writer.finish();
}

function repeated(bytes: ArrayLike<number>, times: number): Buffer {
  return Buffer.alloc(bytes.length * times, Uint8Array.from(bytes));
}

/**
 * A profile of one function, `work`, with `lines` lines inlined into one location, and samples that refer to
 * it.
 */
function buildProfile({ lines, samples }: { lines: number; samples: readonly number[] }): Buffer {
  const texts = ['', 'cpu', 'nanoseconds', 'work'].map((text) => field(6, Buffer.from(text)));
  const line = field(4, numbers([1, 1], [2, 7]));
  const location = Buffer.concat([numbers([1, 1]), repeated(line, lines)]);
  const sample = (references: number) =>
    field(2, Buffer.concat([field(1, repeated([1], references)), field(2, Uint8Array.of(5))]));
  return Buffer.concat([
    field(1, numbers([1, 1], [2, 2])),
    ...samples.map(sample),
    field(4, location),
    field(5, numbers([1, 1], [2, 3])),
    ...texts,
  ]);
}

/** Profiles that are small on the wire and would be huge in memory, each with the limit that stops it. */
export const BOMBS: readonly { name: string; bytes: () => Buffer; limit: string }[] = [
  { name: 'samples of no bytes', bytes: () => repeated([0x12, 0], 8_400_000), limit: '8,388,608 samples' },
  {
    name: 'locations of no bytes',
    bytes: () => repeated([0x22, 0], 4_200_000),
    limit: '4,194,304 locations',
  },
  {
    name: 'functions of no bytes',
    bytes: () => repeated([0x2a, 0], 2_100_000),
    limit: '2,097,152 functions',
  },
  { name: 'names of no bytes', bytes: () => repeated([0x32, 0], 50_000_000), limit: '4,194,304 names' },
  { name: 'mappings of no bytes', bytes: () => repeated([0x1a, 0], 100_000), limit: '65,536 mappings' },
  { name: 'sample types of no bytes', bytes: () => repeated([0x0a, 0], 2_000), limit: '1,000 sample types' },
  {
    name: 'a location of many lines',
    bytes: () => buildProfile({ lines: 8_400_000, samples: [] }),
    limit: '8,388,608 lines of locations',
  },
  {
    name: 'few samples of inlined functions',
    bytes: () => buildProfile({ lines: 10_000, samples: Array.from({ length: 7_000 }, () => 1) }),
    limit: '67,108,864 frames in samples',
  },
  {
    name: 'a sample with ten million locations',
    bytes: () => buildProfile({ lines: 1, samples: [10_000_000] }),
    limit: '16,384 frames in one sample',
  },
  {
    name: 'samples with 70 million locations',
    bytes: () => buildProfile({ lines: 1, samples: [70_000_000] }),
    limit: '67,108,864 locations in samples',
  },
];

/**
 * A profile with a single stack of `depth` frames, each of a function of its own; it is within every limit.
 */
export function deepProfile(depth: number): Buffer {
  const frames = Array.from({ length: depth }, (_, frame) => frame + 1);
  const stack = new BinaryWriter();
  for (const frame of frames) stack.int64(frame);
  return Buffer.concat([
    field(1, numbers([1, 1], [2, 2])),
    field(2, Buffer.concat([field(1, stack.finish()), field(2, Uint8Array.of(5))])),
    ...frames.flatMap((frame) => [
      field(4, Buffer.concat([numbers([1, frame]), field(4, numbers([1, frame]))])),
      field(5, numbers([1, frame], [2, 2 + frame])),
    ]),
    ...['', 'cpu', 'nanoseconds'].map((text) => field(6, Buffer.from(text))),
    ...frames.map((frame) => field(6, Buffer.from(`shop/deep.frame${frame}`))),
  ]);
}
