import { expect } from 'vitest';
import { createMemorySource } from '../evaluation/generator/memory-source.js';
import { asker } from '../support/ask.js';
import { at, body, members, points, pprofIn, refusal, selfTable } from '../support/recorded-client.js';
import { type Quirk, refused, STORES } from './quirk.js';

// How the three storage modes differ: the rows of the table in §7 of the reference.

const EXEMPLARS = [
  'v2-selectseries-exemplar-individual',
  'dual-selectseries-exemplar-split',
  'dual-selectseries-exemplar-v2only',
];
const SELECTORS = ['v2-err-bad-selector-unquoted', 'dual-err-bad-selector', 'v1-err-bad-selector'];
const TYPES = ['v2-err-type-malformed', 'dual-err-type-malformed', 'v1-err-type-malformed'];
const NODES = ['v2-err-maxnodes-too-big', 'dual-err-maxnodes', 'v1-err-maxnodes'];
const NEW = ['dual-new-tenant-right-after-first-push', 'dual-new-tenant-80s-after-single-push'];

export const MODES: readonly Quirk[] = [
  [
    'flame graph: dual answers with a tree beside it',
    [
      'v2-sms-edge-flamegraph',
      'dual-sms-edge-flamegraph',
      'dual-sms-edge-v2only-flamegraph',
      'v1-sms-edge-flamegraph',
    ],
    () => {
      for (const name of ['v2-sms-edge-flamegraph', 'v1-sms-edge-flamegraph'])
        expect(members(name)).toEqual(['flamegraph']);
      for (const name of ['dual-sms-edge-flamegraph', 'dual-sms-edge-v2only-flamegraph'])
        expect(members(name)).toEqual(['flamegraph', 'tree']);
    },
  ],
  [
    'dot: only v2 draws it, dual answers with something else, v1 refuses',
    ['v2-sms-edge-dot', 'dual-sms-edge-dot', 'dual-sms-edge-v2only-dot', 'v1-sms-edge-dot'],
    async () => {
      expect(members('v2-sms-edge-dot')).toEqual(['dot']);
      for (const name of ['dual-sms-edge-dot', 'dual-sms-edge-v2only-dot'])
        expect(members(name)).toEqual(['flamegraph', 'tree']);
      await refused(['v1-sms-edge-dot'], 'not_found');
    },
  ],
  [
    'pprof: the same in all',
    ['v2-sms-edge-pprof', 'dual-sms-edge-pprof', 'dual-sms-edge-v2only-pprof', 'v1-sms-edge-pprof'],
    () => {
      const expected = selfTable(pprofIn('v2-sms-edge-pprof'));
      for (const name of ['dual-sms-edge-pprof', 'dual-sms-edge-v2only-pprof', 'v1-sms-edge-pprof'])
        expect(selfTable(pprofIn(name))).toEqual(expected);
    },
  ],
  [
    'SelectHeatmap: v1 has none, dual none of a window that begins before its oldest v2 profile',
    ['v2-heatmap-individual-inuse', 'dual-heatmap-split', 'dual-heatmap-v2only', 'v1-heatmap-501'],
    async () => {
      await refused(['v1-heatmap-501', 'dual-heatmap-split'], 'not_found', 'v1 frontend');
      for (const name of ['v2-heatmap-individual-inuse', 'dual-heatmap-v2only'])
        expect(members(name)).toEqual(['series']);
    },
  ],
  [
    'so counts come from whichever storage holds the data',
    ['v2-heatmap-individual-inuse', 'dual-heatmap-split', 'v1-heatmap-501'],
    [STORES, 'snapshots are the profiles of the closed window'],
  ],
  [
    'trace ids: v2 only, dual by the same rule',
    ['v2-ok-trace', 'dual-traceid-split', 'dual-traceid-v2only', 'v1-traceid-501'],
    async () => {
      await refused(['v1-traceid-501', 'dual-traceid-split'], 'not_found', 'trace_id_selector');
      expect(members('dual-traceid-v2only')).toContain('flamegraph');
    },
  ],
  [
    'exemplars: v1 ignores the wish',
    [...EXEMPLARS, 'v1-selectseries-exemplar-ignored'],
    () => {
      const holds = (name: string) => JSON.stringify(body(name)).includes('exemplars');
      expect(EXEMPLARS.map(holds)).toEqual([true, true, true]);
      expect(holds('v1-selectseries-exemplar-ignored')).toBe(false);
    },
  ],
  [
    'average: v1 only; v2 and dual sum whatever is asked',
    [
      'v2-selectseries-agg-average',
      'v2-selectseries-agg-sum',
      'dual-selectseries-avg-split',
      'dual-selectseries-avg-v2only',
      'v1-selectseries-agg-average',
      'v1-selectseries-agg-sum',
    ],
    () => {
      expect(points('v2-selectseries-agg-average')).toEqual(points('v2-selectseries-agg-sum'));
      expect(points('v1-selectseries-agg-average')).not.toEqual(points('v1-selectseries-agg-sum'));
      // Three profiles of 41 goroutines each.
      for (const name of ['dual-selectseries-avg-split', 'dual-selectseries-avg-v2only'])
        expect(points(name)[0]?.[1]).toBe(123);
    },
  ],
  [
    'bad selectors and types: v1 refuses in JSON within JSON',
    [...SELECTORS, ...TYPES],
    async () => {
      await refused(SELECTORS, 'rejected', 'parse error: unexpected identifier');
      await refused(TYPES, 'rejected', 'profile-type selection must be');
      expect((await refusal('v1-err-bad-selector')).detail).not.toContain('{"code"');
    },
  ],
  ['too many nodes are refused alike', NODES, () => refused(NODES, 'rejected', 'max flamegraph nodes limit')],
  [
    'a new dual server answers empty until its first compaction',
    [...NEW, 'dual-new-tenant-after-compaction', 'dual-new-tenant-getprofilestats'],
    () => {
      for (const name of NEW) expect(at(body(name), 'flamegraph', 'names')).toEqual(['total']);
      expect(at(body('dual-new-tenant-after-compaction'), 'flamegraph', 'total')).toBe('180');
    },
  ],
  [
    'which an answer about an empty source says',
    NEW,
    async () => {
      const empty = { ...createMemorySource('new', () => []), kind: 'pyroscope', isLive: true };
      const { text } = await asker(empty)('summarize_profile', { service: 'shop' });
      expect(text).toContain('No data (source empty)');
      expect(text).toContain('A newly installed server that also keeps the old storage may answer empty');
    },
  ],
  [
    'the feature flag of v2 storage is on in v2 and in dual mode',
    ['v2-featureflags'],
    [STORES, 'several timelines at once learn once for all, in every mode'],
  ],
  [
    'a server may not name its version',
    ['v2-buildinfo'],
    () => expect(at(body('v2-buildinfo'), 'data', 'version')).toBe(''),
  ],
];
