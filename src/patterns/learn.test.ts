import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DashboardStore } from '../sources/grafana/dashboards.js';
import { formatSelector, parseSelector, sameMatchers } from '../sources/selector.js';
import { learnFrom } from './learn.js';
import { mergePatterns } from './merge.js';
import { normalise } from './normalise.js';
import type { LearnedQuery } from './query.js';
import { emptyMemory, SCAN_BUDGET, scanDashboards } from './scan.js';
import { traceLinks } from './traces.js';

const NOTHING = { sources: [], library: new Map<string, unknown>() };
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** Keys and texts that the readers look for, so that random JSON reaches their depths. */
const words = fc.constantFrom(
  ...'panels rows targets templating list libraryPanel uid model result spec elements layout items tabs kind title'.split(
    ' ',
  ),
  ...'datasource type name query profileTypeId labelSelector groupBy links url variables data queries __inputs'.split(
    ' ',
  ),
);
const leaves = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  words,
  fc.constantFrom(
    CPU,
    '$x',
    `\${x:regex}`,
    '[[x]]',
    'row',
    '{a="$x"}',
    '/explore?panes={"a":{"queries":[]}}',
  ),
);
const keys = fc.oneof({ arbitrary: words, weight: 5 }, { arbitrary: fc.string(), weight: 1 });
const target = fc.record(
  {
    profileTypeId: fc.constantFrom(CPU, '$x', 'cpu'),
    labelSelector: fc.oneof(
      fc.constantFrom('{}', '{a="$x"}', '{a=~"b|c", d!="e"}', '{a="[[x]]"}'),
      fc.string(),
    ),
    groupBy: fc.oneof(fc.array(words, { maxLength: 2 }), fc.constant('$x')),
  },
  { requiredKeys: ['profileTypeId', 'labelSelector'] },
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', maxDepth: 10 },
    leaves,
    target,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(keys, tie('value')), { maxLength: 8 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;
/** A dashboard with the members from which queries are learned; the rest is arbitrary. */
const dashboard = fc.record(
  {
    panels: fc.array(
      fc.record(
        {
          title: json,
          targets: fc.oneof(fc.array(fc.oneof(target, json), { maxLength: 3 }), json),
          panels: json,
          libraryPanel: json,
        },
        { requiredKeys: ['targets'] },
      ),
      { maxLength: 3 },
    ),
    templating: json,
    links: json,
    rows: json,
  },
  { requiredKeys: ['panels'] },
);

const tag = fc.oneof(
  words,
  fc.string(),
  fc.record({ key: fc.oneof(words, fc.string()), value: leaves }),
  json,
);
const settings = fc.record(
  {
    profileTypeId: fc.constantFrom(CPU, '$x', 'cpu'),
    datasourceUid: fc.constantFrom('u', 'none'),
    tags: fc.oneof(fc.array(tag, { maxLength: 4 }), json),
    customQuery: fc.boolean(),
    query: fc.oneof(fc.constantFrom('{a="b"}', '{$__tags}', `{a="b",\${__tags}}`), fc.string()),
  },
  { requiredKeys: ['profileTypeId'] },
);

describe('any JSON as a dashboard', () => {
  test('teaches something or nothing, and never fails', () => {
    let learned = 0;
    fc.assert(
      fc.property(fc.oneof(json, dashboard), json, (model, panel) => {
        const { queries } = learnFrom(model, { sources: [], library: new Map([['uid', panel]]) });
        expectUsable(queries);
        const place = { uid: 'a', title: '', url: null };
        const patterns = mergePatterns([{ place, updated: null, queries }], 0);
        expect(patterns.length).toBeLessThanOrEqual(queries.length);
        learned += queries.length;
      }),
      { numRuns: 1_000 },
    );
    expect(learned).toBeGreaterThan(10);
  });

  test('as data sources, too', () => {
    let learned = 0;
    fc.assert(
      fc.property(fc.oneof(json, fc.record({ tracesToProfiles: fc.oneof(settings, json) })), (jsonData) => {
        const { queries } = traceLinks([{ uid: 'u', name: 'n', type: 't', jsonData }]);
        for (const query of queries) {
          const normalised = normalise(query, new Map());
          expectUsable(normalised);
          learned += normalised.length;
        }
      }),
      { numRuns: 500 },
    );
    expect(learned).toBeGreaterThan(10);
  });

  test.each([
    ['rows in rows', deep((inner) => ({ type: 'row', panels: [inner] }))],
    ['old rows', { rows: [deep((inner) => ({ panels: [inner] }))] }],
    ['layouts', { elements: {}, layout: deep((inner) => ({ spec: { layout: inner } })) }],
    ['tabs', { elements: {}, layout: deep((inner) => ({ spec: { tabs: [inner] } })) }],
  ])('nested 100,000 deep: %s', (_name, model) => {
    expect(learnFrom({ panels: [model] }, NOTHING).queries).toEqual([]);
    expect(learnFrom(model, NOTHING).queries).toEqual([]);
  });

  test('with a million entries', () => {
    const many = <T>(entry: T) => new Array<T>(1_000_000).fill(entry);
    const target = { profileTypeId: CPU, labelSelector: '{}' };
    const panel = { targets: [target] };
    expect(learnFrom({ panels: many(panel) }, NOTHING).queries.length).toBeGreaterThan(0);
    expect(learnFrom({ panels: [{ targets: many(target) }] }, NOTHING).queries.length).toBeGreaterThan(0);
    expect(learnFrom({ panels: [{ type: 'row', panels: many({}) }] }, NOTHING).queries).toEqual([]);
    expect(learnFrom({ links: many({ url: '/?query=x' }) }, NOTHING).queries).toEqual([]);
    expect(learnFrom({ templating: { list: many({ name: 'a' }) } }, NOTHING).queries).toEqual([]);
    expect(
      learnFrom({ elements: {}, layout: { spec: { items: many({ spec: {} }) } } }, NOTHING).queries,
    ).toEqual([]);
  });

  test.each([
    'a'.repeat(1e6),
    '${'.repeat(5e5),
    '{'.repeat(1e6),
    `{a="${'\\'.repeat(1e6)}`,
    '[['.repeat(5e5),
    ` ${' '.repeat(1e6)}:`,
    '${x.'.repeat(2e5),
  ])('with a text of a million characters (%#)', (text) => {
    const model = {
      title: text,
      panels: [
        {
          title: text,
          links: [{ url: `/explore?panes=${text}` }, { url: `/?query=${text}` }, { url: text }],
          targets: [
            { profileTypeId: CPU, labelSelector: text, groupBy: [text] },
            { profileTypeId: text, datasource: text },
          ],
        },
      ],
      templating: {
        list: [
          { type: 'custom', name: 'x', query: text, current: { value: text } },
          { type: 'datasource', name: 'ds', query: 'phlare', regex: text },
        ],
      },
    };
    const sources = [{ uid: 'u', name: text, type: 'phlare' }];
    const { queries } = learnFrom(model, { sources, library: new Map() });
    // Two targets and three links have at most five queries.
    expect(queries.length).toBeLessThanOrEqual(5);
    expectUsable(queries);
  });

  test('whose library panels stand for each other without end', async () => {
    let requests = 0;
    const store: DashboardStore = {
      search: async () => [ref('a')],
      dashboard: async () => ({ model: { panels: [libraryPanel('0')] }, version: 1, updated: 0 }),
      libraryPanel: async (uid) => {
        requests++;
        return { result: { model: { ...libraryPanel(String(Number(uid) + 1)), targets: [] } } };
      },
      dataSources: async () => [],
    };
    const progress = await scanDashboards(store, emptyMemory(), {
      budget: SCAN_BUDGET,
      now: () => 0,
      signal: new AbortController().signal,
    });
    expect(progress).toEqual({ total: 1, done: 1, failed: 0, left: 0 });
    expect(requests).toBeLessThanOrEqual(50);
  });
});

/**
 * Every learned query has a profile type of five parts, or none, and a selector that is read back as it was.
 */
function expectUsable(queries: readonly LearnedQuery[]): void {
  for (const { profileTypeId, matchers } of queries) {
    expect(profileTypeId?.split(':').length ?? 5).toBe(5);
    expect(sameMatchers(parseSelector(formatSelector(matchers)), matchers)).toBe(true);
  }
}

function libraryPanel(uid: string) {
  return { libraryPanel: { uid } };
}

function ref(uid: string) {
  return { uid, title: uid, url: null, folder: null, version: '1', updated: 0 };
}

/** Something 100,000 times inside itself. */
function deep(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = {};
  for (let depth = 0; depth < 100_000; depth++) value = wrap(value);
  return value;
}
