import { type Profile, totalValue } from '../../src/profile/model.js';
import { mergeProfiles } from '../../src/profile/tables/merge.js';
import { countByLabels, sumBySteps } from '../../src/sources/grouping.js';
import { labelsFrom, pickLabels } from '../../src/sources/labels.js';
import { matcherTest } from '../../src/sources/matching.js';
import type { Labels, ProfileSource, SeriesQuery } from '../../src/sources/source.js';
import { NOW } from './ask.js';
import { profileFrom } from './contrast.js';

/** The teams whose profiles lie in one store, told apart by `namespace`. */
export const TEAMS = ['alpha', 'beta'] as const;
export type Team = (typeof TEAMS)[number];

export const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLE = 10_000_000;
const EVERY_MS = 60_000;

interface Kept {
  time: number;
  labels: Labels;
  profile: Profile;
}

/**
 * Profiles of one team: everything that is only of this team holds its name (`alphaWork`, `alpha-api`,
 * `alpha-pod-0`), and nothing else does. The service `shared` exists in each team.
 */
function makeProfiles(team: Team, now: number): Kept[] {
  const profileAt = (work: number): Profile => ({
    ...profileFrom({
      [`main serve ${team}Work`]: work * SAMPLE,
      [`main serve ${team}List`]: 60 * SAMPLE,
      main: 20 * SAMPLE,
    }),
    sampleType: 'cpu',
    unit: 'nanoseconds',
  });
  const [before, after] = [profileAt(20), profileAt(80)];
  const count = (90 * 60_000) / EVERY_MS;
  return Array.from({ length: count }, (_, index) => now - 100 * 60_000 + index * EVERY_MS).flatMap((time) =>
    [`${team}-api`, 'shared'].flatMap((service) =>
      [0, 1].map((pod) => ({
        time,
        labels: labelsFrom([
          ['service_name', service],
          ['namespace', team],
          ['pod', `${team}-pod-${pod}`],
          [`${team}_label`, team],
          ['__profile_type__', TYPE],
        ]),
        profile: time < now - 30 * 60_000 ? before : after,
      })),
    ),
  );
}

/** A store in memory with the profiles that some teams have sent until `now`, Unix ms. */
export function teamsSource(teams: readonly Team[] = TEAMS, now = NOW): ProfileSource {
  const kept = teams.flatMap((team) => makeProfiles(team, now));
  const matching = (query: SeriesQuery & { profileTypeId?: string }) => {
    const tests = query.matchers.map((matcher) => [matcher.name, matcherTest(matcher)] as const);
    return kept.filter(
      ({ time, labels }) =>
        time >= query.window.from &&
        time <= query.window.to &&
        (query.profileTypeId ?? TYPE) === TYPE &&
        tests.every(([name, test]) => test(labels[name])),
    );
  };
  const isPublic = (name: string) => !name.startsWith('__');
  return {
    name: 'teams',
    uid: 'teams',
    kind: 'in-memory',
    isLive: true,
    labelNames: async (query) =>
      [...new Set(matching(query).flatMap(({ labels }) => Object.keys(labels)))].filter(isPublic).sort(),
    labelValues: async (name, query) =>
      [...new Set(matching(query).flatMap(({ labels }) => labels[name] ?? []))].sort(),
    series: async (names, query) => [
      ...new Map(
        matching(query).map(({ labels }) => {
          const wanted = names.length === 0 ? Object.keys(labels).filter(isPublic) : names;
          const row = pickLabels(labels, wanted);
          return [JSON.stringify(row), row] as const;
        }),
      ).values(),
    ],
    profile: async (query) => {
      const matches = matching(query);
      return {
        profile: mergeProfiles(matches.map(({ profile }) => profile)),
        notes: [],
        profiledSeconds: (matches.length * EVERY_MS) / 1000,
      };
    },
    exemplars: async (query) => {
      const matches = matching(query);
      const rows = matches.slice(0, 5).map(({ time, labels, profile }) => ({
        time,
        value: totalValue(profile),
        labels: Object.fromEntries(Object.entries(labels).filter(([name]) => isPublic(name))),
        profileId: '00000000-0000-4000-8000-000000000001',
        spanId: null,
        traceId: null,
      }));
      return { rows, counted: matches.length, notes: [] };
    },
    snapshots: async (query, groupBy) =>
      countByLabels(
        matching(query).map(({ labels }) => labels),
        groupBy,
      ),
    timeSeries: async (query, options) =>
      sumBySteps(
        matching(query).map(({ time, labels, profile }) => ({ time, labels, value: totalValue(profile) })),
        query.window,
        options,
      ),
    dataRange: async () => ({ oldest: kept[0]?.time ?? 0, newest: kept.at(-1)?.time ?? 0 }),
    problems: async () => ['a problem of alpha and beta'],
    close: async () => {},
  };
}
