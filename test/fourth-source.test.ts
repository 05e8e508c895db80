import { describe, expect, test } from 'vitest';
import { type Profile, totalValue } from '../src/profile/model.js';
import { mergeProfiles } from '../src/profile/tables/merge.js';
import { countByLabels, sumBySteps } from '../src/sources/grouping.js';
import { labelsFrom, pickLabels } from '../src/sources/labels.js';
import { matcherTest } from '../src/sources/matching.js';
import type { Labels, ProfileSource, SeriesQuery } from '../src/sources/source.js';
import { TOOLS } from '../src/tools/index.js';
import { asker, INCIDENT_WINDOW } from './support/ask.js';
import { profileFrom, type Stacks } from './support/contrast.js';

// A store of a kind that the product does not know needs a folder below src/sources/ and nothing else: this
// one keeps its profiles in memory, and every tool answers over it. No tool, view or query asks what kind of
// source it has.

const TYPE = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const SAMPLE = 10_000_000;
const EVERY_MS = 15_000;
const DATA = { from: Date.parse('2026-11-20T13:00:00Z'), to: Date.parse('2026-11-20T14:59:00Z') };
const DEPLOYED = Date.parse(INCIDENT_WINDOW.from);

interface Kept {
  time: number;
  labels: Labels;
  profile: Profile;
}

/** Profiles of two pods; from the deploy on, `price` needs three times as much. */
function keptProfiles(): Kept[] {
  const profileAt = (price: number): Profile => {
    const stacks: Stacks = {
      'main serve list': 60 * SAMPLE,
      'main serve price': price * SAMPLE,
      main: 20 * SAMPLE,
    };
    return { ...profileFrom(stacks), sampleType: 'cpu', unit: 'nanoseconds' };
  };
  const [before, after] = [profileAt(20), profileAt(60)];
  const times = Array.from(
    { length: Math.floor((DATA.to - DATA.from) / EVERY_MS) },
    (_, index) => DATA.from + index * EVERY_MS,
  );
  return times.flatMap((time) =>
    ['shop-0', 'shop-1'].map((pod) => ({
      time,
      labels: labelsFrom([
        ['service_name', 'shop'],
        ['pod', pod],
        ['__profile_type__', TYPE],
      ]),
      profile: time < DEPLOYED ? before : after,
    })),
  );
}

/**
 * A store in memory. It can do what no other kind combines: profiles keep arriving, and none is ever read in
 * part.
 */
function memorySource(): ProfileSource {
  const kept = keptProfiles();
  const matching = ({ matchers, window, ...rest }: SeriesQuery & { profileTypeId?: string }) =>
    kept.filter(
      ({ time, labels }) =>
        time >= window.from &&
        time <= window.to &&
        (rest.profileTypeId ?? TYPE) === TYPE &&
        matchers.every((matcher) => matcherTest(matcher)(labels[matcher.name])),
    );
  return {
    name: 'memory',
    uid: 'memory',
    kind: 'in-memory',
    isLive: true,
    labelNames: async (query) => (matching(query).length === 0 ? [] : ['pod', 'service_name']),
    labelValues: async (name, query) =>
      [...new Set(matching(query).flatMap(({ labels }) => labels[name] ?? []))].sort(),
    series: async (names, query) => [
      ...new Map(
        matching(query).map(({ labels }) => {
          const row = pickLabels(labels, names);
          return [JSON.stringify(row), row] as const;
        }),
      ).values(),
    ],
    profile: async (query) => {
      const matches = matching(query);
      return {
        profile: mergeProfiles(matches.map(({ profile }) => profile)),
        notes: ['Kept in memory.'],
        profiledSeconds: (matches.length * EVERY_MS) / 1000,
      };
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
    dataRange: async () => null,
    lookbackLimit: async () => DATA.from,
    problems: async () => [],
    close: async () => {},
  };
}

const SCOPE = { service: 'shop', ...INCIDENT_WINDOW };
const CPU = { ...SCOPE, profile_type: 'cpu' };
/** A call of every tool with a text that only an answer over these profiles can hold. */
const CALLS: Readonly<Record<string, readonly [args: object, holds: string]>> = {
  compare_profiles: [CPU, 'price'],
  find_query_patterns: [{}, 'No query patterns'],
  get_timeline: [{ ...CPU, from: '2026-11-20T14:00:00Z' }, 'Onset: cpu rose from'],
  inspect_function: [{ ...CPU, function: 'price' }, 'price'],
  investigate: [SCOPE, '(code_regression)'],
  list_data_sources: [{}, 'in-memory'],
  list_labels: [{ ...SCOPE, label: 'pod' }, 'shop-1'],
  list_profile_types: [SCOPE, TYPE],
  list_services: [INCIDENT_WINDOW, 'shop'],
  query_profile: [{ ...CPU, view: 'tree' }, 'price'],
  summarize_profile: [CPU, 'price'],
};

describe('a kind of source that the product does not know', () => {
  const ask = asker(memorySource());

  test.each(TOOLS.map(({ name }) => name))('%s answers over it', async (name) => {
    const call = CALLS[name];
    expect(call, `add a call of ${name} to CALLS`).toBeDefined();
    const [args, holds] = call ?? [{}, ''];
    const { text, isError } = await ask(name, args);
    expect(isError, text).toBe(false);
    expect(text).toContain(holds);
    expect(text).not.toContain('No data');
  });

  test('the verdict names the function that changed, and the note of the source is passed on', async () => {
    const { text } = await ask('investigate', SCOPE);
    expect(text).toMatch(/^1\. .*price/m);
    expect((await ask('summarize_profile', CPU)).text).toContain('Kept in memory.');
  });

  test('a question without data gets a ready call that has some', async () => {
    const { text } = await ask('summarize_profile', { ...CPU, service: 'shopp' });
    expect(text).toContain('No data (unknown service)');
    const [, tool = '', args = '{}'] = /^Next: (\w+) (\{.*\})$/m.exec(text) ?? [];
    expect((await ask(tool, JSON.parse(args))).text).toContain('price');
  });
});
