import { mkdir, writeFile } from 'node:fs/promises';
import nodePath from 'node:path';
import { gzipSync } from 'node:zlib';
import { Profile as Pprof, StringTable } from 'pprof-format';
import { decodePprof, pprofToProfile } from '../src/profile/pprof/pprof.js';
import { generateProfile, random } from '../test/support/generate-profile.js';

/** First profile of the directory, Unix ms. */
const FROM = Date.parse('2026-11-20T12:00:00Z');
const MINUTE = 60_000;
/** Length of the recording; the incident is its last 13 minutes. */
const MINUTES = 65;
const INCIDENT_MINUTES = 13;
const SERVICES = ['orders', 'payments'] as const;
const PODS = 2;
/** Tree nodes of everything that a service can be seen doing; each profile sees a part of them. */
const SERVICE_NODES = 20_000;
/** Every this many-th stack is slower during the incident, by {@link SLOWER}. */
const SLOW_STACKS = 40;
const SLOWER = 4;

interface FileKind {
  name: string;
  /** `type/unit` per value. */
  types: readonly string[];
  everyMs: number;
  /** Samples in one profile. */
  ticks: number;
  /** Value of each type for so many ticks. */
  listValues(ticks: number): number[];
}

/** The files that one pod writes, as the usual agents do. */
const KINDS: readonly FileKind[] = [
  {
    name: 'process_cpu',
    types: ['samples/count', 'cpu/nanoseconds'],
    everyMs: 15_000,
    ticks: 420,
    listValues: (ticks) => [ticks, ticks * 10_000_000],
  },
  {
    name: 'memory',
    types: ['alloc_objects/count', 'alloc_space/bytes', 'inuse_objects/count', 'inuse_space/bytes'],
    everyMs: MINUTE,
    ticks: 420,
    listValues: (ticks) => [ticks * 8, ticks * 524_288, ticks, ticks * 65_536],
  },
  {
    name: 'goroutine',
    types: ['goroutine/count'],
    everyMs: MINUTE,
    ticks: 200,
    listValues: (ticks) => [ticks],
  },
  {
    name: 'mutex',
    types: ['contentions/count', 'delay/nanoseconds'],
    everyMs: MINUTE,
    ticks: 100,
    listValues: (ticks) => [ticks, ticks * 137_003],
  },
];

/** A written directory of profiles. */
export interface ProfileDirectory {
  directory: string;
  files: number;
  bytes: number;
  services: readonly string[];
  pods: readonly string[];
  incident: { from: number; to: number };
}

/**
 * Writes what two services with two pods each record in 65 minutes: 15 s CPU profiles, and memory, goroutines
 * and mutexes once a minute, some thousand to ten thousand tree nodes each; 61 MB with a manifest.
 */
export async function writeProfileDirectory(directory: string): Promise<ProfileDirectory> {
  await mkdir(nodePath.join(directory, 'profiles'), { recursive: true });
  const profiles: object[] = [];
  const to = FROM + MINUTES * MINUTE;
  const incidentFrom = to - INCIDENT_MINUTES * MINUTE;
  let bytes = 0;
  const pods = Array.from({ length: PODS }, (_, pod) => `pod-${pod}`);
  for (const [at, service] of SERVICES.entries()) {
    const code = serviceCode(at + 1);
    const next = random(1_000 + at);
    for (const pod of pods)
      for (const kind of KINDS)
        for (let time = FROM; time < to; time += kind.everyMs) {
          const isIncident = service === SERVICES[0] && time >= incidentFrom;
          const file = `profiles/${service}-${pod}-${kind.name}-${(time - FROM) / 1_000}.pb.gz`;
          const content = gzipSync(code.sample(kind, time, isIncident ? code.slow : code.usual, next), {
            level: 1,
          });
          await writeFile(nodePath.join(directory, file), content);
          bytes += content.length;
          profiles.push({
            file,
            time: new Date(time).toISOString(),
            duration_s: kind.everyMs / 1_000,
            type_name: kind.name,
            labels: { service_name: service, pod: `${service}-${pod}` },
          });
        }
  }
  await writeFile(nodePath.join(directory, 'profiles.json'), JSON.stringify({ profiles }));
  return {
    directory,
    files: profiles.length,
    bytes,
    services: SERVICES,
    pods,
    incident: { from: incidentFrom, to },
  };
}

/** The stacks of a service, of which every profile draws some. */
function serviceCode(seed: number) {
  const { bytes } = generateProfile({ nodes: SERVICE_NODES, seed, cpuOnly: true });
  const { functions, frameFunction, frameLine, stackStart, stackFrames, values } = pprofToProfile(
    decodePprof(bytes),
  );
  // A few paths have most of the cost, and many are seen now and then.
  const weights = Array.from(values, (value, stack) => value / (1 + ((stack * 7_919) % values.length)));
  const usual = runningSums(weights);
  const slow = runningSums(
    weights.map((weight, stack) => (stack % SLOW_STACKS === 0 ? weight * SLOWER : weight)),
  );
  return {
    usual,
    slow,
    sample(kind: FileKind, timeMs: number, sums: readonly number[], next: () => number): Uint8Array {
      const sum = sums.at(-1) ?? 0;
      const ticksOf = new Map<number, number>();
      for (let tick = 0; tick < kind.ticks; tick++) {
        const stack = firstAbove(sums, next() * sum);
        ticksOf.set(stack, (ticksOf.get(stack) ?? 0) + 1);
      }
      return encode(kind, timeMs, ticksOf);
    },
  };

  function encode(kind: FileKind, timeMs: number, ticksOf: ReadonlyMap<number, number>): Uint8Array {
    const stringTable = new StringTable();
    const text = (string: string) => stringTable.dedup(string);
    const functionIds = new Map<number, number>();
    const locationIds = new Map<number, number>();
    const functionTable: object[] = [];
    const locationTable: object[] = [];
    const functionId = (fn: number) => {
      const known = functionIds.get(fn);
      if (known !== undefined) return known;
      const id = functionIds.size + 1;
      functionIds.set(fn, id);
      const { name = '', file = '', startLine = 0 } = functions[fn] ?? {};
      functionTable.push({ id, name: text(name), systemName: text(name), filename: text(file), startLine });
      return id;
    };
    const locationId = (frame: number) => {
      const known = locationIds.get(frame);
      if (known !== undefined) return known;
      const id = locationIds.size + 1;
      locationIds.set(frame, id);
      const line = [{ functionId: functionId(frameFunction[frame] ?? 0), line: frameLine[frame] ?? 0 }];
      locationTable.push({ id, mappingId: 1, address: 0x400000 + frame, line });
      return id;
    };
    const sample = [...ticksOf].map(([stack, ticks]) => ({
      locationId: Array.from(stackFrames.subarray(stackStart[stack], stackStart[stack + 1]), locationId),
      value: kind.listValues(ticks),
    }));
    return new Pprof({
      sampleType: kind.types.map((type) => {
        const [name = '', unit = ''] = type.split('/');
        return { type: text(name), unit: text(unit) };
      }),
      sample,
      mapping: [{ id: 1, filename: text('service'), hasFunctions: true }],
      location: locationTable,
      function: functionTable,
      stringTable,
      timeNanos: BigInt(timeMs) * 1_000_000n,
      durationNanos: BigInt(kind.everyMs) * 1_000_000n,
    }).encode();
  }
}

function runningSums(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => {
    sum += weight;
    return sum;
  });
}

/** Position of the first of ascending sums above a value. */
function firstAbove(sums: readonly number[], value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
