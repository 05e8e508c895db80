import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { Profile as Pprof, StringTable } from 'pprof-format';
import { describe, expect, test } from 'vitest';
import { fixture } from '../../../test/support/ask.js';
import { listStacks, pprofBytes, pprofFile } from '../../../test/support/profiles.js';
import { decodePprof, pprofToProfile, UnreadableProfileError } from './pprof.js';

const START = 1_795_185_000_123_456_789n;

describe('decodePprof', () => {
  test('reads types, period type and times', () => {
    const file = pprofFile({
      types: ['samples/count', 'cpu/nanoseconds'],
      periodType: 'cpu/nanoseconds',
      timeNanos: START,
      durationNanos: 15_000_000_000n,
      stacks: [{ frames: ['main'], values: [1, 10_000_000] }],
    });
    expect(file).toMatchObject({
      sampleTypes: [
        { type: 'samples', unit: 'count' },
        { type: 'cpu', unit: 'nanoseconds' },
      ],
      periodType: { type: 'cpu', unit: 'nanoseconds' },
      timeNanos: START,
      durationNanos: 15_000_000_000n,
    });
  });

  test('takes a profile without samples, times and period type', () => {
    const file = pprofFile({ stacks: [] });
    expect(file).toMatchObject({ periodType: null, timeNanos: 0n, durationNanos: 0n });
    expect(listStacks(pprofToProfile(file))).toEqual([]);
  });

  test.each([
    ['no bytes', new Uint8Array(), 'empty: no sample types'],
    ['text', Buffer.from('flat  flat%   sum%        cum   cum%\n'), 'not a whole pprof protobuf'],
    ['JSON', Buffer.from('{"sampleType":[]}'), 'not a whole pprof protobuf'],
    ['still compressed', readFileSync(aFixture('cpu')), 'not a whole pprof protobuf'],
    ['zeros', new Uint8Array(64), 'not a whole pprof protobuf'],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => decodePprof(bytes)).toThrow(UnreadableProfileError);
    expect(() => decodePprof(bytes)).toThrow(reason);
  });

  test.each([
    ['a sample with too few values', { sample: [{ locationId: [1], value: [] }] }, 'wrong number of values'],
    [
      'a sample with too many values',
      { sample: [{ locationId: [1], value: [1, 2] }] },
      'wrong number of values',
    ],
    ['a missing location', { sample: [{ locationId: [2], value: [1] }] }, 'missing location'],
    [
      'a missing location among ids out of order',
      { location: [{ id: 9 }, { id: 1 }], sample: [{ locationId: [2], value: [1] }] },
      'missing location',
    ],
    [
      'a missing location among wide ids',
      { location: [{ id: 2n ** 60n }], sample: [{ locationId: [1], value: [1] }] },
      'missing location',
    ],
    ['a missing function', { location: [{ id: 1, line: [{ functionId: 9, line: 1 }] }] }, 'missing function'],
    ['two locations with one id', { location: [{ id: 1 }, { id: 1 }] }, 'the same id'],
    [
      'two functions with one id',
      {
        function: [
          { id: 1, name: 1 },
          { id: 1, name: 1 },
        ],
      },
      'the same id',
    ],
    ['a missing function name', { function: [{ id: 1, name: 99 }] }, 'names are missing'],
    [
      'a missing label name',
      { sample: [{ locationId: [1], value: [1], label: [{ key: 99, str: 1 }] }] },
      'names are missing',
    ],
    ['samples without a type', { sampleType: [] }, 'no sample types'],
  ])('refuses %s', (_, damage, reason) => {
    const stringTable = new StringTable();
    const text = (string: string) => stringTable.dedup(string);
    const whole = {
      sampleType: [{ type: text('cpu'), unit: text('nanoseconds') }],
      function: [{ id: 1, name: text('main') }],
      location: [{ id: 1, line: [{ functionId: 1, line: 3 }] }],
      sample: [{ locationId: [1], value: [7] }],
      stringTable,
    };
    expect(listStacks(pprofToProfile(decodePprof(new Pprof(whole).encode())))).toEqual([[['main'], 7]]);
    expect(() => decodePprof(new Pprof({ ...whole, ...damage }).encode())).toThrow(UnreadableProfileError);
    expect(() => decodePprof(new Pprof({ ...whole, ...damage }).encode())).toThrow(reason);
  });

  test.each([
    ['locations', [0x12, 0x07, 0x0a, 0x06, 0x01, 0x12, 0x02, 0x10, 0x07]],
    ['a value', [0x12, 0x05, 0x0a, 0x01, 0x01, 0x10, 0x87, 0x01]],
    ['a label', [0x12, 0x09, 0x0a, 0x01, 0x01, 0x12, 0x01, 0x07, 0x1a, 0x05, 0x08, 0x01]],
  ])('refuses a sample whose %s end behind it', (_, sample) => {
    const whole = pprofBytes({ stacks: [{ frames: ['main'], values: [7] }] });
    const at = whole.indexOf(0x12);
    const length = 2 + (whole[at + 1] ?? 0);
    const damaged = Buffer.concat([
      whole.subarray(0, at),
      Uint8Array.from(sample),
      whole.subarray(at + length),
    ]);
    expect(() => decodePprof(damaged)).toThrow(UnreadableProfileError);
  });

  test('never throws anything else, whatever the bytes', () => {
    const whole = pprofBytes({ stacks: [{ frames: ['main', 'a', 'b'], values: [2n ** 40n] }] });
    const attempt = (bytes: Uint8Array) => {
      try {
        pprofToProfile(decodePprof(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(UnreadableProfileError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), attempt), { numRuns: 1_000 });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        attempt(whole.with(at, byte));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a file that was cut short', () => {
  const files = ['cpu', 'memory', 'goroutine', 'wall'] as const;

  test.each(files)('is refused wherever the cut lost anything of a %s profile', (kind) => {
    const bytes = gunzipSync(readFileSync(aFixture(kind)));
    const whole = stacksOfAllTypes(bytes);
    const cuts = cutPoints(bytes);
    expect(cuts.length).toBeGreaterThan(300);
    let refused = 0;
    for (const cut of cuts) {
      const part = bytes.subarray(0, cut);
      try {
        expect(stacksOfAllTypes(part), `cut at ${cut} of ${bytes.length}`).toEqual(whole);
      } catch (error) {
        if (!(error instanceof UnreadableProfileError)) throw error;
        refused++;
      }
    }
    // Go writes the names last. Node writes duration, period type and period behind them, and each can be cut
    // off.
    expect(cuts.length - refused).toBe(kind === 'wall' ? 3 : 0);
  });

  test('loses its time unnoticed when the time stands behind the names: that a profile has one is not required', () => {
    const options = { stacks: [{ frames: ['main'], values: [1] }], timeNanos: START };
    const withTime = pprofBytes(options);
    const without = pprofBytes({ ...options, timeNanos: 0n });
    expect(decodePprof(withTime.subarray(0, without.length))).toMatchObject({ timeNanos: 0n });
  });

  /** Every boundary between two fields, a byte before and behind it, and many places between. */
  function cutPoints(bytes: Uint8Array): number[] {
    const cuts = new Set<number>();
    const reader = new BinaryReader(bytes);
    const boundaries: number[] = [];
    while (reader.pos < reader.len) {
      boundaries.push(reader.pos);
      const [field, wireType] = reader.tag();
      reader.skip(wireType, field);
    }
    const stride = Math.ceil(boundaries.length / 250);
    boundaries.forEach((at, index) => {
      if (index % stride !== 0 && index < boundaries.length - 20) return;
      for (const cut of [at - 1, at, at + 1]) if (cut >= 0) cuts.add(cut);
    });
    for (let cut = 0; cut < bytes.length; cut += Math.ceil(bytes.length / 100)) cuts.add(cut);
    return [...cuts].sort((a, b) => a - b);
  }

  function stacksOfAllTypes(bytes: Uint8Array) {
    const file = decodePprof(bytes);
    return file.sampleTypes.map((type, index) => ({
      ...type,
      stacks: listStacks(pprofToProfile(file, index)),
    }));
  }
});

function aFixture(kind: 'cpu' | 'memory' | 'goroutine' | 'wall'): string {
  const demo = (type: string) => fixture('demo', 'profiles', `i00-checkout-api-7d9f4-m4qzt-${type}.pb.gz`);
  const other = (incident: string, file: string) =>
    fixture('incidents', incident, 'profiles', `${file}.pb.gz`);
  switch (kind) {
    case 'cpu':
      return demo('process_cpu');
    case 'memory':
      return demo('memory');
    case 'goroutine':
      return other('05-notify-goroutines', 'i00-notification-hub-7d9f4-m4qzt-goroutine');
    case 'wall':
      return other('16-storefront-latency', 'i00-storefront-bff-7d9f4-m4qzt-wall');
  }
}
