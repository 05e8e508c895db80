import { describe, expect, test } from 'vitest';
import { pprofBytes } from '../../../test/support/profiles.js';
import { decodePprof } from './pprof.js';
import { readSampleLabels } from './sample-labels.js';

const labelled = (...labels: Record<string, string>[]) =>
  decodePprof(
    pprofBytes({
      stacks: labels.map((sampleLabelsOf) => ({ frames: ['main'], values: [1], labels: sampleLabelsOf })),
    }),
    undefined,
    { labels: true },
  ).labels;

describe('labels of samples', () => {
  test('equal sets are one, in whatever order, and only those in use are there', () => {
    const labels = labelled({ a: '1', b: '2' }, { b: '2', a: '1' }, {}, { a: '1' });
    expect(labels?.sets).toEqual([
      [],
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [['a', '1']],
    ]);
    expect([...(labels?.ofSample ?? [])]).toEqual([1, 1, 0, 2]);
    expect(labelled({ a: '1' })?.sets).toEqual([[['a', '1']]]);
  });

  test('are null where no sample has any, or nobody asked', () => {
    expect(labelled({}, {})).toBeNull();
    const bytes = pprofBytes({ stacks: [{ frames: ['main'], values: [1], labels: { a: '1' } }] });
    expect(decodePprof(bytes).labels).toBeNull();
  });

  test('private names belong to the store', () => {
    expect(labelled({ __profile_type__: 'cpu', a: '1' })?.sets).toEqual([[['a', '1']]]);
  });

  test('numbers have their unit; sizes of allocated objects are left out', () => {
    const strings = ['', 'latency', 'milliseconds', 'retries', 'bytes'];
    const raw = {
      isCut: false,
      ofSample: Uint32Array.of(0),
      sets: [
        [
          { key: 1, text: 0, number: 250, unit: 2 },
          { key: 3, text: 0, number: 2, unit: 0 },
          { key: 4, text: 0, number: 48, unit: 4 },
        ],
      ],
    };
    expect(readSampleLabels(raw, strings)?.sets).toEqual([
      [
        ['latency', '250 milliseconds'],
        ['retries', '2'],
      ],
    ]);
  });

  test('a label with a value for every request is left out and named; the others stay', () => {
    const labels = labelled(
      ...Array.from({ length: 1_000 }, (_, at) => ({ request: `${at}`, tenant: at % 2 ? 'a' : 'b' })),
    );
    expect(labels?.dropped).toEqual(['request']);
    expect(labels?.sets).toEqual([[['tenant', 'b']], [['tenant', 'a']]]);
  });

  test('labels that are few each and many together: the one with the most values goes', () => {
    const labels = labelled(
      ...Array.from({ length: 2_000 }, (_, at) => ({
        route: `${at % 47}`,
        pod: `${at % 41}`,
        zone: `${at % 2}`,
      })),
    );
    expect(labels?.dropped).toEqual(['route']);
    expect(labels?.sets.length).toBeLessThanOrEqual(256);
  });
});
