import { ProfileBuilder } from '../../src/profile/pprof/builder.js';
import { pickLabels } from '../../src/sources/labels.js';
import { matcherTest } from '../../src/sources/matching.js';
import type {
  Labels,
  Matcher,
  ProfileQuery,
  ProfileSource,
  SeriesQuery,
  SnapshotCount,
} from '../../src/sources/source.js';
import { NOW } from './ask.js';

export const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const TYPES = [
  CPU,
  'process_cpu:samples:count:cpu:nanoseconds',
  'memory:alloc_objects:count:space:bytes',
  'memory:alloc_space:bytes:space:bytes',
  'memory:inuse_objects:count:space:bytes',
  'memory:inuse_space:bytes:space:bytes',
  'goroutine:goroutine:count:goroutine:count',
];
const QUARTER_MS = 15 * 60_000;
/** When parsing becomes dearer in the pods of the new version. */
export const SINCE = NOW - QUARTER_MS;

const FUNCTIONS = ['serve', 'parse', 'query', 'render', 'encode', 'log', 'auth', 'cache', 'route', 'price'];
const PARSE = FUNCTIONS.indexOf('parse');
/** Mean samples of a function in a profile. */
const SAMPLES = 12;

export interface FleetSize {
  /** Services, one of them `checkout-api`, another `edge`. */
  services: number;
  /** Pods of `checkout-api`, half of which run the new version. */
  pods: number;
  /** Values of the label `path` of `edge`, each in one profile of the last 75 minutes. */
  values: number;
  /** Pods that came with the incident, at the same cost each. */
  arriving?: number;
}

interface Emitter {
  labels: Labels;
  /** Milliseconds between two profiles, and when the first one comes. */
  every: number;
  first: number;
  isNew: boolean;
}

/** A fleet made up on the fly, and what it was asked: its profiles are never all in memory. */
export function fleetSource(size: FleetSize): { source: ProfileSource; calls: string[] } {
  const calls: string[] = [];
  const emitters = listEmitters(size);

  const ofService = new Map<string, Emitter[]>();
  for (const emitter of emitters) {
    const name = emitter.labels.service_name ?? '';
    const known = ofService.get(name);
    if (known === undefined) ofService.set(name, [emitter]);
    else known.push(emitter);
  }

  const matching = ({ matchers }: Pick<SeriesQuery, 'matchers'>): Emitter[] => {
    const tests = ofLabels(matchers).map((matcher) => ({ name: matcher.name, test: matcherTest(matcher) }));
    const service = matchers.find(({ name, op }) => name === 'service_name' && op === '=')?.value;
    const some = service === undefined ? emitters : (ofService.get(service) ?? []);
    return some.filter(({ labels }) => tests.every(({ name, test }) => test(labels[name])));
  };
  const listTypes = ({ matchers }: Pick<SeriesQuery, 'matchers'>): string[] => {
    const tests = matchers
      .filter(({ name }) => name === '__profile_type__')
      .map((matcher) => matcherTest(matcher));
    return TYPES.filter((id) => tests.every((test) => test(id)));
  };
  const present = (query: SeriesQuery) =>
    matching(query).filter((emitter) => !timesIn(emitter, query).next().done);

  function* listProfiles(query: ProfileQuery) {
    if (!listTypes(query).includes(query.profileTypeId)) return;
    for (const emitter of matching(query))
      for (const time of timesIn(emitter, query)) yield { emitter, time };
  }

  const source: ProfileSource = {
    name: 'fleet',
    uid: 'fleet',
    kind: 'pyroscope',
    isLive: true,

    async labelNames(query) {
      calls.push('labelNames');
      return [...new Set(present(query).flatMap(({ labels }) => Object.keys(labels)))].sort();
    },
    async labelValues(name, query) {
      calls.push('labelValues');
      if (name === '__profile_type__') return present(query).length === 0 ? [] : listTypes(query);
      return [...new Set(present(query).flatMap(({ labels }) => labels[name] ?? []))].sort();
    },
    async series(names, query) {
      calls.push('series');
      const types = names.includes('__profile_type__') ? listTypes(query) : [undefined];
      const rows = new Map<string, Labels>();
      for (const { labels } of present(query)) {
        for (const type of types) {
          const row = pickLabels(type === undefined ? labels : { ...labels, __profile_type__: type }, names);
          rows.set(JSON.stringify(row), row);
        }
      }
      return [...rows.values()];
    },
    async profile(query) {
      calls.push('profile');
      const sums = FUNCTIONS.map(() => 0);
      for (const { emitter, time } of listProfiles(query))
        for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + readSamples(emitter, time, at);
      return { profile: buildProfile(sums, query.profileTypeId), notes: [], profiledSeconds: null };
    },
    async snapshots(query, groupBy) {
      calls.push('snapshots');
      const counts = new Map<string, SnapshotCount>();
      if (!listTypes(query).includes(query.profileTypeId)) return [];
      for (const emitter of matching(query)) {
        const profiles = [...timesIn(emitter, query)].length;
        if (profiles === 0) continue;
        const labels = pickLabels(emitter.labels, groupBy);
        const key = JSON.stringify(labels);
        counts.set(key, { labels, profiles: profiles + (counts.get(key)?.profiles ?? 0) });
      }
      return [...counts.values()];
    },
    async timeSeries(query, { groupBy, step, limit }) {
      calls.push('timeSeries');
      const { from, to } = query.window;
      const stepMs = Math.round(step * 1000);
      const first = to - (Math.max(1, Math.ceil((to - from) / stepMs)) - 1) * stepMs;
      const worth = chooseWorth(query.profileTypeId);
      const groups = new Map<string, { labels: Labels; sums: Map<number, number>; total: number }>();
      if (!listTypes(query).includes(query.profileTypeId)) return [];
      for (const emitter of matching(query)) {
        const labels = pickLabels(emitter.labels, groupBy);
        const key = JSON.stringify(labels);
        for (const time of timesIn(emitter, query)) {
          const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
          groups.set(key, group);
          let value = 0;
          for (let at = 0; at < FUNCTIONS.length; at++) value += worth * readSamples(emitter, time, at);
          const point = Math.max(first, to - Math.floor((to - time) / stepMs) * stepMs);
          group.sums.set(point, (group.sums.get(point) ?? 0) + value);
          group.total += value;
        }
      }
      return [...groups.values()]
        .sort((a, b) => b.total - a.total)
        .slice(0, limit)
        .map(({ labels, sums }) => ({
          labels,
          points: [...sums].map(([time, value]) => ({ time, value })).sort((a, b) => a.time - b.time),
        }));
    },
    dataRange: async () => ({ oldest: NOW - 6 * QUARTER_MS, newest: NOW }),
    problems: async () => [],
    close: async () => {},
  };
  return { source, calls };
}

function listEmitters({ services, pods, values, arriving = 0 }: FleetSize): Emitter[] {
  const createPod = (index: number): Emitter => ({
    labels: {
      service_name: 'checkout-api',
      namespace: 'shop',
      pod: `checkout-api-7d9f4c8b5-${index.toString(36).padStart(5, 'x')}`,
      region: ['eu', 'us', 'ap'][index % 3] ?? '',
      version: index % 2 === 0 ? 'v1.4.1' : 'v1.5.0',
    },
    every: 15_000,
    first: index >= pods ? SINCE + 1_000 : NOW - 6 * QUARTER_MS + (index % 15) * 1_000,
    isNew: index % 2 === 1,
  });
  const plain = (labels: Labels, every: number, first: number): Emitter => ({
    labels,
    every,
    first: NOW - 5 * QUARTER_MS + first,
    isNew: false,
  });
  return [
    ...Array.from({ length: pods + arriving }, (_, index) => createPod(index)),
    ...Array.from({ length: services - 2 }, (_, index) =>
      plain(
        { service_name: `team-${index % 40}/service-with-a-long-name-${index}`, namespace: 'other' },
        QUARTER_MS,
        0,
      ),
    ),
    ...Array.from({ length: values }, (_, index) =>
      plain(
        { service_name: 'edge', path: `/v1/orders/${(index * 7919).toString(36)}/items/${index}` },
        5 * QUARTER_MS,
        (index * 7919) % (5 * QUARTER_MS),
      ),
    ),
  ];
}

/** Times of an emitter's profiles in the closed window. */
function* timesIn({ first, every }: Emitter, { window }: Pick<SeriesQuery, 'window'>): Generator<number> {
  const skipped = Math.max(0, Math.ceil((window.from - first) / every));
  for (let time = first + skipped * every; time <= Math.min(window.to, NOW); time += every) yield time;
}

/**
 * Samples of one function in one profile: about as many each time, of `parse` twice as many with the new
 * version.
 */
function readSamples({ isNew, first }: Emitter, time: number, at: number): number {
  const noise =
    (Math.imul(Math.round(time / 1000) ^ Math.imul(first % 9973, 31) ^ (at * 97), 0x9e3779b1) >>> 0) % 7;
  return noise - 3 + (at === PARSE && isNew && time >= SINCE ? 2 * SAMPLES : SAMPLES);
}

/** Value of one sample. */
function chooseWorth(typeId: string): number {
  if (typeId === CPU) return 10_000_000;
  return typeId.includes('bytes:space') && typeId.includes('_space') ? 2 ** 19 : 1;
}

function buildProfile(sums: readonly number[], typeId: string) {
  const [, sampleType = '', unit = ''] = typeId.split(':');
  const builder = new ProfileBuilder(sampleType, unit);
  const frame = (name: string, line: number) =>
    builder.frameId(
      builder.functionId({ name: `shop/${name}`, file: `${name}.go`, startLine: 1, isSymbolised: true }),
      line,
    );
  const main = frame('main', 3);
  sums.forEach((samples, at) => {
    if (samples === 0) return;
    builder.pushFrames(Uint32Array.of(frame(FUNCTIONS[at] ?? '', 9), main), 0, 2);
    builder.endStack(samples * chooseWorth(typeId));
  });
  return builder.build();
}

function ofLabels(matchers: readonly Matcher[]): Matcher[] {
  return matchers.filter(({ name }) => name !== '__profile_type__');
}
