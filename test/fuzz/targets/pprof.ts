import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Profile as Pprof, StringTable } from 'pprof-format';
import { decodePprof, pprofToProfile, pprofTotal } from '../../../src/profile/pprof/pprof.js';
import { functionTable } from '../../../src/profile/tables/table.js';
import { stackKeys } from '../../../src/sources/files/counters.js';
import { fixture } from '../../support/ask.js';
import { byteChanges, changedBytes, NASTY_TEXTS } from '../arbitraries.js';
import { answersOrRefuses } from '../promise.js';
import { defineTarget, type Target } from '../target.js';

/** A real profile of each kind and language in the fixtures. */
function realProfiles(): Uint8Array[] {
  const folders = ['05-notify-goroutines', '08-auth-cpu', '16-storefront-latency'].map((name) =>
    fixture('incidents', name, 'profiles'),
  );
  return [fixture('demo', 'profiles'), ...folders].flatMap((folder) => {
    const kinds = new Map(
      readdirSync(folder)
        .filter((name) => name.endsWith('.pb.gz'))
        .map((name) => [name.replace(/[^a-z_]+/g, ''), name]),
    );
    return [...kinds.values()].map((name) => gunzipSync(readFileSync(path.join(folder, name))));
  });
}

async function readWhole(bytes: Uint8Array): Promise<void> {
  await answersOrRefuses(() => {
    const file = decodePprof(bytes);
    stackKeys(file);
    file.sampleTypes.forEach((_, index) => {
      pprofTotal(file, index);
      functionTable(pprofToProfile(file, index));
    });
  });
}

/** A reference: mostly to something there, sometimes to nothing or to what no table can hold. */
const reference = fc.oneof(
  { weight: 6, arbitrary: fc.nat(6).map(BigInt) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n),
  },
);
const amount = fc.oneof(
  fc.integer().map(BigInt),
  fc.constantFrom(0n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)),
);

/** A profile that is well formed as protobuf, with ids, names and counts of any kind. */
const builtProfile = fc
  .record({
    strings: fc.array(fc.oneof(fc.constantFrom(...NASTY_TEXTS), fc.string({ maxLength: 12 })), {
      maxLength: 6,
    }),
    sampleType: fc.array(fc.record({ type: reference, unit: reference }), { maxLength: 3 }),
    sample: fc.array(
      fc.record({
        locationId: fc.array(reference, { maxLength: 8 }),
        value: fc.array(amount, { maxLength: 3 }),
        label: fc.array(fc.record({ key: reference, str: reference }), { maxLength: 2 }),
      }),
      { maxLength: 6 },
    ),
    location: fc.array(
      fc.record({
        id: reference,
        mappingId: reference,
        address: reference,
        line: fc.array(fc.record({ functionId: reference, line: amount }), { maxLength: 3 }),
      }),
      { maxLength: 6 },
    ),
    function: fc.array(
      fc.record({
        id: reference,
        name: reference,
        systemName: reference,
        filename: reference,
        startLine: amount,
      }),
      { maxLength: 6 },
    ),
    mapping: fc.array(fc.record({ id: reference, filename: reference, buildId: reference }), {
      maxLength: 2,
    }),
    periodType: fc.record({ type: reference, unit: reference }),
    timeNanos: amount,
    durationNanos: amount,
  })
  .map(({ strings, ...rest }) => {
    const stringTable = new StringTable();
    for (const string of strings) stringTable.dedup(string);
    return encode(new Pprof({ ...rest, stringTable }));
  })
  .filter((bytes) => bytes !== null);

/** A profile as bytes; null where it has a message without fields, for which the encoder leaves no room. */
function encode(profile: Pprof): Uint8Array | null {
  try {
    return profile.encode();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export const PPROF: readonly Target[] = [
  defineTarget('pprof: real profiles, damaged', 400, async () => {
    const profiles = realProfiles();
    return {
      input: fc.tuple(fc.nat(profiles.length - 1), byteChanges),
      check: ([which, changes]) => readWhole(changedBytes(profiles[which] ?? new Uint8Array(), changes)),
    };
  }),
  defineTarget('pprof: two real profiles, one grafted into the other', 150, async () => {
    const profiles = realProfiles();
    const at = fc.double({ min: 0, max: 1, noNaN: true });
    return {
      input: fc.tuple(fc.nat(profiles.length - 1), fc.nat(profiles.length - 1), at, at),
      check([headIndex, other, end, start]) {
        const head = profiles[headIndex] ?? new Uint8Array();
        const tail = profiles[other] ?? new Uint8Array();
        return readWhole(
          Buffer.concat([head.subarray(0, end * head.length), tail.subarray(start * tail.length)]),
        );
      },
    };
  }),
  defineTarget('pprof: built with wrong references and counts', 600, async () => ({
    input: fc.tuple(builtProfile, fc.option(byteChanges, { freq: 3 })),
    check: ([bytes, changes]) => readWhole(changes === null ? bytes : changedBytes(bytes, changes)),
  })),
  defineTarget('pprof: any bytes', 400, async () => ({
    input: fc.uint8Array({ maxLength: 200 }),
    check: readWhole,
  })),
];
