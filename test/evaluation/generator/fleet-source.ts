import { LRUCache } from 'lru-cache';
import type { Profile } from '../../../src/profile/model.js';
import { mergeProfiles } from '../../../src/profile/tables/merge.js';
import { countByLabels, sumBySteps } from '../../../src/sources/grouping.js';
import { pickLabels } from '../../../src/sources/labels.js';
import { matcherTest } from '../../../src/sources/matching.js';
import type {
  Labels,
  ProfileQuery,
  ProfileSource,
  SeriesQuery,
  Window,
} from '../../../src/sources/source.js';

/** A service whose profiles can be made again, so that they need not all be in memory. */
export interface Generated {
  service: string;
  make(): ProfileSource;
}

/** Totals of the profiles of one type and one label set. */
interface Course {
  labels: Labels;
  typeId: string;
  points: readonly { time: number; value: number }[];
}

/** Services whose profiles are in memory at once; each takes about 3 MB. */
const MAX_IN_MEMORY = 1_000;

/**
 * The profiles of many generated services in one source: totals are kept, and profiles are made again where
 * they are asked for.
 */
export async function createFleetSource(
  name: string,
  services: readonly Generated[],
  window: Window,
): Promise<ProfileSource> {
  const { signal } = new AbortController();
  const made = new LRUCache<string, ProfileSource>({ max: MAX_IN_MEMORY });
  const makerOf = new Map(services.map(({ service, make }) => [service, make]));
  const createSource = (service: string) => {
    const known = made.get(service) ?? makerOf.get(service)?.();
    if (known === undefined) throw new Error(`no service ${service}`);
    made.set(service, known);
    return known;
  };
  const coursesOf = new Map<string, Course[]>();
  for (const { service } of services)
    coursesOf.set(service, await coursesIn(createSource(service), window, signal));

  const matching = ({ matchers, window: queryWindow }: SeriesQuery): Course[] => {
    const tests = matchers.map((matcher) => ({ label: matcher.name, test: matcherTest(matcher) }));
    const serviceTests = tests.filter(({ label }) => label === 'service_name');
    const isInWindow = ({ time }: { time: number }) => time >= queryWindow.from && time <= queryWindow.to;
    return [...coursesOf]
      .filter(([service]) => serviceTests.every(({ test }) => test(service)))
      .flatMap(([, courses]) => courses)
      .filter(({ labels, typeId }) =>
        tests.every(({ label, test }) => test(label === '__profile_type__' ? typeId : labels[label])),
      )
      .flatMap((course) => {
        const points = course.points.filter(isInWindow);
        return points.length === 0 ? [] : [{ ...course, points }];
      });
  };
  const listProfiles = (query: ProfileQuery) =>
    matching(query)
      .filter(({ typeId }) => typeId === query.profileTypeId)
      .flatMap(({ labels, points }) => points.map((point) => ({ labels, ...point })));
  const listRows = (query: SeriesQuery, names: readonly string[]) => {
    const rows = new Map<string, Labels>();
    for (const { labels, typeId } of matching(query)) {
      const row = pickLabels({ ...labels, __profile_type__: typeId }, names);
      rows.set(JSON.stringify(row), row);
    }
    return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  };

  return {
    name,
    uid: name,
    kind: 'files',
    isLive: false,
    labelNames: async (query) =>
      [...new Set(matching(query).flatMap(({ labels }) => Object.keys(labels)))].sort(),
    labelValues: async (label, query) => listRows(query, [label]).flatMap((row) => row[label] ?? []),
    series: async (names, query) => listRows(query, names),
    async profile(query) {
      const wanted = [...new Set(listProfiles(query).map(({ labels }) => labels.service_name ?? ''))];
      const parts: Profile[] = [];
      for (const service of wanted) parts.push((await createSource(service).profile(query, signal)).profile);
      const [first, ...others] = parts;
      if (first === undefined) return createSource(services[0]?.service ?? '').profile(query, signal);
      return {
        profile: others.length === 0 ? first : mergeProfiles([first, ...others]),
        notes: [],
        profiledSeconds: null,
      };
    },
    snapshots: async (query, groupBy) =>
      countByLabels(
        listProfiles(query).map(({ labels }) => labels),
        groupBy,
      ),
    timeSeries: async (query, options) => sumBySteps(listProfiles(query), query.window, options),
    dataRange: async () => ({ oldest: window.from, newest: window.to }),
    problems: async () => [],
    close: async () => {},
  };
}

/** The totals of all profiles of a source, one course for each type and label set. */
async function coursesIn(source: ProfileSource, window: Window, signal: AbortSignal): Promise<Course[]> {
  const query = { matchers: [], window };
  const names = await source.labelNames(query, signal);
  const typeIds = await source.labelValues('__profile_type__', query, signal);
  const courses: Course[] = [];
  for (const typeId of typeIds)
    for (const { labels, points } of await source.timeSeries(
      { ...query, profileTypeId: typeId },
      { groupBy: names, step: 1 },
      signal,
    ))
      courses.push({ labels, typeId, points });
  return courses;
}
