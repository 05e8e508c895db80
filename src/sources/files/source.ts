import path from 'node:path';
import { LRUCache } from 'lru-cache';
import { UpstreamError } from '../../errors.js';
import { ProfileBuilder } from '../../profile/builder.js';
import { addPprof, type PprofFile, pprofTotal } from '../../profile/pprof.js';
import { coalesceStacks } from '../../profile/stacks.js';
import { parseProfileType } from '../../profile/types.js';
import { sharedWork } from '../../shared-work.js';
import { matcherTest } from '../selector.js';
import type {
  Labels,
  ProfileQuery,
  ProfileSource,
  SeriesQuery,
  SnapshotCount,
  TimeSeries,
} from '../source.js';
import { type Catalog, type CatalogEntry, readCatalog, readProfileFile, reasonOf } from './catalog.js';
import { counterSteps, stackValues } from './counters.js';

/** Decoded files kept for the next question. */
const CACHED_FILES = 128;
const NAMED_IN_A_NOTE = 3;

/** How one profile enters a merge: as it is, less the reading before it, or not at all. */
type Reading = { minus: CatalogEntry | null } | 'left_out';
type Readings = Map<CatalogEntry, Reading>;

/**
 * Profiles from a directory of pprof files, answering as a Pyroscope server does. The directory is read on first
 * use and taken as it was then.
 */
export function createFilesSource(options: {
  directory: string;
  name?: string;
  uid?: string;
}): ProfileSource {
  const { directory, name = path.basename(path.resolve(directory)), uid = name } = options;
  const decoded = new LRUCache<string, PprofFile>({ max: CACHED_FILES });
  const catalog = sharedWork((signal) => readCatalog(directory, signal));
  const countersOf = new Map<string, ReturnType<typeof sharedWork<Readings | null>>>();

  const read = async ({ file }: CatalogEntry): Promise<PprofFile> => {
    const known = decoded.get(file);
    if (known !== undefined) return known;
    try {
      const pprof = await readProfileFile(directory, file);
      decoded.set(file, pprof);
      return pprof;
    } catch (error) {
      // It could be read when the directory was listed.
      throw new UpstreamError('unreadable', `${file}: ${reasonOf(error)}`, { cause: error });
    }
  };

  /** Every profile of the type with what it enters a merge as; only counters need more than the file itself. */
  const readings = async (typeId: string, signal: AbortSignal): Promise<Readings | null> => {
    if (!mayBeCounter(typeId)) return null;
    const find = countersOf.get(typeId) ?? sharedWork((joint) => findCounters(typeId, joint));
    countersOf.set(typeId, find);
    return find(signal);
  };

  const findCounters = async (typeId: string, signal: AbortSignal): Promise<Readings | null> => {
    const { entries } = await catalog(signal);
    const found: Readings = new Map();
    for (const snapshots of groupBySeries(entries.filter((entry) => entry.typeIds.includes(typeId)))) {
      const values: Map<string, number>[] = [];
      for (const entry of snapshots) {
        signal.throwIfAborted();
        values.push(stackValues(await read(entry), entry.typeIds.indexOf(typeId)));
      }
      counterSteps(values)?.forEach((step, index) => {
        const entry = snapshots[index];
        if (entry === undefined) return;
        if (step === 'drop') found.set(entry, 'left_out');
        else found.set(entry, { minus: step === 'keep' ? null : (snapshots[step] ?? null) });
      });
    }
    return found.size > 0 ? found : null;
  };

  /** The profiles of a query, each with those of its types that the query means. */
  const matching = async (
    query: SeriesQuery,
    signal: AbortSignal,
  ): Promise<{ entry: CatalogEntry; typeIds: readonly string[] }[]> => {
    const tests = query.matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const { entries } = await catalog(signal);
    const ofType = tests.filter(({ label }) => label === '__profile_type__');
    const ofLabels = tests.filter(({ label }) => label !== '__profile_type__');
    return entries
      .filter(({ time }) => time >= query.window.from && time <= query.window.to)
      .filter(({ labels }) => ofLabels.every(({ label, test }) => test(labels[label])))
      .map((entry) => ({
        entry,
        typeIds: entry.typeIds.filter((id) => ofType.every(({ test }) => test(id))),
      }))
      .filter(({ typeIds }) => typeIds.length > 0);
  };

  /** The profiles of a query, each with its reading; those that only serve as a counter's start are left out. */
  const profilesOf = async (query: ProfileQuery, signal: AbortSignal) => {
    const typeId = query.profileTypeId;
    const counters = await readings(typeId, signal);
    const matches = await matching(query, signal);
    return matches.flatMap(({ entry, typeIds }) => {
      if (!typeIds.includes(typeId)) return [];
      const reading = counters?.get(entry) ?? { minus: null };
      return reading === 'left_out'
        ? []
        : [{ entry, minus: reading.minus, counted: counters?.has(entry) ?? false }];
    });
  };

  const sumOf = async (entry: CatalogEntry, typeId: string): Promise<number> =>
    pprofTotal(await read(entry), entry.typeIds.indexOf(typeId));

  return {
    name,
    uid,
    kind: 'files',

    async labelNames(query, signal) {
      const names = new Set<string>();
      for (const { entry } of await matching(query, signal))
        for (const label of Object.keys(entry.labels)) names.add(label);
      return [...names].filter((label) => !label.startsWith('__')).sort();
    },

    async labelValues(label, query, signal) {
      const values = new Set<string>();
      for (const { entry, typeIds } of await matching(query, signal)) {
        if (label === '__profile_type__') for (const id of typeIds) values.add(id);
        else if (entry.labels[label] !== undefined) values.add(entry.labels[label]);
      }
      return [...values].sort();
    },

    async series(labelNames, query, signal) {
      const rows = new Map<string, Labels>();
      for (const { entry, typeIds } of await matching(query, signal)) {
        const types = labelNames.includes('__profile_type__') ? typeIds : [undefined];
        for (const type of types) {
          const row = pick(
            { ...entry.labels, ...(type === undefined ? {} : { __profile_type__: type }) },
            labelNames,
          );
          rows.set(JSON.stringify(row), row);
        }
      }
      return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    },

    async profile(query, signal) {
      const type = parseProfileType(query.profileTypeId);
      const builder = new ProfileBuilder(type?.sampleType ?? '', type?.unit ?? '');
      const profiles = await profilesOf(query, signal);
      let subtracted = 0;
      for (const { entry, minus } of profiles) {
        signal.throwIfAborted();
        addPprof(builder, await read(entry), entry.typeIds.indexOf(query.profileTypeId));
        if (minus === null) continue;
        subtracted++;
        addPprof(builder, await read(minus), minus.typeIds.indexOf(query.profileTypeId), -1);
      }
      const { broken, undated } = await catalog(signal);
      const seconds = profiles.map(({ entry }) => entry.seconds);
      return {
        profile: subtracted > 0 ? coalesceStacks(builder.build()) : builder.build(),
        notes: [
          ...brokenNotes(broken),
          ...undatedNotes(
            undated,
            profiles.map(({ entry }) => entry.file),
          ),
          ...(profiles.some(({ counted }) => counted)
            ? ['These files hold counters since process start; each was reduced by the one before it.']
            : []),
        ],
        profiledSeconds: seconds.every((value) => value !== null)
          ? seconds.reduce((sum, value) => sum + value, 0)
          : null,
      };
    },

    async snapshots(query, groupBy, signal) {
      const counts = new Map<string, SnapshotCount>();
      for (const { entry } of await profilesOf(query, signal)) {
        const labels = pick(entry.labels, groupBy);
        const key = JSON.stringify(labels);
        const known = counts.get(key);
        if (known === undefined) counts.set(key, { labels, profiles: 1 });
        else known.profiles++;
      }
      return [...counts.values()];
    },

    async timeSeries(query, { groupBy, step, limit }, signal) {
      const stepMs = step * 1000;
      const groups = new Map<string, { labels: Labels; sums: Map<number, number>; total: number }>();
      for (const { entry, minus } of await profilesOf(query, signal)) {
        signal.throwIfAborted();
        const labels = pick(entry.labels, groupBy);
        const key = JSON.stringify(labels);
        const group = groups.get(key) ?? { labels, sums: new Map<number, number>(), total: 0 };
        groups.set(key, group);
        const value =
          (await sumOf(entry, query.profileTypeId)) -
          (minus === null ? 0 : await sumOf(minus, query.profileTypeId));
        const slot = Math.max(1, Math.ceil((entry.time - query.window.from) / stepMs));
        const time = query.window.from + slot * stepMs;
        group.sums.set(time, (group.sums.get(time) ?? 0) + value);
        group.total += value;
      }
      return [...groups.values()]
        .sort((a, b) => b.total - a.total || (JSON.stringify(a.labels) < JSON.stringify(b.labels) ? -1 : 1))
        .slice(0, limit)
        .map(
          ({ labels, sums }): TimeSeries => ({
            labels,
            points: [...sums].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value })),
          }),
        );
    },

    async dataRange(signal) {
      const { entries } = await catalog(signal);
      const oldest = entries[0];
      const newest = entries.at(-1);
      return oldest === undefined || newest === undefined
        ? null
        : { oldest: oldest.time, newest: newest.time };
    },

    async problems(signal) {
      const { broken } = await catalog(signal);
      return brokenNotes(broken);
    },

    async close() {
      decoded.clear();
    },
  };
}

/** Allocation and contention profiles are often scraped as counters; sampled time never is. */
function mayBeCounter(typeId: string): boolean {
  const type = parseProfileType(typeId);
  return type !== null && type.kind === 'cumulative' && /^(?:memory|mutex|block)$/.test(type.name);
}

function groupBySeries(entries: readonly CatalogEntry[]): CatalogEntry[][] {
  const groups = new Map<string, CatalogEntry[]>();
  for (const entry of entries) {
    const key = JSON.stringify(Object.entries(entry.labels).sort());
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(
    names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
  );
}

function brokenNotes(broken: Catalog['broken']): string[] {
  if (broken.length === 0) return [];
  const named = broken.slice(0, NAMED_IN_A_NOTE).map(({ file, reason }) => `${file} (${reason})`);
  return [
    `${count(broken.length, 'file')} could not be read and ${broken.length === 1 ? 'is' : 'are'} left out: ${listed(named, broken.length)}.`,
  ];
}

function undatedNotes(undated: readonly string[], used: readonly string[]): string[] {
  const inUse = undated.filter((file) => used.includes(file));
  if (inUse.length === 0) return [];
  return [
    `${count(inUse.length, 'file')} without a time of ${inUse.length === 1 ? 'its' : 'their'} own: the modification time was taken for ${listed(inUse.slice(0, NAMED_IN_A_NOTE), inUse.length)}.`,
  ];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function listed(named: readonly string[], all: number): string {
  const more = all - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
