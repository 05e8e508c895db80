import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from '@bufbuild/protobuf';
import { Profile } from 'pprof-format';
import type { Labels } from '../../src/sources/source.js';
import { pprofBytes, type TestStack } from './profiles.js';
import { messageType } from './wire/schema.js';

// The data that the recorded servers held, as far as the recordings tell: what was pushed as `edge` is known
// in full, the real services by the merges that were recorded.

/** Time stamp of the first of the 13 profiles of `edge`, which are 15 s apart. */
const EDGE_START = 1795382040000;
/** Time stamp of the oldest profile of all. */
export const OLDEST = 1795377780000;
const UNSYMBOLISED_AT = 1795385000000;
const LATER = 600_000;
const REAL_SERVICES = ['checkout-api', 'image-resizer', 'search-indexer'];

interface StoredProfile {
  time: number;
  /** Seconds. */
  duration: number;
  typeName: string;
  labels: Labels;
  bytes: Uint8Array;
}

/** Recorded answers from which profiles are taken, as protojson of a pprof. */
export interface RecordedProfiles {
  checkout: JsonValue;
  unsymbolised: JsonValue;
}

/**
 * Writes the profiles with their manifest into a directory that exists; `huge` is the service that only v2
 * held.
 */
export async function writeRecordedStore(
  directory: string,
  recorded: RecordedProfiles,
  { huge }: { huge: boolean },
): Promise<void> {
  const profiles = [
    ...edge(),
    ...REAL_SERVICES.flatMap((service) => realService(service, recorded)),
    ...(huge ? [hugeService()] : []),
    {
      time: UNSYMBOLISED_AT,
      duration: 10,
      typeName: 'process_cpu',
      labels: { service_name: 'unsym', pod: 'u-0' },
      bytes: pprofOfJson(recorded.unsymbolised),
    },
  ];
  await mkdir(path.join(directory, 'profiles'));
  const listed = await Promise.all(
    profiles.map(async ({ time, duration, typeName, labels, bytes }, index) => {
      const file = `profiles/${index}.pb`;
      await writeFile(path.join(directory, file), bytes);
      return { file, time: new Date(time).toISOString(), duration_s: duration, type_name: typeName, labels };
    }),
  );
  await writeFile(path.join(directory, 'profiles.json'), JSON.stringify({ profiles: listed }));
}

function edge(): StoredProfile[] {
  const frame = (name: string, line: number) => ({ name, file: 'edge.go', line: line + 1, startLine: line });
  return Array.from({ length: 13 }, (_, index) => index).flatMap((index) => {
    const common = {
      time: EDGE_START + index * 15_000,
      duration: 10,
      labels: { service_name: 'edge', pod: index % 2 === 0 ? 'p0' : 'p1' },
    };
    const cpu = pprofBytes({
      types: ['cpu/nanoseconds'],
      periodType: 'cpu/nanoseconds',
      stacks: [
        { frames: [frame('main', 30), frame('a', 20), frame('leaf', 10)], values: [1e6 * 2 ** index] },
      ],
    });
    const memory = pprofBytes({
      types: ['inuse_objects/count', 'inuse_space/bytes'],
      periodType: 'space/bytes',
      stacks: [
        { frames: ['main', 'alloc'], values: [6, 600] },
        { frames: ['main', 'cache', 'alloc'], values: [4, 400] },
      ],
    });
    return [
      { ...common, typeName: 'process_cpu', bytes: cpu },
      { ...common, typeName: 'memory', bytes: memory },
    ];
  });
}

/**
 * A service with a profile of each kind; the CPU profile is split by sample labels, as the server splits it.
 */
function realService(service: string, { checkout }: RecordedProfiles): StoredProfile[] {
  const instance = (index: number): Labels => ({
    service_name: service,
    namespace: 'shop',
    pod: `${service}-${index}`,
    'k8s.node.name': `node-${index % 2}`,
    région: 'eu-ouest',
    pyroscope_spy: 'gospy',
    version: index === 0 ? 'v1.0' : 'v1.1',
  });
  const frame = (name: string, line: number) => ({ name, file: 'main.go', line, startLine: line });
  const stacks = (values: readonly number[]): TestStack[] => [
    { frames: [frame('main.main', 10), frame('main.work', 20)], values },
  ];
  const common = { time: OLDEST, duration: 15, labels: instance(0) };
  const type = (typeName: string, types: string[], periodType: string, values: number[]): StoredProfile => ({
    ...common,
    typeName,
    bytes: pprofBytes({ types, periodType, stacks: stacks(values) }),
  });
  const [plain, cart, pay] = split(pprofOfJson(checkout));
  const endpoints = [cart, pay].map(
    (bytes, index): StoredProfile => ({
      ...common,
      typeName: 'process_cpu',
      labels: {
        ...instance(index + 1),
        endpoint: index === 0 ? '/cart' : '/pay',
        span_name: index === 0 ? 'HTTP /cart' : 'HTTP /pay',
      },
      bytes: bytes ?? new Uint8Array(),
    }),
  );
  const goroutines = [0, 1, 2, 3].flatMap((round) =>
    [0, 1, 2].map(
      (index): StoredProfile => ({
        ...type('goroutine', ['goroutine/count'], 'goroutine/count', [41]),
        time: OLDEST + round * LATER,
        labels: instance(index),
      }),
    ),
  );
  return [
    { ...common, typeName: 'process_cpu', bytes: plain ?? new Uint8Array() },
    ...endpoints,
    type('process_cpu', ['samples/count'], 'cpu/nanoseconds', [7]),
    type(
      'memory',
      ['alloc_objects/count', 'alloc_space/bytes', 'inuse_objects/count', 'inuse_space/bytes'],
      'space/bytes',
      [9, 900, 3, 300],
    ),
    type('mutex', ['contentions/count', 'delay/nanoseconds'], 'contentions/count', [2, 2000]),
    ...goroutines,
  ];
}

function hugeService(): StoredProfile {
  return {
    time: EDGE_START,
    duration: 10,
    typeName: 'process_cpu',
    labels: { service_name: 'huge' },
    bytes: pprofBytes({
      types: ['samples/count', 'cpu/nanoseconds'],
      periodType: 'cpu/nanoseconds',
      stacks: [{ frames: ['main'], values: [1, 10_000_000] }],
    }),
  };
}

/** The binary form of a pprof in protojson. */
export function pprofOfJson(json: JsonValue): Uint8Array {
  const type = messageType('google.v1.Profile');
  return toBinary(type, fromJson(type, json));
}

/** A binary pprof in protojson. */
export function jsonOfPprof(bytes: Uint8Array): JsonValue {
  const type = messageType('google.v1.Profile');
  return toJson(type, fromBinary(type, bytes));
}

/** Three profiles that add up to the given one. */
function split(bytes: Uint8Array): Uint8Array[] {
  return [0, 1, 2].map((part) => {
    const profile = Profile.decode(bytes);
    profile.sample = profile.sample.filter((_, index) => index % 3 === part);
    return profile.encode();
  });
}
