import { expect } from 'vitest';
import { stackCount, totalValue } from '../../src/profile/model.js';
import { at, body, points, pprofIn, selfTable } from '../support/recorded-client.js';
import { PPROF, type Quirk, refused, SOURCE, STORES } from './quirk.js';

// Merges, trees and series (§2, §4, §6 of the reference).

const CALLEES = 'v2-sms-unsymbolised-gopgo-aggregatecallees-500';
const total = (name: string) => at(body(name), 'flamegraph', 'total');

export const PROFILES: readonly Quirk[] = [
  [
    'an empty pprof names its type in v2, and not even that in v1',
    ['v2-empty-type-unknown-pprof', 'v1-empty-pprof'],
    [PPROF, 'is empty, with the type that was asked for, when nothing matches (%s)'],
  ],
  [
    'trees and flame graphs lose frames without symbols to their callers; pprof keeps them',
    ['v2-sms-unsymbolised-flamegraph', 'v2-sms-unsymbolised-tree', 'v2-sms-unsymbolised-pprof'],
    () => {
      const names = [...selfTable(pprofIn('v2-sms-unsymbolised-pprof')).keys()];
      expect(names.some((name) => /\] 0x/.test(name))).toBe(true);
      expect(JSON.stringify(body('v2-sms-unsymbolised-flamegraph'))).not.toContain('0x');
      expect(at(body('v2-sms-unsymbolised-flamegraph'), 'flamegraph', 'maxSelf')).toBe('150');
    },
  ],
  [
    'the period is not the pushed one, so nothing is computed from it',
    ['v2-sms-checkout-pprof'],
    () => {
      expect(at(body('v2-sms-checkout-pprof'), 'pprof', 'profile', 'period')).toBe('1000000000');
      expect(pprofIn('v2-sms-checkout-pprof').values.some((value) => value % 1e9 !== 0)).toBe(true);
    },
  ],
  [
    'a flame graph is cut to 8,192 nodes, a merged pprof is whole',
    ['v2-sms-checkout-flamegraph-1024', 'v2-sms-checkout-pprof'],
    ['test/exact-at-size.test.ts', 'summarize_profile gives the exact share'],
  ],
  [
    'goPgo keepLocations 1 is an exact table of own costs, in every mode',
    ['v2-sms-checkout-pprof-gopgo-k1', 'v1-gopgo-pprof', 'dual-gopgo-pprof-split', 'dual-gopgo-pprof-v2only'],
    () => {
      const exact = selfTable(pprofIn('v2-sms-checkout-pprof'));
      for (const name of ['v2-sms-checkout-pprof-gopgo-k1', 'v1-gopgo-pprof'])
        expect(new Set(selfTable(pprofIn(name)).keys())).toEqual(new Set(exact.keys()));
      for (const [name, value] of selfTable(pprofIn('v2-sms-checkout-pprof-gopgo-k1')))
        expect(Math.abs(value - (exact.get(name) ?? 0))).toBeLessThanOrEqual(10);
      const halves = ['dual-gopgo-pprof-split', 'dual-gopgo-pprof-v2only'].map(pprofIn);
      // The window of the second begins after the first round of three profiles.
      expect(halves.map(totalValue)).toEqual([4_920, 4_920 - 123]);
    },
  ],
  [
    'goPgo with aggregateCallees fails on a frame without symbols',
    [CALLEES],
    () => refused([CALLEES], 'failed', 'index out of range'),
  ],
  [
    'callSite is a prefix from the root: an inner frame alone finds nothing',
    ['v2-sms-callsite-inner-noprefix-pprof', 'v2-sms-callsite-root-pprof', 'v2-sms-callsite-prefix3-pprof'],
    () => {
      expect(stackCount(pprofIn('v2-sms-callsite-inner-noprefix-pprof'))).toBe(0);
      for (const name of ['v2-sms-callsite-root-pprof', 'v2-sms-callsite-prefix3-pprof'])
        expect(totalValue(pprofIn(name))).toBeGreaterThan(0);
    },
  ],
  [
    'v1 ignores callSite for trees and honours it for pprof',
    [
      'v1-callsite-tree-zzz',
      'v1-callsite-pprof-zzz',
      'dual-callsite-tree-split',
      'dual-callsite-tree-v2only',
    ],
    () => {
      expect(at(body('v1-callsite-tree-zzz'), 'tree')).toBe(at(body('v1-sms-edge-tree'), 'tree'));
      expect(stackCount(pprofIn('v1-callsite-pprof-zzz'))).toBe(0);
      for (const name of ['dual-callsite-tree-split', 'dual-callsite-tree-v2only'])
        expect(body(name)).toEqual({});
    },
  ],
  [
    'a single profile is selected by its id in v2; v1 ignores the id',
    ['v2-sms-profileid-flamegraph', 'v2-sms-profileid-wrong', 'v1-sms-profileid-ignored'],
    () => {
      expect(total('v1-sms-profileid-ignored')).toBe('8191000000');
      expect(Number(total('v2-sms-profileid-flamegraph'))).toBeLessThan(8_191_000_000);
      expect(total('v2-sms-profileid-wrong')).toBeUndefined();
    },
  ],
  [
    'the id of a push is not kept',
    ['v2-sms-pushed-id-is-not-kept'],
    () => expect(at(body('v2-sms-pushed-id-is-not-kept'), 'flamegraph', 'names')).toEqual(['total']),
  ],
  [
    'a merge of an instant type is the sum of all snapshots',
    ['v2-instant-inuse-merge', 'v1-instant-inuse-merge'],
    () => {
      for (const name of ['v2-instant-inuse-merge', 'v1-instant-inuse-merge'])
        expect(total(name)).toBe('13000');
    },
  ],
];

export const SERIES: readonly Quirk[] = [
  [
    'the point at the start holds what lies before it',
    ['v2-selectseries-offset7-30', 'v2-selectseries-aligned-30'],
    [SOURCE, 'an aligned window is one request; the point at its start is left out'],
  ],
  [
    'what lies after the last point is lost',
    ['v2-selectseries-tail-lost', 'v2-selectseries-tail-beyond-last-step'],
    () => expect(points('v2-selectseries-tail-lost').reduce((sum, [, value]) => sum + value, 0)).toBe(127e6),
  ],
  [
    'so a window is asked for in steps that fill it, in every mode',
    ['v2-selectseries-tail-lost'],
    [STORES, 'a timeline sums up to the closed window, each point from its own step'],
  ],
  [
    'a merge takes both ends of its window',
    ['v2-sms-edge-flamegraph', 'v1-sms-edge-flamegraph'],
    [STORES, 'snapshots are the profiles of the closed window'],
  ],
  [
    'a negative limit is ignored; ours is applied here',
    ['v2-selectseries-negative-limit-ignored', 'v2-selectseries-limit1'],
    [SOURCE, 'groups, heaviest first, cut to the limit here'],
  ],
  [
    'a function in stackTraceSelector is ignored for series in v2, honoured in v1',
    ['v2-selectseries-callsite-zzz', 'v2-selectseries-callsite-main', 'v1-selectseries-callsite-zzz'],
    () => {
      expect(points('v2-selectseries-callsite-zzz')).toEqual(points('v2-selectseries-callsite-main'));
      expect(points('v1-selectseries-callsite-zzz').every(([, value]) => value === 0)).toBe(true);
    },
  ],
  [
    'exemplars by span are not there, and say so with 500',
    ['v2-selectseries-exemplar-span-500'],
    () => refused(['v2-selectseries-exemplar-span-500'], 'not_found'),
  ],
  [
    'a heatmap’s first slot holds what lies before the window',
    ['v2-heatmap-individual-inuse', 'v2-heatmap-individual-one-slot'],
    [SOURCE, 'v2: one heatmap of one step; what it says about the time up to its start is left out'],
  ],
  [
    'v1 counts nothing: a count is the sum over the average',
    ['v1-instant-inuse-series-sum', 'v1-instant-inuse-series-average'],
    [SOURCE, 'v1: sum over average, and the heatmap is not asked for again'],
  ],
  [
    'dual mode cuts a request at the oldest v2 profile and starts the grid anew',
    ['dual-selectseries-avg-split', 'dual-selectseries-avg-v2only', 'dual-heatmap-split'],
    [
      STORES,
      'dual: where the v2 storage begins is looked for once a minute; later windows are asked as they are',
    ],
  ],
];
